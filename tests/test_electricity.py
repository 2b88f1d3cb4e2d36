"""The electricity inventory: technologies, mixes, regions; held against published figures that were not its inputs.

Tolerances were written before the first comparison and are not tuned. Countries: the median of the absolute relative
deviations from the series of Ember is at most 20 %, the median of the signed ones within 15 % of zero. Technologies:
published ranges are of new plants, ours of fleets, so that a complete score may leave its range by a fifth at most, and
an incomplete one, which is a lower bound, may fall below but not exceed it by more.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from workplace import Workplace

from lca.engine.background import Background
from lca.errors import InvalidData
from lca.inventory.activity import Activity, Input
from lca.inventory.catalogue import Catalogue
from lca.study.assess import assess
from lca.system.scenario import Scenario
from lca.validate.electricity import LARGE, by_country, generated, medians

CLIMATE = "climate-change"
EMITTED = ("acidification", "particulate-matter", "photochemical-oxidant-formation", "eutrophication-terrestrial")

UNECE = (
    "UNECE 2022, Carbon Neutrality in the UNECE Region: Integrated Life-cycle Assessment of Electricity Sources: "
    "ranges quoted at https://energyindustryreview.com/power/unece-nuclear-is-the-lowest-carbon-electricity-source and "
    "https://carbonherald.com/the-lowest-emissions-electricity-source-is-nuclear"
)
IPCC = (
    "IPCC 2014, AR5 WG III Annex III table A.III.2, medians quoted at https://wikicarbon.org/wiki/Index:Energy_Sources"
)
USLCI = "USLCI FY21 Q3 (NREL), at power plant, solved and characterised with EF v3.1"
EDF = (
    "EDF 2022, life cycle assessment of its reactors: 0.0029 to 0.0046, quoted at https://www.usinenouvelle.com/article/"
    "pourquoi-le-tres-bon-bilan-carbone-du-nucleaire-francais-ne-change-rien.N2020152; some stages are inputs here"
)
MAPS = "IPCC 2014 and UK POST as the defaults of Electricity Maps, config/defaults.yaml"

TECHNOLOGIES = [
    # id, lowest and highest published kg CO2-Eq per kWh, where
    ("electricity-hard-coal", 0.751, 1.095, UNECE),
    ("electricity-lignite", 0.820, 1.204, f"{IPCC} (coal); {USLCI}"),
    ("electricity-gas-combined-cycle", 0.403, 0.513, UNECE),
    ("electricity-gas-turbine", 0.490, 0.713, f"{IPCC} (combined cycle); {USLCI}"),
    ("electricity-natural-gas", 0.403, 0.713, f"{UNECE}; {USLCI}"),
    ("electricity-oil", 0.650, 0.806, f"{MAPS}; {USLCI}"),
    ("electricity-diesel", 0.650, 1.141, f"{MAPS}; {USLCI}"),
    ("electricity-geothermal", 0.019, 0.076, f"{IPCC}: 0.038, by a factor of two"),
    ("electricity-nuclear", 0.0029, 0.0128, f"{EDF}; {UNECE}; {IPCC}; {USLCI}"),
    ("electricity-hydro", 0.006, 0.147, UNECE),
    ("electricity-hydro-run-of-river", 0.0, 0.024, IPCC),
    ("electricity-wind-onshore", 0.0078, 0.016, UNECE),
    ("electricity-wind-offshore", 0.012, 0.023, UNECE),
    ("electricity-solar-ground", 0.008, 0.083, UNECE),
    ("electricity-solar-roof", 0.008, 0.083, UNECE),
    ("electricity-solar-tower", 0.027, 0.122, UNECE),
    ("electricity-biomass", 0.0, 0.230, IPCC),
]
VARIANTS = [
    ("electricity-hard-coal", "electricity-hard-coal-unread"),
    ("electricity-hard-coal-unread", "electricity-hard-coal-controlled"),
    ("electricity-hard-coal-controlled", "electricity-hard-coal-ultra-low"),
    ("electricity-lignite", "electricity-lignite-controlled"),
]
COMPLETE = {
    "electricity-hard-coal",
    "electricity-lignite",
    "electricity-gas-combined-cycle",
    "electricity-gas-turbine",
    "electricity-natural-gas",
    "electricity-oil",
    "electricity-diesel",
}
COMPLETE_IN_CLIMATE = (
    "electricity-nuclear",
    "electricity-wind-onshore",
    "electricity-wind-offshore",
    "electricity-solar-ground",
    "electricity-hydro",
    "electricity-biomass",
    "electricity-fr",
    "electricity-pl",
    "electricity-us",
    "electricity-cn",
)

# Found with Ember's series of 2024 and mixes of 2023 to 2025: median of the absolute deviations of large countries
# 14 %, of the signed ones +6 %; of all 207 countries 25 % and +11 %. Outliers, explained and left: Norway -60 %, Sweden
# -52 % and Denmark -37 %, because hydropower, wind and nuclear power are lower bounds here (parts of their materials
# are missing) against the 24, 11 and 12 g of IPCC, and mixes are of 2025; South Africa +29 % and Korea +20 %, because a
# kilowatt hour of coal is 1.10 kg here, for fleets with their mines, against the 0.82 kg of IPCC, for newer plants.
# Small islands are +50 to +110 %: a kilowatt hour of oil is 0.95 kg here.


def solved(catalogue: Catalogue, category: str) -> dict[str, float]:
    """Score of one unit of every product, with numpy only."""
    place = {id: number for number, id in enumerate(catalogue.activities)}
    technosphere = np.eye(len(place))
    for id, activity in catalogue.activities.items():
        for input in activity.inputs:
            technosphere[place[id], place[input.activity]] -= input.amount
    factors = catalogue.library.factors[category]

    def own(activity: Activity) -> float:
        flows = sum(factors.get(emission.flow.code, 0.0) * emission.amount for emission in activity.emissions)
        return flows + sum(r.value for r in activity.results if r.category == category and not r.refused)

    scores = np.linalg.solve(technosphere, [own(activity) for activity in catalogue.activities.values()])
    return dict(zip(place, map(float, scores), strict=True))


@pytest.fixture(scope="module")
def climate(built_in: Catalogue) -> dict[str, float]:
    return solved(built_in, CLIMATE)


@pytest.fixture(scope="module")
def mixes(built_in: Catalogue) -> dict[str, Activity]:
    """The country mixes, by country."""
    return {
        id.removeprefix("electricity-"): activity
        for id, activity in built_in.activities.items()
        if re.fullmatch("electricity-[a-z]{2}", id)
    }


def gaps(catalogue: Catalogue, id: str, category: str) -> list[str]:
    """What is open in a product's score, negligible exchanges aside."""
    background = Background.of(catalogue, (category,))
    reached = sorted(background.upstream([id], background.cut(category)))
    return [id for id in reached if catalogue.state(id, category).open]


