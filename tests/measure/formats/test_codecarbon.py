from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from importing import Changed, Refused, Take, Written

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.formats import import_record
from lca.measurement.record import Measurement

FIRST, SECOND = "93539c1f-ce7b-4f22-b722-3c12c865dea7", "4535d26c-b820-4caa-87c8-166763c061fa"
TASKS = "codecarbon/emissions_base_3a39afd0-2d5e-4764-8f82-97689c21691d.csv"


def energies(record: Measurement) -> dict[str, float]:
    return {entry.component: entry.energy.amount for entry in record.energy}


def test_energies_are_divided_by_the_pue_that_they_contain(take: Take) -> None:
    record = take("codecarbon", "codecarbon/emissions-gpu.csv")
    assert energies(record) == pytest.approx(
        {
            "cpu": 1.6021924145130566e-06 / 1.2,
            "gpu": 0.0007007372272559997 / 1.2,
            "memory": 4.001066238000324e-05 / 1.2,
        },
        rel=1e-12,
    )
    assert record.imported.PUE == 1.2
    assert {entry.origin for entry in record.energy} == {"imported"}
    assert all("divided by its PUE of 1.2" in entry.method for entry in record.energy)
    # 250 W and 100 W simulated for the 6.01 s of the run, less the tool's own start
    assert record.energy[1].energy.amount * 3.6e6 == pytest.approx(350 * record.duration.amount * 3600, rel=0.01)


def test_what_ran_where_and_when(take: Take, fixtures: Path) -> None:
    record = take("codecarbon", "codecarbon/emissions-gpu.csv", amount="2000 inference", phase="inference")
    assert (record.name, record.phase, record.location.country) == ("digits on two GPUs", "inference", "POL")
    assert record.duration.amount * 3600 == pytest.approx(6.013679718000276, rel=1e-12)
    assert record.ended == datetime(2026, 11, 21, 1, 18, 45)
    assert record.started == record.ended - timedelta(seconds=6.013679718000276)
    assert [(d.kind, d.name, d.count) for d in record.devices] == [
        ("cpu", "Intel(R) Xeon(R) Processor", 1),
        ("gpu", "NVIDIA A100-SXM4-80GB", 2),
        ("memory", "memory", 1),
    ]
    assert record.devices[2].memory.amount == 25276502016.0  # the 23.54 that CodeCarbon calls GB are GiB
    assert record.utilisation == pytest.approx({"cpu": 0.005166666666666666, "gpu": 0.8})
    assert record.throughput.value == pytest.approx((2000 / 6.013679718000276, "inference/s"))
    assert record.imported.tool == "CodeCarbon" and record.imported.version == "3.3.2"
    assert record.imported.file == "emissions-gpu.csv" and len(record.imported.sha256) == 64


def test_what_the_tool_modelled_is_said_to_be(take: Take) -> None:
    methods = {e.component: e.method for e in take("codecarbon", "codecarbon/emissions-gpu.csv").energy}
    assert "not measured" in methods["memory"]
    assert "does not say whether it read a counter or modelled" in methods["cpu"]


def test_the_last_row_of_a_run_holds_its_totals(take: Take) -> None:
    record = take("codecarbon", "codecarbon/emissions.csv", run=FIRST)
    assert energies(record) == pytest.approx(
        {"cpu": 1.0513816579795246e-05 / 1.3, "memory": 5.0060213146674266e-05 / 1.3}
    )
    assert record.duration.amount * 3600 == pytest.approx(7.011750240999845)


def test_no_gpu_is_no_gap(take: Take) -> None:
    """`gpu_count` 0 in version 3, empty in version 2."""
    for file, options in (("codecarbon/emissions.csv", {"run": FIRST}), ("codecarbon/emissions-2.3.5.csv", {})):
        record = take("codecarbon", file, **options)
        assert record.unmeasured == () and "gpu" not in energies(record)


def test_several_runs_are_listed_and_one_is_chosen(take: Take, refused: Refused) -> None:
    problem = refused("codecarbon", "codecarbon/emissions.csv")
    assert FIRST in problem.what and SECOND in problem.what and "--run" in problem.remedy
    assert FIRST in refused("codecarbon", "codecarbon/emissions.csv", run="other").what
    assert take("codecarbon", "codecarbon/emissions.csv", run=SECOND).duration.amount * 3600 == pytest.approx(
        3.0058841800000664
    )


