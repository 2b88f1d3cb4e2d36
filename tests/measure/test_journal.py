from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import simulated
from simulated import Clock, bursts, joules

from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.measure.counters.rapl import Rapl
from lca.measure.meter import journal as module
from lca.measure.meter.journal import Journal, replayed
from lca.measure.meter.meter import EnergyMeter
from lca.measure.meter.recover import recover
from lca.measurement.record import Measurement

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
CURVE = bursts(50.0, 300.0, on=3.0, off=2.0)


@pytest.fixture
def cut_off(tmp_path: Path, clock: Clock, empty: Catalogue) -> Callable[[float], Path]:
    """A journal of a run with windows that was killed at a time, as a copy."""

    def make(end: float) -> Path:
        tree = simulated.Rapl(tmp_path / "tree", clock)
        tree.zone("intel-rapl:0", "package-0", CURVE)
        processes = simulated.Processes()
        meter = EnergyMeter(
            "cut",
            "inference",
            output=tmp_path / "run.json",
            catalogue=empty,
            clock=clock,
            interval=math.inf,
            price="2 EUR",
            sources=lambda: (processes, Rapl(processes, tree.flat)),  # type: ignore[arg-type, return-value]
        )
        killed = tmp_path / "killed.journal"
        with meter:
            meter.model("cnn", parameters=7)
            second = 0
            for _ in meter.epochs(range(10)):
                for _ in range(4):
                    second += 1
                    clock.now = float(second)
                    tree.tick()
                    meter.sample()
                    meter.answered(0.5)
                    if second == end:
                        killed.write_bytes((tmp_path / "run.json.journal").read_bytes())
        return killed

    return make


def test_a_run_is_recovered_up_to_its_last_sample(
    cut_off: Callable[[float], Path], empty: Catalogue, tmp_path: Path
) -> None:
    record = recover(cut_off(22.0), tmp_path / "recovered.json", empty)
    assert Measurement.load(tmp_path / "recovered.json") == record
    assert (record.name, record.phase, record.interrupted) == ("cut", "inference", True)
    assert (record.model, record.model_parameters) == ("cnn", 7)
    assert record.duration.amount * 3600 == pytest.approx(22)
    assert record.price and record.price.currency == "EUR"
    assert record.latency and record.latency.p50 and record.latency.p50.amount * 3600 == pytest.approx(0.5, rel=0.005)
    assert record.software["python"]
    energy = {entry.origin: joules(entry.energy.amount) for entry in record.energy if entry.component == "cpu"}
    assert energy == {"counter": pytest.approx(CURVE.energy(22))}
    windows = [(window.name, round(window.duration.amount * 3600, 6)) for window in record.windows]
    assert windows == [(f"epoch {n}", 4) for n in range(5)] + [("epoch 5", 2)]
    last = next(entry for entry in record.windows[-1].energy if entry.component == "cpu")
    assert joules(last.energy.amount) == pytest.approx(CURVE.between(20, 22))
    series = next(series for series in record.power if series.component == "cpu")
    assert series.times[-1] == 22 and len(series.times) == 22


def test_the_record_of_an_interrupted_run_is_the_one_it_would_have_written(
    cut_off: Callable[[float], Path], empty: Catalogue
) -> None:
    journal = cut_off(40.0)
    written = Measurement.load(journal.with_name("run.json"))
    assert recover(journal, None, empty) == written.model_copy(update={"interrupted": True})


@pytest.mark.parametrize(
    "torn", [b"", b'{"reading": [23.0, 1.', b'{"reading": [23', b"\0" * 50, b"\0" * 50 + b"\n"], ids=range(5)
)
def test_a_torn_last_line_is_not_read(cut_off: Callable[[float], Path], empty: Catalogue, torn: bytes) -> None:
    journal = cut_off(22.0)
    journal.write_bytes(journal.read_bytes() + torn)
    assert recover(journal, None, empty).duration.amount * 3600 == pytest.approx(22)


@pytest.mark.parametrize("cut", range(1, 400, 23))
def test_a_journal_may_end_at_any_byte(cut_off: Callable[[float], Path], empty: Catalogue, cut: int) -> None:
    journal = cut_off(22.0)
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-cut])
    seconds = recover(journal, None, empty).duration.amount * 3600
    assert 16 <= seconds <= 22


HEAD = {"journal": 1, "header": {}, "spacing": 0.5, "names": ["a"], "reading": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ([], 1, "no journal of a run"),
        (["{}", "{}"], 1, "no journal of a run"),
        (["[1]", "{}"], 1, "not a table"),
        (["no json", "{}"], 1, "not a line of JSON"),
        ([json.dumps({**HEAD, "journal": 2})], 1, "version 2"),
        ([json.dumps({**HEAD, "journal": "x"})], 1, "version 'x'"),
        ([json.dumps({"journal": 1})], 1, "lacks something"),
        ([json.dumps(HEAD)], 1, "before its first sample"),
        ([json.dumps(HEAD), '{"reading": [1.0]}'], 2, "a time and 1 numbers"),
        ([json.dumps(HEAD), '{"reading": [1.0, 2.0, 3.0]}'], 2, "a time and 1 numbers"),
        ([json.dumps(HEAD), '{"reading": [1.0, NaN]}'], 2, "no finite number"),
        ([json.dumps(HEAD), '{"reading": [1.0, 1e999]}'], 2, "no finite number"),
        ([json.dumps(HEAD), '{"reading": [1.0, "2"]}'], 2, "no finite number"),
        ([json.dumps(HEAD), '{"reading": [-1.0, 2.0]}'], 2, "do not ascend"),
        ([json.dumps(HEAD), "{broken", '{"reading": [1.0, 2.0]}'], 2, "not a line of JSON"),
        ([json.dumps(HEAD), "[" * 100_000, '{"reading": [1.0, 2.0]}'], 2, "not a line of JSON"),
    ],
)
def test_what_is_no_journal_is_refused_with_its_line(tmp_path: Path, lines: list[str], line: int, what: str) -> None:
    path = tmp_path / "run.journal"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(InvalidData) as caught:
        recover(path)
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)
    assert what in problem.what


