"""PTDaemon's log: lines as MLCommons' power-dev quotes them in its manual and tests, with powers made for ours."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from importing import Changed, Refused, Take, Written

LOG = "ptdaemon/spl.txt"
VOLTS = "Volts,227.370000,Amps,0.204340,PF,0.494400"


def reading(time: str, watts: str, mark: str = "notset", channels: str = "") -> str:
    return f"Time,{time},Watts,{watts},{VOLTS},Mark,{mark}{channels}\n"


def test_power_at_the_outlet(take: Take) -> None:
    record = take("ptdaemon", LOG)
    assert record.it_energy and record.it_energy.amount * 3.6e6 == pytest.approx(100 + 200 + 300)
    assert record.it_energy.high and record.it_energy.high.number * 3.6e6 == pytest.approx(700)
    assert record.started == datetime(2021, 1, 22, 15, 5, 14, 313000)
    assert record.duration.amount * 3600 == pytest.approx(3)
    assert record.name == "2021-01-22_15-05-02_loadgen_testing" and record.energy == record.unmeasured == ()


def test_channels_are_not_added_to_their_sum(take: Take, written: Written) -> None:
    three = "".join(f",Ch{i},Watts,50.000000,{VOLTS}" for i in (1, 2, 3))
    text = "".join(reading(f"11-13-2020 22:39:0{s}.239", "150.000000", "a", three) for s in range(3))
    record = take("ptdaemon", written("spl.txt", text))
    assert record.it_energy and record.it_energy.amount * 3.6e6 == pytest.approx(300)


@pytest.mark.parametrize(
    "date, mark, started, expected",
    [
        ("28-12-2020", "a", None, (12, 28)),
        ("12-28-2020", "a", None, (12, 28)),
        ("03-04-2020", "2020-03-04_10-00-00_a", None, (3, 4)),
        ("03-04-2020", "2020-04-03_10-00-00_a", None, (4, 3)),
        ("03-04-2020", "a", datetime(2020, 4, 3, 10), (4, 3)),
    ],
)
def test_day_and_month(
    take: Take, written: Written, date: str, mark: str, started: datetime | None, expected: tuple[int, int]
) -> None:
    path = written("spl.txt", "".join(reading(f"{date} 10:00:0{s}.000", "10.0", mark) for s in range(3)))
    record = take("ptdaemon", path, started=started)
    assert (record.started.month, record.started.day) == expected


def test_a_part_is_chosen_by_its_mark(take: Take, refused: Refused, written: Written) -> None:
    marks = ["notset"] * 3 + ["run_1"] * 3
    text = "".join(reading(f"12-28-2020 10:00:0{s}.000", "10.0", mark) for s, mark in enumerate(marks))
    path = written("spl.txt", text)
    assert "notset, run_1" in refused("ptdaemon", path).what
    assert "no reading marked 'run_2'" in refused("ptdaemon", path, run="run_2").what
    record = take("ptdaemon", path, run="run_1")
    assert record.it_energy and record.it_energy.amount * 3.6e6 == pytest.approx(20)


@pytest.mark.parametrize(
    "old, new, line, what",
    [
        ("01-22-2021 15:05:17", "01-22-2021 15:05:59", 0, "a gap of 43 s"),
        ("15:05:16", "15:05:15", 4, "not after"),
        ("Watts,300.000000", "Watts,nan", 4, "not finite"),
        ("Watts,300.000000", "Watts,-1.0", 4, "outside"),
        ("Watts,300.000000,Volts", "Watts,300.000000,Vol", 4, "no reading as"),
        ("01-22-2021", "13-22-2021", 2, "not a time"),
        (",Watts,", ",ERROR,", 0, "no reading of power"),
    ],
)
def test_refused_by_line(refused: Refused, changed: Changed, old: str, new: str, line: int, what: str) -> None:
    problem = refused("ptdaemon", changed(LOG, old, new))
    assert problem.line == line and what in problem.what


def test_an_ambiguous_date_is_asked_for(refused: Refused, written: Written) -> None:
    text = "".join(reading(f"03-04-2020 10:00:0{s}.000", "10.0") for s in range(3))
    problem = refused("ptdaemon", written("spl.txt", text))
    assert "which of the two is the month" in problem.what and "--started" in problem.remedy


def test_a_cut_last_line_is_refused(refused: Refused, fixtures: Path, written: Written) -> None:
    assert "cut off" in refused("ptdaemon", written("spl.txt", (fixtures / LOG).read_text()[:-5])).what
