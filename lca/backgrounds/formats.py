"""Which reader reads which kind of database, each giving datasets in the form of bw2io.

Runs in a process of its own, whose Brightway folder is a temporary one. A project of the user's is read from its
SQLite file, opened read-only, so that Brightway changes nothing in it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pickle
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from xml.etree import ElementTree

from lca.backgrounds.datasets import MOST_EXCHANGES
from lca.errors import Fault, NotText, PathEscapes, Syntax, TooLarge, Unreadable
from lca.languages import gettext

MOST_BYTES = 4_000_000_000  # unpacked; ecoinvent is a third of it
MOST_FILES = 100_000
_CHUNK = 1 << 20
_DATABASE = "background"

Dataset = Mapping[str, Any]


class UnknownFormat(Fault):
    """give an ecospold1 file, a folder of ecospold2 files, a zip of either, openLCA JSON-LD, a Brightway workbook,
    a bw_processing datapackage, or a project with --database"""


class DatabaseSource(NamedTuple):
    """What is to be read."""

    path: Path
    database: str = ""
    """Of a Brightway project, whose folder the path is."""


def format_of(source: DatabaseSource) -> str:
    """The name of the format, by the names of the files. Raises UnknownFormat, Unreadable."""
    path = source.path
    if source.database:
        return "brightway"
    if path.is_dir():
        names = [name.name for name in path.iterdir()][:MOST_FILES]
    elif path.is_file() and zipfile.is_zipfile(path):
        if path.suffix.lower() == ".xlsx":
            return "excel"
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name).name for name in archive.namelist()[:MOST_FILES]]
            names += [part for name in archive.namelist()[:MOST_FILES] for part in PurePosixPath(name).parts[:-1]]
    elif path.is_file():
        if path.suffix.lower() in (".zip", ".xlsx"):
            raise Syntax(gettext("{name} is no whole archive: it is cut off, or of another kind", name=path.name))
        names = [path.name]
    else:
        raise Unreadable(gettext("no file or folder {path}", path=str(path)))
    endings = {PurePosixPath(name).suffix.lower() for name in names}
    if "datapackage.json" in names:
        return "datapackage"
    if ".spold" in endings or "datasets" in names:
        return "ecospold2"
    if "processes" in names:
        return "json-ld"
    if ".xml" in endings:
        return "ecospold1"
    raise UnknownFormat(gettext("{name} holds none of the known kinds of database", name=path.name))


def datasets(source: DatabaseSource, workspace: Path) -> Iterator[Dataset]:
    """The datasets of a source; `workspace`: a folder to unpack into. Raises a Fault that says what is wrong."""
    format = format_of(source)
    if format == "brightway":
        return _brightway(source)
    path = source.path
    if path.is_file() and format in ("ecospold1", "ecospold2", "json-ld") and zipfile.is_zipfile(path):
        path = unpacked(path, workspace)
    return READERS[format](path)


def unpacked(archive: Path, workspace: Path) -> Path:
    """The folder that the archive was unpacked into: within bounds, and nothing outside it."""
    folder = workspace / "unpacked"
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > MOST_FILES:
                raise TooLarge(
                    gettext(
                        "{name} holds {count:,} files; at most {most:,}",
                        name=archive.name,
                        count=len(entries),
                        most=MOST_FILES,
                    )
                )
            left = MOST_BYTES
            for entry in entries:
                target = folder / entry.filename
                if not target.resolve().is_relative_to(folder.resolve()) or entry.filename.startswith("/"):
                    raise PathEscapes(
                        gettext(
                            "{name} holds {entry!r}, which leaves its folder", name=archive.name, entry=entry.filename
                        )
                    )
                if entry.is_dir():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as read, target.open("wb") as written:
                    while chunk := read.read(_CHUNK):  # what is declared may be a lie
                        left -= len(chunk)
                        if left < 0:
                            raise TooLarge(
                                gettext(
                                    "{name} unpacks to more than {most:,} bytes", name=archive.name, most=MOST_BYTES
                                )
                            )
                        written.write(chunk)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Syntax(gettext("{name} is no whole archive: {error}", name=archive.name, error=str(error))) from None
    return folder


def _checked(path: Path) -> Path:
    """An XML file that defines no entities: the bombs among them are made of such."""
    left = MOST_BYTES
    with path.open("rb") as file:
        before = file.read(4)
        if before.startswith((b"\xff\xfe", b"\xfe\xff")) or before[:2] in (b"<\x00", b"\x00<"):
            raise NotText(gettext("{name} is no UTF-8 text", name=path.name))
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise TooLarge(gettext("{name} has more than {most:,} bytes", name=path.name, most=MOST_BYTES))
            text = before + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise Syntax(gettext("{name} defines entities, which no database does", name=path.name))
            before = chunk[-16:]
    return path


def _ecospold1(path: Path) -> Iterator[Dataset]:
    """Datasets of files as they are, also where they break the rules of the format: USLCI's do.

    bw2io's own importer validates first, and refuses those; its rules for distributions are used.
    """
    extractor = importlib.import_module("bw2io.extractors.ecospold1").Ecospold1DataExtractor
    normal = importlib.import_module("bw2io.units").normalize_units
    files = [path] if path.is_file() else sorted(path.rglob("*.[xX][mM][lL]"))
    for file in files:
        name, exchanges = "?", 0
        try:
            for _, node in ElementTree.iterparse(_checked(file)):
                kind = node.tag.rpartition("}")[2]
                if kind == "referenceFunction":
                    name, exchanges = node.get("name", "?"), 0
                elif kind == "exchange":
                    exchanges += 1
                    if exchanges > MOST_EXCHANGES:  # before they fill the memory
                        raise TooLarge(
                            gettext("{name!r} has more than {most:,} exchanges", name=name, most=MOST_EXCHANGES)
                        )
                elif kind == "dataset":
                    yield _dataset1(node, extractor, normal)
                    node.clear()
        except ElementTree.ParseError as error:
            raise Syntax(f"{file.name}: {error}") from None


def _dataset1(node: Any, extractor: Any, normal: Callable[[str], str]) -> Dataset:
    space = node.tag.removesuffix("dataset")
    function = node.find(f".//{space}referenceFunction")
    place = node.find(f".//{space}geography")
    about = function.attrib if function is not None else {}
    exchanges = []
    for exchange in node.iter(f"{space}exchange"):
        incoming, outgoing = exchange.findtext(f"{space}inputGroup"), exchange.findtext(f"{space}outputGroup")
        data: dict[str, Any] = {
            "name": exchange.get("name", "").strip(),
            "unit": normal(exchange.get("unit", "")),
            "location": exchange.get("location", ""),
            "categories": (exchange.get("category", ""), exchange.get("subCategory", "")),
            "CAS number": exchange.get("CASNumber", "").lstrip("0"),
        }
        if incoming == "4" or outgoing == "4":
            data["type"] = "biosphere"
        elif outgoing in ("0", "2"):
            data |= {"type": "production", "coproduct": outgoing == "2"}
        elif outgoing == "1":
            data["type"] = "substitution"
        else:  # inputs, and waste that goes to a treatment
            data["type"] = "technosphere"
        try:
            exchanges.append(extractor.process_uncertainty_fields(exchange, data))
        except (ValueError, TypeError) as error:
            raise Syntax(
                gettext(
                    "{exchange} of {activity}: {error}",
                    exchange=data["name"],
                    activity=about.get("name", "?"),
                    error=str(error),
                )
            ) from None
    return {
        "code": node.get("number", ""),
        "database": _DATABASE,
        "name": about.get("name", "").strip(),
        "unit": normal(about.get("unit", "")),
        "location": place.get("location", "") if place is not None else "",
        "exchanges": exchanges,
    }


def _imported(importer: Any) -> Iterator[Dataset]:
    """What is left once the strategies of a bw2io importer have run."""
    with contextlib.redirect_stdout(io.StringIO()):
        importer.apply_strategies()
    return iter(importer.data)


def _ecospold2(path: Path) -> Iterator[Dataset]:
    bw2io = _bw2io()
    files = sorted(path.rglob("*.spold"))
    if not files:
        raise UnknownFormat(gettext("{name} holds no .spold file", name=path.name))
    for file in files:
        _checked(file)
    return _imported(
        bw2io.SingleOutputEcospold2Importer(
            str(files[0].parent), _DATABASE, use_mp=False, add_product_information=False
        )
    )


def _json_ld(path: Path) -> Iterator[Dataset]:
    importer = importlib.import_module("bw2io.importers.json_ld").JSONLDImporter
    _bw2io()
    roots = [folder.parent for folder in path.rglob("processes") if folder.is_dir()]
    if not roots:
        raise UnknownFormat(gettext("{name} holds no folder `processes`", name=path.name))
    read = importer(str(roots[0]), _DATABASE)
    flows = {flow["code"]: flow for flow in read.biosphere_database}
    for dataset in _imported(read):
        for exchange in dataset.get("exchanges", ()):
            flow = flows.get((exchange.get("input") or ("", ""))[1])
            if exchange.get("type") == "biosphere" and flow:
                exchange |= {key: flow[key] for key in ("name", "categories", "CAS number") if flow.get(key)}
        yield dataset


def _excel(path: Path) -> Iterator[Dataset]:
    bw2io = _bw2io()
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES // 4:
            raise TooLarge(gettext("{name} unpacks to more than {most:,} bytes", name=path.name, most=MOST_BYTES // 4))
    importer = bw2io.ExcelImporter(str(path))
    data = list(_imported(importer))
    importer.match_database(fields=("name", "unit", "location", "reference product"))
    return iter(data)


def _datapackage(path: Path) -> Iterator[Dataset]:
    """A bw_processing datapackage with the metadata resources `activities` and `flows`.

    Matrices number their rows and columns; `activities` (id, code, name, reference product, location, unit) and
    `flows` (id, code, name, categories, unit) say what the numbers are.
    """
    bw_processing = importlib.import_module("bw_processing")
    filesystems = importlib.import_module("bw_processing.io_helpers")
    package = (
        bw_processing.load_datapackage(filesystems.generic_directory_filesystem(dirpath=path))
        if path.is_dir()
        else (
            bw_processing.load_datapackage(
                filesystems.generic_zipfile_filesystem(dirpath=path.parent, filename=path.name, write=False)
            )
        )
    )
    texts = {}
    for name in ("activities", "flows"):
        try:
            table, _ = package.get_resource(name)
        except KeyError:
            raise UnknownFormat(
                gettext("the datapackage has no metadata {name!r}, which would name its numbers", name=name)
            ) from None
        rows = table.to_dict("records") if hasattr(table, "to_dict") else table
        texts[name] = {int(row["id"]): row for row in rows}
    activities: dict[int, dict[str, Any]] = {
        id: {**row, "code": str(row["code"]), "database": _DATABASE, "exchanges": []}
        for id, row in texts["activities"].items()
    }
    for matrix, kind in (("technosphere_matrix", "technosphere"), ("biosphere_matrix", "biosphere")):
        part = package.filter_by_attribute("matrix", matrix)
        groups = {resource["group"] for resource in part.resources}
        for group in sorted(groups):
            arrays = {
                resource["kind"]: part.filter_by_attribute("group", group).get_resource(resource["name"])[0]
                for resource in part.resources
                if resource["group"] == group
            }
            flips = arrays.get("flip", [False] * len(arrays["data"]))
            spreads = arrays.get("distributions")
            for number, (place, amount, flip) in enumerate(zip(arrays["indices"], arrays["data"], flips, strict=True)):
                row, column = int(place["row"]), int(place["col"])
                exchange: dict[str, Any] = {"amount": float(amount), "type": kind}
                if kind == "biosphere":
                    exchange |= {
                        **texts["flows"].get(row, {}),
                        "input": ("", str(texts["flows"].get(row, {}).get("code", ""))),
                    }
                else:
                    exchange["input"] = (_DATABASE, activities[row]["code"])
                    exchange["type"] = "technosphere" if flip else "production"
                if spreads is not None:
                    exchange |= {name.replace("_", " "): spreads[number][name] for name in spreads.dtype.names}
                activities[column]["exchanges"].append(exchange)
    return iter(activities.values())


_SAFE_BY_MODULE = {
    "builtins": ("set", "frozenset", "complex", "bytearray", "slice", "range"),
    "collections": ("OrderedDict",),
    "datetime": ("datetime", "date", "timedelta"),
    "numpy": ("dtype", "ndarray"),
    "numpy.core.multiarray": ("scalar", "_reconstruct"),
    "numpy._core.multiarray": ("scalar", "_reconstruct"),
}
_SAFE = {(module, name) for module, names in _SAFE_BY_MODULE.items() for name in names}


class _PlainValues(pickle.Unpickler):
    """Of values only: a project may come from anybody, and a pickle may run what it names."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _SAFE:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def _brightway(source: DatabaseSource) -> Iterator[Dataset]:
    """A database of a project whose folder the path is."""
    file = source.path / "lci" / "databases.db"
    if not file.is_file():
        raise Unreadable(
            gettext("{path} is no folder of a Brightway project: it has no lci/databases.db", path=str(source.path))
        )
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            known = sorted(name for (name,) in opened.execute("select distinct database from activitydataset"))
            if source.database not in known:
                there = ", ".join(map(repr, known)) or gettext("none")
                raise Unreadable(
                    gettext(
                        "no database {database!r} in this project; there are: {known}",
                        database=source.database,
                        known=there,
                    )
                )
            exchanges: dict[str, list[Any]] = {}
            query = "select output_code, input_database, input_code, type, data from exchangedataset"
            query += " where output_database = ?"
            for output, database, code, kind, data in opened.execute(query, (source.database,)):
                read = _PlainValues(io.BytesIO(data)).load()
                exchanges.setdefault(output, []).append({**read, "input": (database, code), "type": kind})
            flows = {
                (database, code): _PlainValues(io.BytesIO(data)).load()
                for database, code, data in opened.execute(
                    "select database, code, data from activitydataset where database != ?", (source.database,)
                )
            }
            query = "select code, name, location, product, type, data from activitydataset where database = ?"
            for code, name, location, product, kind, data in opened.execute(query, (source.database,)):
                read = _PlainValues(io.BytesIO(data)).load()
                for exchange in exchanges.get(code, ()):
                    described = flows.get(exchange["input"])
                    if described and exchange["type"] == "biosphere":
                        exchange |= {key: described.get(key) for key in ("name", "categories", "unit", "CAS number")}
                yield {
                    **read,
                    "code": code,
                    "name": name,
                    "location": location,
                    "reference product": product or read.get("reference product"),
                    "type": kind,
                    "database": source.database,
                    "exchanges": exchanges.pop(code, []),
                }
    except (sqlite3.DatabaseError, pickle.UnpicklingError, EOFError) as error:
        raise Syntax(gettext("{file} cannot be read: {error}", file=str(file), error=str(error))) from None


def _bw2io() -> Any:
    """bw2io, in a project with its elementary flows; Brightway's folder is that of this process."""
    bw2data, bw2io = importlib.import_module("bw2data"), importlib.import_module("bw2io")
    bw2data.projects.set_current("background")
    if "biosphere3" not in bw2data.databases:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            bw2io.create_default_biosphere3()
    return bw2io


READERS: Mapping[str, Callable[[Path], Iterator[Dataset]]] = {
    "ecospold1": _ecospold1,
    "ecospold2": _ecospold2,
    "json-ld": _json_ld,
    "excel": _excel,
    "datapackage": _datapackage,
}
