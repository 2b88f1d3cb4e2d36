"""Templates: what is not known is a named gap, parts are modelled one of several ways, limits are kept and cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from workplace import Workplace

from lca.builtin import folder
from lca.errors import Fault, InvalidData
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.template import Template
from lca.quantities.documents import Document
from lca.quantities.records import Quantity

TEMPLATES = sorted((folder("inventories") / "templates").glob("*.toml"))
UNITS = {"wafer": "m2", "layer": "m2", "board": "m2", "heatsink": "kg", "casing": "kg", "memory": "GB"}


def unit_of(id: str) -> str:
    if id == "accelerator-memory-unknown":
        return "GB"
    return "item" if "unknown" in id or "package" in id else next((u for p, u in UNITS.items() if p in id), "item")


def made(name: str, given: Mapping[str, str | dict[str, str]], **choices: str) -> dict[str, float]:
    template = Document.read(folder("inventories") / "templates" / f"{name}.toml").load(Template, cited=False)
    written = {key: value if isinstance(value, dict) else {"value": value} for key, value in given.items()}
    quantities = {key: Quantity.model_validate({"source": "s", **value}) for key, value in written.items()}

    def refuse(place: Sequence[str], fault: Fault) -> None:
        raise InvalidData([]) from fault

    return {input.activity: input.amount for input in template.expand(quantities, unit_of, refuse, "", choices)}


def test_what_is_not_known_of_a_device_is_a_named_gap_and_nothing_need_be_invented() -> None:
    nothing = made("accelerator", {})
    gaps = ["accelerator-dies-unknown", "memory-size-unknown", "board-unknown", "heatsink-unknown", "casing-unknown"]
    assert nothing == dict.fromkeys([*gaps, "die-package", "card-assembly-and-test"], 1.0)
    some = made("accelerator", {"die_area": "400 mm^2", "board_area": "200 cm^2", "memory": "16 GB"})
    assert some["printed-circuit-board"] == pytest.approx(0.02)
    assert some["die-package"] == pytest.approx(400 / 697)
    assert some["accelerator-memory-unknown"] == 16.0
    assert "accelerator-dies-unknown" in some and "logic-wafer-5-nm" not in some  # the node is not known


def test_a_part_is_modelled_or_taken_as_published_by_choice() -> None:
    given = {"mass_heatsink": "2 kg", "die_area": "100 mm^2", "node": "7 nm"}
    assert made("accelerator", given)["heatsink"] == 2.0
    published = made("accelerator", given, heatsink="published", package="small")
    assert published["heatsink-ademe"] == 2.0 and "heatsink" not in published
    assert published["die-package-small"] == 1.0 and "die-package" not in published
    with pytest.raises(InvalidData) as refused:
        made("accelerator", given, heatsink="guessed")
    assert str(refused.value.__cause__) == "no option 'guessed'; there are: modelled, published, module"


@pytest.mark.parametrize(
    ("drawn", "cycles", "batteries"),
    [("0.4 kWh", "500 1", 1.0), ("8 kWh", "500 1", 1.6), (None, "500 1", 1.0), ("8 kWh", None, 1.0)],
)
def test_worn_batteries_are_replaced(drawn: str | None, cycles: str | None, batteries: float) -> None:
    """10 Wh × 500 charges are 5 kWh: a device that draws 8 kWh takes 1.6 batteries; what is not known replaces none."""
    given = {"drawn": drawn, "cycles": cycles}
    known: dict[str, str | dict[str, str]] = {key: value for key, value in given.items() if value}
    taken = made("battery", {"capacity": {"value": "10 Wh", "kind": "NMC"}, **known})
    assert taken == {"nmc-battery": pytest.approx(0.01 * batteries)}


def test_an_interposer_is_a_blank_with_a_mask_for_lines_and_one_for_vias_a_layer() -> None:
    taken = made("interposer", {"area": "1000 mm^2", "metal_layers": "3 1"})
    assert taken == {"polished-wafer": pytest.approx(1e-3), "logic-mask-layer": pytest.approx(7e-3)}


def test_one_die_beyond_the_exposure_field_is_refused_and_several_that_share_the_area_are_not() -> None:
    with pytest.raises(InvalidData) as refused:
        made("accelerator", {"die_area": "1600 mm^2", "node": "5 nm"})
    assert str(refused.value.__cause__) == "area 1600.0 mm^2 is beyond the plausible 858 mm^2"
    assert made("accelerator", {"die_area": "1600 mm^2", "dies": "2 1", "node": "5 nm"})["logic-wafer-5-nm"] > 0


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_limit_of_a_built_in_template_cites_a_source(path: object) -> None:
    template = Document.read(path).load(Template, cited=False)  # type: ignore[arg-type]
    limited = [*template.parameters.items(), *template.let.items()]
    assert [name for name, each in limited if (each.low or each.high) and not each.limit_source] == []


PARTS = """
[[parts]]
name = "compute die"
template = "card"
count = { value = "3 item", source = "book" }
parameters = { die_area = { value = "100 mm^2", source = "book" }, node = { value = "7 nm", source = "book" } }

