from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lca.equations import ComponentEnergy
from lca.errors import NotANumber, UnknownUnit, UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure import meter as module
from lca.measure.meter import EnergyMeter
from lca.measure.source import Finding, entry
from lca.measurement import Device, Measurement, Unmeasured

HEAVY = ("pint", "pandas", "numpy", "torch", "sklearn", "bw2data", "bw2calc", "lca.inventory.catalogue")


class Simulated:
    """A source with given findings."""

    def __init__(self, *findings: Finding) -> None:
        self.findings, self.calls = findings, list[str]()

    def start(self) -> None:
        self.calls.append("start")

    def sample(self) -> None:
        self.calls.append("sample")

    def stop(self) -> None:
        self.calls.append("stop")

    def results(self) -> tuple[Finding, ...]:
        return self.findings


class SimulatedModel(Simulated):
    def utilisation(self) -> dict[str, float]:
        return {"cpu": 0.5}


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces the three sources of every meter."""

    def replace(nvml: Simulated, rapl: Simulated, model: SimulatedModel) -> None:
        monkeypatch.setattr(module, "Nvml", lambda: nvml)
        monkeypatch.setattr(module, "Rapl", lambda: rapl)
        monkeypatch.setattr(module, "Model", lambda catalogue, processes: model)

    return replace


CPU = entry("cpu", ComponentEnergy(1.0), "modelled", "a model")
MEMORY = entry("memory", ComponentEnergy(2.0), "modelled", "a model")


def test_a_block_becomes_a_record(catalogue: Catalogue, machine: Callable[[str], object], tmp_path: Path) -> None:
    machine("middling Processor")
    with EnergyMeter("digits", "inference", task="digits", model="cnn", catalogue=catalogue) as meter:
        meter.delivers("320000 inference")
        meter.quality(accuracy=0.97)
        meter.model(parameters=38_282)
        meter.remark("a test")
        before = time.process_time()
        while time.process_time() < before + 0.05:
            pass
    record = meter.measurement
    assert (record.name, record.phase, record.task, record.model) == ("digits", "inference", "digits", "cnn")
    assert record.amount == (320000.0, "inference") and record.quality == {"accuracy": 0.97}
    assert (record.model_parameters, record.comment, record.interrupted) == (38_282, "a test", False)
    assert record.ended - record.started == pytest.approx(
        timedelta(hours=record.duration.amount), abs=timedelta(seconds=1e-4)
    )
    energy = {entry.component: entry for entry in record.energy}
    assert energy["cpu"].origin == "modelled"
    cpu_time = energy["cpu"].energy.amount / 0.002 * 3600  # at 2 W per logical processor
    assert 0.05 <= cpu_time <= record.duration.amount * 3600 * 4 + 0.02
    assert record.utilisation["cpu-process"] == pytest.approx(cpu_time / record.duration.amount / 3600 / 4, rel=0.2)
    assert [(d.kind, d.id) for d in record.devices if d.kind != "gpu"] == [("cpu", "middling"), ("memory", None)]
    meter.save(tmp_path / "run.json")
    assert Measurement.load(tmp_path / "run.json") == record


def test_sources_are_read_once_at_each_edge(sources: Any, empty: Catalogue) -> None:
    simulated = Simulated(), Simulated(), SimulatedModel(CPU, MEMORY)
    sources(*simulated)
    with EnergyMeter("x", catalogue=empty, interval=3600):
        pass
    assert [source.calls for source in simulated] == [["start", "stop"]] * 3


def test_sources_are_sampled_at_the_interval(sources: Any, empty: Catalogue) -> None:
    model = SimulatedModel(CPU, MEMORY)
    sources(Simulated(), Simulated(), model)
    with EnergyMeter("x", catalogue=empty, interval=0.001):
        while model.calls.count("sample") < 3:
            time.sleep(0.001)
    assert model.calls[0] == "start" and model.calls[-1] == "stop"


def test_a_counter_is_preferred_to_the_model(sources: Any, empty: Catalogue) -> None:
    counted = entry("cpu", ComponentEnergy(5.0), "counter", "a counter")
    sources(Simulated(), Simulated(counted), SimulatedModel(CPU, MEMORY))
    with EnergyMeter("x", catalogue=empty) as meter:
        pass
    assert meter.measurement.energy == (counted, MEMORY)


def test_why_there_is_no_counter_goes_into_the_method(sources: Any, empty: Catalogue) -> None:
    sources(Simulated(), Simulated(Unmeasured(component="cpu", reason="ask root")), SimulatedModel(CPU, MEMORY))
    with EnergyMeter("x", catalogue=empty) as meter:
        pass
    assert [entry.method for entry in meter.measurement.energy] == ["a model. No counter: ask root", "a model"]
    assert meter.measurement.unmeasured == ()


def test_all_reasons_are_kept_where_nothing_is_known(sources: Any, empty: Catalogue) -> None:
    none = Unmeasured(component="cpu", reason="no catalogue")
    sources(Simulated(), Simulated(Unmeasured(component="cpu", reason="ask root")), SimulatedModel(none, MEMORY))
    with EnergyMeter("x", catalogue=empty) as meter:
        pass
    assert [fault.reason for fault in meter.measurement.unmeasured] == ["ask root; no catalogue"]


def test_part_of_the_gpus_is_kept_beside_what_is_missing(sources: Any, empty: Catalogue) -> None:
    part = entry("gpu", ComponentEnergy(5.0), "integrated", "one card")
    lost = Unmeasured(component="gpu", reason="the other card")
    device = Device(kind="gpu", name="NVIDIA H100", count=2)
    sources(Simulated(device, part, lost), Simulated(), SimulatedModel(CPU, MEMORY))
    with EnergyMeter("x", catalogue=empty) as meter:
        pass
    assert (meter.measurement.energy[0], meter.measurement.unmeasured) == (part, (lost,))
    assert meter.measurement.devices == (device,)


def test_an_exception_ends_the_record_as_interrupted(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with pytest.raises(ZeroDivisionError), meter:
        1 / 0  # noqa: B018
    assert meter.measurement.interrupted


@pytest.mark.parametrize(("code", "interrupted"), [(0, False), (None, False), (1, True)])
def test_a_program_that_exits_well_is_not_interrupted(empty: Catalogue, code: int | None, interrupted: bool) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with pytest.raises(SystemExit), meter:
        sys.exit(code)
    assert meter.measurement.interrupted is interrupted


def test_there_is_no_record_before_the_end(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with pytest.raises(UsageError, match="'x' has no record before the end of its block"):
        _ = meter.measurement
    with meter, pytest.raises(UsageError, match="no record"):
        meter.save("never.json")


def test_facts_belong_inside_the_block(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with meter:
        meter.delivers("1 inference")
    for call in (lambda: meter.delivers("1 inference"), lambda: meter.quality(accuracy=1), meter.model, meter.stop):
        with pytest.raises(UsageError, match="is not running"):
            call()


def test_a_second_run_starts_afresh(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with meter:
        meter.delivers("1 inference")
        meter.quality(accuracy=0.5)
    first = meter.measurement
    with meter:
        pass
    assert first.amount == (1.0, "inference")
    assert (meter.measurement.amount, meter.measurement.quality) == (None, {})
    assert meter.measurement.started > first.started


def test_a_function_is_measured_at_each_call(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)

    @meter
    def double(number: int) -> int:
        """Twice the number."""
        meter.delivers(f"{number} inference")
        return 2 * number

    assert (double(3), double.__name__, double.__doc__) == (6, "double", "Twice the number.")
    assert meter.measurement.amount == (3.0, "inference")
    assert double(4) == 8
    assert meter.measurement.amount == (4.0, "inference")


def test_a_function_that_returns_before_its_work_is_refused(empty: Catalogue) -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None:
        await asyncio.sleep(0)

    for function in (generator, coroutine):
        with pytest.raises(UsageError, match="returns before its work is done"):
            EnergyMeter("x", catalogue=empty)(function)


def test_meters_nest(empty: Catalogue) -> None:
    with EnergyMeter("outer", catalogue=empty) as outer:
        with EnergyMeter("inner", catalogue=empty) as inner:
            inner.delivers("1 inference")
        outer.delivers("2 inference")
    assert (inner.measurement.amount, outer.measurement.amount) == ((1.0, "inference"), (2.0, "inference"))
    assert outer.measurement.started <= inner.measurement.started
    assert inner.measurement.ended <= outer.measurement.ended


def test_one_meter_does_not_nest_in_itself(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with meter, pytest.raises(UsageError, match="already running"), meter:
        pass
    assert meter.measurement.interrupted is False


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("3 token", (3.0, "token")), ("1e6 inference", (1e6, "inference")), ("2.5 t*km", (2.5, "t*km"))],
)
def test_delivered_amounts(empty: Catalogue, amount: str, expected: tuple[float, str]) -> None:
    with EnergyMeter("x", catalogue=empty) as meter:
        meter.delivers(amount)
    assert meter.measurement.amount == expected


@pytest.mark.parametrize(
    ("amount", "fault"), [("many inference", NotANumber), ("3 dozen", UnknownUnit), ("nan inference", NotANumber)]
)
def test_a_wrong_amount_is_refused_at_once(empty: Catalogue, amount: str, fault: type[Exception]) -> None:
    with EnergyMeter("x", catalogue=empty) as meter, pytest.raises(fault):
        meter.delivers(amount)
    assert meter.measurement.amount is None


def test_wrong_arguments_are_refused_before_the_run() -> None:
    with pytest.raises(UsageError, match="no phase 'trainning': one of data, development, training"):
        EnergyMeter("x", "trainning")  # type: ignore[arg-type]
    for interval in (0.0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="interval"):
            EnergyMeter("x", interval=interval)


@pytest.mark.parametrize(("initialised", "waits"), [(True, 2), (False, 0)])
def test_it_waits_for_the_gpu_at_both_edges(
    monkeypatch: pytest.MonkeyPatch, empty: Catalogue, initialised: bool, waits: int
) -> None:
    calls = list[int]()
    cuda = SimpleNamespace(is_initialized=lambda: initialised, synchronize=lambda: calls.append(1))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, __version__="0"))
    with EnergyMeter("x", catalogue=empty):
        pass
    assert len(calls) == waits


def test_nothing_heavy_is_imported_before_the_record_is_built() -> None:
    program = f"""
import sys
from lca.measure.meter import EnergyMeter
meter = EnergyMeter("x")
meter.start()
meter.delivers("1 inference")
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
