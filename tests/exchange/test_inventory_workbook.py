"""Activities in a workbook: what is written is read back as the same, and what is wrong is named by sheet and cell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workplace import Done, Workplace

from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.exchange.inventories import writing
from lca.exchange.inventories.layout import InventoryLayout
from lca.exchange.inventories.reading import import_inventory, read_inventory
from lca.exchange.inventories.writing import EXAMPLES, export, template
from lca.inventory.catalogue import Catalogue
from lca.inventory.definitions import Definitions
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.skeleton import KINDS
from lca.quantities.documents import Document

Plain = dict[str, Any]


@pytest.fixture(scope="module")
def shipped() -> Definitions:
    return Definitions.of()


def _plain(record: ActivityFile | None) -> Plain:
    """What a file says, with published numbers as numbers: 0.0770 and 0.077 are the same."""
    assert record
    content = record.model_dump()
    inner = [bound for exchange in content["exchanges"] for bound in exchange["negligible"]]
    for entry in (*content["impacts"], *content["negligible"], *inner):
        for key in {"value", "low", "high", "bound"} & entry.keys():
            number, _, unit = (entry[key] or "0 ").partition(" ")
            entry[key] = float(number), unit
    return content


def _come_back(ids: Sequence[str], shipped: Definitions, folder: Path) -> None:
    path, count = export(ids, folder / "all.xlsx")
    files = read_inventory(path, folder / "mine")
    assert count == len(files)
    for file, text in files.items():
        document = replace(Document.parse(text, file, file.name), shared=shipped.citable)
        _, record, kind = shipped.files[file.stem]
        assert _plain(document.load(ActivityFile)) == _plain(record), file.stem
        assert file.parent.name == kind


def test_a_sample_of_the_shipped_activities_comes_back_the_same(shipped: Definitions, tmp_path: Path) -> None:
    nested = "server-1x-a100"  # with a delivery, an end of life, and bounds of what an exchange leaves out
    rich = [id for id, (_, record, _) in shipped.files.items() if record.end_of_life and record.end_of_life.recovers]
    _come_back(sorted({*sorted(shipped.files)[::23], nested, rich[0]}), shipped, tmp_path)


@pytest.mark.fuzz
def test_every_shipped_activity_comes_back_the_same(shipped: Definitions, tmp_path: Path) -> None:
    _come_back(sorted({kind for _, _, kind in shipped.files.values()}), shipped, tmp_path)


def test_a_template_is_read_as_the_examples_in_it(shipped: Definitions, tmp_path: Path) -> None:
    assert set(EXAMPLES) == set(KINDS) and {id for ids in EXAMPLES.values() for id in ids} <= shipped.files.keys()
    book: Any = openpyxl.load_workbook(template(tmp_path / "cards.xlsx", "hardware", "accelerator"))
    files = read_inventory(tmp_path / "cards.xlsx", tmp_path / "mine")
    [(path, text)] = files.items()
    assert shipped.files[path.stem][1].template == "accelerator" and 'template = "accelerator"' in text
    heads = {str(cell.value): cell for cell in book["Activities"][5]}
    parameters = {name.split(".")[1].split(" ")[0] for name in heads if name.startswith("parameters.")}
    assert parameters == shipped.templates["accelerator"].parameters.keys()
    about = shipped.templates["accelerator"].parameters["die_area"].about
    assert about in heads["parameters.die_area [mm^2]"].comment.text
    lists = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book["Lists"].iter_cols()}
    assert "die" in lists["template"] and "abs" in lists["input"] and "climate-change" in lists["category"]
    rules = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in book["Exchanges"].data_validations.dataValidation}
    assert rules["A6"].startswith("Activities!$A$6:$A$") and rules["C6"].startswith("Lists!$")
    known = {row[1].value for row in book["Manual"].iter_rows(min_row=6)}
    assert {"id", "properties.PUE.basis", "exchange", "confidence"} <= known


def test_the_sheets_hold_every_key_of_the_file(shipped: Definitions) -> None:
    layout = InventoryLayout.of(shipped.templates)
    assert {key for sheet in layout.sheets for key in sheet.keys} >= {("amount",), ("title",)}
    assert sum(len(sheet.keys) for sheet in layout.sheets[:-1]) == len(layout.known)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("hardwear",), "no kind 'hardwear'; did you mean 'hardware'"), (("hardware", "acelerator"), "no template")],
)
def test_a_template_of_what_there_is_not_is_refused(arguments: tuple[str, ...], message: str, tiny: Workplace) -> None:
    with pytest.raises(UsageError, match=message):
        template("cards.xlsx", *arguments)


class InventoryBook:
    """A workbook of the tiny card and server to spoil."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = openpyxl.load_workbook(path)

    def cell(self, sheet: str, head: str, row: str) -> Any:
        """The cell below a head, which is in row 5, of the first row that begins so."""
        page = self.file[sheet]
        [column] = [cell.column for cell in page[5] if cell.value == head]
        return page.cell(next(line[0].row for line in page.iter_rows(min_row=6) if line[0].value == row), column)

    def problems(self) -> list[str]:
        self.file.save(self.path)
        with pytest.raises(InvalidData) as refused:
            read_inventory(self.path, Path("mine"), "inventory")
        return str(refused.value).splitlines()


