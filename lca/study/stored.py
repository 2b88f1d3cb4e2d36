"""A study as one JSON file: everything that a report needs, read back as strictly as a file of the user's own.

The table's text columns are written as levels and codes. Nothing in the file is run: it is data, checked against the
types of the engine, and by number, name and size before a Study is made of it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from lca.errors import Fault, InvalidData, NewerSchema, OutOfRange, Problem, UnknownActivity, UnknownCategory
from lca.estimate.gap import Basis
from lca.inventory.activity import Activity
from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.methods.categories import CATEGORIES, learn
from lca.methods.own import MethodUsed
from lca.quantities.documents import Document
from lca.quantities.outputs import write_text
from lca.quantities.positions import Loc
from lca.quantities.records import Record
from lca.study.comparison.drawn import CROSSINGS, STANDINGS
from lca.study.comparison.judgement import Judgement
from lca.study.coverage import Coverage, OpenItem
from lca.study.layers import GAPS, NEXT, PARTS, SCORES, GapState, LayerRows, Layers
from lca.study.repeats import COLUMNS
from lca.study.results import SUMMED, PhaseSums
from lca.study.rows import Coded, Columns, TableRows
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.scenario import Scenario, ScenarioFile
from lca.vocabulary import BreakEvenCase, Completeness, Origin, Phase

SCHEMA = 2
"""1: amounts of the foreground were a number beside a text; 2: they hold the calculation."""
_UNSIGNED = '"sha256": ""'
_SIGNED = re.compile(r'"sha256": "([0-9a-f]{64})"')
DEEPEST_STUDY = 150  # an amount holds the amounts that it was calculated from; a run of a language model 40
LARGEST_STUDY = 300_000_000  # bytes; a study of a million rows is a tenth of it
_TEXT = ("scenario", "category", "phase", "stage", "role", "input", "activity")
_NAMES = ("scenario", "phase", "category")
Share = Annotated[float, Field(ge=0, le=1)]


class _StoredScenario(Record):
    """A scenario with its records; of the file it was read from, the name."""

    file: ScenarioFile
    measurements: dict[str, Measurement]
    shown: str | None = None


class _StoredColumn(Record):
    """A column of text."""

    levels: tuple[str, ...]
    codes: tuple[int, ...]


class _StoredTable(Record):
    """The study's table, column by column."""

    scenario: _StoredColumn
    category: _StoredColumn
    phase: _StoredColumn
    stage: _StoredColumn
    role: _StoredColumn
    input: _StoredColumn
    activity: _StoredColumn
    score: tuple[float, ...]
    published: tuple[bool, ...]


class _Repeats(Record):
    """The scores of repeated measurements, column by column; a missing score is null."""

    scenario: _StoredColumn
    phase: _StoredColumn
    repeat: tuple[NonNegativeInt, ...]
    category: _StoredColumn
    score: tuple[float | None, ...]


class _StoredCoverage(Record):
    """How complete a score is."""

    completeness: Completeness
    items: tuple[OpenItem, ...]
    bound: float
    sign_known: bool


class _Covered(Record):
    """How complete the score of one scenario in one category is."""

    scenario: str
    category: str
    coverage: _StoredCoverage


class _LayerScore(Record):
    """A row of `Layers.scores`; a missing number is null."""

    scenario: str
    category: str
    known: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    known_share: Share | None = None
    error: float | None = None
    open: NonNegativeInt
    screening: bool
    persons: float | None = None


class _LayerPart(Record):
    """A row of `Layers.parts`."""

    scenario: str
    category: str
    phase: str
    stage: str
    known: float
    estimated: float
    low: float
    high: float


class _LayerGap(Record):
    """A row of `Layers.gaps`."""

    scenario: str
    category: str
    gap: str
    state: GapState
    amount: float
    unit: str
    median: float | None = None
    low: float | None = None
    high: float | None = None
    basis: Basis | Literal[""] = ""
    group: str = ""
    source: str = ""


