from __future__ import annotations

from datetime import UTC, datetime

import pytest
from importing import Refused, Take, Written

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.formats import guess, import_record

START = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_wattmeter_at_the_plug(take: Take) -> None:
    record = take("csv", "csv/wattmeter.csv")
    energy = record.it_energy
    assert energy.value == pytest.approx((3500 / 3.6e6, "kWh_it")) and record.energy == record.unmeasured == ()
    assert (energy.low.number, energy.high.number) == pytest.approx((3000 / 3.6e6, 4000 / 3.6e6))
    assert "sampling error at most 0.000139 kWh" in energy.note
    assert record.duration.amount * 3600 == pytest.approx(20)
    assert record.started.isoformat() == "2026-03-15T10:00:00+00:00"
    assert [(p.component, p.times, p.powers) for p in record.power] == [("node", (10.0, 20.0), (150.0, 200.0))]


def test_seconds_need_a_start(take: Take, refused: Refused) -> None:
    problem = refused("csv", "csv/seconds.csv")
    assert (problem.line, problem.field) == (1, "time") and "--started" in problem.remedy
    record = take("csv", "csv/seconds.csv", started=START, covers="gpu")
    assert record.started == START and record.energy[0].origin == "integrated"
    assert record.energy[0].energy.amount == pytest.approx(3500 / 3.6e6)
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]
    together = take("csv", "csv/seconds.csv", started=START, covers="components")
    assert together.energy[0].component == "other" and together.unmeasured == ()


@pytest.mark.parametrize(
    "head",
    ["time,power", "Timestamp;Power (W)", "seconds\twatts", "elapsed time (s),Power [W]", "t,W", '"time_s","power_w"'],
)
def test_columns_by_their_names(take: Take, written: Written, head: str) -> None:
    delimiter = next(d for d in ",;\t" if d in head)
    rows = "".join(delimiter.join(row) + "\n" for row in (("0", "100"), ("36", "100")))
    assert take("csv", written("w.csv", f"{head}\n{rows}"), started=START).it_energy.amount == pytest.approx(0.001)


def test_kilowatts(take: Take, written: Written) -> None:
    record = take("csv", written("w.csv", "time,power (kW)\n0,1\n3600,1\n"), started=START)
    assert record.it_energy.amount == pytest.approx(1.0)


def test_columns_by_the_user(take: Take, refused: Refused, written: Written) -> None:
    path = written("w.csv", "zeit,last,phase\n0,100,1\n36,100,1\n")
    assert "--column TIME --column POWER" in refused("csv", path).remedy
    assert take("csv", path, started=START, columns=("zeit", "last")).it_energy.amount == pytest.approx(0.001)
    assert "no column 'leistung'" in refused("csv", path, started=START, columns=("zeit", "leistung")).what
    with pytest.raises(UsageError, match="--column twice"):
        take("csv", path, columns=("zeit",))


def test_seconds_since_1970(take: Take, written: Written) -> None:
    record = take("csv", written("w.csv", "time,power\n1773600000,100\n1773600036,100\n"))
    assert record.started.isoformat() == "2026-03-15T18:40:00+00:00" and record.it_energy.amount == pytest.approx(0.001)


def test_a_start_beside_stated_times_is_refused(take: Take) -> None:
    with pytest.raises(UsageError, match="states its times"):
        take("csv", "csv/wattmeter.csv", started=START)


def test_no_power_at_all_is_not_measured(take: Take, written: Written) -> None:
    record = take("csv", written("w.csv", "time,power\n0,0\n36,0\n"), started=START)
    assert record.it_energy is None and {gap.component for gap in record.unmeasured} == {"cpu", "gpu", "memory"}


def test_a_long_series_is_not_kept(take: Take, written: Written) -> None:
    rows = "".join(f"{i},100\n" for i in range(100_002))
    record = take("csv", written("w.csv", "time,power\n" + rows), started=START)
    assert record.power == () and record.it_energy.amount == pytest.approx(100 * 100_001 / 3.6e6)


