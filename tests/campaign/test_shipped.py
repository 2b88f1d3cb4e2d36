"""The campaign that is shipped: its table, and the scenarios that cite its records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lca.builtin import folder
from lca.campaign.plan import CampaignPlan
from lca.campaign.table import CampaignRow, rows, table
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement
from lca.study.assess import assess
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.variants import variants
from lca.system.scenario import Scenario

SCENARIOS = folder("scenarios")
RUNS = SCENARIOS / "runs" / "compression"
DIGITS = sorted(SCENARIOS.glob("compression-*.toml"))
Table = tuple[CampaignRow, ...]


@pytest.fixture(scope="module")
def plan() -> CampaignPlan:
    return CampaignPlan.load(SCENARIOS / "campaigns" / "compression.toml")


@pytest.fixture(scope="module")
def found(plan: CampaignPlan) -> Table:
    return rows(plan, RUNS)


def test_the_table_is_made_of_the_records_byte_for_byte(found: Table) -> None:
    assert table(found).encode() == (RUNS / "table.csv").read_bytes()


def test_every_cell_was_repeated_on_one_named_machine(plan: CampaignPlan, found: Table) -> None:
    assert len(found) == len(plan.cells) >= 2 * 2 * 3 * 3
    for row in found:
        assert row.record, row.refused
        assert len(row.record.windows) == plan.file.repeats == 5
        assert row.record.energy and {entry.origin for entry in row.record.energy} == {"modelled"}
        assert row.record.profile and row.record.latency
    machines = {(d.name, row.record.software["system"]) for row in found if row.record for d in row.record.devices}
    assert len({system for _, system in machines}) == 1


def test_repeats_of_a_cell_lie_between_those_of_the_others(found: Table) -> None:
    """All repeats of a group were measured in rounds: no cell ended before another of its group began."""
    groups: dict[object, list[Measurement]] = {}
    for row in found:
        if row.record:
            groups.setdefault(row.cell.group, []).append(row.record)
    for records in groups.values():
        assert max(record.started for record in records) < min(record.ended for record in records)


def test_sizes_are_what_arithmetic_says(found: Table) -> None:
    for row in found:
        variant, record = row.cell.variant, row.record
        assert record and record.profile and record.model_parameters
        if variant.technique == "magnitude-pruning" and variant.level:
            whole = row.baseline
            assert whole and whole.profile
            assert record.profile.stored == whole.profile.stored  # zeros take as much room
            weights = whole.model_parameters or 0
            assert record.profile.nonzero < (1 - 0.9 * variant.level) * weights
        if variant.precision in ("bfloat16", "float16"):
            assert row.baseline and row.baseline.profile
            assert record.profile.stored.amount == row.baseline.profile.stored.amount / 2


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_the_energy_of_a_variant_is_that_of_its_records(path: Path, built_in: Catalogue) -> None:
    scenario = Scenario.load(path)
    study = assess([scenario], built_in, ("climate-change",))
    energy = study.energy()
    for table_, phase, served in (
        ("training", "training", 1e7),
        ("compression", "compression", 1e7),
        ("inference", "inference", None),
    ):
        record = scenario.measurements.get(table_)
        components = energy[(energy["phase"] == phase) & energy["component"].isin(["cpu", "memory"])]
        if record is None:
            assert components.empty
            continue
        amount = record.amount.number if record.amount and served is None else served
        assert amount
        expected = sum(entry.energy.amount for entry in record.energy) * 1e6 / amount
        assert components["amount"].sum() == pytest.approx(expected)


@pytest.fixture(scope="module")
def all_digits(built_in: Catalogue) -> Callable[[], object]:
    scenarios = [Scenario.load(path) for path in DIGITS]
    scenarios.sort(key=lambda scenario: bool(scenario.file.compression))
    study = assess(scenarios, built_in, ("climate-change", "acidification"))
    return lambda: study


def test_every_technique_of_the_demo_has_a_scenario(found: Table) -> None:
    cited = {Scenario.load(path).measurements["inference"].name for path in DIGITS}
    measured = {row.cell.id for row in found if row.cell.variant.workload == "digits" and row.cell.batch == 64}
    assert cited == measured


def test_every_scenario_is_in_their_readme() -> None:
    text = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    assert [path.stem for path in SCENARIOS.glob("*.toml") if f"`{path.stem}`" not in text] == []


def test_a_variant_below_the_floor_is_shown_and_excluded(all_digits: Callable[[], object]) -> None:
    study = all_digits()
    states = variants(study)  # type: ignore[arg-type]
    below = {v.scenario for v in states if (v.reached("accuracy") or 0) < 0.95}
    assert {v.scenario for v in states if v.excluded} == below


def test_break_even_is_the_closed_form_of_its_own_columns(all_digits: Callable[[], object]) -> None:
    rows_ = break_evens(all_digits()).to_dict("records")  # type: ignore[arg-type]
    assert {row["category"] for row in rows_} == {"climate-change", "acidification"}
    for row in rows_:
        assert row["extra"] > 0  # every variant was made of the same trained network: compressing comes on top
        if row["case"] in ("from", "not reached"):
            assert row["amount"] == pytest.approx(row["extra"] / row["saving"])
            assert (row["amount"] > row["reach"]) == (row["case"] == "not reached")
        elif row["case"] == "never":
            assert row["saving"] <= 0