[[parts]]
name = "memory die"
template = "card"
parameters = { die_area = { value = "200 mm^2", source = "book" }, node = { value = "7 nm", source = "book" } }

[properties]
"""


def test_unlike_dies_are_parts_of_one_device(tiny: Workplace) -> None:
    alone = tiny.catalogue().activity("card")
    tiny.edit("inventory/hardware/card.toml", "\n[properties]\n", PARTS)
    wafers = [input for input in tiny.catalogue().activity("card").inputs if input.activity == "wafer-7-nm"]
    areas = {input.note.partition(":")[0]: input.amount for input in wafers}
    [own] = [input.amount for input in alone.inputs if input.activity == "wafer-7-nm"]
    assert areas["compute die"] == pytest.approx(3e-4 * 1.1051709)  # 3 × 1 cm2 / exp(-0.1)
    assert areas["memory die"] == pytest.approx(2e-4 * 1.2214028)
    assert own == pytest.approx(areas["die_area / good_share"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('template = "card"\ncount', 'template = "cart"\ncount', "parts[0].template: no template 'cart'"),
        (
            'node = { value = "7 nm"',
            'nodule = { value = "7 nm"',
            "parts[0].parameters.nodule: the template has no such",
        ),
        ('value = "100 mm^2"', 'value = "100 m^2"', "parts[0].parameters.die_area: 100.0 m^2 is beyond the plausible"),
        ('value = "3 item"', 'value = "0 item"', "parts[0].count: 0 is outside > 0 item"),
    ],
)
def test_what_is_wrong_with_a_part_is_said_where_it_stands(tiny: Workplace, old: str, new: str, said: str) -> None:
    assert old in PARTS
    tiny.edit("inventory/hardware/card.toml", "\n[properties]\n", PARTS.replace(old, new, 1))
    with pytest.raises(InvalidData) as refused:
        tiny.catalogue()
    assert any(said in str(problem) for problem in refused.value.problems), str(refused.value)


def test_a_card_of_700_kw_and_one_that_idles_above_its_power_are_refused(tiny: Workplace) -> None:
    tiny.write("inventory/limits.toml", (folder("inventories") / "limits.toml").read_text(encoding="utf-8"))
    tiny.edit("inventory/hardware/card.toml", '"700 W"', '"700 kW"')
    with pytest.raises(InvalidData, match=r"properties\.power: 700 kW is more than 30\.0 kW, which none"):
        tiny.catalogue()
    idle = 'idle_power = { value = "800 W", source = "book" }\npower = { value = "700 W"'
    tiny.edit("inventory/hardware/card.toml", 'power = { value = "700 kW"', idle)
    with pytest.raises(InvalidData, match=r"idle_power is 0\.8 kW, more than power, 0\.7 kW"):
        tiny.catalogue()


def test_a_limit_of_no_property_is_refused(tiny: Workplace) -> None:
    tiny.write("inventory/limits.toml", '[hardware.powr]\nhigh = "1 kW"\nsource = "s"\n[sources.s]\ntitle = "t"\n')
    with pytest.raises(InvalidData, match=r"hardware\.powr: no property 'powr'; did you mean 'power'"):
        tiny.catalogue()


def test_catalogue_has_the_parts_that_templates_name_where_something_is_not_known(built_in: Catalogue) -> None:
    for path in TEMPLATES:
        template = Document.read(path).load(Template, cited=False)
        for parameter in template.parameters.values():
            for gap in filter(None, (parameter.unknown, parameter.unknown_kind)):
                assert built_in.activity(gap).anchor, gap