class _LayerNext(Record):
    """A row of `Layers.next`."""

    scenario: str
    baseline: str
    category: str
    gap: str
    share: float
    factor: float | None = None


class _LayerCrossing(Record):
    """A row of `Layers.crossings`; what is not known is null."""

    scenario: str
    baseline: str
    category: str
    service: str
    case: BreakEvenCase
    share: Share
    median: float | Literal["infinite"] | None = None
    low: float | Literal["infinite"] | None = None
    high: float | Literal["infinite"] | None = None
    lower_by_life: Share | None = None


class _LayerStanding(Record):
    """A row of `Layers.standings`."""

    scenario: str
    category: str
    lowest: Share
    front: Share | None = None


class _StoredLayers(Record):
    """`Layers`, table by table."""

    draws: PositiveInt
    seed: NonNegativeInt
    scores: tuple[_LayerScore, ...]
    parts: tuple[_LayerPart, ...]
    gaps: tuple[_LayerGap, ...]
    next: tuple[_LayerNext, ...]
    judgements: tuple[Judgement, ...] = ()
    crossings: tuple[_LayerCrossing, ...] = ()
    standings: tuple[_LayerStanding, ...] = ()


_ROWS = LayerRows._make(map(TableRows, (SCORES, PARTS, GAPS, NEXT, CROSSINGS, STANDINGS)))
"""Tables without rows."""
_UNKNOWN = {
    "scores": ["known", "median", "low", "high", "known_share", "error", "persons"],
    "gaps": ["median", "low", "high"],
    "next": ["factor"],
    "crossings": ["median", "low", "high", "lower_by_life"],
    "standings": ["front"],
}
"""Columns of numbers of which some may be missing."""


class _StoredStudy(Record):
    """The file."""

    schema_version: int = Field(alias="schema")
    kind: str = Field(pattern="^ai-lca study$")
    sha256: str = ""
    """Of the file's text with this field empty: tells that it was changed."""
    scenarios: tuple[_StoredScenario, ...]
    systems: tuple[ProductSystem, ...]
    categories: tuple[str, ...]
    table: _StoredTable
    coverage: tuple[_Covered, ...]
    activities: tuple[Activity, ...]
    provenance: dict[str, str]
    supply: dict[str, dict[str, float]]
    factors: dict[str, dict[str, float]]
    repeats: _Repeats | None = None
    """Absent: nothing was measured repeatedly."""
    layers: _StoredLayers | None = None
    """Absent: the study says what is known alone."""
    methods: tuple[MethodUsed, ...] = ()
    """Of the user's own."""
    sums: dict[str, dict[str, tuple[tuple[float, ...], ...]]] | None = None
    """As the study has them, to the last bit; absent: they are those of the table's rows."""


def save(study: Study, path: str | Path) -> None:
    """Write the study beside `path`, then rename it there."""
    scenarios = [
        {
            "file": scenario.file.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "measurements": {
                phase: record.model_dump(mode="json", by_alias=True, exclude_none=True)
                for phase, record in scenario.measurements.items()
            },
            "shown": scenario.shown if scenario.document else None,
        }
        for scenario in study.scenarios
    ]
    flows = {emission.flow.code for activity in study.activities.values() for emission in activity.emissions}
    content = {
        "schema": SCHEMA,
        "kind": "ai-lca study",
        "sha256": "",
        "scenarios": scenarios,
        "systems": _plain(tuple[ProductSystem, ...], study.systems),
        "categories": list(study.categories),
        "table": _written(study.columns),
        "coverage": [
            {"scenario": name, "category": id, "coverage": _written_coverage(cover)}
            for (name, id), cover in study.coverage.items()
        ],
        "activities": _plain(tuple[Activity, ...], tuple(study.activities.values())),
        "provenance": dict(study.provenance),
        "supply": {name: dict(amounts) for name, amounts in study.supply.items()},
        "factors": {
            id: {code: factor for code, factor in factors.items() if code in flows}
            for id, factors in study.factors.items()
        },
    }
    if study.repeated:
        content["repeats"] = _written_repeats(study.repeated)
    if study.solved:
        content["sums"] = {name: {p: sums.tolist() for p, sums in of.items()} for name, of in study.sums.items()}
    if study.methods:
        content["methods"] = _plain(tuple[MethodUsed, ...], study.methods)
    if study.layers:
        content["layers"] = _written_layers(study.layers)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(Path(path), text.replace(_UNSIGNED, f'"sha256": "{_sha256(text)}"', 1))