@pytest.fixture
def book(tiny: Workplace) -> InventoryBook:
    path, _ = export(["card", "server", "plant"], "book.xlsx", ["inventory"])
    return InventoryBook(path)


def test_what_is_not_spoilt_is_read_and_makes_the_same_catalogue(book: InventoryBook, tiny: Workplace) -> None:
    before = tiny.catalogue()
    cell = book.cell("Activities", "end_of_life.collected [%]", "card")
    cell.value, cell.number_format = 0.75, "0%"  # a share is what its cell shows
    book.file.save(book.path)
    paths = import_inventory(book.path, "mine", "inventory")
    names = [f"mine/hardware/{name}.toml" for name in ("card", "server")]
    assert sorted(map(str, paths)) == ["mine/electricity/plant.toml", *names]
    assert 'value = "75 %"' in tiny.read("mine/hardware/card.toml")
    after = Catalogue.load("inventory", "mine")
    for id in ("card", "server", "plant"):
        there, here = before.activity(id), after.activity(id)
        assert [(i.activity, i.sources, i.negligible) for i in there.inputs] == [
            (i.activity, i.sources, i.negligible) for i in here.inputs
        ]
        assert [i.amount for i in there.inputs] == pytest.approx([i.amount for i in here.inputs], rel=1e-12)
        assert (there.emissions, there.properties, there.pedigree) == (here.emissions, here.properties, here.pedigree)


SPOILT = (
    ("Activities", "properties.mass [kg]", "card", "4 kWh", "properties.mass: 'kWh' where 'kg' belongs"),
    ("Activities", "properties.packed_mass [kg]", "card", -4, "properties.packed_mass: -4 is outside > 0"),
    ("Activities", "properties.lifetime.source", "card", "bok", "no source 'bok' in this file"),
    ("Activities", "product", "card", "=1+1", "a formula (=1+1)"),
    ("Activities", "name", "card", None, "name: required key is absent"),
    ("Activities", "pedigree.temporal", "server", 7, "pedigree.temporal: Input should be less than or equal to 5"),
    ("Exchanges", "activity", "server", "sever", "no row 'sever' in Activities; did you mean 'server'"),
    ("Negligible of exchanges", "exchange", "server", 7, "no row '7' of 'server' in the sheet that it belongs to"),
    ("Delivery", "distance [km]", "card", "1000 kg", "delivery[0].distance: 'kg' where 'km' belongs"),
    ("Sources", "year", "book", "last year", "sources.book.year: Input should be a valid integer"),
)
UNLINKED = (
    ("Activities", "parameters.die_area [mm^2]", "card", "50 m^2", "is beyond the plausible"),
    ("Activities", "end_of_life.treatment", "card", "treatmnt", "no activity 'treatmnt'; did you mean 'treatment'"),
    ("Activities", "kind", "plant", "templates", "templates/plant.toml is no place for an activity"),
    ("Exchanges", "input", "server", "crad", "exchanges[0].input: no activity 'crad'; did you mean 'card'"),
    ("Delivery", "input", "card", "trcuk", "delivery[0].input: no activity 'trcuk'; did you mean 'truck'"),
    ("Sources", "activities", "book", "crad", "no row 'crad' in Activities; did you mean 'card'"),
)


@pytest.mark.parametrize("spoilt", [SPOILT, UNLINKED], ids=["in a file", "between files"])
def test_everything_that_is_wrong_is_named_by_sheet_and_cell(
    book: InventoryBook, spoilt: Sequence[tuple[str, str, str, Any, str]]
) -> None:
    expected = []
    for sheet, head, row, value, message in spoilt:
        cell = book.cell(sheet, head, row)
        cell.value = value
        expected.append((f"book.xlsx:{sheet}!{cell.coordinate}: ", message))
    problems = book.problems()
    for place, message in expected:
        assert any(line.startswith(place) and message in line for line in problems), (place, message, problems)
    assert all(line.startswith("book.xlsx:") for line in problems)