def test_older_columns(take: Take) -> None:
    record = take("codecarbon", "codecarbon/emissions-2.3.5.csv")
    assert energies(record) == pytest.approx({"cpu": 3.543593585491181e-05, "memory": 7.356765873510655e-06})
    assert record.imported.version == "2.3.5" and record.imported.PUE == 1.0


def test_a_file_without_pue_asks_for_it(take: Take, refused: Refused, written: Written, fixtures: Path) -> None:
    rows = [line.rsplit(",", 1)[0] for line in (fixtures / "codecarbon/emissions-2.3.5.csv").read_text().splitlines()]
    path = written("old.csv", "\n".join(rows) + "\n")
    problem = refused("codecarbon", path)
    assert (problem.line, problem.field) == (2, "pue") and "--pue" in problem.remedy
    record = take("codecarbon", path, pue=1.5)
    assert energies(record)["cpu"] == pytest.approx(3.543593585491181e-05 / 1.5) and record.imported.PUE == 1.5


def test_a_pue_that_contradicts_the_file_is_refused(take: Take) -> None:
    with pytest.raises(UsageError, match=r"states a PUE of 1\.2; --pue 1\.3 contradicts it"):
        take("codecarbon", "codecarbon/emissions-gpu.csv", pue=1.3)
    assert take("codecarbon", "codecarbon/emissions-gpu.csv", pue=1.2).imported.PUE == 1.2
    with pytest.raises(UsageError, match=r"at least 1"):
        take("codecarbon", TASKS, pue=0.9)


def test_tasks_are_added_up_and_their_pue_is_asked_for(take: Take, refused: Refused) -> None:
    assert refused("codecarbon", TASKS).field == "pue"
    record = take("codecarbon", TASKS, pue=1.3)
    assert energies(record) == pytest.approx(
        {
            "cpu": (1.3539002666726557e-06 + 4.29708671281613e-06) / 1.3,
            "memory": (1.4447280228332601e-05 + 2.1670650177222548e-05) / 1.3,
        }
    )
    assert record.duration.amount * 3600 == pytest.approx(2.0010313860002498 + 3.001144199999999)
    assert [window.name for window in record.windows] == ["load", "train"]
    assert record.windows[1].energy[0].energy.amount == pytest.approx(4.29708671281613e-06 / 1.3)
    assert record.windows[1].start.amount * 3600 == pytest.approx(2.0, abs=0.01)


def test_the_totals_of_tasks_with_the_duration_of_the_last_one_are_refused(refused: Refused) -> None:
    """CodeCarbon 3.3.2 wrote this file itself: 5 s of energy, 3 s of duration."""
    problem = refused("codecarbon", "codecarbon/emissions-of-tasks.csv")
    assert (problem.line, problem.field) == (2, "duration") and "20 W for 5 s" in problem.what
    assert "emissions_*_RUN.csv" in problem.remedy


@pytest.mark.parametrize(
    "component, cell, reason", [("gpu", "0.0007007372272559997", "0 kWh"), ("cpu", "1.6021924145130566e-06", "0 kWh")]
)
def test_a_zero_is_not_measured(take: Take, changed: Changed, component: str, cell: str, reason: str) -> None:
    path = changed("codecarbon/emissions-gpu.csv", cell, "0.0")
    record = take("codecarbon", path)
    assert component not in energies(record)
    assert [(gap.component, reason in gap.reason) for gap in record.unmeasured] == [(component, True)]


def test_an_empty_energy_of_a_gpu_that_is_there_is_not_measured(take: Take, changed: Changed) -> None:
    record = take("codecarbon", changed("codecarbon/emissions-gpu.csv", ",0.0007007372272559997,", ",,"))
    assert [gap.component for gap in record.unmeasured] == ["gpu"]