def station(input: Input) -> str:
    """Id of what generates: its water, which the mix emits, is taken from it."""
    return input.activity.removesuffix("-without-water")


def shares(mix: Activity) -> dict[str, float]:
    """Shares of generation."""
    generated = {station(i): i.amount for i in mix.inputs if i.activity != "electricity-network"}
    return {id: amount / sum(generated.values()) for id, amount in generated.items()}


def test_there_are_fifteen_technologies_of_generation(built_in: Catalogue) -> None:
    assert len(TECHNOLOGIES) >= 15
    groups = {built_in.activity(id).technology for id, *_ in TECHNOLOGIES}
    assert None not in groups
    assert all(built_in.activity(id).unit == "kWh" for id, *_ in TECHNOLOGIES)


@pytest.mark.parametrize(("id", "low", "high", "source"), TECHNOLOGIES, ids=[id for id, *_ in TECHNOLOGIES])
def test_a_technology_is_within_what_was_published(
    id: str, low: float, high: float, source: str, built_in: Catalogue, climate: dict[str, float]
) -> None:
    assert 0 <= climate[id] <= 1.2 * high, source
    if not gaps(built_in, id, CLIMATE):
        assert climate[id] >= 0.8 * low, source


@pytest.mark.parametrize("id", sorted(COMPLETE))
def test_what_burns_fuel_is_complete_in_six_categories(id: str, built_in: Catalogue) -> None:
    for category in (CLIMATE, "energy-resources-non-renewable", *EMITTED):
        assert not gaps(built_in, id, category), category


@pytest.mark.parametrize("id", COMPLETE_IN_CLIMATE)
def test_what_plants_are_made_of_leaves_no_gap_in_climate_change(id: str, built_in: Catalogue) -> None:
    assert not gaps(built_in, id, CLIMATE)


