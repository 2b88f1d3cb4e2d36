"""Energy of several entries: the order does not matter, it is additive, and its origin is that of all of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.measure.costs import cost_table
from lca.measure.formats import export_record
from lca.measurement.record import EnergyEntry, Measurement
from lca.measurement.totals import Origins, by_component, total
from lca.vocabulary import Component, Origin

MIXED = "modelled 90 %, counter 10 %"

entries = st.lists(
    st.builds(
        lambda component, origin, energy: EnergyEntry.model_validate(
            {"component": component, "origin": origin, "energy": f"{energy!r} kWh", "method": "m"}
        ),
        st.sampled_from(Component),
        st.sampled_from(Origin),
        st.floats(0, 1e6).filter(lambda energy: energy == 0 or energy > 1e-6),
    ),
    max_size=8,
)


def gpu(energy: str, origin: str) -> dict[str, str]:
    return {"component": "gpu", "energy": energy, "origin": origin, "method": "m"}


@pytest.fixture(params=["modelled first", "counter first"])
def mixed(request: pytest.FixtureRequest) -> Measurement:
    """Two GPUs, one modelled and one with a counter, in either order."""
    written = [gpu("0.9 kWh", "modelled"), gpu("0.1 kWh", "counter")]
    return Measurement.model_validate(
        {
            "schema": 1,
            "name": "two GPUs",
            "phase": "training",
            "started": "2026-03-01T00:00:00Z",
            "ended": "2026-03-01T01:00:00Z",
            "duration": "1 h",
            "energy": written if request.param == "modelled first" else written[::-1],
        }
    )


@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(listed: list[EnergyEntry], chance: random.Random) -> None:
    shuffled = chance.sample(listed, len(listed))
    assert total(shuffled) == total(listed) and str(total(shuffled)[1]) == str(total(listed)[1])
    ours, theirs = ({part.component: part[1:3] for part in by_component(each)} for each in (listed, shuffled))
    assert ours == theirs


@given(entries, entries)
def test_totals_are_additive(some: list[EnergyEntry], more: list[EnergyEntry]) -> None:
    (one, of_one), (other, of_other), (both, of_both) = total(some), total(more), total([*some, *more])
    assert both == pytest.approx(one + other)
    assert (of_one + of_other).energies == pytest.approx(of_both.energies)
    assert sum(part.energy for part in by_component(some)) == pytest.approx(one)
    assert [entry for part in by_component(some) for entry in part.entries] == sorted(
        some, key=lambda entry: [part.component for part in by_component(some)].index(entry.component)
    )


@given(entries.filter(bool))
def test_the_shares_of_the_origins_sum_to_one(listed: list[EnergyEntry]) -> None:
    shares = total(listed)[1].shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {entry.origin for entry in listed}
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


@pytest.mark.parametrize(
    ("counter", "modelled", "printed"),
    [
        (1.0, 0.0, "counter 100 %, modelled 0 %"),
        (0.0, 0.0, "counter 50 %, modelled 50 %"),
        (0.999, 0.001, "counter > 99 %, modelled < 1 %"),
        (0.5, 0.5, "counter 50 %, modelled 50 %"),
        (0.49, 0.51, "modelled 51 %, counter 49 %"),
    ],
)
def test_shares_in_words(counter: float, modelled: float, printed: str) -> None:
    assert str(Origins({Origin.COUNTER: counter, Origin.MODELLED: modelled})) == printed


def test_one_origin_is_its_word_and_none_is_nothing() -> None:
    assert str(Origins({Origin.COUNTER: 2.0})) == "counter"
    assert str(total([])[1]) == "" and by_component([]) == ()


def test_the_cost_table_says_every_origin(mixed: Measurement) -> None:
    assert [(row.device, row.energy, row.origin) for row in cost_table([mixed])] == [
        ("gpu", 1.0, MIXED),
        ("all", 1.0, MIXED),
    ]
    assert cost_table([mixed, mixed])[-1].origin == MIXED


def test_a_sum_of_runs_says_what_is_of_the_node(mixed: Measurement) -> None:
    plugged = mixed.model_copy(update={"energy": (), "it_energy": mixed.energy[0].energy})
    assert cost_table([mixed, plugged])[-1].origin == f"node at its plug; {MIXED}"


def test_a_model_card_says_every_origin(mixed: Measurement) -> None:
    assert f"# energy: 1 kWh (gpu ({MIXED}))" in export_record("model-card", mixed)
    assert f"energy of components (gpu ({MIXED}))" in export_record("model-card", mixed, intensity="56 g/kWh")


def test_the_one_method_of_a_boamps_report_says_every_origin(mixed: Measurement) -> None:
    (measure,) = json.loads(export_record("boamps", mixed))["measures"]
    assert measure["measurementMethod"] == f"ai-lca (gpu ({MIXED}))" and measure["powerConsumption"] == 1.0


def test_prometheus_has_a_sample_for_each_origin(mixed: Measurement) -> None:
    text = export_record("prometheus", mixed)
    for origin, joules in (("modelled", 3_240_000.0), ("counter", 360_000.0)):
        (line,) = [line for line in text.splitlines() if f'origin="{origin}"' in line]
        assert float(line.split(" ")[-1]) == pytest.approx(joules)


def test_codecarbon_adds_the_entries(mixed: Measurement) -> None:
    header, row = export_record("codecarbon", mixed).splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["gpu_energy"] == "1.0"


def test_the_table_of_a_campaign_says_every_origin(mixed: Measurement, tmp_path: Path) -> None:
    from lca.campaign.plan import CampaignPlan
    from lca.campaign.table import rows, write_table

    plan = tmp_path / "plan.toml"
    plan.write_text(
        'name = "p"\nrepeats = 2\nduration = "1 s"\nwarm_up = "0 s"\n[[grids]]\nworkload = ["digits"]\n',
        encoding="utf-8",
    )
    (cell,) = CampaignPlan.load(plan).cells
    mixed.save(tmp_path / f"{cell.id}.json")
    write_table(rows(CampaignPlan.load(plan), tmp_path), tmp_path / "table.csv")
    assert MIXED in (tmp_path / "table.csv").read_text(encoding="utf-8")
