"""The quality gate, and `lca check` as a library call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from workplace import Workplace

from lca.builtin import folder
from lca.check import check
from lca.errors import InvalidData, Problem
from lca.inventory.catalogue import Catalogue

PEDIGREE = "[pedigree]\nreliability = 2\ncompleteness = 2\ntemporal = 2\ngeographical = 2\ntechnological = 2\n"


def places(error: pytest.ExceptionInfo[InvalidData]) -> list[str]:
    return [f"{p.file.removeprefix('inventory/')}:{p.line}: {p.field}: {p.what}" for p in error.value.problems]


def test_what_is_in_order_is_counted(tiny: Workplace) -> None:
    files = len(list(Path("inventory").rglob("*.toml"))) - len(["required-flows", "normalisation", "mixes", "template"])
    checked = check(["inventory", "scenario.toml"])
    assert (checked.activities, checked.scenarios) == (files + 2, 1)
    assert check(["inventory"]).scenarios == 0


def test_a_campaign_and_a_record_are_checked_as_what_they_are(tiny: Workplace) -> None:
    tiny.write("plan.toml", (folder("scenarios") / "campaigns" / "text.toml").read_bytes())
    checked = check(["inventory", "scenario.toml", "plan.toml", "runs/run.json"])
    assert (checked.scenarios, checked.campaigns, checked.records) == (1, 1, 1)
    tiny.edit("plan.toml", "repeats = 3", "repeats = 0")
    tiny.edit("runs/run.json", '"energy"', '"enrgy"')
    tiny.edit("scenario.toml", "utilisation = ", "utilization = ")
    with pytest.raises(InvalidData) as error:
        check(["inventory", "plan.toml", "runs/run.json", "scenario.toml"])
    said = {(problem.file, problem.field.split(".")[-1]) for problem in error.value.problems}
    assert said >= {("plan.toml", "repeats"), ("runs/run.json", "enrgy"), ("scenario.toml", "utilization")}


def test_the_folder_of_a_project_holds_each_kind_in_its_place(tiny: Workplace) -> None:
    tiny.write("project/one.toml", Path("scenario.toml").read_bytes())
    tiny.write("project/runs/run.json", Path("runs/run.json").read_bytes())
    for file in Path("inventory").rglob("*"):
        if file.is_file():
            tiny.write(f"project/{file}", file.read_bytes())
    checked = check(["project"])
    assert (checked.activities, checked.scenarios, checked.records) == (check(["inventory"]).activities, 1, 1)
    plant = Path("inventory/electricity/plant.toml").read_bytes()
    tiny.write("project/plant.toml", plant)
    with pytest.raises(InvalidData, match=r"plant\.toml:1: an inventory file beside scenarios; move it into"):
        check(["project"])


def test_the_shipped_scenarios_are_in_order_as_a_folder() -> None:
    checked = check([folder("scenarios")])
    assert checked.scenarios > 70 and checked.campaigns == 2 and checked.records > 100


def test_without_paths_the_built_in_ones_are_checked(built_in: Catalogue) -> None:
    root = folder("scenarios")
    others = ("validation", "campaigns")
    scenarios = [path for path in root.rglob("*.toml") if path.relative_to(root).parts[0] not in others]
    written = [activity for activity in built_in.activities.values() if not activity.stands_in]
    checked = check()
    assert (checked.activities, checked.scenarios) == (len(written), len(scenarios))


def test_an_exchange_without_a_range_needs_a_pedigree(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/plant.toml", PEDIGREE, "")
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "electricity/plant.toml:8: exchanges: exchanges without a range, in an activity without a [pedigree]"
    ]
    tiny.edit(
        "inventory/electricity/plant.toml",
        '"0.001 kg"',
        '"2 kg"\nlow = "1 kg"\nhigh = "4 kg"\ndistribution = "lognormal"',
    )
    check(["inventory"])


def test_an_assembly_has_parts(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/network.toml", 'unit = "kWh"', 'unit = "kWh"\ntechnology = "assembly"')
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == ["electricity/network.toml:1: : an activity of technology 'assembly' has inputs"]


def test_an_assembly_has_no_direct_flows(tiny: Workplace) -> None:
    tiny.edit(
        "inventory/hardware/server.toml",
        "[[exchanges]]",
        """[[exchanges]]