def test_stages_of_nuclear_power_add_up_to_those_of_its_operator(climate: dict[str, float]) -> None:
    """EDF 2022: 0.3 g per kWh for conversion and 0.1 for fabrication, 1.0 from operation to waste, of 3.7 in all."""
    fuel = 2.27e-5  # kg of natural uranium per kWh
    assert climate["uranium-conversion-and-fabrication"] * fuel == pytest.approx(0.0004, rel=0.01)
    assert climate["nuclear-operation-and-waste"] == pytest.approx(0.001)
    assert climate["uranium-at-mine"] * fuel == pytest.approx(0.0013, rel=0.2)  # of another source
    assert climate["electricity-nuclear"] == pytest.approx(0.0037, rel=0.2)


@pytest.mark.parametrize("category", ["acidification", "particulate-matter"])
@pytest.mark.parametrize(("plant", "cleaner"), VARIANTS)
def test_flue_gas_cleaning_lowers_what_it_cleans_only(
    plant: str, cleaner: str, category: str, built_in: Catalogue, climate: dict[str, float]
) -> None:
    scores = solved(built_in, category)
    assert 0 < scores[cleaner] < 0.8 * scores[plant]
    assert climate[cleaner] == pytest.approx(climate[plant])


def test_methane_of_reservoirs_grows_with_the_warmth(climate: dict[str, float]) -> None:
    dams = [f"electricity-hydro{kind}" for kind in ("-run-of-river", "-temperate", "", "-tropical")]
    assert sorted(dams, key=lambda id: climate[id]) == dams


def test_every_country_has_a_mix(mixes: dict[str, Activity]) -> None:
    assert len(mixes) >= 200
    for country, mix in mixes.items():
        assert mix.location == country.upper()
        assert re.search(r" in (20[012]\d), delivered$", mix.name), mix.name
        assert str(mix.modelling) == "average, location, production"
        assert mix.gaps == (), "every mix has a loss, if only a proxy"


def test_shares_are_of_generation_and_more_is_generated_than_delivered(mixes: dict[str, Activity]) -> None:
    for mix in mixes.values():
        generated = sum(i.amount for i in mix.inputs if i.activity != "electricity-network")
        assert 1 < generated < 1.4, mix.id
        assert sum(shares(mix).values()) == pytest.approx(1)
        assert all(i.range for i in mix.inputs if i.activity != "electricity-network")


def test_no_country_burns_uncleaned_coal_unless_a_source_says_so(mixes: dict[str, Activity]) -> None:
    read = {"gains", "npi", "ceds", "bankwatch", "complyorclose"}
    for mix in mixes.values():
        coal = {
            station(i) for i in mix.inputs if i.activity.startswith(("electricity-hard-coal", "electricity-lignite"))
        }
        cited = {source for input in mix.inputs for source in input.sources}
        assert coal.isdisjoint({"electricity-hard-coal", "electricity-lignite"}) or cited & read, mix.id
        assert ("electricity-hard-coal-unread" in coal) == ("cleaning of coal not read" in mix.comment), mix.id


def test_coal_of_korea_and_japan_emits_the_sulfur_dioxide_that_was_read(
    built_in: Catalogue, mixes: dict[str, Activity]
) -> None:
    for country, read in (("kr", 0.000155), ("jp", 0.000188), ("tw", 0.000166), ("in", 0.003578)):
        coal = {i.activity: i.amount for i in mixes[country].inputs if "hard-coal" in i.activity}
        emitted = sum(
            amount * flow.amount
            for id, amount in coal.items()
            for flow in built_in.activity(id).emissions
            if flow.flow.name == "Sulfur dioxide"
        )
        assert emitted / sum(coal.values()) == pytest.approx(read, rel=0.02), country


def test_oil_of_western_europe_is_what_was_counted_as_oil(mixes: dict[str, Activity]) -> None:
    for country in ("fr", "it", "be", "at", "gb", "de"):
        found = shares(mixes[country])
        assert found.get("electricity-oil", 0.0) < 0.01 < found["electricity-other-fossil"], country


def test_an_unknown_loss_is_labelled_a_proxy(mixes: dict[str, Activity]) -> None:
    proxies = [mix for mix in mixes.values() if "proxy" in mix.comment]
    assert 0 < len(proxies) < len(mixes) / 2
    for mix in proxies:
        cited = {source for input in mix.inputs for source in input.sources}
        assert any(mix.sources[source].confidence == "assumption" for source in cited), mix.id


