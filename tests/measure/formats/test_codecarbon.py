from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lca.errors import UsageError

FIRST, SECOND = "93539c1f-ce7b-4f22-b722-3c12c865dea7", "4535d26c-b820-4caa-87c8-166763c061fa"
TASKS = "codecarbon/emissions_base_3a39afd0-2d5e-4764-8f82-97689c21691d.csv"


def energies(record):
    return {entry.component: entry.energy.amount for entry in record.energy}


def test_energies_are_divided_by_the_pue_that_they_contain(take):
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


def test_what_ran_where_and_when(take, fixtures):
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


def test_what_the_tool_modelled_is_said_to_be(take):
    methods = {e.component: e.method for e in take("codecarbon", "codecarbon/emissions-gpu.csv").energy}
    assert "not measured" in methods["memory"]
    assert "does not say whether it read a counter or modelled" in methods["cpu"]


def test_the_last_row_of_a_run_holds_its_totals(take):
    record = take("codecarbon", "codecarbon/emissions.csv", run=FIRST)
    assert energies(record) == pytest.approx(
        {"cpu": 1.0513816579795246e-05 / 1.3, "memory": 5.0060213146674266e-05 / 1.3}
    )
    assert record.duration.amount * 3600 == pytest.approx(7.011750240999845)


def test_no_gpu_is_no_gap(take):
    """`gpu_count` 0 in version 3, empty in version 2."""
    for file, options in (("codecarbon/emissions.csv", {"run": FIRST}), ("codecarbon/emissions-2.3.5.csv", {})):
        record = take("codecarbon", file, **options)
        assert record.unmeasured == () and "gpu" not in energies(record)


def test_several_runs_are_listed_and_one_is_chosen(take, refused):
    problem = refused("codecarbon", "codecarbon/emissions.csv")
    assert FIRST in problem.what and SECOND in problem.what and "--run" in problem.remedy
    assert FIRST in refused("codecarbon", "codecarbon/emissions.csv", run="other").what
    assert take("codecarbon", "codecarbon/emissions.csv", run=SECOND).duration.amount * 3600 == pytest.approx(
        3.0058841800000664
    )


def test_older_columns(take):
    record = take("codecarbon", "codecarbon/emissions-2.3.5.csv")
    assert energies(record) == pytest.approx({"cpu": 3.543593585491181e-05, "memory": 7.356765873510655e-06})
    assert record.imported.version == "2.3.5" and record.imported.PUE == 1.0


def test_a_file_without_pue_asks_for_it(take, refused, written, fixtures):
    rows = [line.rsplit(",", 1)[0] for line in (fixtures / "codecarbon/emissions-2.3.5.csv").read_text().splitlines()]
    path = written("old.csv", "\n".join(rows) + "\n")
    problem = refused("codecarbon", path)
    assert (problem.line, problem.field) == (2, "pue") and "--pue" in problem.remedy
    record = take("codecarbon", path, pue=1.5)
    assert energies(record)["cpu"] == pytest.approx(3.543593585491181e-05 / 1.5) and record.imported.PUE == 1.5


def test_a_pue_that_contradicts_the_file_is_refused(take):
    with pytest.raises(UsageError, match=r"states a PUE of 1\.2; --pue 1\.3 contradicts it"):
        take("codecarbon", "codecarbon/emissions-gpu.csv", pue=1.3)
    assert take("codecarbon", "codecarbon/emissions-gpu.csv", pue=1.2).imported.PUE == 1.2
    with pytest.raises(UsageError, match=r"at least 1"):
        take("codecarbon", TASKS, pue=0.9)


def test_tasks_are_added_up_and_their_pue_is_asked_for(take, refused):
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


def test_the_totals_of_tasks_with_the_duration_of_the_last_one_are_refused(refused):
    """CodeCarbon 3.3.2 wrote this file itself: 5 s of energy, 3 s of duration."""
    problem = refused("codecarbon", "codecarbon/emissions-of-tasks.csv")
    assert (problem.line, problem.field) == (2, "duration") and "26 W for 5 s" in problem.what
    assert "emissions_*_RUN.csv" in problem.remedy


@pytest.mark.parametrize(
    "component, cell, reason", [("gpu", "0.0007007372272559997", "0 kWh"), ("cpu", "1.6021924145130566e-06", "0 kWh")]
)
def test_a_zero_is_not_measured(take, changed, component, cell, reason):
    path = changed("codecarbon/emissions-gpu.csv", cell, "0.0")
    record = take("codecarbon", path)
    assert component not in energies(record)
    assert [(gap.component, reason in gap.reason) for gap in record.unmeasured] == [(component, True)]


def test_an_empty_energy_of_a_gpu_that_is_there_is_not_measured(take, changed):
    record = take("codecarbon", changed("codecarbon/emissions-gpu.csv", ",0.0007007372272559997,", ",,"))
    assert [gap.component for gap in record.unmeasured] == ["gpu"]


def test_what_the_total_has_beyond_its_parts_is_kept(take, changed):
    total = 0.0007423500820505158
    record = take("codecarbon", changed("codecarbon/emissions-gpu.csv", repr(total), repr(total + 0.00012)))
    assert energies(record)["other"] == pytest.approx(0.0001)


@pytest.mark.parametrize(
    "old, new, line, field, what",
    [
        ("0.0007423500820505158", "0.0001", 2, "energy_consumed", "less than"),
        (",N,1.2,", ",N,0.9,", 2, "pue", "less than 1"),
        ("0.0007007372272559997", "nan", 2, "gpu_energy", "not finite"),
        ("0.0007007372272559997", "-1", 2, "gpu_energy", "outside"),
        ("0.0007007372272559997", "1e999", 2, "gpu_energy", "outside"),
        ("0.0007007372272559997", "1_0", 2, "gpu_energy", "not a decimal number"),
        ("2026-11-21T01:18:45", "yesterday", 2, "timestamp", "not a time"),
        ("6.013679718000276", "", 2, "duration", "empty"),
        ("digits on two GPUs", "=HYPERLINK()", 2, "", "is a formula"),
        ("digits on two GPUs", "a,b", 2, "", "39 cells under 38 columns"),
        ("digits on two GPUs", '"digits', 2, "", "unexpected end of data"),
    ],
)
def test_refused_by_line_and_column(refused, changed, old, new, line, field, what):
    if new == "1e999":
        what = "not finite"
    problem = refused("codecarbon", changed("codecarbon/emissions-gpu.csv", old, new, 1))
    assert (problem.line, problem.field) == (line, field) and what in problem.what


def test_totals_that_go_down_are_refused(refused, written, fixtures):
    head, first, second, _ = (fixtures / "codecarbon/emissions.csv").read_text().splitlines()
    problem = refused("codecarbon", written("e.csv", "\n".join([head, second, first, ""])))
    assert (problem.line, problem.field) == (3, "duration")


def test_a_version_of_other_columns_is_refused(refused, changed: Callable[..., Path]):
    problem = refused("codecarbon", changed("codecarbon/emissions-gpu.csv", "gpu_energy", "gpu_joules", 1))
    assert problem.line == 1 and "no column 'gpu_energy'" in problem.what