flow = "Methane, fossil"
compartment = "air"
amount = "1 kg"
source = "book"

[[exchanges]]""",
    )
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "hardware/server.toml:5: technology: an activity of technology 'assembly' has no direct flows"
    ]


def test_a_negative_emission_is_no_credit(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/plant.toml", '"0.001 kg"', '"-0.001 kg"')
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == ["electricity/plant.toml:8: exchanges: 'Methane, fossil' has the negative amount -0.001"]


BOOK = '[sources.book]\ntitle = "Figures for mental arithmetic"\n'


def test_a_score_below_its_band_is_refused_where_what_is_missing_is_negligible(tiny: Workplace) -> None:
    """A kWh of the plant is 0.83 kg; what it takes of the network is not known."""
    taken = '[[exchanges]]\ninput = "network"\namount = "1 kWh"\nsource = "book"\n'
    band = '[plant.climate-change]\nlow = "0.9 kg CO2-Eq"\nhigh = "2 kg CO2-Eq"\nsource = "book"\n'
    tiny.edit("inventory/electricity/plant.toml", "[pedigree]", taken + "[pedigree]")
    tiny.write("inventory/plausible.toml", band + BOOK)
    check(["inventory"])
    bound = 'negligible = [{ category = "climate-change", bound = "0.001 kg CO2-Eq", source = "book" }]\n'
    tiny.edit("inventory/electricity/plant.toml", taken, taken + bound)
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "electricity/plant.toml:1: : 0.83 kg CO2-Eq of climate-change, outside the plausible 0.9 to 2"
    ]


def test_a_product_that_is_mostly_its_own_delivery_is_refused(tiny: Workplace) -> None:
    """A server of 1 kg, carried in 2 kg and then in 20 kg over 1,000 km at 0.1 kg per t*km."""
    tiny.edit(
        "inventory/hardware/server.toml",
        "[properties]",
        '[properties]\npacked_mass = { value = "2 kg", source = "book" }',
    )
    leg = '[[delivery]]\ninput = "truck"\ndistance = { value = "1000 km", source = "book" }\n'
    tiny.edit("inventory/hardware/server.toml", "[pedigree]", leg + "[pedigree]")
    tiny.write("inventory/plausible.toml", '[server.delivery]\nlow = "0 %"\nhigh = "29 %"\nsource = "book"\n' + BOOK)
    check(["inventory"])
    tiny.edit("inventory/hardware/server.toml", '"2 kg"', '"20 kg"')
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "hardware/server.toml:1: : 66.7 % of climate-change by its own delivery, outside the plausible 0 to 29"
    ]


def test_the_rest_of_a_published_total_follows_its_modelled_parts(
    tiny: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk is published with 40 kg, of which its drive is 36.8: the rest of 3.2 holds until the drive moves."""
    drive = tiny.read("inventory/hardware/drive.toml")
    rest = drive.partition('[[impacts]]\ncategory = "acidification"')[0] + drive[drive.index("[sources.book]") :]
    whole = 'value = "3.2 kg CO2-Eq"\nwhole = "40 kg CO2-Eq"'
    tiny.write("inventory/hardware/desk-components.toml", rest.replace('value = "36.8 kg CO2-Eq"', whole))
    head = tiny.read("inventory/hardware/server.toml").partition("[properties]")[0]
    parts = "".join(
        f'[[exchanges]]\ninput = "{part}"\namount = "1 item"\nsource = "book"\n'
        for part in ("drive", "desk-components")
    )
    tiny.write("inventory/hardware/desk.toml", head + parts + PEDIGREE + drive[drive.index("[sources.book]") :])
    check(["inventory"])
    tiny.edit("inventory/hardware/drive.toml", "36.8 kg", "38 kg")
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "hardware/desk-components.toml:1: : 3.2 kg CO2-Eq of climate-change is not the rest of 40: "
        "desk has 38 beside it; write 2 kg CO2-Eq"
    ]
    monkeypatch.chdir(tiny.folder / "inventory")  # the folder is one's own by whatever name it is called
    with pytest.raises(InvalidData, match="is not the rest of 40"):
        check(["."])