@pytest.mark.parametrize("category", [CLIMATE, *EMITTED, "energy-resources-non-renewable"])
def test_every_mix_is_solvable_and_between_its_cleanest_and_dirtiest_plant(
    category: str, built_in: Catalogue, mixes: dict[str, Activity]
) -> None:
    scores = solved(built_in, category)
    for mix in mixes.values():
        generation = {i.activity: i.amount for i in mix.inputs if i.activity != "electricity-network"}
        plants, factor = [scores[id] for id in generation], sum(generation.values())
        network = scores["electricity-network"]
        assert math.isfinite(scores[mix.id])
        assert min(plants) * factor + network <= scores[mix.id] * (1 + 1e-9) + 1e-15, mix.id
        assert scores[mix.id] <= (max(plants) * factor + network) * (1 + 1e-9) + 1e-15, mix.id


def test_climate_change_of_countries_against_a_series_that_was_no_input(built_in: Catalogue) -> None:
    compared = {row.electricity: row for row in by_country(built_in)}
    assert len(compared) > 200
    size, bias = medians(compared[id] for id in LARGE)
    assert size <= 0.20
    assert abs(bias) <= 0.15
    for country in ("kr", "jp", "fr", "it"):
        assert abs(compared[f"electricity-{country}"].deviation) <= 0.25, country
    size, bias = medians(compared.values())
    assert size <= 0.30  # a guard, set after the first comparison
    assert abs(bias) <= 0.20


def test_a_mix_is_compared_before_losses_and_network(built_in: Catalogue) -> None:
    background = Background.of(built_in, (CLIMATE,))
    mix = built_in.activity("electricity-fr")
    assert mix.loss
    network = float(background.totals(mix.network or "")[0])
    delivered = float(background.totals(mix.id)[0])
    assert generated(mix, background) == pytest.approx((delivered - network) * (1 - mix.loss))


def test_subregions_of_the_united_states(built_in: Catalogue, climate: dict[str, float]) -> None:
    found = [a for id, a in built_in.activities.items() if re.fullmatch("electricity-us-[a-z]{4}", id)]
    assert len(found) == 26
    for mix in found:
        assert (mix.location, str(mix.modelling)) == ("US", "average, location, production")
        assert " in 2019, " in mix.name
        assert sum(shares(mix).values()) == pytest.approx(1)
    assert climate["electricity-us-nyup"] < climate["electricity-us-camx"] < climate["electricity-us-mrow"]


def test_a_contract_is_market_based_and_of_one_technology(built_in: Catalogue) -> None:
    for kind in ("wind", "solar", "hydro", "nuclear"):
        mix = built_in.activity(f"electricity-contract-{kind}")
        assert str(mix.modelling) == "average, market, production"
        assert len(shares(mix)) == 1


def test_regions_of_four_providers_have_electricity(built_in: Catalogue) -> None:
    assert len(built_in.regions) >= 120
    assert {region.provider for region in built_in.regions.values()} == {"aws", "gcp", "azure", "ovh"}
    for id, region in built_in.regions.items():
        assert id == region.id
        mix = built_in.activity(region.electricity)
        assert (mix.unit, mix.technology, mix.location) == ("kWh", "mix", region.country)
        assert str(mix.modelling) == "average, location, production"
        assert all(region.sources[source].licence for source in region.cited)


@pytest.mark.parametrize(
    ("region", "electricity"),
    [
        ("aws:eu-west-3", "electricity-fr"),
        ("aws:us-west-2", "electricity-us-nwpp"),
        ("gcp:europe-north1", "electricity-fi"),
        ("gcp:us-central1", "electricity-us-mrow"),
        ("azure:swedencentral", "electricity-se"),
        ("ovh:GRA11", "electricity-fr"),
    ],
)
def test_a_region_is_where_the_provider_says(region: str, electricity: str, built_in: Catalogue) -> None:
    assert built_in.regions[region].electricity == electricity


def test_a_region_whose_place_lies_in_several_subregions_has_the_country(built_in: Catalogue) -> None:
    found = built_in.regions["azure:eastus"]
    assert (found.place, found.electricity) == ("Virginia", "electricity-us")
    assert found.note == "the state lies in several subregions"


REGIONS = "inventory/electricity/regions"
HEADER = "provider,region,place,country,electricity,source,note\n"
GOOD = "aws,xx-1,Somewhere,XX,electricity-xx,book,\n"


