"""nvidia-smi's logs. No file is of a card of our own. The layout of --query-gpu follows logs that people published;
that of dmon is from memory and no published sample was found, so hold it against a real log. The manual was not read.
The numbers are made so that the energy can be had by mental arithmetic."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from importing import Changed, Refused, Take, Written

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.formats import guess, import_record
from lca.measurement.record import Measurement

QUERY, DMON = "nvidia-smi/query.csv", "nvidia-smi/dmon.txt"
A, B = (f"GPU-00000000-0000-0000-0000-00000000000{x}" for x in "ab")


def joules(record: Measurement) -> float:
    return sum(entry.energy.amount for entry in record.energy) * 3.6e6


def rows(head: str, *cells: str, step: float = 1.0) -> str:
    start = datetime(2026, 3, 1, 10)
    times = [(start + timedelta(seconds=i * step)).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3] for i in range(len(cells))]
    lines = [f"{time}, {cell}" for time, cell in zip(times, cells, strict=True)]
    return "\n".join([*filter(None, [head]), *lines]) + "\n"


def test_cards_in_rows_are_added(take: Take) -> None:
    record = take("nvidia-smi", QUERY)
    assert joules(record) == pytest.approx(500 + 400)
    (gpu,) = record.energy
    assert gpu.component == "gpu" and gpu.origin == "integrated" and "power.draw" in gpu.method
    assert gpu.energy.high and gpu.energy.high.number - gpu.energy.amount == pytest.approx(100 / 3.6e6)
    assert record.duration.amount * 3600 == pytest.approx(2.004)
    (device,) = record.devices
    assert (device.name, device.count, device.identifiers) == ("NVIDIA A100-SXM4-80GB", 2, (A, B))
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]


@pytest.mark.parametrize("name, expected", [("0", 500), (A, 500), ("1", 400)])
def test_one_card_by_index_or_uuid(take: Take, name: str, expected: float) -> None:
    record = take("nvidia-smi", QUERY, devices=[name])
    assert joules(record) == pytest.approx(expected) and record.devices[0].count == 1


def test_dmon(take: Take, refused: Refused) -> None:
    record = take("nvidia-smi", DMON)
    assert joules(record) == pytest.approx(200) and record.started == datetime(2026, 3, 1, 10)
    assert joules(take("nvidia-smi", DMON, devices=["1"])) == pytest.approx(114)
    assert "no GPU of 7" in refused("nvidia-smi", DMON, devices=["7"]).what


def test_dmon_with_times_of_day_needs_a_date_and_passes_midnight(
    take: Take, refused: Refused, written: Written
) -> None:
    text = "#Time gpu pwr\n#HH:MM:SS Idx W\n23:59:59 0 50\n00:00:00 0 50\n00:00:01 0 50\n"
    path = written("d.txt", text)
    assert "no date" in refused("nvidia-smi", path).what
    started = datetime(2026, 3, 1, 23, 59, 59, tzinfo=timezone(timedelta(hours=1)))
    record = take("nvidia-smi", path, started=started)
    assert record.started == started and joules(record) == pytest.approx(100)


def test_local_times_are_said_and_asked_for(fixtures: Path, empty: Catalogue, take: Take) -> None:
    with pytest.warns(UserWarning, match=r"no zone.*--started"):
        import_record("nvidia-smi", [fixtures / DMON], catalogue=empty)
    started = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    assert take("nvidia-smi", DMON, started=started).started == started
    with pytest.raises(UsageError, match="contradicts"):
        take("nvidia-smi", DMON, started=started + timedelta(hours=1))


@pytest.mark.parametrize(
    "text, expected",
    [
        (rows("timestamp, power.draw [W]", "22.00 W", "24.00 W"), 23),
        (rows("timestamp, power.draw [W]", "22.00", "24.00"), 23),
        (rows("timestamp, power.draw [mW]", "22000 mW", "24000 mW"), 23),
        (rows("timestamp, power.draw.instant [W], power.limit [W]", "10 W, 400 W", "10 W, 400 W"), 10),
        (rows("timestamp, power.draw.instant [W], power.draw [W]", "99 W, 10 W", "99 W, 10 W"), 10),
        (rows("", "0 %, 20146 MiB, 27, 11.00 W", "0 %, 20146 MiB, 27, 13.00 W"), 12),
        (rows("", f"{A}, 11 W", f"{B}, 13 W", f"{A}, 11 W", f"{B}, 13 W"), 48),
        (rows("timestamp, index, power.draw [W]", "0, 8 W", "0, [N/A]", "0, 8 W", "0, 8 W"), 24),
    ],
)
def test_layouts_and_units(take: Take, written: Written, text: str, expected: float) -> None:
    path = written("smi.csv", text)
    assert guess([path]) == "nvidia-smi" and joules(take("nvidia-smi", path)) == pytest.approx(expected)


def test_a_card_without_reading_is_not_measured(take: Take, written: Written) -> None:
    cells = [f"{gpu}, {power}" for _ in range(3) for gpu, power in (("0", "50.00 W"), ("1", "[Not Supported]"))]
    record = take("nvidia-smi", written("smi.csv", rows("timestamp, index, power.draw [W]", *cells)))
    assert joules(record) == pytest.approx(200)
    assert [gap.reason for gap in record.unmeasured if gap.component == "gpu"] == [
        "the tool had no reading of the power of 1"
    ]


HEAD = "timestamp, index, power.draw [W]"


@pytest.mark.parametrize(
    "text, line, what",
    [
        (rows("timestamp, power.draw [W]", *["10 W"] * 8, step=0.004), None, ""),
        (rows("timestamp, power.draw [A]", "10", "10"), 2, "unit 'A'"),
        (rows("timestamp, power.draw [W]", "10 mW", "10 mW"), 2, "'10 mW' in a column in 'W'"),
        (rows("timestamp, temperature.gpu", "10", "10"), 1, "no column power.draw"),
        (rows("", "10", "10"), 1, "no unit"),
        (rows("", "10 W, 400 W", "10 W, 400 W"), 1, "2 columns hold a power"),
        ("power.draw [W]\n10 W\n10 W\n", 1, "no time"),
        (rows(HEAD, "0, 10 W"), 0, "one sample only"),
        (rows(HEAD, "0, 10 W", "0, 10,5 W"), 3, "cells under"),
        (rows(HEAD, "0, 10 W", "0, -10 W"), 3, "outside"),
        (rows(HEAD, "0, 10 W", "0, 10 W", "0, 10 W", "0, 10 W")[:-1], 5, "cut off"),
        (rows("timestamp, count, power.draw [W]", "8, 10 W", "8, 10 W"), 0, "8 GPUs, and no column"),
        (rows("timestamp, index, count, power.draw [W]", "0, 8, 10 W", "0, 8, 10 W"), 0, "rows are of 1"),
        (rows(HEAD, "0, 8 W", *["0, [N/A]"] * 9, *["0, 8 W"] * 8), 0, "a gap of 10 s"),
        (rows(HEAD, *["0, 8 W", "1, 8 W"] * 3, *["0, 8 W"] * 20), 0, "its last reading is 20 s away"),
        ("#gpu pwr\n#Idx W\n0 43\n0 43\n", 1, "no time"),
        ("#Date Time gpu sm\n#YYYYMMDD HH:MM:SS Idx %\n20260301 10:00:00 0 5\n", 1, "no column pwr"),
        ("#Date Time gpu pwr\n20260301 10:00:00 0 5\n", 2, "cells under"),
        ("#Date Time gpu pwr\n#YYYYMMDD HH:MM:SS Idx C\n20260301 10:00:00 0 5\n", 3, "unit 'C'"),
    ],
)
def test_refused_by_line(
    refused: Refused, take: Take, written: Written, text: str, line: int | None, what: str
) -> None:
    path = written("smi.csv", text)
    if line is None:  # a quick log of one card is no log of several
        assert joules(take("nvidia-smi", path)) == pytest.approx(0.28)
        return
    problem = refused("nvidia-smi", path)
    assert problem.line == line and what in problem.what


@pytest.mark.parametrize("cards", [2, 4, 8])
def test_rows_of_several_cards_that_no_column_tells_apart_are_refused(
    refused: Refused, written: Written, cards: int
) -> None:
    start = datetime(2026, 3, 1, 10)
    lines = [
        f"{start + timedelta(seconds=second, milliseconds=4 * card):%Y/%m/%d %H:%M:%S.%f}"[:-3] + ", 100.00 W"
        for second in range(20)
        for card in range(cards)
    ]
    problem = refused("nvidia-smi", written("smi.csv", "\n".join(["timestamp, power.draw [W]", *lines]) + "\n"))
    assert "several devices" in problem.what and "index" in problem.remedy


def test_a_suspended_log_is_refused(refused: Refused, written: Written) -> None:
    text = rows(HEAD, *["0, 8 W"] * 10) + "2026/03/01 12:00:00.000, 0, 8 W\n"
    assert "a gap of 7191 s" in refused("nvidia-smi", written("smi.csv", text)).what


def test_a_clock_set_back_is_refused(refused: Refused, changed: Changed) -> None:
    problem = refused("nvidia-smi", changed(QUERY, "10:00:02.001", "09:00:02.001"))
    assert problem.line == 6 and "not after" in problem.what