def changed(text: str) -> bool:
    """Whether a saved study states another hash than its own; one of an earlier version states none."""
    stated = _SIGNED.search(text, 0, 400)
    return stated is not None and stated[1] != _sha256(text.replace(stated[0], _UNSIGNED, 1))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def load(path: str | Path) -> Study:
    """Read a study. Raises InvalidData, also for one of a newer schema."""
    document = Document.read(Path(path), str(path), LARGEST_STUDY, DEEPEST_STUDY)
    if changed(document.text):
        warnings.warn(
            gettext("{path}: the study was changed since it was saved, or damaged", path=str(path)), stacklevel=2
        )
    version = document.content.get("schema")
    if isinstance(version, int) and version > SCHEMA:
        fault = NewerSchema(
            gettext(
                "the study has schema {version}; this version of ai-lca reads up to {schema}",
                version=version,
                schema=SCHEMA,
            )
        )
        raise InvalidData([document.problem(("schema",), fault)])
    if version == 1:
        document = replace(document, content=_upgraded(document.content))
    stored = document.load(_StoredStudy, cited=False)
    problems = list(_inconsistent(document, stored))
    if problems:
        raise InvalidData(problems)
    for method in stored.methods:
        learn(method.category)
    return Study(
        tuple(_scenario(scenario) for scenario in stored.scenarios),
        stored.systems,
        stored.categories,
        _read(stored.table),
        {(covered.scenario, covered.category): _read_coverage(covered.coverage) for covered in stored.coverage},
        {activity.id: activity for activity in stored.activities},
        stored.provenance,
        stored.supply,
        stored.factors,
        _read_repeats(stored.repeats),
        _read_layers(stored.layers),
        methods=stored.methods,
        solved=partial(_read_sums, stored.sums) if stored.sums else None,
    )


