from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from importing import Refused, Take, Written

from lca.errors import UsageError

HEAD = "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n"


def test_windows_inside_others_are_not_counted_twice(take: Take) -> None:
    record = take("zeus", "zeus/windows.csv")
    (gpu,) = record.energy
    assert gpu.energy.amount == pytest.approx((750.2179999999998 + 300.08699999999953) / 3.6e6, rel=1e-12)
    assert record.duration.amount * 3600 == pytest.approx(3.0008749961853027)
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]
    assert [window.name for window in record.windows] == ["epoch 0", "epoch 1", "training"]
    assert record.windows[0].energy[0].energy.amount == pytest.approx((375.07800000000043 + 150.03299999999945) / 3.6e6)
    assert record.started.isoformat() == "2026-11-21T00:56:44.616396+00:00"


def test_one_window_is_chosen(take: Take, refused: Refused) -> None:
    record = take("zeus", "zeus/windows.csv", run="epoch 1")
    assert record.name == "epoch 1"
    assert record.energy[0].energy.amount == pytest.approx((375.0749999999998 + 150.03099999999995) / 3.6e6)
    assert "epoch 0, epoch 1, training" in refused("zeus", "zeus/windows.csv", run="epoch 2").what


def test_windows_one_after_the_other_are_added_without_the_time_between(take: Take, written: Written) -> None:
    record = take("zeus", written("z.csv", HEAD + "1.7e9,a,10.0,1000.0,500.0\n1700000100.0,b,10.0,2000.0,500.0\n"))
    assert record.energy[0].energy.amount == pytest.approx(4000 / 3.6e6)
    assert record.duration.amount * 3600 == pytest.approx(20)
    assert (record.ended - record.started).total_seconds() == pytest.approx(110)


def test_windows_that_overlap_in_part_are_refused(refused: Refused, written: Written) -> None:
    problem = refused("zeus", written("z.csv", HEAD + "1.7e9,a,10.0,1000.0,500.0\n1700000005.0,b,10.0,2000.0,500.0\n"))
    assert problem.line == 3 and "overlap in part" in problem.what


def test_zero_joules_are_not_measured(take: Take, written: Written) -> None:
    record = take("zeus", written("z.csv", HEAD + "1700000100.0,a,0.01,0.0,5.0\n1700000101.0,b,0.01,4.0,5.0\n"))
    assert record.energy[0].energy.amount == pytest.approx(14 / 3.6e6)
    gaps = {gap.component: gap.reason for gap in record.unmeasured}
    assert set(gaps) == {"gpu", "cpu", "memory"} and "gpu0 in 1 of 2 windows, 'a' the first" in gaps["gpu"]


def test_cpu_and_memory_columns(take: Take, written: Written) -> None:
    text = "start_time,window_name,elapsed_time,gpu0_energy,cpu0_energy,dram0_energy\n1.7e9,a,10.0,3600.0,360.0,36.0\n"
    energies = {e.component: e.energy.amount for e in take("zeus", written("z.csv", text)).energy}
    assert energies == pytest.approx({"gpu": 1e-3, "cpu": 1e-4, "memory": 1e-5})


def test_a_machine_without_gpu(take: Take, written: Written) -> None:
    record = take("zeus", written("z.csv", "start_time,window_name,elapsed_time,\n1700000001.0,a,10.0,\n"))
    assert record.energy == () and {gap.component for gap in record.unmeasured} == {"cpu", "gpu", "memory"}


@pytest.mark.parametrize(
    "text, line, field, what",
    [
        (HEAD + "1700000100.0,a,10.0,1000.0,50", 2, "", "cut off"),
        (HEAD, 1, "", "no window"),
        (HEAD + "1700000100.0,a,0.0,1000.0,500.0\n", 2, "elapsed_time", "0 s"),
        (HEAD + "1700000100.0,a,10.0,-1.0,500.0\n", 2, "gpu0_energy", "outside"),
        (HEAD + "1700000100.0,a,10.0,NaN,500.0\n", 2, "gpu0_energy", "not finite"),
        (HEAD + "1700000100.0,a,b,10.0,1.0,500.0\n", 2, "", "6 cells under 5 columns"),
        (HEAD.replace("gpu1_energy", "gpu1_kwh") + "1700000100.0,a,10.0,1.0,1.0\n", 1, "gpu1_kwh", "no column of Zeus"),
        (HEAD.replace("gpu1", "gpu0") + "1700000100.0,a,10.0,1.0,1.0\n", 1, "gpu0_energy", "occurs twice"),
    ],
)
def test_refused_by_line_and_column(
    refused: Refused, written: Written, text: str, line: int, field: str, what: str
) -> None:
    problem = refused("zeus", written("z.csv", text))
    assert (problem.line, problem.field) == (line, field) and what in problem.what


def test_a_clock_of_the_machine_needs_a_start(take: Take, refused: Refused, written: Written) -> None:
    path = written("z.csv", HEAD + "526940.5,a,10.0,1000.0,500.0\n526950.5,b,10.0,1000.0,500.0\n")
    problem = refused("zeus", path)
    assert (problem.line, problem.field) == (2, "start_time") and "--started" in problem.remedy
    record = take("zeus", path, started=datetime(2026, 3, 1, tzinfo=UTC))
    assert record.started == datetime(2026, 3, 1, tzinfo=UTC) and record.ended == record.started + timedelta(seconds=20)
    assert record.energy[0].energy.amount == pytest.approx(3000 / 3.6e6)
    with pytest.raises(UsageError, match="states when it began"):
        take("zeus", "zeus/windows.csv", started=datetime(2026, 3, 1, tzinfo=UTC))