def test_what_the_total_has_beyond_its_parts_is_kept(take: Take, changed: Changed) -> None:
    total = 0.0007423500820505158
    record = take("codecarbon", changed("codecarbon/emissions-gpu.csv", repr(total), repr(total + 0.00012)))
    assert energies(record)["other"] == pytest.approx(0.0001)


@pytest.mark.parametrize(
    "old, new, line, field, what",
    [
        ("0.0007423500820505158", "0.0001", 2, "energy_consumed", "less than"),
        (",N,1.2,", ",N,0.9,", 2, "pue", "less than 1"),
        ("0.0007007372272559997", "nan", 2, "gpu_energy", "not finite"),
        ("0.0007007372272559997", "-1", 2, "gpu_energy", "less than none"),
        ("0.0007007372272559997", "1e999", 2, "gpu_energy", "outside"),
        ("0.0007007372272559997", "1_0", 2, "gpu_energy", "not a decimal number"),
        ("2026-11-21T01:18:45", "yesterday", 2, "timestamp", "not a time"),
        ("6.013679718000276", "", 2, "duration", "empty"),
        ("digits on two GPUs", "=HYPERLINK()", 2, "", "is a formula"),
        ("digits on two GPUs", "a,b", 2, "", "39 cells under 38 columns"),
        ("digits on two GPUs", '"digits', 2, "", "unexpected end of data"),
    ],
)
def test_refused_by_line_and_column(
    refused: Refused, changed: Changed, old: str, new: str, line: int, field: str, what: str
) -> None:
    if new == "1e999":
        what = "not finite"
    problem = refused("codecarbon", changed("codecarbon/emissions-gpu.csv", old, new, 1))
    assert (problem.line, problem.field) == (line, field) and what in problem.what


def test_totals_that_go_down_are_refused(refused: Refused, written: Written, fixtures: Path) -> None:
    head, first, second, _ = (fixtures / "codecarbon/emissions.csv").read_text().splitlines()
    problem = refused("codecarbon", written("e.csv", "\n".join([head, second, first, ""])))
    assert (problem.line, problem.field) == (3, "duration")


def test_a_version_of_other_columns_is_refused(refused: Refused, changed: Callable[..., Path]) -> None:
    problem = refused("codecarbon", changed("codecarbon/emissions-gpu.csv", "gpu_energy", "gpu_joules", 1))
    assert problem.line == 1 and "no column 'gpu_energy'" in problem.what


CELLS = {
    "timestamp": "2026-03-01T12:00:00",
    "project_name": "p",
    "run_id": "run-a",
    "duration": "8.0",
    "emissions": "1e-5",
    "cpu_power": "36.0",
    "gpu_power": "0.0",
    "ram_power": "9.0",
    "cpu_energy": "8e-5",
    "gpu_energy": "0.0",
    "ram_energy": "2e-5",
    "energy_consumed": "1e-4",
    "codecarbon_version": "2.8.4",
    "gpu_count": "",
    "gpu_model": "",
    "pue": "1.0",
}