def test_a_row_says_what_it_is_of(book: InventoryBook) -> None:
    activities, exchanges = book.file["Activities"], book.file["Exchanges"]
    book.cell("Activities", "kind", "card").value = "Hard Ware"
    activities.append([None, "hardware", "Nameless"])
    activities.append(["server", "hardware", "Twice"])
    exchanges.append(["sever", 1, "card"])
    exchanges.append([None, 2, "card"])
    exchanges.append(["server", 1, "card"])
    problems = "\n".join(book.problems())
    for message in (
        "'Hard Ware' is no name for a file",
        "Activities!A9: the row has no id",
        "Activities!A10: the id 'server' is already that of another row",
        "no row 'sever' in Activities; did you mean 'server'",
        "the row names no activity",
        "the number '1' is already that of another row",
    ):
        assert message in problems


def test_heads_are_keys_with_units_of_their_dimension(book: InventoryBook) -> None:
    sheet = book.file["Activities"]
    for column, head in enumerate(("properties.pwoer [W]", "properties.lifetime [kg]", "name", "comment [kg]"), 60):
        sheet.cell(5, column, head)
    sheet.cell(6, 70, "a value")
    book.file.create_sheet("Exchange")
    problems = "\n".join(book.problems())
    for message in (
        "Activities!BH5: no key 'properties.pwoer'; did you mean 'properties.power'",
        "Activities!BJ5: the column occurs twice",
        "Activities!BK5: the column has no unit 'kg'",
        "Activities!BR6: a value in a column without a head",
        "book.xlsx:Exchange: no sheet 'Exchange' is read; did you mean 'Exchanges'",
    ):
        assert message in problems
    assert re.search(r"Activities!BI5: .*'kg' where 'h' belongs", problems)


def test_a_hundred_cards_of_a_client_are_a_hundred_files(tiny: Workplace, command: Callable[..., Done]) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Activities"
    heads = ("name", "product", "unit", "location", "template", "properties.power [W]", "properties.power.source")
    parameters = [f"parameters.{key}" for key in ("die_area [cm^2]", "die_area.source", "node [nm]", "node.source")]
    pedigree = ("reliability", "completeness", "temporal", "geographical", "technological")
    sheet.append(["id", "kind", *heads, *parameters, *(f"pedigree.{score}" for score in pedigree)])
    for number in range(100):
        row = [f"card-{number}", "hardware", f"=Card {number}", "card", "item", "FR", "card", 200 + number, "client"]
        sheet.append([*row, 5 + number / 100, "client", 7, "client", 2, 2, 2, 2, 2])
    sources: Any = book.create_sheet("Sources")
    sources.append(["id", "title", "year", "licence", "authors"])
    sources.append(["client", "List of the client", 2026, "figures cited", "A client"])
    for row in sheet.iter_rows(min_row=2):
        row[2].data_type = "s"
    book.save("cards.xlsx")
    imports = ("exchange", "inventory", "import", "cards.xlsx", "-o", "mine", "-i", "inventory")
    done = command(*imports)
    assert (done.code, len(done.out.splitlines())) == (0, 100)
    catalogue = Catalogue.load("inventory", "mine")
    card = catalogue.activity("card-99")
    assert card.name == "=Card 99" and card.properties.power and card.properties.power.amount == pytest.approx(0.299)
    assert card.sources["client"].title == "List of the client"
    text = tiny.read("mine/hardware/card-99.toml")
    assert 'die_area = { value = "5.99 cm^2", source = "client" }' in text
    again = command(*imports)
    assert again.code == 2 and "add --overwrite" in again.err
    assert command(*imports, "--overwrite").code == 0
    tiny.write("mine/materials/card-5.toml", text.replace("=Card 99", "Another"))
    (tiny.folder / "mine/hardware/card-5.toml").unlink()
    twice = command(*imports, "--overwrite")
    assert twice.code == 3 and "cards.xlsx:Activities!A7: the id 'card-5' is already that of " in twice.err
    written = command("exchange", "inventory", "export", "-i", "inventory", "-i", "mine", "-o", "again.xlsx")
    assert written.out == "again.xlsx: 100 activities\n"
    with zipfile.ZipFile("again.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "sheets/" in name)


def test_a_mix_and_a_text_too_long_for_a_cell_are_refused(tiny: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    mix = next(iter(Definitions.of("inventory").mixes))
    with pytest.raises(UsageError, match="is a mix of a table"):
        export([mix], "mix.xlsx", ["inventory"])
    with pytest.raises(UsageError, match="name activities or kinds"):
        export([], "none.xlsx")
    tiny.edit("inventory/hardware/card.toml", 'unit = "item"', f'unit = "item"\ncomment = "{"x" * 40_000}"')
    with pytest.raises(UsageError, match=r"has 40,000 characters; a cell holds 32,767"):
        export(["card"], "card.xlsx", ["inventory"])
    monkeypatch.setattr(writing, "MOST_ROWS", 5)
    with pytest.raises(UsageError, match="rows of Activities"):
        export(["server"], "card.xlsx", ["inventory"])
    assert not list(tiny.folder.glob("*.xlsx")) and folder("inventories").is_dir()