@pytest.mark.parametrize(
    "text, line, field, what",
    [
        ("time,power\n0,100\n0,100\n", 3, "time", "not after"),
        ("time,power\n10,100\n0,100\n", 3, "time", "not after"),
        ("time,power\n0,100\n10,-5\n", 3, "power", "outside"),
        ("time,power\n0,100\n10,NaN\n", 3, "power", "not finite"),
        ("time,power\n0,100\n10,inf\n", 3, "power", "not finite"),
        ("time,power\n0,100\n10,=A1*2\n", 3, "", "formula"),
        ("time,power\n0,100\n10,\n", 3, "power", "empty"),
        ("time,power\n0,100\n10\n", 3, "", "1 cells under 2 columns"),
        ("time;power\n0;100,5\n10;100\n", 2, "power", "decimal comma"),
        ("time,power\n0,100\nsoon,100\n", 3, "time", "not a decimal number"),
        ("time,power\n0,100\n", 0, "time", "one sample only"),
        ("time,power\n", 1, "", "no sample"),
        ("time,power\n1773600000000,100\n1773600001000,100\n", 2, "time", "neither of a run nor since 1970"),
        ("time,power\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:09,1\n", 3, "time", "zone"),
        ("time,power\n2026-01-01T00:00:09,1\n2026-01-01T00:00:00,1\n", 3, "time", "not after"),
        ("a,b,c\n1,2,3\n", 1, "", "are time and power?"),
        ("time,power,watts\n0,1,1\n", 1, "", "are time and power?"),
    ],
)
def test_refused_by_line_and_column(
    refused: Refused, written: Written, text: str, line: int, field: str, what: str
) -> None:
    options = {"started": START} if "2026" not in text else {}
    problem = refused("csv", written("w.csv", text), **options)
    assert (problem.line, problem.field) == (line, field) and what in problem.what


@pytest.mark.parametrize(
    ("time", "power", "scale"),
    [
        ("Timestamp (s)", "Power (mW)", 1e-3),
        ("time_ms", "power_mw", 1e-6),
        ("elapsed [us]", "power [uW]", 1e-12),
        ("time", "power (kW)", 1e3),
    ],
)
def test_units_in_names_are_converted(take: Take, written: Written, time: str, power: str, scale: float) -> None:
    path = written("w.csv", f"{time},{power}\n0,3600\n1000,3600\n")
    for columns in ((), (time, power)):
        assert take("csv", path, started=START, columns=columns).it_energy.amount == pytest.approx(scale)


@pytest.mark.parametrize("power", ["Power (Wh)", "power [A]", "POWER (MW)"])
def test_a_unit_that_is_another_is_refused_by_name(refused: Refused, written: Written, power: str) -> None:
    problem = refused("csv", written("w.csv", f"time,{power}\n0,1\n9,1\n"), started=START, columns=("time", power))
    assert (problem.line, problem.field) == (1, power) and "is none of W, kW, mW, uW" in problem.what


def test_powers_of_several_columns_are_added(take: Take, written: Written) -> None:
    path = written("w.csv", "time,GPU0,GPU1 (mW)\n1700000000,100,200000\n1700000036,100,200000\n")
    record = take("csv", path, columns=("time", "GPU0", "GPU1 (mW)"), covers="gpu")
    assert record.energy[0].energy.amount == pytest.approx(0.003)


def test_rows_of_several_devices_are_no_series(refused: Refused, take: Take, written: Written) -> None:
    head = "time,index,power (W)\n1700000000.000,0,100\n"
    problem = refused("csv", written("w.csv", f"{head}1700000000.004,1,100\n1700000001.000,0,100\n"))
    assert (problem.line, problem.field) == (3, "index") and "tells devices apart" in problem.what
    assert take("csv", written("w.csv", f"{head}1700000036.000,0,100\n")).it_energy.amount == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("[N/A]", "had no reading"),
        ("[Not Supported]", "had no reading"),
        ('"1.234,5"', "decimal comma or thousands"),
        ('"1,234.5"', "decimal comma or thousands"),
        ("30,3", "3 cells under 2 columns, as where numbers have a decimal comma"),
    ],
)
def test_what_is_no_number_says_why(refused: Refused, written: Written, cell: str, said: str) -> None:
    problem = refused("csv", written("w.csv", f"time,power\n1700000000,100\n1700000001,{cell}\n1700000002,100\n"))
    assert problem.line == 3 and said in problem.what and "correct it" not in problem.remedy


def test_a_file_cut_in_its_last_number_is_refused(refused: Refused, written: Written) -> None:
    assert "cut off" in refused("csv", written("w.csv", "time,power\n1700000000,100\n1700000001,10")).what


def test_a_line_of_names_and_values_is_no_csv_of_power(written: Written) -> None:
    line = "Time,28-12-2020 15:21:14.682,Watts,22.950000,Mark,notset\n"
    assert guess([written("spl.txt", 3 * line)]) == "ptdaemon"


def test_times_without_a_zone_are_said(written: Written, empty: Catalogue) -> None:
    path = written("w.csv", "time,power\n2026-03-29T01:30:00,300\n2026-03-29T01:31:00,300\n")
    with pytest.warns(UserWarning, match="times have no zone"):
        record = import_record("csv", [path], catalogue=empty)
    assert "times have no zone" in record.comment and record.started.tzinfo is None
