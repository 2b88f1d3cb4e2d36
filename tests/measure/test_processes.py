from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import time

import psutil
import pytest

from lca.measure.counters.counter import PEAK
from lca.measure.counters.processes import RARELY, Processes

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_child_that_ended_counts_with_all_its_time() -> None:
    processes, before = Processes(own=False), children()
    processes.start(0.0)
    subprocess.run([sys.executable, "-c", BURN], check=True)
    used = processes.read(1.0)["cpu own"]
    assert used == pytest.approx(children() - before, abs=1e-6)
    assert used >= 0.3


def test_a_child_that_lives_on_counts_once() -> None:
    processes, before = Processes(own=False), children()
    processes.start(0.0)
    program = BURN + "print(1, flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stdin
        child.stdout.readline()
        living = processes.read(1.0)["cpu own"]
        assert processes.ids() == {child.pid}
        resident = psutil.Process(child.pid).memory_info().rss
        again = Processes(own=False)
        again.start(0.0)
        assert again.read(10.0)["memory"] == pytest.approx(10 * resident, rel=0.2)
        child.communicate("\n")
    assert 0.28 <= living <= children() - before + 0.02  # a living child's time comes in hundredths
    assert processes.read(2.0)["cpu own"] >= living


def test_this_process_counts_unless_it_is_left_out() -> None:
    own, others = Processes(), Processes(own=False)
    before = time.process_time()
    own.start(0.0)
    others.start(0.0)
    sum(range(3_000_000))
    used = own.read(1.0)
    unused = others.read(1.0)
    assert (unused["cpu own"], unused["memory"], unused[f"{PEAK}memory"]) == (0.0, 0.0, 0.0)
    assert 0 < used["cpu own"] <= time.process_time() - before + 0.01 and used["memory"] > 0
    assert os.getpid() in own.ids() and os.getpid() not in others.ids()


def test_resident_memory_is_its_mean_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([100.0, 200.0, 150.0])
    monkeypatch.setattr(Processes, "_bytes", lambda self: next(held))
    processes = Processes()
    processes.start(0.0)
    processes.read(1.0)
    used = processes.read(3.0)
    assert used["memory"] == 150 * 1 + 175 * 2
    assert used[f"{PEAK}memory"] == 200.0


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Times of the looks at all processes, as each second is read."""
    found = list[float]()
    monkeypatch.setattr(Processes, "_find", lambda self: found.append(0.0))
    return found


def read_for(processes: Processes, seconds: int, looks: list[float]) -> list[float]:
    processes.start(0.0)
    times = []
    for now in range(1, seconds):
        before = len(looks)
        processes.read(float(now))
        times += [float(now)] * (len(looks) - before)
    return times


def test_without_linux_a_new_child_is_noticed_soon_and_later_seldom(
    looks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Processes, "_forks", lambda self: None)
    times = read_for(Processes(), 600, looks)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert times[0] <= 2 and gaps == sorted(gaps) and max(gaps) == RARELY


def test_linux_tells_what_was_forked(looks: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    forks = iter([[b"1 2"]] * 9 + [[b"1 2 3"]] * 1000)
    monkeypatch.setattr(Processes, "_forks", lambda self: next(forks))
    first, second, *_ = read_for(Processes(), 50, looks)
    assert first < 10 and second == first + RARELY


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_child_is_seen_at_the_next_sample() -> None:
    processes = Processes(own=False)
    processes.start(0.0)
    processes.read(1.0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        processes.read(1.1)
        assert child.pid in processes.ids()
        child.communicate(b"\n")


def test_cpu_time_is_counted_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    used, machine = iter([5.0, 5.0, 11.0]), iter([(100.0, 1000.0), (100.0, 1000.0), (120.0, 1040.0)])
    monkeypatch.setattr(Processes, "_used", lambda self: next(used))
    monkeypatch.setattr("lca.measure.counters.processes._busy_and_total", lambda: next(machine))
    processes = Processes()
    processes.start(0.0)
    found = processes.read(10.0)
    assert (found["cpu own"], found["cpu busy"], found["cpu total"]) == (6.0, 20.0, 40.0)
    assert (processes.own_time, processes.busy_time) == (6.0, 20.0)
