"""Activities as a table: what all share in a TOML file, what differs in a CSV file, each row an activity."""

from __future__ import annotations

import pytest
from workplace import Workplace

from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue

HEADER = """
activities = "halls.csv"
product = "hall"
unit = "kW"
technology = "assembly"
comment = "Shared."

[properties]
lifetime = { value = "20 year", source = "book" }

[pedigree]
reliability = 1
completeness = 1
temporal = 1
geographical = 1
technological = 1

[[exchanges]]
input = "server"
amount = "2 item"
source = "book"

[sources.book]
title = "Figures for mental arithmetic"
confidence = "assumption"

[sources.survey]
title = "Survey"
authors = "Surveyors"
licence = "CC0-1.0"

[sources.never]
title = "Cited by no row"
confidence = "assumption"
"""
COLUMNS = "id,name,location,properties.PUE.value [kWh/kWh],properties.PUE.source,sources.survey.year,note"
ROWS = f"""{COLUMNS}
hall-a,Hall A,GLO,1.5,survey,2023,Only here.
hall-b,Hall B,FR,,,,
hall-c,Hall C,FR,1.2,book survey,2024,
"""
CSV = "inventory/facilities/halls.csv"
TOML = "inventory/facilities/halls.toml"


@pytest.fixture
def halls(tiny: Workplace) -> Workplace:
    tiny.write(TOML, HEADER)
    tiny.write(CSV, ROWS)
    return tiny


def problems(workplace: Workplace) -> list[str]:
    with pytest.raises(InvalidData) as raised:
        workplace.catalogue()
    return [f"{p.file}:{p.line}: {p.field}: {p.what}" for p in raised.value.problems]


def test_a_row_is_an_activity_with_what_the_table_shares(halls: Workplace) -> None:
    hall = halls.catalogue().activity("hall-a")
    assert (hall.name, hall.location, hall.unit, hall.kind) == ("Hall A", "GLO", "kW", "facilities")
    assert hall.properties.PUE and hall.properties.PUE.amount == 1.5
    assert hall.properties.lifetime and hall.properties.lifetime.amount == 20 * 8766
    assert [(input.activity, input.amount) for input in hall.inputs] == [("server", 2.0)]
    assert (hall.comment, hall.file) == ("Shared. Only here.", f"{CSV}:2")


def test_an_empty_cell_fills_nothing(halls: Workplace) -> None:
    hall = halls.catalogue().activity("hall-b")
    assert hall.properties.PUE is None and hall.comment == "Shared."


def test_a_row_holds_the_sources_that_it_cites_with_its_own_cells_in_them(halls: Workplace) -> None:
    catalogue = halls.catalogue()
    assert catalogue.activity("hall-a").sources["survey"].year == 2023
    assert catalogue.activity("hall-c").sources["survey"].year == 2024
    assert {id: set(catalogue.activity(id).sources) for id in ("hall-a", "hall-b", "hall-c")} == {
        "hall-a": {"book", "survey"},
        "hall-b": {"book"},
        "hall-c": {"book", "survey"},
    }


def test_a_file_of_a_later_folder_overrides_a_row(halls: Workplace) -> None:
    text = halls.read("inventory/facilities/hall.toml")
    halls.write("other/facilities/hall-a.toml", text)
    halls.write("other/hardware/server.toml", halls.read("inventory/hardware/server.toml"))
    assert Catalogue.load("inventory", "other").activity("hall-a").file == "other/facilities/hall-a.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (CSV, "1.5", "0.5", [f"{CSV}:2: properties.PUE: 0.5 is outside >= 1 kWh/kWh"]),
        (CSV, "1.5", "x", [f"{CSV}:2: properties.PUE.value: 'x kWh/kWh'"]),
        (CSV, "survey,2023", "surveys,2023", [f"{CSV}:2: properties.PUE.source: no source 'surveys' in"]),
        (CSV, "survey,2023", "survey,then", [f"{CSV}:2: sources.survey.year: "]),
        (CSV, "Hall B", "", [f"{CSV}:3: name: required key is absent"]),
        (CSV, "hall-b", "hall-a", [f"{CSV}:3: : the id 'hall-a' is already that of {CSV}:2"]),
        (CSV, "hall-b", "Hall B", [f"{CSV}:3: : 'Hall B' is no id"]),
        (
            CSV,
            "properties.PUE.source",
            "properties.PUE.sauce",
            [f"{CSV}:{row}: properties.PUE.sauce: unknown key" for row in (2, 4)],
        ),
        (
            CSV,
            "sources.survey.year",
            "unit.of",
            [
                *(f"{CSV}:{row}: unit.of: the TOML file has no table" for row in (2, 4)),
                f"{TOML}:27: sources.survey: its licence",
            ],
        ),
        (CSV, "id,", "ids,", [f"{CSV}:1: id: required column is absent"]),
        (TOML, '"2 item"', '"2 kg"', [f"{TOML}:20: exchanges[0].amount: "]),
        (TOML, '"server"', '"serfer"', [f"{TOML}:19: exchanges[0].input: no activity 'serfer'"]),
        (TOML, '"halls.csv"', '"../halls.csv"', [f"{TOML}:2: activities: '../halls.csv' is no file beside this one"]),
        (TOML, '"halls.csv"', "1", [f"{TOML}:2: activities: the name of a CSV file beside this one"]),
    ],
)
def test_what_is_wrong_is_reported_where_it_was_written_and_once(
    halls: Workplace, file: str, old: str, new: str, expected: list[str]
) -> None:
    halls.edit(file, old, new)
    reported = problems(halls)
    assert len(reported) == len(expected), reported
    assert all(what.startswith(start) for what, start in zip(reported, expected, strict=True)), reported