def test_remainders_of_ours_are_no_fault_of_a_folder_that_overrides_their_parts(tiny: Workplace) -> None:
    drive = tiny.read("inventory/hardware/drive.toml").replace('"item"', '"kg"').replace("36.8 kg", "8 kg")
    tiny.write("mine/materials/copper.toml", drive)
    assert check(["mine"]).activities > 0


def test_an_assembly_is_no_part_of_itself(tiny: Workplace) -> None:
    server = tiny.read("inventory/hardware/server.toml")
    for id, part in (("rack", "row"), ("row", "rack")):
        tiny.write(f"inventory/hardware/{id}.toml", server.replace('input = "card"', f'input = "{part}"'))
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    assert places(error) == [
        "hardware/rack.toml:5: technology: the assembly is part of itself",
        "hardware/row.toml:5: technology: the assembly is part of itself",
    ]


@pytest.mark.parametrize(
    ("inputs", "levels", "problem"),
    [
        (10, 5, "t1.toml:5: technology: the assembly opens into 11,110 parts; at most 10,000 are opened"),
        (1, 25, "t4.toml:5: technology: assemblies inside each other more than 20 deep"),
        (10, 25, None),
    ],
)
def test_an_assembly_opens_into_parts_that_can_be_counted(
    inputs: int, levels: int, problem: str | None, tiny: Workplace
) -> None:
    head = tiny.read("inventory/hardware/server.toml").partition("[properties]")[0]
    assert "[[exchanges]]" not in head
    source = '\n[sources.book]\ntitle = "a"\nauthors = "b"\nyear = 2020\nlicence = "CC0"\n'
    for level in range(levels):
        part = f"t{level + 1}" if level < levels - 1 else "card"
        exchange = f'[[exchanges]]\ninput = "{part}"\namount = "1 item"\nsource = "book"\n'
        tiny.write(f"inventory/hardware/t{level}.toml", head + exchange * inputs + PEDIGREE + source)
    with pytest.raises(InvalidData) as error:
        check(["inventory"])
    if problem:
        assert places(error) == [f"hardware/{problem}"]
    else:
        assert len(places(error)) == 2


def test_problems_are_listed_once_and_sorted(tiny: Workplace) -> None:
    tiny.edit("scenario.toml", '"server"', '"sever"')
    tiny.edit("inventory/hardware/card.toml", '"500 mm^2"', '"50 cm^2"')
    tiny.edit("inventory/hardware/card.toml", 'input = "truck"', 'input = "lorry"')
    tiny.edit("inventory/electricity/plant.toml", '"0.001 kg"', '"-0.001 kg"')
    tiny.write("other.toml", tiny.read("scenario.toml").replace("0.5", "1.5"))
    with pytest.raises(InvalidData) as error:
        check(["scenario.toml", "other.toml", "inventory", "inventory"])
    found = [(p.file, p.line, p.field) for p in error.value.problems]
    assert found == [
        ("inventory/electricity/plant.toml", 8, "exchanges"),
        ("inventory/hardware/card.toml", 9, "parameters.die_area"),
        ("inventory/hardware/card.toml", 19, "delivery[0].input"),
        ("other.toml", 15, "training.utilisation"),
        ("other.toml", 20, "inference.utilisation"),
    ]
    assert str(error.value) == "\n".join(map(str, error.value.problems))


def test_a_problem_is_one_line_with_its_place_and_its_remedy() -> None:
    problem = Problem("a.toml", 3, "power", "'700' has no unit", "write the unit")
    assert str(problem) == "a.toml:3: power: '700' has no unit; write the unit"
    assert str(Problem("a.toml", 0, "", "no such file", "check it")) == "a.toml: no such file; check it"


def test_tables_are_not_loaded_to_check_files() -> None:
    program = "import lca.check, sys; print('pandas' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
