"""The skeleton of a new inventory file: every field, explained; it loads once its placeholders are filled."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from workplace import Workplace

from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.activity import (
    ActivityFile,
    Delivery,
    EndOfLife,
    Exchange,
    Impact,
    Negligible,
    Pedigree,
    Properties,
    Recovery,
)
from lca.inventory.files.skeleton import KINDS, new_activity, skeleton
from lca.inventory.files.template import Template
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.records import Quantity, Record, manual
from lca.quantities.sources import Source

RECORDS: list[type[Record]] = [
    ActivityFile,
    Properties,
    Exchange,
    Impact,
    Delivery,
    EndOfLife,
    Recovery,
    Negligible,
    Pedigree,
    Quantity,
    Source,
]
TEMPLATES = sorted(path.stem for path in (folder("inventories") / "templates").glob("*.toml"))
FILLED = {
    "input": "steel",
    "amount": "2 kg",
    "location": "FR",
    "category": "climate-change",
    "bound": "0.1 kg CO2-Eq",
    "value": "2 kg CO2-Eq",
    "flow": "Methane, fossil",
    "compartment": "air",
    "treatment": "weee-treatment",
    "otherwise": "waste-not-collected",
    "material": "copper",
    "basis": "consumption",
    "technology": "assembly",
}


def filled(text: str, changes: dict[str, str] | None = None) -> str:
    """The text with a value for every placeholder."""
    known = FILLED | (changes or {})

    def line(match: re.Match[str]) -> str:
        key, rest = match[1], match[2]
        if key in known and "{" not in rest:
            return f'{key} = "{known[key]}"'
        rest = re.sub(r'(\w+) = "<(\w+)>"', lambda m: f'{m[1]} = "{known.get(m[1], "words")}"', rest)
        return f"{key} = {rest}".replace("<number>", "2").replace("<1 to 5>", "3").replace("<year>", "2026")

    text = (
        text.replace("<choice>", "thing")
        .replace("<option>", "words")
        .replace("<parameter>", "thing")
        .replace("<number> <unit>", "2 kg")
    )
    text = re.sub(r"^(\w+) = (.*)$", line, text, flags=re.M)
    return re.sub(r"<[a-z_]+>", "words", text)


def loaded(path: Path, text: str) -> ActivityFile:
    path.write_text(text, encoding="utf-8")
    return Document.read(path).load(ActivityFile)


@pytest.mark.parametrize("kind", KINDS)
def test_a_filled_skeleton_is_in_order(kind: str, tmp_path: Path) -> None:
    path = new_activity(kind, "new-thing", tmp_path)
    assert path == tmp_path / kind / "new-thing.toml"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    catalogue = Catalogue.load(tmp_path)
    assert catalogue.activity("new-thing").kind == kind
    assert catalogue.activity("new-thing").unit == KINDS[kind]
    assert catalogue.activity("new-thing").inputs[0].amount == 2.0


KINDS_OF = {"memory": "HBM3", "bit_density": "DRAM", "glycol": "ethylene-glycol"}


def within_limits(text: str, template: str) -> str:
    """All parameters given, each the middle of its limits, and the kinds that the catalogue has."""
    record = Document.read(folder("inventories") / "templates" / f"{template}.toml").load(Template, cited=False)
    for name, parameter in record.parameters.items():
        low, high = (units.parse(bound).number for bound in (parameter.low or "", parameter.high or ""))
        number = {"node": 7.0, "die_area": 100.0, "capacity": 1.0}.get(name, (low + high) / 2)
        kind = KINDS_OF.get(name, "NMC" if template == "battery" else "HBM3")
        line = re.compile(rf"^#?({name} = .*)<number>(.*)$", re.M)
        text = line.sub(lambda m, n=number, k=kind: f"{m[1]}{n:g}{m[2]}".replace("<kind>", k), text, count=1)
    return text


def test_filled_skeletons_of_templates_are_in_order_with_every_parameter_and_with_none(tmp_path: Path) -> None:
    for template in TEMPLATES:
        text = skeleton("hardware", "new", template)
        for id, written in ((f"{template}-all", within_limits(text, template)), (f"{template}-none", text)):
            path = tmp_path / "hardware" / f"{id}.toml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(filled(written), encoding="utf-8")
    with pytest.raises(InvalidData) as refused:
        Catalogue.load(tmp_path)
    wrong = {(Path(p.file).stem, p.field) for p in refused.value.problems}
    assert wrong == {("memory-none", "template"), ("freight-mix-none", "parameters.by_air")}
    for template in ("memory", "freight-mix"):
        (tmp_path / "hardware" / f"{template}-none.toml").unlink()
    made = Catalogue.load(tmp_path)
    assert {i.activity.partition("-of-")[0] for i in made.activity("accelerator-none").inputs} == {
        *("accelerator-dies-unknown", "memory-size-unknown", "board-unknown", "heatsink-unknown", "casing-unknown"),
        *("die-package", "card-assembly-and-test"),
    }
    assert not any("unknown" in input.activity for input in made.activity("accelerator-all").inputs)


def test_the_kinds_are_the_folders_of_the_built_in_inventory(built_in: Catalogue) -> None:
    assert set(KINDS) == set(built_in.kinds())


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_appears_and_is_explained(record: type[Record]) -> None:
    text = skeleton("hardware", "new")
    plain = " ".join(line.removeprefix("# ") for line in text.splitlines())
    for name in record.model_fields:
        assert re.search(rf"\b{name}\b( =|:|\])|\[\[{name}\]\]|\[{name}\.", text), name
        if manual(record).get(name) and name != "sources":
            assert " ".join(manual(record)[name].split()) in " ".join(plain.split()), name


def uncommented(text: str, without: str) -> str:
    """All optional lines but those whose key or heading matches."""
    lines = []
    for line in text.splitlines():
        optional = line.startswith("#") and not line.startswith("# ")
        if not optional or not re.match(rf"#\[*({without})\b", line):
            lines.append(line[1:] if optional else line)
    return "\n".join(lines)


def test_every_optional_line_is_one_that_the_format_admits(tmp_path: Path) -> None:
    text = skeleton("materials", "new")
    anchor = re.search(r"(?s)# What the climate change of a product probably is.*?\n\n", text)
    assert anchor  # it stands beside no exchanges and no climate score
    text = text.replace(anchor[0], "")
    head, impacts = text.split("\n#[[impacts]]")
    impacts, tail = impacts.split("\n\n", 1)
    exchanges = uncommented(head + "\n\n" + tail, "flow|compartment|low|high|distribution")
    record = loaded(tmp_path / "new.toml", filled(exchanges))
    unset = set(ActivityFile.model_fields) - record.model_fields_set
    assert unset == {"impacts", "anchor"}
    assert set(Properties.model_fields) == record.properties.model_fields_set
    assert record.exchanges[0].negligible[0].category == "climate-change"
    assert record.end_of_life and record.end_of_life.recovers[0].material == "copper"

    needed = text.split("[[exchanges]]")[0] + "\n[[impacts]]" + impacts + "\n\n" + tail[tail.index("# Data quality") :]
    published = uncommented(
        needed, r"properties|template|technology|low|high|distribution|parameters|<parameter|choices|<choice"
    )
    published = re.sub(r"(?s)# What a workload.*?(?=\n\[\[impacts)", "", published)
    assert loaded(tmp_path / "new.toml", filled(published)).impacts[0].explained


def test_an_unfilled_skeleton_is_refused_at_its_lines(tmp_path: Path) -> None:
    path = new_activity("hardware", "new", tmp_path)
    tomllib.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(InvalidData) as error:
        Catalogue.load(tmp_path)
    assert {"exchanges[0].amount", "pedigree.reliability"} <= {p.field for p in error.value.problems}


@pytest.mark.parametrize("id", ["", "Upper", "a_b", "../escape", "a--b", "-a", "ä", "a/b", "a.toml", "a\n"])
def test_a_bad_id_is_refused_and_nothing_written(id: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no id"):
        new_activity("hardware", id, tmp_path)
    assert not list(tmp_path.iterdir())


def test_unknown_kinds_and_templates_are_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'hardware'"):
        skeleton("hardwear", "new")
    with pytest.raises(UsageError, match="there are: accelerator"):
        skeleton("hardware", "new", "acelerator")


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = new_activity("materials", "mine", tmp_path)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists"):
        new_activity("materials", "mine", tmp_path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_placeholder_is_refused_where_it_stands(tiny: Workplace) -> None:
    tiny.edit("inventory/hardware/card.toml", 'location = "', 'location = "<location>" # "')
    tiny.edit("scenario.toml", 'title = "', 'title = "<title>" # "')
    with pytest.raises(InvalidData) as refused:
        tiny.catalogue()
    shown = [str(problem) for problem in refused.value.problems]
    assert any("location: <location> is a placeholder; write what it stands for" in line for line in shown)


@pytest.mark.parametrize("name", ["card.yaml", "card.yml", "card.tml"])
def test_a_file_of_another_format_is_not_passed_over(name: str, tiny: Workplace) -> None:
    tiny.write(f"inventory/hardware/{name}", "name: card\n")
    with pytest.raises(InvalidData, match=r"is not read; write it as TOML"):
        tiny.catalogue()
