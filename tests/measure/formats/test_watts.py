from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lca.errors import UsageError

START = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_wattmeter_at_the_plug(take):
    record = take("csv", "csv/wattmeter.csv")
    energy = record.it_energy
    assert energy.value == pytest.approx((3500 / 3.6e6, "kWh_it")) and record.energy == record.unmeasured == ()
    assert (energy.low.number, energy.high.number) == pytest.approx((3000 / 3.6e6, 4000 / 3.6e6))
    assert "sampling error at most 0.000139 kWh" in energy.note
    assert record.duration.amount * 3600 == pytest.approx(20)
    assert record.started.isoformat() == "2026-03-15T10:00:00+00:00"
    assert [(p.component, p.times, p.powers) for p in record.power] == [("node", (10.0, 20.0), (150.0, 200.0))]


def test_seconds_need_a_start(take, refused):
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
def test_columns_by_their_names(take, written, head):
    delimiter = next(d for d in ",;\t" if d in head)
    rows = "".join(delimiter.join(row) + "\n" for row in (("0", "100"), ("36", "100")))
    assert take("csv", written("w.csv", f"{head}\n{rows}"), started=START).it_energy.amount == pytest.approx(0.001)


def test_kilowatts(take, written):
    record = take("csv", written("w.csv", "time,power (kW)\n0,1\n3600,1\n"), started=START)
    assert record.it_energy.amount == pytest.approx(1.0)


def test_columns_by_the_user(take, refused, written):
    path = written("w.csv", "zeit,last,phase\n0,100,1\n36,100,1\n")
    assert "--column TIME --column POWER" in refused("csv", path).remedy
    assert take("csv", path, started=START, columns=("zeit", "last")).it_energy.amount == pytest.approx(0.001)
    assert "no column 'leistung'" in refused("csv", path, started=START, columns=("zeit", "leistung")).what
    with pytest.raises(UsageError, match="--column twice"):
        take("csv", path, columns=("zeit",))


def test_seconds_since_1970(take, written):
    record = take("csv", written("w.csv", "time,power\n1773600000,100\n1773600036,100\n"))
    assert record.started.isoformat() == "2026-03-15T18:40:00+00:00" and record.it_energy.amount == pytest.approx(0.001)


def test_a_start_beside_stated_times_is_refused(take):
    with pytest.raises(UsageError, match="states its times"):
        take("csv", "csv/wattmeter.csv", started=START)


def test_no_power_at_all_is_not_measured(take, written):
    record = take("csv", written("w.csv", "time,power\n0,0\n36,0\n"), started=START)
    assert record.it_energy is None and {gap.component for gap in record.unmeasured} == {"cpu", "gpu", "memory"}


def test_a_long_series_is_not_kept(take, written):
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
        ("time;power\n0;100,5\n10;100\n", 2, "power", "not a decimal number"),
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
def test_refused_by_line_and_column(refused, written, text, line, field, what):
    options = {"started": START} if "2026" not in text else {}
    problem = refused("csv", written("w.csv", text), **options)
    assert (problem.line, problem.field) == (line, field) and what in problem.what
