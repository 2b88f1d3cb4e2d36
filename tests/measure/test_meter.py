from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from simulated import Clock
from watched import Watched

from lca.errors import LcaError, MissingDependency, NotANumber, UnknownUnit, UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter
from lca.measure.meter.recover import recover
from lca.measurement.record import Measurement

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
HEAVY = (
    "pydantic",
    "pint",
    "pandas",
    "numpy",
    "torch",
    "sklearn",
    "bw2data",
    "bw2calc",
    "lca.inventory.catalogue",
    "lca.measurement.record",
)


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
    assert record.throughput and record.throughput.unit == "inference/s"
    assert record.throughput.amount == pytest.approx(320000 / (record.duration.amount * 3600))
    assert record.peak_memory["memory"].amount > 1e7
    meter.save(tmp_path / "run.json")
    assert Measurement.load(tmp_path / "run.json") == record


def test_sources_are_read_once_at_each_edge(empty: Catalogue) -> None:
    source = Watched()
    with EnergyMeter("x", catalogue=empty, interval=3600, sources=lambda: (source,)):
        assert source.calls == ["start", "read", "read"]  # its own start reads too
    assert source.calls == ["start", "read", "read", "read", "stop"]


def test_sources_are_sampled_at_the_interval(empty: Catalogue) -> None:
    source = Watched()
    with EnergyMeter("x", catalogue=empty, interval=0.001, sources=lambda: (source,)):
        while source.calls.count("read") < 6:
            time.sleep(0.001)
    assert source.calls[0] == "start" and source.calls[-2:] == ["read", "stop"]


def test_samples_are_at_whole_multiples_of_the_interval(empty: Catalogue) -> None:
    """So that meters which began at different times read at the same instants."""
    clock, times = Clock(), list[float]()
    clock.now = 10.2

    def wait(seconds: float) -> bool:
        clock.now += seconds + 0.125  # a thread wakes late
        return len(times) == 4

    meter = EnergyMeter("x", catalogue=empty, clock=clock)
    recorder = SimpleNamespace(interval=0.5, sample=lambda: times.append(clock.now))
    meter._sample(SimpleNamespace(recorder=recorder, over=SimpleNamespace(wait=wait)))  # type: ignore[arg-type]
    assert times == pytest.approx([10.625, 11.125, 11.625, 12.125])


@pytest.mark.parametrize(("frequent", "interval"), [(False, 1.0), (True, 0.1)])
def test_the_interval_is_as_the_sources_need_it(empty: Catalogue, frequent: bool, interval: float) -> None:
    class Sampled(Watched):
        def samples_power(self) -> bool:
            return frequent

    with EnergyMeter("x", catalogue=empty, sources=lambda: (Sampled(),)) as meter:
        assert meter._run and meter._run.recorder.interval == interval


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
    for baseline in (-1.0, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="baseline"):
            EnergyMeter("x", baseline=baseline)
    for price in ("3.20", "3.20 usd", "USD 3.20", "-1 USD", "inf USD"):
        with pytest.raises(UsageError, match="is no price per hour"):
            EnergyMeter("x", price=price)
    with pytest.raises(UsageError, match="no 'city' in a location: give country, region, provider"):
        EnergyMeter("x", location={"city": "Paris"})


def test_an_output_is_saved_and_its_journal_gone(empty: Catalogue, tmp_path: Path) -> None:
    meter = EnergyMeter("x", output=tmp_path / "sub/run.json", catalogue=empty, sources=lambda: (Watched(),))
    with meter:
        assert [path.name for path in (tmp_path / "sub").iterdir()] == ["run.json.journal"]
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["run.json"]
    assert Measurement.load(tmp_path / "sub/run.json") == meter.measurement
    with meter:
        pass
    assert sorted(path.name for path in (tmp_path / "sub").iterdir()) == ["run.2.json", "run.json"]