def _upgraded(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a file of schema 1 as one of schema 2; what is no study is left for the reader to refuse."""
    match content:
        case {"systems": list(systems)} if all(isinstance(system, dict) for system in systems):
            upgraded = [
                {**system, "exchanges": [_upgraded_exchange(e) for e in system.get("exchanges", ())]}
                for system in systems
            ]
            content = {**content, "systems": upgraded}
    match content:
        case {"activities": list(activities)}:
            content = {**content, "activities": [_upgraded_activity(activity) for activity in activities]}
    return dict(content)


def _upgraded_activity(activity: Any) -> Any:
    """A grid's mix says which input is its network, and its loss: schema 1 told both by texts and the order alone."""
    match activity:
        case {"technology": "mix", "inputs": [*plants, {"activity": str(network), "note": note}]}:
            amounts = [p["amount"] for p in plants if isinstance(p, dict) and isinstance(p.get("amount"), float)]
            if note != "network per kWh delivered" or len(amounts) < len(plants):
                return activity
            lost = not any("losses" in str(gap) for gap in activity.get("gaps") or ())
            loss = {"loss": 1 - 1 / sum(amounts)} if lost and sum(amounts) else {}
            return {**activity, "network": network, **loss}
    return activity


def _upgraded_exchange(exchange: Any) -> Any:
    """The amount becomes a stated number, named by the text that explained it."""
    if not isinstance(exchange, dict) or not exchange.keys() >= {"amount", "unit", "formula"}:
        return exchange
    moved = ("amount", "unit", "formula", "origin", "sources", "works", "file")
    amount, unit, formula, origin, _, works, file = (exchange.get(key) for key in moved)
    value = {"number": amount, "unit": unit, "name": f"{formula} =", "sources": works or {}, "file": file or ""}
    kept = {key: value for key, value in exchange.items() if key not in moved}
    origins = {"origins": {"energies": {origin: 1.0}}} if origin in tuple(Origin) else {}
    return {**kept, **origins, "value": value}


def _plain(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).dump_python(value, mode="json", by_alias=True, exclude_none=True)


def _written_coverage(cover: Coverage) -> Any:
    known = {name: getattr(cover, name) for name in _StoredCoverage.model_fields}
    return _plain(_StoredCoverage, _StoredCoverage.model_construct(**known))


def _read_coverage(stored: _StoredCoverage) -> Coverage:
    return Coverage(stored.completeness, stored.items, stored.bound, stored.sign_known)


def _scenario(stored: _StoredScenario) -> Scenario:
    shown = stored.shown
    return Scenario(stored.file, stored.measurements, Document(Path(shown), shown, "", {}, "toml") if shown else None)


def _written(table: Columns) -> dict[str, Any]:
    return _written_text({name: table.cells(name) for name in (*_TEXT, "score", "published")}, _TEXT)


def _written_repeats(repeats: TableRows) -> dict[str, Any]:
    written = _written_text({name: repeats.column(name) for name in repeats.columns}, _NAMES)
    return {**written, "score": [None if score != score else score for score in written["score"]]}


def _written_text(table: Mapping[str, list[Any]], names: Sequence[str]) -> dict[str, Any]:
    """A table by column, columns of text as levels and codes."""
    columns: dict[str, Any] = dict(table)
    for name in names:
        levels = {text: code for code, text in enumerate(dict.fromkeys(table[name]))}
        columns[name] = {"levels": [str(level) for level in levels], "codes": [levels[text] for text in table[name]]}
    return columns


def _written_layers(layers: Layers) -> dict[str, Any]:
    rows = {
        name: [
            {key: "infinite" if cell == math.inf else cell for key, cell in row.items() if cell == cell}
            for row in table
        ]
        for name, table in layers.rows._asdict().items()
    }
    return {
        "draws": layers.draws,
        "seed": layers.seed,
        **rows,
        "judgements": _plain(tuple[Judgement, ...], layers.judgements),
    }


def _read_layers(stored: _StoredLayers | None) -> Layers | None:
    if stored is None:
        return None
    tables = {name: _read_rows(getattr(stored, name), name, empty.columns) for name, empty in _ROWS._asdict().items()}
    return Layers(stored.draws, stored.seed, LayerRows(**tables), stored.judgements)


def _read_rows(stored: Sequence[Record], table: str, columns: tuple[str, ...]) -> TableRows:
    unknown = _UNKNOWN.get(table, ())

    def read(row: Record, name: str) -> Any:
        cell = getattr(row, name)
        return _read_number(cell) if name in unknown else cell

    return TableRows(columns, [tuple(read(row, name) for name in columns) for row in stored])


def _read_number(stored: float | Literal["infinite"] | None) -> float:
    return math.inf if stored == "infinite" else math.nan if stored is None else stored


def _read_repeats(stored: _Repeats | None) -> TableRows:
    if stored is None:
        return TableRows(COLUMNS)
    scenario, phase, category = (_read_text(getattr(stored, name)).texts() for name in _NAMES)
    scores = map(_read_number, stored.score)
    return TableRows(COLUMNS, list(zip(scenario, phase, stored.repeat, category, scores, strict=True)))


def _read_text(stored: _StoredColumn) -> Coded:
    return Coded(stored.levels, np.array(stored.codes, dtype=np.intp))


def _read_sums(stored: Mapping[str, Mapping[str, tuple[tuple[float, ...], ...]]]) -> PhaseSums:
    return {name: {phase: np.array(sums) for phase, sums in phases.items()} for name, phases in stored.items()}


def _read(stored: _StoredTable) -> Columns:
    texts = {name: _read_text(getattr(stored, name)) for name in _TEXT}
    return Columns({**texts, "score": np.array(stored.score, float), "published": np.array(stored.published, bool)})


def _inconsistent(document: Document, stored: _StoredStudy) -> Iterator[Problem]:
    """Names that nothing stands for, and columns that do not fit each other."""
    activities = {activity.id for activity in stored.activities}
    names = [system.name for system in stored.systems]

    def refuse(fault: Fault, *loc: str | int) -> Problem:
        place: Loc = loc
        return document.problem(place, fault)

    own = {method.category.id for method in stored.methods}
    for n, id in enumerate(stored.categories):
        if id not in CATEGORIES and id not in own:
            yield refuse(UnknownCategory(gettext("no impact category {id!r}", id=id[:80])), "categories", n)
    for n, system in enumerate(stored.systems):
        for m, exchange in enumerate(system.exchanges):
            if exchange.input not in activities:
                yield refuse(
                    UnknownActivity(gettext("no activity {input!r}", input=exchange.input[:80])),
                    "systems",
                    n,
                    "exchanges",
                    m,
                )
    for n, activity in enumerate(stored.activities):
        if any(input.activity not in activities for input in activity.inputs if _matters(activity, stored.supply)):
            yield refuse(
                UnknownActivity(gettext("{id} takes what is not in the file", id=activity.id)), "activities", n
            )
    for name, supply in stored.supply.items():
        if name not in names or not supply.keys() <= activities:
            yield refuse(UnknownActivity(gettext("a scenario or an activity that is not in the file")), "supply", name)
    if [scenario.file.name for scenario in stored.scenarios] not in ([], names):
        yield refuse(OutOfRange(gettext("the scenarios are not those of the systems")), "scenarios")
    if {(c.scenario, c.category) for c in stored.coverage} != {(n, c) for n in names for c in stored.categories}:
        yield refuse(OutOfRange(gettext("not one entry for each scenario and category")), "coverage")
    summed = [
        (len(sums), *{len(row) for row in sums}) for phases in (stored.sums or {}).values() for sums in phases.values()
    ]
    if stored.sums and ([*stored.sums] != names or {*summed} - {(SUMMED, len(stored.categories))}):
        yield refuse(OutOfRange(gettext("not one entry for each scenario and category")), "sums")
    known: Mapping[str, set[str]] = {
        "scenario": set(names),
        "category": set(stored.categories),
        "input": activities,
        "activity": activities,
    }
    yield from (refuse(fault, "table", column) for column, fault in _misfits(stored.table, _TEXT, known))
    if stored.repeats:
        known = {**known, "phase": set(Phase)}
        yield from (refuse(fault, "repeats", column) for column, fault in _misfits(stored.repeats, _NAMES, known))


def _matters(activity: Activity, supply: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether any scenario takes the activity: an assembly that was opened names parts of no amount too."""
    return any(activity.id in amounts for amounts in supply.values())


def _misfits(
    table: _StoredTable | _Repeats, names: Sequence[str], known: Mapping[str, set[str]]
) -> Iterator[tuple[str, Fault]]:
    rows = len(table.score)
    name, numbers = ("published", table.published) if isinstance(table, _StoredTable) else ("repeat", table.repeat)
    if len(numbers) != rows:
        yield name, OutOfRange(gettext("{count} rows, not {rows}", count=len(numbers), rows=rows))
    for name in names:
        column: _StoredColumn = getattr(table, name)
        if len(column.codes) != rows:
            yield name, OutOfRange(gettext("{count} rows, not {rows}", count=len(column.codes), rows=rows))
        elif column.codes and not 0 <= min(column.codes) <= max(column.codes) < len(column.levels):
            yield name, OutOfRange(gettext("a code that has no level"))
        elif name in known and not known[name].issuperset(column.levels):
            yield name, OutOfRange(gettext("a name that is not in the file"))
