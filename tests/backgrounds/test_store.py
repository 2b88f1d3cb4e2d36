"""Adding a database: every format, everything that is wrong with one, and nothing half added."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bw_processing
import numpy as np
import pytest
from bw_processing.io_helpers import generic_zipfile_filesystem
from samples import CARBON, MILL, MINE, STEEL, ecospold1, exchange, json_ld, process, spold

from lca.backgrounds import formats, store
from lca.backgrounds.compiled import Compiled
from lca.errors import InvalidData, LcaError, UsageError

pytestmark = pytest.mark.slow


def written(path: Path, text: str = STEEL) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def workbook(path: Path) -> Path:
    from openpyxl import Workbook

    rows: list[list[Any]] = [["Database", "steel"], []]
    for name, exchanges in (
        (
            "Steel, at mill",
            [("Steel, at mill", 1, "production"), ("Coal, at mine", 0.5, "technosphere"), (CARBON, 2, "")],
        ),
        ("Coal, at mine", [("Coal, at mine", 1, "production"), (CARBON, 0.1, "")]),
    ):
        rows += [
            ["Activity", name],
            ["code", name],
            ["location", "RNA"],
            ["unit", "kilogram"],
            ["reference product", name],
        ]
        rows += [["Exchanges"], ["name", "amount", "unit", "location", "reference product", "type", "categories"]]
        for product, amount, kind in exchanges:
            if kind:
                rows.append([product, amount, "kilogram", "RNA", product, kind, None])
            else:
                rows.append(["Carbon dioxide, fossil", amount, "kilogram", None, None, "biosphere", "air"])
        rows.append([])
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def datapackage(path: Path) -> Path:
    package = bw_processing.create_datapackage(
        fs=generic_zipfile_filesystem(dirpath=path.parent, filename=path.name, write=True), name="steel"
    )

    def matrix(name: str, entries: list[tuple[int, int, float]], flip: list[bool]) -> None:
        places = np.array([entry[:2] for entry in entries], dtype=bw_processing.INDICES_DTYPE)
        amounts = np.array([entry[2] for entry in entries])
        package.add_persistent_vector(
            matrix=name, name=name, indices_array=places, data_array=amounts, flip_array=np.array(flip)
        )

    matrix("technosphere_matrix", [(1, 1, 1.0), (2, 2, 1.0), (2, 1, 0.5)], [False, False, True])
    matrix("biosphere_matrix", [(9, 1, 2.0), (9, 2, 0.1)], [False, False])
    named = [(1, "mill", "Steel, at mill"), (2, "mine", "Coal, at mine")]
    activities = [
        {"id": id, "code": code, "name": name, "reference product": name, "location": "RNA", "unit": "kilogram"}
        for id, code, name in named
    ]
    flow = {"id": 9, "code": CARBON, "name": "Carbon dioxide, fossil", "categories": ["air"], "unit": "kilogram"}
    package.add_json_metadata(data=activities, valid_for="technosphere_matrix", name="activities")
    package.add_json_metadata(data=[flow], valid_for="biosphere_matrix", name="flows")
    package.finalize_serialization()
    return path


FORMATS: dict[str, Callable[[Path], Path]] = {
    "ecospold1": lambda folder: written(folder / "steel.xml"),
    "ecospold1 in a zip": lambda folder: zipped(folder / "steel.zip", {"EcoSpold01/steel.xml": STEEL}),
    "ecospold2": lambda folder: spold(folder / "datasets"),
    "json-ld": lambda folder: json_ld(folder / "openlca"),
    "excel": lambda folder: workbook(folder / "steel.xlsx"),
    "datapackage": lambda folder: datapackage(folder / "steel.zip"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_database_of_every_format_gives_the_same_inventory(kind: str, tmp_path: Path, data: Path) -> None:
    """2 kg of carbon dioxide for the steel, and 0.1 kg for each kg of the coal that it takes half a kg of."""
    about = store.add("steel", FORMATS[kind](tmp_path), version="1")
    assert kind.startswith(about.counts["format"])
    compiled = store.load(about)
    [mill] = [n for n, product in enumerate(compiled.products) if "mill" in product.name or "steel" in product.name]
    assert compiled.inventories([mill])[mill] == pytest.approx({CARBON: 2.05})
    assert compiled.products[mill].unit == "kg"
    assert [known.name for known in store.backgrounds()] == ["steel"]
    store.remove("steel")
    assert store.backgrounds() == () and not [p for p in (data / "backgrounds").iterdir()]


def test_a_database_of_a_project_is_read_without_opening_the_project(tmp_path: Path, data: Path) -> None:
    base = tmp_path / "brightway"
    base.mkdir()
    script = f"""
