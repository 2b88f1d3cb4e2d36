"""Sensors of other hardware, on simulated trees and packages: no such hardware was at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import simulated
from simulated import Clock

from lca.measure.counters.amdsmi import amdsmi
from lca.measure.counters.available import meters
from lca.measure.counters.counter import Reading, Span
from lca.measure.counters.hwmon import hwmon
from lca.measure.counters.powermetrics import ChipSamples, powermetrics
from lca.measure.counters.sensors import Found, Sensor, Sensors, joined, used_cards
from lca.measure.entries.constants import PacedEntry
from lca.measure.entries.sensed import cards, energies
from lca.measurement.record import Unmeasured

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Writes files below a folder of the machine, and returns it."""

    def make(folder: str, **files: object) -> Path:
        path = tmp_path / folder
        path.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (path / name).write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())
        return path

    return make


@pytest.fixture
def card(tree: Tree, tmp_path: Path) -> Callable[..., Path]:
    """A card on the PCI bus with its hardware monitor."""

    def make(address: str, driver: str, *, device: Any = (), **files: object) -> Path:
        at = f"sys/devices/pci0000:00/{address}"
        real = tree(at, **{"class": "0x030000", "device": "0x740c", **dict(device)})
        folder = tree(f"{at}/hwmon/hwmon{len(list(tmp_path.glob('sys/class/hwmon/*')))}", name=driver, **files)
        for links, name, target in (
            ("sys/bus/pci/devices", address, real),
            ("sys/class/hwmon", folder.name, folder),
            (f"sys/devices/pci0000:00/{address}", "driver", tree(f"sys/bus/pci/drivers/{driver}")),
            (f"{at}/hwmon/{folder.name}", "device", real),
        ):
            (tree(links) / name).symlink_to(target)
        return folder

    return make


class Bench:
    def __init__(self, root: Path, find: Callable[[], Found], clock: Clock, interval: float = float("inf")) -> None:
        self.clock, self.processes = clock, simulated.Processes()
        self.source = Sensors(self.processes, find, root)  # type: ignore[arg-type]
        self.processes.start(clock.now)
        self.source.start(clock.now)
        self.source.expect(interval)
        self.first = self.read(clock.now)

    def read(self, now: float) -> Reading:
        self.clock.now = now
        self.processes.read(now)
        return Reading(now, self.source.read(now))

    def findings(self, last: Reading, whole: bool = False) -> list[PacedEntry | Unmeasured]:
        return list(energies(self.source.described(), "node", Span.between(self.first, last), whole))


def joules(findings: list[PacedEntry | Unmeasured]) -> list[tuple[str, str, float]]:
    entries = [found.entry for found in findings if isinstance(found, PacedEntry)]
    return [(e.component, e.origin, pytest.approx(e.energy.amount * 3.6e6)) for e in entries]


