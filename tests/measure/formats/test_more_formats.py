"""Logs of tools that measure on other machines: fixtures after their documentation, with energies done by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from importing import Changed, Refused, Take, Written

from lca.measurement.record import Measurement

AT = {"started": datetime(2026, 3, 1, 10, tzinfo=UTC), "ended": datetime(2026, 3, 1, 11, tzinfo=UTC)}


def joules(record: Measurement) -> dict[str, float]:
    return {entry.component: entry.energy.amount * 3.6e6 for entry in record.energy}


@pytest.mark.parametrize(
    ("format", "files", "options", "energies", "seconds"),
    [
        ("tegrastats", ["tegrastats/log.txt"], {}, {"other": 5.5 + 6.5}, 2),
        ("powermetrics", ["powermetrics/log.txt"], {}, {"cpu": 2 + 4.04, "gpu": 0.5 + 1.01}, 2.01),
        ("kepler", ["kepler/before.prom", "kepler/after.prom"], AT, {"cpu": 4500, "memory": 360}, 3600),
        ("kepler", ["kepler/before-0.9.prom", "kepler/after-0.9.prom"], AT, {"cpu": 4500, "memory": 360}, 3600),
        ("wandb", ["wandb/system.csv"], {}, {"gpu": (250 + 250 + 200) * 15}, 30),
        ("wandb", ["wandb/system.csv"], {"devices": ["1"]}, {"gpu": 3000}, 30),
        (
            "optimum",
            ["optimum/benchmark_report.json"],
            {**AT, "run": "decode"},
            {"cpu": 5.76, "gpu": 12.96, "memory": 0.2448},
            3600,
        ),
        ("amd-smi", ["amd-smi/monitor.csv"], {}, {"gpu": 300 + 300}, 2),
        ("amd-smi", ["amd-smi/metric.json"], {}, {"gpu": 300 + 300}, 2),
        ("amd-smi", ["amd-smi/metric.json"], {"devices": ["1"]}, {"gpu": 300}, 2),
        ("rocm-smi", ["rocm-smi/before.csv", "rocm-smi/after.csv"], AT, {"gpu": 1000 + 500}, 3600),
        ("rocm-smi", ["rocm-smi/powers.csv"], AT, {"gpu": 200 * 3600}, 3600),
        ("boamps", ["boamps/flat.csv"], {"pue": 1.25}, {"other": 7200}, 20),
        ("perf", ["perf/stat-x.csv"], {"started": AT["started"]}, {"cpu": 39.04, "memory": 7}, 2.002369058),
        ("xpu", ["xpu/dump.csv"], {"started": AT["started"]}, {"gpu": 300 + 100}, 2),
        ("turbostat", ["turbostat/out.txt"], {}, {"cpu": 400, "memory": 30}, 3),
        ("perf", ["perf/stat.txt"], {"started": AT["started"]}, {"cpu": 12.74, "memory": 8.18}, 5.001965465),
        ("scaphandre", ["scaphandre/report.json"], {}, {"other": 60}, 4),
        ("alumet", ["alumet/output.csv"], {}, {"cpu": 96, "memory": 21}, 3),
    ],
)
def test_energies_by_hand(
    take: Take, format: str, files: list[str], options: Any, energies: dict[str, float], seconds: float
) -> None:
    record = take(format, *files, **options)
    assert joules(record) == pytest.approx(energies, rel=1e-9)
    assert record.duration.amount * 3600 == pytest.approx(seconds)
    known = {*energies, *(gap.component for gap in record.unmeasured)}
    assert known >= {"cpu", "gpu", "memory"} or "other" in known


def test_when_they_began(take: Take) -> None:
    assert take("powermetrics", "powermetrics/log.txt").started == datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
    assert take("tegrastats", "tegrastats/log.txt").started == datetime(2025, 10, 31, 20, 5, 55)
    began = take("xpu", "xpu/dump.csv", started=AT["started"]).started
    assert began == datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert take("wandb", "wandb/system.csv").started == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("format", "file", "old", "new", "options", "what"),
    [
        ("tegrastats", "tegrastats/log.txt", "10-31-2025", "10-01-2025", {}, "which of the two is the month"),
        ("tegrastats", "tegrastats/log.txt", "10-31-2025 20:05:55 ", "", {}, "no time"),
        ("tegrastats", "tegrastats/log.txt", "VDD_IN", "VDD_GPU_SOC", {}, "there are VDD_GPU_SOC"),
        ("tegrastats", "tegrastats/log.txt", "20:05:57", "20:05:55", {}, "is not after"),
        ("powermetrics", "powermetrics/log.txt", "11:00:02", "11:00:22", {}, "21 s since the sample before"),
        ("powermetrics", "powermetrics/log.txt", "11:00:02", "10:59:02", {}, "comes after"),
        ("powermetrics", "powermetrics/log.txt", "GPU Power: 1000 mW\n", "", {}, "1 of 2 samples have no GPU Power"),
        ("powermetrics", "powermetrics/log.txt", "4000 mW", "4,5 mW", {}, "decimal comma"),
        ("wandb", "wandb/system.csv", "_timestamp", "Relative Time (Process)", {}, "no unit"),
        ("optimum", "optimum/benchmark_report.json", '"kWh", "cpu": 1.6e-06', '"Wh", "cpu": 1.6e-06', AT, "kWh"),
        ("optimum", "optimum/benchmark_report.json", "5.268e-06", "6e-06", AT, "not the sum of its parts"),
        ("amd-smi", "amd-smi/monitor.csv", "timestamp,", "time,", {}, "no time"),
        ("amd-smi", "amd-smi/monitor.csv", "1772355602", "1772355601", {}, "is not after"),
        ("amd-smi", "amd-smi/metric.json", '"timestamp": 1772355600, ', "", {}, "carry no time"),
        ("amd-smi", "amd-smi/metric.json", '"value": 100, "unit": "W"', '"value": 100, "unit": "mW"', {}, "not in W"),
        ("amd-smi", "amd-smi/metric.json", '"value": 1300', '"value": 3', {}, "the counter of GPU 0 fell"),
        ("amd-smi", "amd-smi/metric.json", '"gpu": 0', '"gpu": "0"', {}, "no card"),
        ("rocm-smi", "rocm-smi/powers.csv", "300.0", "300,0", AT, "no row"),
        ("rocm-smi", "rocm-smi/powers.csv", "card0,300.0", "card0,N/A", AT, "no reading"),
        ("rocm-smi", "rocm-smi/powers.csv", "100.0", "100.5", {}, "3 readings without a time"),
        ("boamps", "boamps/flat.csv", "0.0025", "0.0025 kWh", {"pue": 1.0}, "is not a decimal number"),
        ("boamps", "boamps/flat.csv", ",20,2026", ",,2026", {"pue": 1.0}, "how long"),
        ("perf", "perf/stat-x.csv", "     2.00", "     0.50", {"started": AT["started"]}, "come after"),
        ("xpu", "xpu/dump.csv", "DeviceId", "DeviceId, TileId", {}, "tiles"),
        ("turbostat", "turbostat/out.txt", "Time_Of_Day_Seconds", "Bzy_MHz", {}, "no column Time_Of_Day_Seconds"),
        ("turbostat", "turbostat/out.txt", "1772355603", "1772356603", {}, "a gap of 1001 s"),
        ("perf", "perf/stat.txt", "12.74", "2,312.74", {"started": AT["started"]}, "decimal comma or thousands"),
        ("perf", "perf/stat.txt", "5.001965465 seconds", "5 s", {"started": AT["started"]}, "no line of the time"),
        (
            "scaphandre",
            "scaphandre/report.json",
            '"host":{"consumption":2.0e7',
            '"host":{"consumption":-1',
            {},
            "greater",
        ),
        ("scaphandre", "scaphandre/report.json", '"sockets":[]}{', '"sockets":[]}{{', {}, "no JSON, or cut off"),
        ("alumet", "alumet/output.csv", "10:00:02.000000000Z", "10:00:02.000000000", {}, "has no zone"),
        ("alumet", "alumet/output.csv", "10:00:03", "10:10:03", {}, "a gap of"),
    ],
)
def test_what_is_refused(
    refused: Refused, changed: Changed, format: str, file: str, old: str, new: str, options: Any, what: str
) -> None:
    if format == "optimum":
        options = {**options, "run": "decode"}
    problem = refused(format, changed(file, old, new), **options)
    assert what in problem.what


def test_the_order_of_day_and_month_is_told_by_the_start(take: Take, changed: Changed) -> None:
    path = changed("tegrastats/log.txt", "10-31-2025", "10-01-2025")
    began = take("tegrastats", path, started=datetime(2025, 10, 1, 20, 5, 55, tzinfo=UTC)).started
    assert began == datetime(2025, 10, 1, 20, 5, 55, tzinfo=UTC)
    began = take("tegrastats", path, started=datetime(2025, 1, 10, 20, 5, 55, tzinfo=UTC)).started
    assert began.month == 1


def test_a_scrape_of_several_nodes_is_of_one_of_them(refused: Refused, take: Take, changed: Changed) -> None:
    files = []
    for name in ("before.prom", "after.prom"):
        text = changed(f"kepler/{name}", 'n1",path="/sys/class/powercap/intel-rapl:1"', 'n2",path="/sys/1"')
        files.append(text.rename(text.with_name(f"two-{name}")))
    assert "counters of 2 nodes: n1, n2" in refused("kepler", *files, **AT).what
    assert joules(take("kepler", *files, **AT, run="n2")) == pytest.approx({"cpu": 900})


def test_a_counter_that_fell_was_reset(refused: Refused) -> None:
    assert "it was reset" in refused("kepler", "kepler/after.prom", "kepler/before.prom", **AT).what
    assert "no time stamps" in refused("kepler", "kepler/before.prom", "kepler/after.prom").what


def test_parts_of_a_benchmark_are_not_added(refused: Refused) -> None:
    problem = refused("optimum", "optimum/benchmark_report.json", **AT)
    assert "energies of 2 parts: prefill, decode" in problem.what
    assert "when the part began" in refused("optimum", "optimum/benchmark_report.json", run="decode").what


def test_the_json_of_older_scaphandre_is_an_array(take: Take, changed: Changed, written: Written) -> None:
    text = changed("scaphandre/report.json", "}{", "},{").read_text()
    assert joules(take("scaphandre", written("array.json", f"[{text}]"))) == pytest.approx({"other": 60})


def test_boamps_states_the_begin_unless_codecarbon_wrote_it(take: Take, changed: Changed) -> None:
    own = take("boamps", "boamps/codecarbon.json", pue=1.25)
    path = changed(
        "boamps/codecarbon.json", '"reportDatetime": "2026-11-21 01:18:52"', '"reportDatetime": "2027-01-01 00:00:00"'
    )
    by_hand = take("boamps", path, pue=1.25)
    assert (by_hand.started - own.started).total_seconds() == pytest.approx(5.053836235000745, abs=1e-5)


def test_what_makes_no_record_is_named_by_its_field(refused: Refused, changed: Changed) -> None:
    path = changed("perf/stat.txt", "5.001965465", "5e-324")
    problem = refused("perf", path, started=AT["started"])
    assert "pydantic" not in problem.what and "are no record's: " in problem.what


def test_snapshots_of_amd_smi_before_and_after(take: Take, refused: Refused, written: Written) -> None:
    """1 kJ between the two, by a counter without a time; newer versions wrap the list."""
    text = '[{{"gpu": 0, "energy": {{"total_energy_consumption": {{"value": {}, "unit": "J"}}}}}}]\n'
    before = written("before.json", text.format(500))
    after = written("after.json", f'{{"gpu_data": {text.format(1500).strip()}}}\n')
    assert joules(take("amd-smi", before, after, **AT)) == pytest.approx({"gpu": 1000})
    assert "files are exchanged" in refused("amd-smi", after, before, **AT).what
    assert "no time" in refused("amd-smi", before).what


def test_perf_with_x_alone_needs_both_times(take: Take, refused: Refused, written: Written) -> None:
    line = "475.42,Joules,power/energy-pkg/,20005659301,100.00,,\n"
    once = written("once.csv", line)
    assert joules(take("perf", once, **AT)) == pytest.approx({"cpu": 475.42})
    assert "time elapsed" in refused("perf", once, started=AT["started"]).what
    assert "second run" in refused("perf", written("twice.csv", 2 * line), **AT).what
    sockets = written("sockets.csv", f"S0;1;{line.replace(',', ';')}S1;1;{line.replace(',', ';')}")
    assert joules(take("perf", sockets, **AT)) == pytest.approx({"cpu": 950.84})


def test_several_reports_in_a_flat_file_are_told_apart(
    take: Take, refused: Refused, fixtures: Path, written: Written
) -> None:
    head, row = (fixtures / "boamps/flat.csv").read_text().splitlines()
    path = written("two.csv", "\n".join([head, row, row.replace("0.0025", "0.005"), ""]))
    assert "2 reports" in refused("boamps", path, pue=1.0).what
    assert joules(take("boamps", path, pue=1.0, run="2")) == pytest.approx({"other": 18000})
