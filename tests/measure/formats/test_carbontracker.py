from __future__ import annotations

from pathlib import Path

import pytest
from importing import Changed, Refused, Take, Written

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.formats import import_record
from lca.measurement.record import Measurement

OUTPUT, LOG = "carbontracker/both_carbontracker_output.log", "carbontracker/both_carbontracker.log"
CPU_OUTPUT, CPU_LOG = "carbontracker/cpu_carbontracker_output.log", "carbontracker/cpu_carbontracker.log"


def energies(record: Measurement) -> dict[str, float]:
    return {entry.component: entry.energy.amount for entry in record.energy}


def test_the_actual_consumption_without_its_pue(take: Take) -> None:
    record = take("carbontracker", CPU_OUTPUT, CPU_LOG)
    assert energies(record) == pytest.approx({"cpu": 0.000093787994 / 1.58}, rel=1e-12)
    # the log's own power and time
    assert energies(record)["cpu"] == pytest.approx(35.61209406066786 * 6.00 / 3.6e6, rel=1e-3)
    assert (record.imported.PUE, record.imported.version, record.phase) == (1.58, "2.4.7", "training")
    assert record.duration.amount * 3600 == pytest.approx(6.0)
    assert record.started.isoformat() == "2026-11-21T00:55:31" and record.ended.isoformat() == "2026-11-21T00:55:37"
    assert "half of the CPU's TDP" in record.energy[0].method
    assert {gap.component for gap in record.unmeasured} == {"gpu", "memory"}


def test_a_total_is_shared_by_the_logged_power(take: Take) -> None:
    record = take("carbontracker", LOG, OUTPUT)  # in any order
    whole = 0.000325870289 / 1.58
    assert energies(record) == pytest.approx(
        {"gpu": whole * 150 / 185.61209406066786, "cpu": whole * 35.61209406066786 / 185.61209406066786}
    )
    assert record.interrupted
    assert [(d.kind, d.name) for d in record.devices] == [
        ("gpu", "Simulated GPU"),
        ("cpu", "Intel(R) Xeon(R) Processor"),
    ]


def test_without_the_second_log_the_pue_is_asked_for_and_the_total_is_not_shared(take: Take, refused: Refused) -> None:
    problem = refused("carbontracker", OUTPUT)
    assert (problem.line, problem.field) == (11, "Energy") and "--pue" in problem.remedy
    record = take("carbontracker", OUTPUT, pue=1.58)
    assert energies(record) == pytest.approx({"other": 0.000325870289 / 1.58})
    assert "gpu and cpu together" in record.energy[0].method
    assert record.unmeasured == ()


def test_logged_power_that_does_not_add_up_is_not_used(take: Take, changed: Changed) -> None:
    log = changed(LOG, "for gpu: 150.0", "for gpu: 300.0")
    assert set(energies(take("carbontracker", OUTPUT, log))) == {"other"}


def test_several_gpus_in_one_line(take: Take, changed: Changed) -> None:
    log = changed(LOG, "for gpu: 150.0", "for gpu: [100.0\n 50.0]")
    assert set(energies(take("carbontracker", OUTPUT, log))) == {"gpu", "cpu"}


def test_rapl_is_known_by_its_domains(take: Take, changed: Changed) -> None:
    output = changed(CPU_OUTPUT, "Intel(R) Xeon(R) Processor", "cpu:0, dram:0")
    record = take("carbontracker", output, CPU_LOG)
    assert "RAPL power of cpu:0, dram:0" in record.energy[0].method
    assert [gap.component for gap in record.unmeasured] == ["gpu"] and record.devices == ()


@pytest.mark.parametrize(
    "old, new, line, field, what",
    [
        ("Actual consumption", "Predicted consumption", 0, "", "no actual consumption"),
        ("Predicted consumption", "Actual consumption", 11, "", "2 actual consumption"),
        ("0.000093787994 kWh", "nan kWh", 13, "Energy", "not finite"),
        ("0.000093787994 kWh", "-0.1 kWh", 13, "Energy", "outside"),
        ("0.000093787994 kWh", "0.000093787994 MWh", 13, "Energy", "not a decimal number"),
        (
            "\tTime:\t0:00:06\n\tEnergy:\t0.000093787994",
            "\tTime:\tlong\n\tEnergy:\t0.000093787994",
            12,
            "Time",
            "no duration",
        ),
        ("Finished monitoring.\n", "Finished", 17, "", "cut off"),
    ],
)
def test_refused_by_line(
    refused: Refused, changed: Changed, old: str, new: str, line: int, field: str, what: str
) -> None:
    problem = refused("carbontracker", changed(CPU_OUTPUT, old, new), CPU_LOG)
    assert (problem.line, problem.field) == (line, field) and what in problem.what


@pytest.mark.parametrize(
    "old, new, line, field, what",
    [
        ("0:00:02.00", "two", 5 + 1, "Duration", "no duration"),
        ("for cpu: 35.61209406066786", "for cpu: inf", 7, "cpu", "not finite"),
        ("coefficient of 1.58", "coefficient of 0.58", 0, "PUE", "less than 1"),
    ],
)
def test_the_second_log_is_checked_too(
    refused: Refused, changed: Changed, old: str, new: str, line: int, field: str, what: str
) -> None:
    problem = refused("carbontracker", CPU_OUTPUT, changed(CPU_LOG, old, new, 1))
    assert (problem.line, problem.field) == (line, field) and what in problem.what


def test_which_files_belong_together(take: Take) -> None:
    with pytest.raises(UsageError, match="give one"):
        take("carbontracker", LOG)
    with pytest.raises(UsageError, match="give one"):
        take("carbontracker", OUTPUT, CPU_OUTPUT)
    with pytest.raises(UsageError, match=r"states a PUE of 1\.58"):
        take("carbontracker", OUTPUT, LOG, pue=1.3)


def test_one_of_many_epochs_is_said(fixtures: Path, written: Written, empty: Catalogue) -> None:
    text = (fixtures / "carbontracker/cpu_carbontracker_output.log").read_text()
    stamp = "2026-03-01 09:00:10 - CarbonTracker: "
    more = f"{stamp}\nPredicted consumption for 1000 epoch(s):\n\tTime:\t2:59:06\n\tEnergy:\t0.040940 kWh\n"
    with pytest.warns(UserWarning, match=r"of \d of 1,000 epochs, not of the whole training"):
        record = import_record("carbontracker", [written("x_output.log", text + more)], pue=1.0, catalogue=empty)
    assert "of 1,000 epochs" in record.comment
