"""Flows that count by the factor of a country: where stations, sites and fabs emit them, and by which factor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lca import Catalogue
from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.places import in_their_places
from lca.methods.library import Flow
from lca.quantities.locations import location
from lca.quantities.values import Range
from lca.study.assess import score
from lca.vocabulary import ASSEMBLY, MIX, Stage

WATER = Flow("water", "Water", "air", "m3")
TABLE = FactorsByPlace("water-use", WATER, {"NO": 0.7, "FR": 5.0})


def activity(id: str, place: str, *emissions: Emission, inputs: tuple[Input, ...] = (), **more: str) -> Activity:
    return Activity(
        id, "kind", id, id, "kWh", location(place), f"{id}.toml", emissions=emissions, inputs=inputs, **more
    )


def emission(amount: float, spread: Range | None = None) -> Emission:
    return Emission(WATER, amount, Stage.USE, spread)


STATION = activity("station", "GLO", emission(2.0, Range(1.0, 4.0, "lognormal")))
HALF = (Input("station", 0.5, Stage.USE),)


def mix(place: str) -> Activity:
    return activity(f"mix-{place.lower()}", place, inputs=HALF, technology=MIX)


def placed(*activities: Activity) -> dict[str, Activity]:
    return in_their_places({activity.id: activity for activity in activities}, [TABLE])


def test_a_mix_emits_what_its_stations_do_in_its_own_country() -> None:
    found = placed(STATION, mix("NO"), mix("FR"))
    for country in ("NO", "FR"):
        [here] = found[f"mix-{country.lower()}"].emissions
        assert (here.flow, here.amount) == (WATER.of(country), 1.0)
        assert here.range and (here.range.low, here.range.high) == (0.5, 2.0)
    [dry] = found["station-without-water"].emissions
    assert (dry.flow, dry.amount) == (WATER, 0.0)
    assert found["station"] == STATION
    assert found["station-without-water"].copy_of == "station"


def test_stations_of_an_assembly_emit_in_the_country_of_the_mix_too() -> None:
    assembled = activity("assembled", "GLO", inputs=(Input("station", 1.0, Stage.USE),), technology=ASSEMBLY)
    mixed = activity("mix-no", "NO", inputs=(Input("assembled", 0.5, Stage.USE),), technology=MIX)
    placed = in_their_places({a.id: a for a in (STATION, assembled, mixed)}, [TABLE])
    [emitted], [input] = placed["mix-no"].emissions, placed["mix-no"].inputs
    assert (emitted.flow, emitted.amount) == (WATER.of("NO"), 1.0)
    [part] = placed[input.activity].inputs
    assert [e.amount for e in placed[part.activity].emissions] == [0.0]


def test_one_number_of_a_station_is_drawn_once_whatever_mix_takes_it() -> None:
    found = placed(STATION, mix("NO"), mix("FR"))
    ranges = [found[id].emissions[0].range for id in ("mix-no", "mix-fr")]
    assert ranges[0] == ranges[1] and ranges[0] and ranges[0].of


def test_a_mix_of_no_country_with_a_factor_keeps_its_stations() -> None:
    assert placed(STATION, mix("PL"))["mix-pl"] == mix("PL")


def test_an_activity_of_a_country_emits_there_and_one_of_the_world_anywhere() -> None:
    fab = activity("fab", "FR", emission(3.0), inputs=HALF)
    elsewhere = replace(fab, id="elsewhere", location=location("GLO"))
    found = placed(STATION, fab, elsewhere)
    assert found["fab"].emissions[0].flow == WATER.of("FR")
    assert found["elsewhere"] == elsewhere


def test_what_only_emits_the_flow_has_a_copy_for_every_country() -> None:
    found = placed(activity("evaporated", "GLO", emission(1.0)))
    assert set(found) == {"evaporated", "evaporated-no", "evaporated-fr"}
    assert found["evaporated-no"].emissions[0].flow.location == found["evaporated-no"].location == "NO"


@pytest.mark.parametrize(("country", "factor"), [("no", 0.744), ("fr", 4.99), ("us", 11.3)])
def test_a_cubic_metre_evaporated_counts_by_the_factor_of_its_country(
    built_in: Catalogue, country: str, factor: float
) -> None:
    """AWARE 2.0, uses other than irrigation; the world's factor of EF v3.1 where no country is known."""
    scores = [
        score(id, 1.0, built_in, ("water-use",)).scores()["score"].iloc[0]
        for id in (f"evaporated-water-{country}", "evaporated-water")
    ]
    assert scores == [pytest.approx(factor), pytest.approx(42.95, abs=0.01)]


def test_water_in_other_categories_counts_the_same_anywhere(built_in: Catalogue) -> None:
    for factors in built_in.library.factors.values():
        placed = {code: factor for code, factor in factors.items() if code.endswith("@NO")}
        if factors is not built_in.library.factors["water-use"]:
            assert all(factors[code.removesuffix("@NO")] == factor for code, factor in placed.items())


def test_the_gaps_of_a_station_are_one_gap_with_and_without_its_water(built_in: Catalogue) -> None:
    study = score("aluminium-primary", 1.0, built_in, ("ecotoxicity-freshwater",))
    [(_, cover)] = study.coverage.items()
    names = [item.name for item in cover.items]
    assert "electricity-hard-coal-controlled" in names and len(names) == len(set(names))
    assert not any(name.endswith("-without-water") for name in names)