def regions_of(tiny: Workplace, table: str, toml: str = 'regions = "regions.csv"') -> Catalogue:
    tiny.write(
        f"{REGIONS}.toml", f'{toml}\n\n[sources.book]\ntitle = "A list"\nlocator = "p. 1"\nlicence = "CC0-1.0"\n'
    )
    tiny.write(f"{REGIONS}.csv", table)
    return tiny.catalogue()


def test_a_region_is_read_with_its_place_and_mix(tiny: Workplace) -> None:
    found = regions_of(tiny, HEADER + GOOD + "ovh,GRA9,Elsewhere,YY,electricity-yy,book,by the sea\n").regions
    assert list(found) == ["aws:xx-1", "ovh:GRA9"]
    region = found["ovh:GRA9"]
    assert (region.place, region.country, region.electricity) == ("Elsewhere", "YY", "electricity-yy")
    assert (region.cited, region.note, region.file) == (("book",), "by the sea", f"{REGIONS}.csv:3")


def test_a_later_folder_replaces_a_region(tiny: Workplace) -> None:
    regions_of(tiny, HEADER + GOOD)
    for name in ("regions.toml", "regions.csv"):
        tiny.write(
            f"mine/{name}", tiny.read(f"inventory/electricity/{name}").replace("electricity-xx", "electricity-yy")
        )
    assert Catalogue.load("inventory", "mine").regions["aws:xx-1"].electricity == "electricity-yy"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("country", "land", ".csv:1: land: unknown column; remove it or correct its spelling"),
        ("country", "land", ".csv:1: country: required column is absent; add it"),
        ("electricity-xx", "electricity-xz", ".csv:2: electricity: no activity 'electricity-xz'"),
        ("electricity-xx", "card", ".csv:2: electricity: 'card' is in"),
        ("electricity-xx", "", ".csv:2: electricity: the cell is empty; add it"),
        ("Somewhere", "", ".csv:2: place: the cell is empty; add it"),
        (",XX,", ",xx,", ".csv:2: country: 'xx' is no country code of two capitals"),
        ("aws", "AWS", ".csv:2: provider: 'AWS' is no id: lower-case letters and digits, joined by hyphens"),
        ("xx-1", "xx_1", ".csv:2: region: 'xx_1' is no name: letters and digits, joined by hyphens"),
        ("book", "", ".csv:2: source: the place cites no source"),
        ("book", "bok", ".csv:2: source: no source 'bok' in the table's TOML file"),
        (GOOD, GOOD * 2, ".csv:3: region: the region 'aws:xx-1' is already that of"),
        (GOOD, GOOD.replace(",\n", "\n"), ".csv:2: note: 6 cells, not 7"),
    ],
)
def test_a_bad_region_is_refused_with_its_line(old: str, new: str, message: str, tiny: Workplace) -> None:
    with pytest.raises(InvalidData, match=re.escape(REGIONS + message)):
        regions_of(tiny, (HEADER + GOOD).replace(old, new))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('regions = "../regions.csv"', ".toml:1: regions: '../regions.csv' is no file beside this one"),
        ('regions = "region.csv"', "inventory/electricity/region.csv"),
        ('regions = "regions.csv"\nwrong = 1', ".toml:2: wrong: unknown key"),
    ],
)
def test_a_bad_header_of_regions_is_refused(toml: str, message: str, tiny: Workplace) -> None:
    with pytest.raises(InvalidData, match=re.escape(message)):
        regions_of(tiny, HEADER + GOOD, toml)


