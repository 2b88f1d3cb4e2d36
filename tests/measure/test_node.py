"""A node's own meter: recorded answers of ipmitool, Redfish and ACPI, whose documentation is named beside them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import simulated
from simulated import Clock

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.counters.counter import Reading, Span
from lca.measure.counters.node import LARGEST, NodeMeter, ipmi, node, redfish
from lca.measure.entries.sensed import of_node
from lca.measure.meter.meter import EnergyMeter
from lca.quantities.records import Quantity

DCMI = """
    Instantaneous power reading:                   {watts} Watts
    Minimum during sampling period:                 18 Watts
    Maximum during sampling period:                412 Watts
    Average power reading over sample period:      163 Watts
    IPMI timestamp:                           Sun Mar  1 10:00:00 2026
    Sampling period:                          00000005 Seconds.
    Power reading state is:                   {state}
"""
"""After scripts that read it, which are published; numbers made."""


def answered(text: str, code: int = 0, error: str = "") -> Callable[..., Any]:
    return lambda *_, **__: SimpleNamespace(stdout=text, stderr=error, returncode=code)


def test_ipmitool_is_read() -> None:
    assert ipmi(answered(DCMI.format(watts=164, state="activated"))) == 164.0


@pytest.mark.parametrize(
    ("text", "code", "error", "what"),
    [
        (DCMI.format(watts=0, state="deactivated"), 0, "", "not activated"),
        ("", 1, "Could not open device at /dev/ipmi0\nmore", "Could not open device"),
        ("", 0, "", "exit code 0"),
    ],
)
def test_ipmitool_that_states_no_power(text: str, code: int, error: str, what: str) -> None:
    with pytest.raises(OSError, match=what):
        ipmi(answered(text, code, error))


class Service:
    """Answers like a Redfish service (DMTF DSP0268: Power, EnvironmentMetrics)."""

    def __init__(self, content: object) -> None:
        self.body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.asked: list[Any] = []

    def open(self, request: Any, timeout: float) -> io.BytesIO:
        self.asked.append(request)
        return io.BytesIO(self.body)


CONTROL = {"PowerControl": [{"MemberId": "0", "Name": "System Input Power", "PowerConsumedWatts": 344}]}


@pytest.mark.parametrize(
    ("content", "member", "watts"),
    [
        (CONTROL, "", 344.0),
        ({"PowerControl": [{"PowerConsumedWatts": "69"}, {"Name": "no reading"}]}, "", 69.0),
        ({"PowerControl": [{"PowerConsumedWatts": 1}, {"PowerConsumedWatts": 2}]}, "#/PowerControl/1", 2.0),
        ({"PowerWatts": {"Reading": 374.5}}, "", 374.5),
    ],
)
def test_redfish_is_read(content: object, member: str, watts: float) -> None:
    service = Service(content)
    assert redfish(f"https://bmc/redfish/v1/Chassis/1/Power{member}", service)() == watts
    assert service.asked[0].full_url == "https://bmc/redfish/v1/Chassis/1/Power"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"PowerControl": [{"PowerConsumedWatts": 1}, {"PowerConsumedWatts": 2}]}, "2 members do: name one"),
        ({}, "no PowerControl"),
        ([], "no resource"),
        ({"PowerControl": [{"PowerConsumedWatts": None}, "x"], "PowerWatts": 3}, "no PowerControl"),
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"x" * (LARGEST + 1), "more than"),
    ],
)
def test_redfish_that_states_no_power(content: object, what: str) -> None:
    with pytest.raises(OSError, match=what):
        redfish("http://127.0.0.1/redfish/v1/Chassis/1/Power", Service(content))()


@pytest.mark.parametrize(
    "address",
    [
        "http://bmc/redfish",
        "ftp://bmc",
        "bmc",
        "",
        "https://",
        "https://user:secret@bmc/x",
        "http://[::1/x",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_not_asked(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        redfish(address)
    assert "secret" not in str(refused.value)


def test_the_password_goes_to_the_service_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LCA_REDFISH_USER", "me")
    monkeypatch.setenv("LCA_REDFISH_PASSWORD", "secret")
    service = Service(CONTROL)
    redfish("https://bmc/redfish/v1/Chassis/1/Power", service)()
    assert service.asked[0].get_header("Authorization") == "Basic bWU6c2VjcmV0"


def test_acpi_s_meter(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(UsageError, match="no power meter"):
        node("hwmon", tmp_path)
    folder = tmp_path / "sys/class/hwmon/hwmon3"
    folder.mkdir(parents=True)
    (folder / "name").write_text("power_meter\n")
    (folder / "power1_average").write_text("213000000\n")
    assert node("hwmon", tmp_path, clock)._ask() == 213.0


class Bench:
    def __init__(self, clock: Clock) -> None:
        self.clock, self.watts = clock, 100.0
        self.node = NodeMeter("a meter", self.ask, clock, every=1.0)
        self.node.ask()
        self.first = Reading(clock.now, self.node.read(clock.now))

    def ask(self) -> float:
        if self.watts < 0:
            raise OSError("away")
        return self.watts

    def at(self, now: float, watts: float) -> None:
        self.clock.now, self.watts = now, watts
        self.node.ask()

    def energy(self, now: float) -> Quantity | str:
        self.clock.now = now
        return of_node(self.node.described(), Span.between(self.first, Reading(now, self.node.read(now))))


def test_each_reading_is_held_until_the_next(clock: Clock) -> None:
    """1 s of 100 W, 1 s of 300 W, half a second of 200 W; what the steps can hide is 200 J and 100 J."""
    bench = Bench(clock)
    bench.at(1.0, 300.0)
    bench.at(2.0, 200.0)
    energy = bench.energy(2.5)
    assert isinstance(energy, Quantity) and energy.amount * 3.6e6 == pytest.approx(500.0)
    assert energy.high and energy.high.number * 3.6e6 == pytest.approx(800.0)


def test_a_meter_that_falls_silent_is_not_held_for_ever(clock: Clock) -> None:
    bench = Bench(clock)
    bench.at(1.0, -1.0)
    assert bench.energy(100.0) == "the node's power by a meter is not known for 95 of 100 s: away"


def test_what_was_read_never_falls(clock: Clock) -> None:
    bench = Bench(clock)
    before = bench.node.read(4.9)["node"]
    bench.at(60.0, 0.0)
    assert bench.node.read(60.0)["node"] >= before == pytest.approx(490.0)


def meter(clock: Clock, empty: Catalogue, ask: Callable[[], float]) -> EnergyMeter:
    def sources() -> tuple[Any, ...]:
        return simulated.Processes(), NodeMeter("a meter", ask, clock, every=float("inf"))

    return EnergyMeter("run", catalogue=empty, clock=clock, sources=sources, interval=float("inf"))


def test_the_node_stands_in_place_of_its_parts(clock: Clock, empty: Catalogue) -> None:
    """250 W for 8 s."""
    with meter(clock, empty, lambda: 250.0) as made:
        with made.window("half"):
            clock.now = 4.0
        clock.now = 8.0
    record = made.measurement
    assert record.it_energy and record.it_energy.amount * 3.6e6 == pytest.approx(2000.0)
    assert (record.energy, record.unmeasured) == ((), ())
    assert record.comment and "counts the node by its own meter" in record.comment
    assert record.windows[0].it_energy and record.windows[0].it_energy.amount * 3.6e6 == pytest.approx(1000.0)
    assert [series.component for series in record.power] == ["node"]


def test_a_node_that_does_not_answer_leaves_its_parts(clock: Clock, empty: Catalogue) -> None:
    def ask() -> float:
        raise OSError("away")

    with meter(clock, empty, ask) as made:
        clock.now = 8.0
    record = made.measurement
    assert record.it_energy is None and record.energy
    assert record.comment and "counts the parts of the node" in record.comment and "away" in record.comment


def test_a_node_has_one_meter(empty: Catalogue) -> None:
    with pytest.raises(UsageError, match="both of the whole node"):
        EnergyMeter("run", node="ipmi", wattmeter="watts.csv")
