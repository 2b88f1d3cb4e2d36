from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lca.cli.runs import _program
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.command import measure_command
from lca.measure.meter.meter import EnergyMeter


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@pytest.fixture
def meter(empty: Catalogue) -> EnergyMeter:
    return EnergyMeter("command", catalogue=empty)


def test_a_command_that_ends_well(meter: EnergyMeter, capfd: pytest.CaptureFixture[str]) -> None:
    assert measure_command(python("print('hello')"), meter) == 0
    assert capfd.readouterr().out == "hello\n"
    assert (meter.measurement.interrupted, meter.measurement.comment) == (False, None)


def test_its_exit_code_is_passed_on(meter: EnergyMeter) -> None:
    assert measure_command(python("raise SystemExit(3)"), meter) == 3
    assert meter.measurement.interrupted is False
    assert meter.measurement.comment == f"{Path(sys.executable).name} ended with exit code 3"


def test_a_command_that_is_killed_is_interrupted(meter: EnergyMeter) -> None:
    assert measure_command(python("import os; os.kill(os.getpid(), 9)"), meter) == 137
    assert meter.measurement.interrupted


def test_what_is_measured_is_the_command(catalogue: Catalogue) -> None:
    """The children's CPU time, at 2 W per logical processor of an unknown CPU, and not this process's."""
    meter = EnergyMeter("command", catalogue=catalogue)
    before = os.times()
    assert measure_command(python("import time\nwhile time.process_time() < 0.3: pass"), meter) == 0
    [energy] = [entry.energy.amount for entry in meter.measurement.energy if entry.component == "cpu"]
    used = energy / 0.002 * 3600
    after = os.times()
    ended = after.children_user + after.children_system - before.children_user - before.children_system
    assert 0.3 <= used <= ended + 0.02  # of the system's clock, in hundredths


def test_a_program_that_is_not_there(meter: EnergyMeter) -> None:
    with pytest.raises(UsageError, match="no program 'no-such-program': check its name and PATH"):
        measure_command(["no-such-program"], meter)
    assert meter.measurement.interrupted


def test_a_file_that_is_no_program(meter: EnergyMeter, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    with pytest.raises(UsageError, match=r"notes\.txt cannot be run: Permission denied"):
        measure_command([str(path)], meter)


def test_no_program_at_all(meter: EnergyMeter) -> None:
    with pytest.raises(UsageError, match="no program to measure"):
        measure_command([], meter)


MEASURED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the tests' parent ignores
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.measure.meter.command import measure_command
from lca.measure.meter.meter import EnergyMeter
meter = EnergyMeter("command", catalogue=Catalogue({}, RequiredFlows(), None))
code = measure_command([sys.executable, "-c", sys.argv[1]], meter)
meter.save(sys.argv[2])
sys.exit(code)
"""
PATIENT = """
import signal, sys, time
{}
print("ready", flush=True)
time.sleep(60)
"""


def interrupted(tmp_path: Path, number: int, handler: str = "") -> tuple[int, dict[str, object]]:
    """Exit code and record of a sleeping command whose meter receives a signal; it has no terminal."""
    record = tmp_path / "run.json"
    arguments = [sys.executable, "-c", MEASURED, PATIENT.format(handler), str(record)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        process.send_signal(number)
        code = process.wait(30)
    return code, json.loads(record.read_text())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_reaches_the_command_and_the_record_is_finished(tmp_path: Path, number: int, code: int) -> None:
    ended, record = interrupted(tmp_path, number)
    assert (ended, record["interrupted"]) == (code, True)


def test_a_command_may_end_well_on_a_signal(tmp_path: Path) -> None:
    ended, record = interrupted(tmp_path, signal.SIGTERM, "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))")
    assert (ended, record["interrupted"]) == (0, True)


def test_the_handlers_are_those_of_before(meter: EnergyMeter) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    measure_command(python(""), meter)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], ""),
        (["/opt/bin/train", "--api-key", "sk-1"], "train"),
        (["python3", "/home/me/train.py", "--token=x"], "python3 train.py"),
        (["python3", "-c", "print('secret')"], "python3"),
    ],
)
def test_a_run_is_named_by_its_program_and_not_by_its_arguments(words: list[str], name: str) -> None:
    assert _program(words) == name


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")
def test_a_program_that_is_killed_leaves_no_child_running(tmp_path: Path) -> None:
    program = "import os, subprocess; print(subprocess.Popen(['sleep', '1000']).pid, flush=True); os.abort()"
    lca = [sys.executable, "-m", "lca", "measure", "-o", str(tmp_path / "run.json"), "--"]
    done = subprocess.run([*lca, sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 128 + signal.SIGABRT
    assert not psutil.pid_exists(int(done.stdout.split()[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")
def test_nor_does_one_that_is_killed_behind_a_shell(meter: EnergyMeter, tmp_path: Path) -> None:
    """A shell ends with 128 + the number of the signal that ended what it waited for."""
    kept = tmp_path / "pid"
    program = f"import os, subprocess; open({str(kept)!r}, 'w').write(str(subprocess.Popen(['sleep', '1000']).pid))"
    shell = ["sh", "-c", f'{sys.executable} -c "{program}; os.abort()"; exit $?']
    assert measure_command(shell, meter) == 128 + signal.SIGABRT
    assert meter.measurement.interrupted
    assert not psutil.pid_exists(int(kept.read_text()))


def test_a_whole_program_has_no_throughput(meter: EnergyMeter) -> None:
    """Its time holds its start and its imports."""
    assert measure_command(python(""), meter, "10 inference") == 0
    assert str(meter.measurement.amount) == "10.0 inference"
    assert meter.measurement.throughput is None