def test_a_pipe_is_no_journal(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json.journal")
    with pytest.raises(InvalidData, match="a pipe or a device, not a file"):
        replayed(tmp_path / "run.json.journal")


def test_an_endless_line_is_refused_without_reading_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    path = tmp_path / "run.journal"
    path.write_text('{"journal": "' + "x" * 1000)
    with pytest.raises(InvalidData, match="not a line of JSON"):
        recover(path)


def test_no_journal_at_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="no such file"):
        recover(tmp_path / "absent.journal")


def test_a_journal_left_behind_is_not_overwritten(tmp_path: Path) -> None:
    first = Journal.beside(tmp_path / "run.json")
    first.write({"journal": 1})
    second = Journal.beside(tmp_path / "run.json")
    assert (first.path.name, second.path.name) == ("run.json.journal", "run.json.2.journal")
    second.remove()
    first.close()
    assert [path.name for path in tmp_path.iterdir()] == ["run.json.journal"]


def test_a_full_disk_ends_the_journal_and_not_the_run(
    tmp_path: Path, empty: Catalogue, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    meter = EnergyMeter(
        "x",
        output=tmp_path / "run.json",
        catalogue=empty,
        interval=math.inf,
        clock=clock,
        sources=lambda: (simulated.Processes(),),
    )
    with meter:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            clock.now = 1.0
            meter.sample()
        clock.now = 2.0
    assert meter.measurement.duration.amount * 3600 == pytest.approx(2)
    assert meter.measurement.comment and "No space left on device" in meter.measurement.comment


KILLED = """
import math, sys
sys.path.insert(0, sys.argv[1])
from simulated import Api, Card, Clock, Process, bursts
from lca.measure.meter.meter import EnergyMeter
from lca.measure.counters.nvml import Nvml

clock = Clock()
api = Api(clock, Card(bursts(100.0, 300.0, on=0.3, off=0.2), on_it=lambda t: [Process(1)]))
meter = EnergyMeter("killed", output=sys.argv[2], interval=math.inf, clock=clock,
                    sources=lambda: (Nvml(lambda fresh: {1}, api, exists=lambda pid: True),))
meter.start()
for _ in meter.epochs(range(10**6)):
    clock.now += 0.11
    meter.sample()
    print(clock.now, flush=True)
"""


@pytest.mark.slow
def test_twenty_kills_at_random_moments_lose_nothing_that_was_sampled(tmp_path: Path, empty: Catalogue) -> None:
    """The card's energy is a closed form of the simulated time; whatever was sampled before the kill is recovered."""
    curve = bursts(100.0, 300.0, on=0.3, off=0.2)
    rng = random.Random(4)
    for number in range(20):
        output = tmp_path / f"{number}.json"
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(output)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout
            for _ in range(rng.randint(2, 20)):
                sampled = float(child.stdout.readline())
            child.send_signal(signal.SIGKILL)
        assert not output.exists()
        record = recover(f"{output}.journal", output, empty)
        lived = record.duration.amount * 3600
        assert record.interrupted and Measurement.load(output) == record
        assert lived > sampled - 1e-6
        [entry] = record.energy
        assert joules(entry.energy.amount) == pytest.approx(curve.between(0, lived), abs=1.0)
        assert len(record.windows) >= 1


def test_a_journal_that_names_errors_as_it_used_to_is_read(cut_off: Callable[[float], Path], empty: Catalogue) -> None:
    """The largest error of a counter was called its doubt."""
    journal = cut_off(22.0)
    text = journal.read_text()
    assert ' error"' in text
    journal.write_text(text.replace(' error"', ' doubt"'))
    assert "rapl 0 error" in replayed(journal).timeline.last.used


@pytest.mark.parametrize(
    ("key", "value"),
    [("began", "yesterday"), ("began", 5), ("phase", "nope"), ("wattmeter", {}), ("name", None), ("exclusive", [])],
)
def test_a_journal_that_no_run_wrote_is_refused(
    cut_off: Callable[[float], Path], empty: Catalogue, key: str, value: object
) -> None:
    journal = cut_off(22.0)
    first, _, rest = journal.read_text().partition("\n")
    head = json.loads(first)
    head["header"][key] = value
    journal.write_text(f"{json.dumps(head)}\n{rest}")
    if key in ("exclusive", "wattmeter"):
        assert recover(journal, None, empty).interrupted
        return
    with pytest.raises(InvalidData, match="not what a run writes"):
        recover(journal, None, empty)