def test_a_region_of_a_mix_in_error_is_not_reported_too(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/mixes.csv", "wind [%]", "wynd [%]")
    with pytest.raises(InvalidData) as refused:
        regions_of(tiny, HEADER + GOOD)
    assert not [problem for problem in refused.value.problems if "regions" in str(problem)]


PROFILES = "inventory/electricity/profiles"
HOURS = "electricity,year,month," + ",".join(map(str, range(24)))
EVEN = [f"electricity-xx,2020,{month}," + ",".join(["1.000"] * 24) for month in range(1, 13)]


def profiles_of(tiny: Workplace, *rows: str, source: str = "book") -> Catalogue:
    book = '[sources.book]\ntitle = "A list"\nlocator = "p. 1"\nlicence = "CC0-1.0"\n'
    tiny.write(f"{PROFILES}.toml", f'profiles = "profiles.csv"\nsource = "{source}"\n\n{book}')
    tiny.write(f"{PROFILES}.csv", "\n".join([HOURS, *rows]) + "\n")
    return tiny.catalogue()


def test_a_profile_is_read_by_month_and_hour(tiny: Workplace) -> None:
    summer = EVEN[6].replace("1.000,1.000", "0.900,1.100", 1)
    found = profiles_of(tiny, *EVEN[:6], summer, *EVEN[7:]).profiles["electricity-xx"]
    assert (found.year, found.file) == (2020, f"{PROFILES}.csv:2")
    assert [found.at(datetime(2026, 7, 1, hour)) for hour in (0, 1, 2)] == [0.9, 1.1, 1.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("xx,2020,3,", "xx,2020,13,", ".csv:4: month: '13' is no whole number from 1 to 12"),
        ("xx,2020,3,", "xx,2020,2,", ".csv:4: month: 'electricity-xx' has month 2 already"),
        ("xx,2020,1,", "xx,x,1,", ".csv:2: year: 'x' is no whole number from 1900 to 2200"),
        ("xx,2020,1,1.000", "xx,2020,1,-1", ".csv:2: 0: '-1' is no number from 0 to 100"),
        ("xx,2020,1,1.000", "xx,2020,1,9.000", ".csv:2: month: the mean of the hours of 'electricity-xx' is 1.0"),
        ("electricity-xx,2020,3,", "electricity-yy,2020,3,", ".csv:2: month: 'electricity-xx' has no month 3"),
        ("electricity-xx", "electricity-zz", ".csv:2: electricity: no activity 'electricity-zz'"),
    ],
)
def test_a_bad_profile_is_refused_with_its_line(old: str, new: str, message: str, tiny: Workplace) -> None:
    with pytest.raises(InvalidData, match=re.escape(PROFILES + message)):
        profiles_of(tiny, *"\n".join(EVEN).replace(old, new).splitlines())


def test_a_profile_that_cites_nothing_is_refused(tiny: Workplace) -> None:
    with pytest.raises(InvalidData, match=re.escape(f"{PROFILES}.toml:2: source: no source 'bok'")):
        profiles_of(tiny, *EVEN, source="bok")


def test_profiles_of_the_catalogue_swing_by_day_and_season(built_in: Catalogue) -> None:
    assert {"electricity-fr", "electricity-gb", "electricity-de"} <= built_in.profiles.keys()
    for id, profile in built_in.profiles.items():
        cells = [cell for month in profile.shape for cell in month]
        assert 0.15 < min(cells) < 1 < max(cells) < 2.6, id
    noon, evening = (built_in.profiles["electricity-de"].at(datetime(2026, 6, 1, hour)) for hour in (11, 19))
    assert noon < evening


def trained_in(name: str, electricity: str, folder: Path) -> Scenario:
    path = folder / f"{name}.toml"
    path.write_text(
        f"""schema = 2
name = "{name}"
functional_unit = {{ amount = "1 item", service = "a model, trained" }}
electricity = "{electricity}"
facility = "none"

[training]
it_power = {{ value = "300 W", source = "assumed" }}
device_time = {{ value = "1 h", source = "assumed" }}
serves = "1 item"

[sources.assumed]
title = "Assumed"
year = 2026
confidence = "assumption"
""",
        encoding="utf-8",
    )
    return Scenario.load(path)


def test_mixes_more_than_two_years_apart_are_named_with_their_years(tmp_path: Path, built_in: Catalogue) -> None:
    west, france = trained_in("west", "gcp:us-west2", tmp_path), trained_in("france", "electricity-fr", tmp_path)
    apart = "electricity-us-camx is generation of 2019 and electricity-fr of 2025: 6 years apart, in which mixes change"
    with pytest.warns(UserWarning, match=re.escape(f"{apart}; electricity-us is of 2024")):
        study = assess([west, france], built_in, (CLIMATE,))
    assert all(system.notes[-1].startswith(apart) for system in study.systems)
    place = "The electricity of gcp:us-west2 (Los Angeles) is that of electricity-us-camx."
    assert f"{place} electricity-us-camx is generation of 2019." in study.systems[0].notes


def test_mixes_two_years_apart_or_less_are_compared_without_a_word(
    tmp_path: Path, built_in: Catalogue, recwarn: pytest.WarningsRecorder
) -> None:
    france, zurich = (trained_in(id, id, tmp_path) for id in ("electricity-fr", "electricity-ch"))
    study = assess([france, zurich], built_in, (CLIMATE,))
    assert built_in.activity("electricity-ch").year == 2023
    assert not [warning for warning in recwarn if "years apart" in str(warning.message)]
    assert "electricity-fr is generation of 2025." in study.systems[0].notes