def test_an_amd_card_is_read_by_its_power(card: Any, tmp_path: Path, clock: Clock) -> None:
    """100 W for 5 s, then up to 200 W in 5 s: 500 J and 750 J."""
    folder = card("0000:c1:00.0", "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    bench.read(5.0)
    (folder / "power1_average").write_text("200000000\n")
    findings = bench.findings(bench.read(10.0))
    assert joules(findings) == [("gpu", "integrated", 1250.0)]
    [made] = [found.entry for found in findings if isinstance(found, PacedEntry)]
    assert made.devices == ("node/0000:c1:00.0",) and "amdgpu power1_average" in made.method
    [device] = cards(bench.source.described(), "node")
    assert (device.name, device.count) == ("AMD GPU 0x740c", 1)


def test_a_counter_is_preferred_to_a_power(card: Any, tmp_path: Path, clock: Clock) -> None:
    folder = card("0000:c1:00.0", "amdgpu", power1_average=1, energy1_input=7_000_000, power1_cap=1)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    (folder / "energy1_input").write_text("57000000\n")
    assert joules(bench.findings(bench.read(1.0))) == [("gpu", "counter", 50.0)]


def test_a_processor_with_graphics_is_no_card(card: Any, tmp_path: Path) -> None:
    """Its sensor holds the CPU too, which RAPL counts: by the number of the layout, or for want of a power cap."""
    card("0000:04:00.0", "amdgpu", device={"gpu_metrics": bytes([128, 0, 2, 1])}, power1_input=9, power1_cap=15)
    card("0000:05:00.0", "amdgpu", power1_input=9)
    assert hwmon(tmp_path) == Found()


@pytest.mark.parametrize(
    ("driver", "files", "what"),
    [
        ("i915", {"energy1_input": 5_000_000}, "i915 energy1_input"),
        (
            "xe",
            {"energy1_input": 5_000_000, "energy1_label": "card", "energy2_input": 1, "energy2_label": "pkg"},
            "xe energy1_input",
        ),
        ("xe", {"energy2_input": 5_000_000, "energy2_label": "pkg"}, "xe energy2_input"),
    ],
)
def test_an_intel_card_counts(
    card: Any, tmp_path: Path, clock: Clock, driver: str, files: dict[str, object], what: str
) -> None:
    folder = card("0000:03:00.0", driver, power1_max=150_000_000, **files)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    (folder / what.split()[1]).write_text("25000000\n")
    findings = bench.findings(bench.read(2.0))
    assert joules(findings) == [("gpu", "counter", 20.0)]
    assert [found.entry.method.startswith(what) for found in findings if isinstance(found, PacedEntry)] == [True]


def test_a_counter_that_was_reset_counts_from_zero(card: Any, tmp_path: Path, clock: Clock) -> None:
    folder = card("0000:03:00.0", "i915", power1_max=150_000_000, energy1_input=5_000_000)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    (folder / "energy1_input").write_text("3000000\n")
    [found] = bench.findings(bench.read(2.0))
    assert isinstance(found, PacedEntry) and joules([found]) == [("gpu", "counter", 3.0)]
    assert "reset 1 times" in found.entry.method
    assert found.entry.energy.high and found.entry.energy.high.number * 3.6e6 > 300


def test_a_card_without_a_sensor_is_named(card: Any, tmp_path: Path) -> None:
    card("0000:03:00.0", "xe")
    card("0000:c1:00.0", "amdgpu", power1_cap=300)
    assert [component for component, _ in hwmon(tmp_path).absent] == ["gpu", "gpu"]
    card("0000:00:02.0", "i915")
    assert len(hwmon(tmp_path).absent) == 2


def test_a_jetson_counts_what_enters_its_module(tree: Tree, tmp_path: Path, clock: Clock) -> None:
    """5 V × 1.2 A; the other rails branch off from it, and nothing else counts beside it."""
    tree(
        "sys/class/hwmon/hwmon1",
        **{"name": "ina3221", "in1_label": "VDD_IN", "in1_input": 5000, "curr1_input": 1200},
        **{"in2_label": "VDD_CPU_GPU_CV", "in2_input": 5000, "curr2_input": 500},
    )
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    findings = bench.findings(bench.read(10.0))
    assert joules(findings) == [("other", "integrated", 60.0)]


def test_a_jetson_without_such_a_rail_counts_those_of_gpu_and_cpu(tree: Tree, tmp_path: Path, clock: Clock) -> None:
    """As an AGX has them; half of the machine's CPU time is the run's."""
    tree(
        "sys/class/hwmon/hwmon1",
        **{"name": "ina3221", "in1_label": "VDD_GPU_SOC", "in1_input": 20_000, "curr1_input": 500},
        **{"in2_label": "VDD_CPU_CV", "in2_input": 20_000, "curr2_input": 100},
        **{"in3_label": "VIN_SYS_5V0", "in3_input": 5000, "curr3_input": 800},
    )
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    bench.processes._busy = lambda t: 2 * t
    assert joules(bench.findings(bench.read(10.0))) == [("gpu", "integrated", 100.0), ("cpu", "integrated", 10.0)]


def test_older_jetsons_have_it_in_iio(tree: Tree, tmp_path: Path, clock: Clock) -> None:
    tree("sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0", rail_name_0="POM_5V_IN", in_power0_input=3000)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    assert joules(bench.findings(bench.read(10.0))) == [("other", "integrated", 30.0)]


def test_a_gap_is_not_bridged_with_power(card: Any, tmp_path: Path, clock: Clock) -> None:
    """Readings every 0.1 s, and none for an hour in which the program was stopped."""
    card("0000:c1:00.0", "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock, interval=0.1)
    for now in (0.1, 0.2, 3600.2, 3600.3):
        last = bench.read(now)
    missing, made = bench.findings(last)
    assert isinstance(missing, Unmeasured) and "3600 of 3600 s: no reading for 3600 s" in missing.reason
    assert joules([made]) == [("gpu", "integrated", 30.0)]


def test_a_sensor_that_fails_is_missing_meanwhile(card: Any, tmp_path: Path, clock: Clock) -> None:
    folder = card("0000:c1:00.0", "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    bench.read(1.0)
    (folder / "power1_average").unlink()
    missing, made = bench.findings(bench.read(2.0))
    assert isinstance(missing, Unmeasured) and "1 of 2 s: FileNotFoundError" in missing.reason
    assert joules([made]) == [("gpu", "integrated", 100.0)]


def test_only_the_cards_that_the_run_uses_count(card: Any, tree: Tree, tmp_path: Path, clock: Clock) -> None:
    """After https://docs.kernel.org/gpu/drm-usage-stats.html: the first file holds memory, the second one nothing."""
    for address in ("0000:c1:00.0", "0000:c2:00.0"):
        card(address, "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    tree(
        "proc/4711/fdinfo",
        **{"7": "pos:\t0\ndrm-driver:\tamdgpu\ndrm-pdev:\t0000:c1:00.0\ndrm-memory-vram:\t2048 KiB"},
        **{"8": "drm-driver:\tamdgpu\ndrm-pdev:\t0000:c2:00.0\ndrm-memory-vram:\t0 KiB\ndrm-engine-compute:\t0 ns"},
    )
    assert used_cards([4711, 4712], tmp_path) == {"0000:c1:00.0"}
    bench = Bench(tmp_path, lambda: hwmon(tmp_path), clock)
    findings = bench.findings(bench.read(10.0))
    assert joules(findings) == [("gpu", "integrated", 1000.0)]
    assert [device.count for device in cards(bench.source.described(), "node")] == [1]


class Amdsmi:
    """The package as its reference describes it, with one card: 15.3 µJ a step."""

    class AmdSmiException(Exception):
        pass

    steps, counts, power = 0, True, {"current_socket_power": "N/A", "average_socket_power": 120, "power_limit": 560}

    def amdsmi_init(self) -> None: ...
    def amdsmi_shut_down(self) -> None: ...

    def amdsmi_get_processor_handles(self) -> list[str]:
        return ["handle"]

    def amdsmi_get_gpu_device_bdf(self, handle: str) -> str:
        return "0000:C1:00.0"

    def amdsmi_get_gpu_asic_info(self, handle: str) -> dict[str, str]:
        return {"market_name": "AMD Instinct MI250X"}

    def amdsmi_get_gpu_vram_usage(self, handle: str) -> dict[str, int]:
        return {"vram_total": 65520, "vram_used": 10}

    def amdsmi_get_energy_count(self, handle: str) -> dict[str, float]:
        if not self.counts:
            raise self.AmdSmiException("not supported")
        return {"energy_accumulator": self.steps, "counter_resolution": 15.3, "timestamp": 0}

    def amdsmi_get_power_info(self, handle: str) -> dict[str, object]:
        return self.power


def test_amdsmi_has_the_counter(card: Any, tmp_path: Path, clock: Clock) -> None:
    card("0000:c1:00.0", "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    api = Amdsmi()
    bench = Bench(tmp_path, lambda: joined((amdsmi(api), hwmon(tmp_path))), clock)
    api.steps = 10_000_000
    findings = bench.findings(bench.read(10.0))
    assert joules(findings) == [("gpu", "counter", 153.0)]
    [device] = cards(bench.source.described(), "node")
    assert (device.name, device.memory.amount) == ("AMD Instinct MI250X", 65520 * 2**20)


def test_amdsmi_without_a_counter_has_the_socket_s_power(tmp_path: Path, clock: Clock) -> None:
    api = Amdsmi()
    api.counts = False
    bench = Bench(tmp_path, lambda: amdsmi(api), clock)
    assert joules(bench.findings(bench.read(10.0))) == [("gpu", "integrated", 1200.0)]
    api.power = {"current_socket_power": 65535, "average_socket_power": "N/A"}
    assert amdsmi(api).sensors == ()


def test_amdsmi_that_does_not_start_is_named() -> None:
    class Broken(Amdsmi):
        def amdsmi_init(self) -> None:
            raise self.AmdSmiException("driver not loaded")

    assert "driver not loaded" in amdsmi(Broken()).absent[0][1]


BLOCK = """*** Sampled system activity (Sun Mar  1 11:00:0{second} 2026 +0100) ({elapsed}ms elapsed) ***
**** Processor usage ****
CPU Power: 2000 mW
GPU Power: {gpu} mW
ANE Power: 0 mW
CPU Power: 9999 mW
"""


def test_powermetrics_adds_up_second_by_second() -> None:
    samples = ChipSamples()
    for line in (
        BLOCK.format(second=1, elapsed="1000.00", gpu=500) + BLOCK.format(second=2, elapsed="1010.5", gpu=1000)
    ).splitlines():
        samples.take(line)
    assert samples.joules == pytest.approx({"CPU": 2 + 2.021, "GPU": 0.5 + 1.0105, "ANE": 0.0})


def test_powermetrics_is_followed_on_a_mac(tmp_path: Path, clock: Clock) -> None:
    text = "".join(BLOCK.format(second=second, elapsed="1000.0", gpu=500) for second in (1, 2))
    ended: list[bool] = []
    child = SimpleNamespace(stdout=Endless(text), terminate=lambda: ended.append(True), wait=lambda patience: 0)
    found = powermetrics("darwin", lambda: True, lambda *a, **k: child)  # type: ignore[arg-type]
    assert [(sensor.component, sensor.counts) for sensor in found.sensors] == [
        ("cpu", True),
        ("gpu", True),
        ("other", True),
    ]
    found.let_go[0]()
    assert ended == [True]


class Endless:
    """Lines, and then none for as long as somebody waits."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)

    def __iter__(self) -> Any:
        import threading

        yield from self._lines
        threading.Event().wait(5)


def test_powermetrics_needs_root_and_a_mac() -> None:
    assert powermetrics("linux") == Found()
    found = powermetrics("darwin", lambda: False)
    assert [component for component, _ in found.absent] == ["cpu", "gpu"] and "sudo" in found.absent[0][1]


def test_every_meter_of_a_machine_is_listed(card: Any, tmp_path: Path) -> None:
    card("0000:c1:00.0", "amdgpu", power1_average=100_000_000, power1_cap=300_000_000)
    card("0000:03:00.0", "xe")
    rows = meters(tmp_path)
    assert ("gpu", "AMD GPU 0x740c", "amdgpu power1_average", "power, sampled") in rows
    assert [row.meter for row in rows if row.part == "cpu and memory"] == ["none"]


def test_of_two_sensors_of_a_card_the_counter_stays() -> None:
    power = Sensor("gpu", "card", "0000:c1:00.0", "power", False, lambda: 1.0)
    counter = Sensor("gpu", "card", "0000:c1:00.0", "counter", True, lambda: 1.0)
    assert joined((Found((power,)), Found((counter,)))).sensors == (counter,)
    assert joined((Found((counter,)), Found((power,), absent=(("gpu", "none"),)))) == Found((counter,))