import bw2data as bd
bd.projects.set_current("mine")
flows = bd.Database("flows"); flows.register()
flows.write({{("flows", "{CARBON}"): {{"name": "Carbon dioxide, fossil", "unit": "kilogram", "categories": ("air",)}}}})
steel = bd.Database("steel"); steel.register()
def node(code, inputs, carbon):
    made = [{{"input": ("steel", code), "amount": 1.0, "type": "production"}}]
    made += [{{"input": ("steel", other), "amount": n, "type": "technosphere", "uncertainty type": 2, "loc": -0.69,
               "scale": 0.1}} for other, n in inputs]
    made.append({{"input": ("flows", "{CARBON}"), "amount": carbon, "type": "biosphere"}})
    return {{"name": code, "unit": "kilogram", "location": "GLO", "reference product": code, "exchanges": made}}
steel.write({{("steel", "mill"): node("mill", [("mine", 0.5)], 2.0), ("steel", "mine"): node("mine", [], 0.1)}})
print(bd.projects.dir)
"""
    import os
    import sys

    environment = {**os.environ, "BRIGHTWAY2_DIR": str(base)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    project = Path(done.stdout.splitlines()[-1])
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    compiled = store.load(store.add("steel", project, "steel"))
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before
    mill = compiled.place["mill"]
    assert compiled.inventories([mill])[mill] == pytest.approx({CARBON: 2.05})
    assert compiled.technosphere.uncertain.sum() == 1
    with pytest.raises(InvalidData, match=r"no database 'steal' .*'steel'"):
        store.add("other", project, "steal")


def test_what_is_not_linked_is_counted_and_named(tmp_path: Path, data: Path) -> None:
    counts = store.add("steel", written(tmp_path / "steel.xml")).counts
    assert counts["inputs"]["most"] == {"Scrap, at yard | RNA | kg": 1}
    assert counts["flows"]["most"] == {"Phlogiston | emission/air | kilogram": 1}
    assert counts["coproducts"]["most"] == {"Slag of Steel, at mill": 1}
    assert (counts["activities"], counts["exchanges"], counts["linked_flows"]) == (2, 8, 2)


def test_of_several_providers_the_user_chooses(tmp_path: Path, data: Path) -> None:
    dirty = process(9, "Coal, at mine", [exchange("Coal, at mine", 1, "o0"), exchange("Carbon dioxide", 3, "o4")])
    path = written(tmp_path / "steel.xml", ecospold1(MILL, MINE, dirty))
    unknown = store.add("unknown", path)
    assert unknown.counts["ambiguous"]["most"] == {"Coal, at mine | RNA | kg": 1}
    chosen = store.load(store.add("chosen", path, providers={"Coal, at mine": "9"}))
    assert chosen.inventories([0])[0] == pytest.approx({CARBON: 3.5})
    with pytest.raises(InvalidData, match="no activity of the code '10'"):
        store.add("wrong", path, providers={"Coal, at mine": "10"})


LOOP = [
    process(n, name, [exchange(name, 1, "o0"), exchange(other, 1, "i5")])
    for n, name, other in ((1, "hen", "egg"), (2, "egg", "hen"))
]
LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "truncated zip": (
        lambda f: (
            f.joinpath("x.zip").write_bytes(zipped(f / "y.zip", {"a.xml": STEEL}).read_bytes()[:-40]) and f / "x.zip"
        ),
        "no whole archive",
    ),
    "entities": (lambda f: written(f / "x.xml", LAUGHS), "defines entities"),
    "utf-16": (lambda f: f.joinpath("x.xml").write_bytes(STEEL.encode("utf-16")) and f / "x.xml", "no UTF-8 text"),
    "cut off": (lambda f: written(f / "x.xml", STEEL[:-40]), "x.xml: "),
    "path escape": (lambda f: zipped(f / "x.zip", {"../../a.xml": STEEL}), "leaves its folder"),
    "many exchanges": (
        lambda f: written(f / "x.xml", ecospold1(process(1, "a", [exchange("a", 1, "o0")] * 100_001))),
        "'a' has more than 100,000 exchanges",
    ),
    "two of one code": (lambda f: written(f / "x.xml", ecospold1(MILL, MILL)), "the code '7' of 'Steel, at mill'"),
    "no production": (
        lambda f: written(f / "x.xml", ecospold1(process(1, "a", [exchange("a", 0, "o0")]))),
        "'a' .* makes none of its product",
    ),
    "not a number": (
        lambda f: written(f / "x.xml", ecospold1(process(1, "a", [exchange("a", "nan", "o0")]))),
        "a of 'a' .* is nan",
    ),
    "singular": (lambda f: written(f / "x.xml", ecospold1(*LOOP)), "singular: a cycle .*hen"),
    "no activity": (lambda f: written(f / "x.xml", ecospold1()), "no activity"),
    "unknown format": (lambda f: written(f / "x.txt", "steel"), "none of the known kinds"),
    "no file": (lambda f: f / "x.xml", "no file or folder"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused_by_name_and_leave_nothing(what: str, tmp_path: Path, data: Path) -> None:
    make, message = BAD[what]
    with pytest.raises(InvalidData, match=message):
        store.add("bad", make(tmp_path))
    assert list((data / "backgrounds").iterdir()) == []


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_BYTES", 1000)
    with pytest.raises(formats.TooLarge, match="unpacks to more than"):
        formats.unpacked(zipped(tmp_path / "x.zip", {"a.xml": "0" * 2000}), tmp_path)


def test_a_pickle_that_would_run_something_is_refused() -> None:
    import io
    import os
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match="no plain value"):
        formats._PlainValues(io.BytesIO(pickle.dumps({"name": Bomb()}))).load()
    assert (
        formats._PlainValues(io.BytesIO(pickle.dumps({"amount": np.float64(2.0), "at": ("a", 1)}))).load()["amount"]
        == 2.0
    )


def test_an_interrupt_leaves_nothing(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    path = written(tmp_path / "steel.xml")
    with monkeypatch.context() as patch:
        patch.setattr(subprocess.Popen, "communicate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.add("steel", path)
    with monkeypatch.context() as patch:
        patch.setattr(store, "write_json", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.add("steel", path)
    assert list((data / "backgrounds").iterdir()) == []


def test_a_full_disk_is_said(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_json", full)
    with pytest.raises(LcaError, match="No space left"):
        store.add("steel", written(tmp_path / "steel.xml"))
    assert list((data / "backgrounds").iterdir()) == []


def test_a_licence_beside_the_data_is_shown_and_must_be_accepted(tmp_path: Path, data: Path) -> None:
    path = written(tmp_path / "steel.xml")
    written(tmp_path / "LICENSE.txt", "Do not share.")
    said: list[str] = []
    with pytest.raises(UsageError, match="--accept-licence"):
        store.add("steel", path, shown=said.append)
    assert said == ["Do not share."]
    assert store.add("steel", path, accepted=True).licence == "Do not share."


def test_names_are_checked_and_taken_once(tmp_path: Path, data: Path) -> None:
    with pytest.raises(UsageError, match="is no name"):
        store.add("../steel", tmp_path)
    with pytest.raises(UsageError, match="no background 'steel'"):
        store.background("steel")
    path = written(tmp_path / "steel.xml")
    first = store.add("steel", path)
    with pytest.raises(UsageError, match="exists"):
        store.add("steel", path)
    with pytest.raises(UsageError, match="did you mean 'steel'"):
        store.background("stel")
    (first.folder / "matrices.npz").write_bytes(b"cut")
    with pytest.raises(LcaError, match="add it again"):
        Compiled.load(first.folder)


def test_the_content_names_what_was_compiled(tmp_path: Path, data: Path) -> None:
    path = written(tmp_path / "steel.xml")
    first, second = store.add("first", path), store.add("second", path)
    changed = store.add("changed", written(tmp_path / "other.xml", STEEL.replace('"20"', '"21"')))
    assert first.content == second.content != changed.content