def emissions(*rows: dict[str, str]) -> str:
    lines = [",".join(CELLS), *(",".join({**CELLS, **row}.values()) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("version", "watts"), [("2.8.4", "9.0"), ("3.3.2", "14.4")])
def test_a_pue_is_not_taken_for_a_longer_time(take: Take, written: Written, version: str, watts: str) -> None:
    """Before 3.3.2 energies alone are multiplied by it, since then powers too."""
    cells = {"cpu_energy": "1.28e-4", "ram_energy": "3.2e-5", "energy_consumed": "1.6e-4", "pue": "1.6"}
    path = written("e.csv", emissions({**cells, "ram_power": watts, "codecarbon_version": version}))
    record = take("auto", path)
    assert {e.component: e.energy.amount for e in record.energy} == pytest.approx({"cpu": 8e-5, "memory": 2e-5})
    assert record.imported.PUE == 1.6


def test_energies_of_a_part_of_the_time_are_said(written: Written, empty: Catalogue) -> None:
    with pytest.warns(UserWarning, match="the energies cover 8 of 30 s"):
        record = import_record("auto", [written("e.csv", emissions({"duration": "30.0"}))], catalogue=empty)
    assert "cover 8 of 30 s" in record.comment and record.duration.amount * 3600 == pytest.approx(30)


def test_an_energy_beyond_its_own_power_is_doubted(written: Written, empty: Catalogue) -> None:
    cells = {"cpu_energy": "8e-4", "energy_consumed": "8.2e-4"}
    with pytest.warns(UserWarning, match="is 360 W over 8 s"):
        record = import_record("auto", [written("e.csv", emissions(cells))], catalogue=empty)
    assert "is 360 W over 8 s, where the tool states a power of 36 W" in record.comment


def test_a_shifted_row_blocks_no_other_run(take: Take, refused: Refused, written: Written) -> None:
    shifted = ",".join([*list(CELLS.values())[:2], "run-b", *list(CELLS.values())[3:-3]])
    path = written("e.csv", emissions({}) + shifted + "\n")
    assert take("codecarbon", path, run="run-a").energy[0].energy.amount == pytest.approx(8e-5)
    for run in (None, "run-b"):
        problem = refused("codecarbon", path, run=run)
        assert problem.line == 3 and "leave out those without a value" in problem.what and "--run ID" in problem.remedy


def test_a_bad_number_blocks_no_other_run(take: Take, refused: Refused, written: Written) -> None:
    path = written("e.csv", emissions({}, {"run_id": "run-b", "cpu_energy": "-0.0729"}))
    assert take("codecarbon", path, run="run-a").energy[0].energy.amount == pytest.approx(8e-5)
    problem = refused("codecarbon", path, run="run-b")
    assert (problem.line, problem.field) == (3, "cpu_energy") and "counter turned" in problem.remedy


def test_a_file_cut_in_its_last_cell_is_refused(refused: Refused, written: Written) -> None:
    assert "cut off" in refused("codecarbon", written("e.csv", emissions({"pue": "1.58"}).removesuffix(".58\n"))).what


def test_padded_columns_are_recognised(take: Take, written: Written) -> None:
    text = emissions({}).replace(",", "   , ")
    assert take("auto", written("e.csv", text)).energy[0].energy.amount == pytest.approx(8e-5)


@pytest.mark.parametrize(
    ("model", "count", "devices"),
    [
        ("1 x NVIDIA GeForce RTX 40601 x NVIDIA GeForce RTX 3080 Ti", "2", {"RTX 4060": 1, "RTX 3080 Ti": 1}),
        ("2 x NVIDIA A100", "2", {"A100": 2}),
        ("2 x NVIDIA A100, 1 x NVIDIA T4", "3.0", {"A100": 2, "T4": 1}),
        ("NVIDIA M1", "1", {"M1": 1}),
        ("1 x NVIDIA A1002 x NVIDIA T4", "5", {"NVIDIA A1002 x NVIDIA T4": 5}),
        ("1 x A" * 40, "40", {("A" + "1 x A" * 39)[:194]: 40}),
    ],
)
def test_models_in_one_cell_add_up_to_the_count(
    take: Take, written: Written, model: str, count: str, devices: Any
) -> None:
    row = {"gpu_model": f'"{model}"', "gpu_count": count}
    record = take("codecarbon", written("e.csv", emissions(row)))
    found = {device.name.removeprefix("NVIDIA ").removeprefix("GeForce "): device.count for device in record.devices}
    assert sum(found.values()) == float(count)
    if len(model) < 100:
        assert {name.removeprefix("NVIDIA "): number for name, number in devices.items()} == found


def test_version_1_is_one_energy(take: Take, refused: Refused, written: Written) -> None:
    head = "timestamp,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region,on_cloud"
    row = "2021-06-29T14:20:37,codecarbon,238.0,1.1e-05,0.00052,Canada,CAN,,N"
    record = take("auto", written("e.csv", f"{head}\n{row}\n"))
    assert [(e.component, e.energy.amount) for e in record.energy] == [("other", 0.00052)]
    assert record.imported.PUE == 1.0 and record.duration.amount * 3600 == pytest.approx(238)
    two = written("e.csv", f"{head}\n{row}\n{row.replace('0.00052', '0.00104')}\n")
    assert "2 runs without an id" in refused("auto", two).what
    assert take("codecarbon", two, run="2").energy[0].energy.amount == 0.00104
