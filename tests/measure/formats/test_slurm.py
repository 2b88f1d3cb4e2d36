from __future__ import annotations

import pytest
from importing import Refused, Take, Written


def test_the_job_as_a_whole_and_not_its_steps(take: Take) -> None:
    record = take("slurm", "slurm/sacct.txt", covers="node")
    assert record.it_energy.value == (2.0, "kWh_it")
    assert record.duration.amount == 1.0 and record.name == "train-llm"
    assert record.started.isoformat() == "2026-03-15T20:24:16" and record.ended.isoformat() == "2026-03-15T21:24:16"
    assert "had them to itself" in record.it_energy.note and "had them to itself" in record.comment
    assert record.unmeasured == () and record.energy == () and not record.interrupted


def test_what_the_energy_covers_is_asked_for(refused: Refused, take: Take) -> None:
    problem = refused("slurm", "slurm/sacct.txt")
    assert (problem.line, problem.field) == (2, "ConsumedEnergy") and "--covers node" in problem.remedy
    record = take("slurm", "slurm/sacct.txt", covers="gpu")
    assert [(e.component, e.energy.amount, e.origin) for e in record.energy] == [("gpu", 2.0, "imported")]
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]
    assert take("slurm", "slurm/sacct.txt", covers="components").unmeasured == ()


def test_prefixes_and_their_rounding(take: Take) -> None:
    record = take("slurm", "slurm/sacct-prefixed.txt", run="4712", covers="cpu")
    energy = record.energy[0].energy
    assert energy.amount == 48.0
    assert (energy.low.number, energy.high.number) == pytest.approx((48 - 50_000 / 3.6e6, 48 + 50_000 / 3.6e6))
    assert record.duration.amount == 24.0 and record.interrupted and "TIMEOUT" in record.comment


@pytest.mark.parametrize(
    "text, joules", [("12", 12.0), ("1.5K", 1500.0), ("7.20M", 7.2e6), ("3G", 3e9), ("0.25T", 0.25e12), ("1.00P", 1e15)]
)
def test_every_prefix(take: Take, written: Written, text: str, joules: float) -> None:
    path = written("s.txt", f"JobID|ElapsedRaw|Start|ConsumedEnergy\n1|60|2026-01-01T00:00:00|{text}\n")
    assert take("slurm", path, covers="gpu").energy[0].energy.amount == pytest.approx(joules / 3.6e6, rel=1e-12)


def test_no_energy_is_not_measured(take: Take) -> None:
    record = take("slurm", "slurm/sacct-prefixed.txt", run="4713", covers="node")
    assert record.it_energy is None and {gap.component for gap in record.unmeasured} == {"cpu", "gpu", "memory"}


def test_jobs_are_listed_and_one_is_chosen(refused: Refused) -> None:
    assert "3 jobs: 4711, 4712, 4713" in refused("slurm", "slurm/sacct-prefixed.txt", covers="node").what
    assert "no job '5'" in refused("slurm", "slurm/sacct-prefixed.txt", covers="node", run="5").what


HEAD = "JobID|State|ElapsedRaw|Start|ConsumedEnergyRaw\n"


@pytest.mark.parametrize(
    "text, line, field, what",
    [
        (HEAD + "1|RUNNING|60|2026-01-01T00:00:00|100\n", 2, "State", "RUNNING"),
        (HEAD + "1|COMPLETED|60|Unknown|100\n", 2, "Start", "began"),
        (HEAD + "1|COMPLETED|0|2026-01-01T00:00:00|100\n", 2, "ElapsedRaw", "0 s"),
        (HEAD + "1|COMPLETED||2026-01-01T00:00:00|100\n", 2, "ElapsedRaw", "how long"),
        (HEAD + "1|COMPLETED|60|2026-01-01T00:00:00|-1\n", 2, "ConsumedEnergyRaw", "outside"),
        (
            HEAD + "1|COMPLETED|60|2026-01-01T00:00:00|18446744073709551614\n",
            2,
            "ConsumedEnergyRaw",
            "mark for no value",
        ),
        (HEAD + "1|COMPLETED|60|2026-01-01T00:00:00|nan\n", 2, "ConsumedEnergyRaw", "not finite"),
        (HEAD + "1|COMPLETED|60|2026-01-01T00:00:00|10", 2, "", "cut off"),
        (HEAD + "1|COMPLETED|60|2026-01\n", 2, "", "4 cells under 5 columns"),
        (HEAD + "1.0|COMPLETED|60|2026-01-01T00:00:00|100\n", 0, "JobID", "only steps"),
        (HEAD + 2 * "1|COMPLETED|6|2026-01-01T00:00:00|1\n", 3, "JobID", "2 jobs: 1, 1"),
        ("JobID|State|ElapsedRaw\n1|COMPLETED|60\n", 1, "", "no column 'ConsumedEnergyRaw'"),
    ],
)
def test_refused_by_line_and_column(
    refused: Refused, written: Written, text: str, line: int, field: str, what: str
) -> None:
    problem = refused("slurm", written("s.txt", text), covers="node")
    assert (problem.line, problem.field) == (line, field) and what in problem.what


def test_a_trailing_delimiter_is_a_column_without_name(take: Take, written: Written) -> None:
    """`--parsable`, without the 2."""
    path = written("s.txt", "JobID|ElapsedRaw|Start|ConsumedEnergyRaw|\n1|60|2026-01-01T00:00:00|3600000|\n")
    assert take("slurm", path, covers="node").it_energy.amount == 1.0


@pytest.mark.parametrize(
    "text", ["18446744073.71G", "18446744.07T", "17179869184.00G", "4.29G", "4294.97M", "4194304.00K"]
)
def test_a_mark_for_no_value_is_no_energy(refused: Refused, written: Written, text: str) -> None:
    head = "JobID|State|ElapsedRaw|Start|ConsumedEnergy\n"
    problem = refused("slurm", written("s.txt", f"{head}1|COMPLETED|60|2026-01-01T00:00:00|{text}\n"), covers="node")
    assert (problem.line, problem.field) == (2, "ConsumedEnergy") and "mark for no value" in problem.what


def test_columns_by_width_say_what_to_ask_for(refused: Refused, written: Written) -> None:
    head = "JobID           Elapsed ConsumedEnergy \n------------ ---------- -------------- \n"
    text = head + "26583          02:19:48          4.58M \n"
    for format in ("auto", "slurm"):
        assert "--parsable2" in refused(format, written("s.txt", text), covers="node").remedy
