from __future__ import annotations

import resource
import subprocess
import sys

import psutil
import pytest

from lca.measure.processes import Processes

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_child_that_ended_counts_with_all_its_time() -> None:
    processes, before = Processes(own=False), children()
    processes.start()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    processes.stop()
    assert processes.cpu_time == pytest.approx(children() - before, abs=1e-6)
    assert 0.3 <= processes.cpu_time < 10


def test_a_child_that_lives_on_counts_once() -> None:
    processes, before = Processes(own=False), children()
    processes.start()
    program = BURN + "print(1, flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stdin
        child.stdout.readline()
        processes.stop()
        living = processes.cpu_time
        resident = psutil.Process(child.pid).memory_info().rss
        again = Processes(own=False)
        again.start()
        again.stop()
        assert again.memory_time == pytest.approx(resident * again.duration, rel=0.2)
        child.communicate("\n")
    assert living == pytest.approx(children() - before, abs=0.1)  # a living child's time comes in hundredths


def test_this_process_counts_unless_it_is_left_out() -> None:
    own, others = Processes(), Processes(own=False)
    own.start()
    others.start()
    sum(range(3_000_000))
    others.stop()
    own.stop()
    assert others.cpu_time == 0.0 and others.memory_time == 0.0
    assert 0 < own.cpu_time <= own.duration * (psutil.cpu_count() or 1)


def test_resident_memory_is_its_mean_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 3.0])
    bytes_ = iter([100.0, 200.0, 200.0])
    monkeypatch.setattr(Processes, "_bytes", lambda self, tree: next(bytes_))
    processes = Processes(clock=lambda: next(times))
    processes.start()
    processes.sample()
    processes.stop()
    assert processes.memory_time == 150 * 1 + 200 * 2
    assert (processes.duration, processes.samples) == (3.0, 3)


def test_utilisation_is_cpu_time_over_wall_time_and_logical_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    used, times, machine = iter([5.0, 11.0]), iter([0.0, 10.0]), iter([(100.0, 1000.0), (120.0, 1040.0)])
    monkeypatch.setattr(Processes, "_used", lambda self, tree: next(used))
    monkeypatch.setattr("lca.measure.processes._busy_and_total", lambda: next(machine))
    processes = Processes(clock=lambda: next(times))
    processes.start()
    processes.stop()
    assert processes.cpu_time == 6.0
    assert processes.utilisation(4) == {"cpu-process": pytest.approx(0.15), "cpu": pytest.approx(0.5)}