def test_a_place_that_cannot_be_written_is_known_before_the_run(empty: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "mine.json").write_text('{"mine": 1}')
    for place, what in (("file/run.json", "Not a dir"), (".", "is a folder"), ("mine.json", "did not write it")):
        meter = EnergyMeter("x", output=tmp_path / place, catalogue=empty)
        with pytest.raises(UsageError, match=what):
            meter.start()
        assert not meter.running


def test_a_full_disk_is_known_before_the_run(empty: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    meter = EnergyMeter("x", output=tmp_path / "run.json", catalogue=empty)
    with monkeypatch.context() as patch, pytest.raises(UsageError, match=r"No space left .* nothing of the run"):
        patch.setattr(os, "write", full)
        meter.start()
    assert not meter.running and list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_saved_names_its_journal(empty: Catalogue, tmp_path: Path) -> None:
    meter = EnergyMeter("x", output=tmp_path / "run.json", catalogue=empty)
    with pytest.raises(LcaError, match=r"is a folder.*lca record recover .*run\.json\.journal -o "), meter:
        (tmp_path / "run.json").mkdir()
    assert recover(tmp_path / "run.json.journal", None, empty).name == "x"


def test_what_was_stated_is_in_the_record(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty, price="3.20 USD", location={"country": "FR", "provider": "mine"})
    with meter:
        pass
    record = meter.measurement
    assert record.price and (record.price.per_hour, record.price.currency) == (3.2, "USD")
    assert record.location and (record.location.country, record.location.region) == ("FR", None)
    with EnergyMeter("x", catalogue=empty) as plain:
        pass
    assert (plain.measurement.price, plain.measurement.location, plain.measurement.part) == (None, None, None)


def test_an_unknown_device_is_loudly_unknown(clock: Clock, catalogue: Catalogue) -> None:
    class Misspelt(Watched):
        def described(self) -> dict[str, object]:
            return {**super().described(), "processor": "midling Processor"}

    meter = EnergyMeter("x", catalogue=catalogue, clock=clock, interval=math.inf, sources=lambda: (Misspelt(),))
    with (
        pytest.warns(UserWarning, match="does not know the cpu 'midling Processor'; nearest: middling Processor"),
        meter,
    ):
        clock.now = 1.0
    [device] = [device for device in meter.measurement.devices if device.kind == "cpu"]
    assert (device.id, device.nearest[0]) == (None, "middling Processor")


def test_counting_flops_needs_torch(monkeypatch: pytest.MonkeyPatch, empty: Catalogue) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.flop_counter", None)
    meter = EnergyMeter("x", catalogue=empty, count_flops=True)
    with pytest.raises(MissingDependency, match=r"ai-lca\[torch\]"):
        meter.start()


def test_nothing_heavy_is_imported_before_the_record_is_built(tmp_path: Path) -> None:
    program = f"""
import sys
from lca.measure.meter.meter import EnergyMeter
meter = EnergyMeter("x", output={str(tmp_path / "run.json")!r}, interval=0.01)
meter.start()
meter.delivers("1 inference")
with meter.window("w"):
    meter.sample()
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_that_was_cut_off_does_not_claim_its_service(empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty)
    with pytest.raises(ZeroDivisionError), meter:
        meter.delivers("1000 inference")
        raise ZeroDivisionError
    assert (meter.measurement.amount, meter.measurement.throughput) == (None, None)
    assert "1000.0 inference; how much of it was delivered is not known" in (meter.measurement.comment or "")


@pytest.mark.parametrize("version", [None, "2.2.0"])
def test_a_meter_works_without_torch_and_with_an_old_one(version: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No torch can be imported, or one of another release is: neither is needed to measure."""
    cuda = SimpleNamespace(is_available=lambda: False, is_initialized=lambda: False, device_count=lambda: 0)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__=version, cuda=cuda) if version else None)
    with EnergyMeter("plain", "training") as meter:
        sum(range(1000))
    assert meter.measurement.duration
