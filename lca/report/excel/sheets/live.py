"""The sheets Live, Live_Amounts and Unit_Scores: inputs that may be changed, and known scores that follow by formula.

A score is the sum of foreground amounts times unit scores. An amount's formula is that of its own equation, in which
the inputs are cells and all else is the number that it is; a place is a row of the unit scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lca.inventory.activity import Activity
from lca.languages import gettext, gettext_noop, gettexts
from lca.methods.categories import CATEGORIES
from lca.quantities import arithmetic, units
from lca.quantities.values import Value
from lca.report import words
from lca.report.excel.cells import ABSENT, MISSING, UNKNOWN, Cell, place, prefix
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View
from lca.study.energy_chain import is_electricity
from lca.study.study import Study
from lca.system.parts import ForegroundExchange
from lca.system.run import WATER

MOST = 10
"""Scenarios that have cells here."""
_INPUTS = ("utilisation", "PUE", "lifetime", "serves")
"""Last parts of the fields that are cells, beside the amount of service."""
_DELIVERED = "functional_unit.amount"
_FIRST = 3
"""Column of the first scenario: after what an input is, its key and its unit."""
_LIVE_FIRST = 14
"""Row of the first input on Live."""
_UNIT_HEAD, _WATER_COLUMN, _UNIT_COLUMNS = 5, 2, 3
"""Row of the header of Unit_Scores, its column of water, and its columns before the categories."""
_AMOUNT_COLUMNS = 8
"""Columns of Live_Amounts before the categories."""


def followed(study: Study) -> bool:
    """Whether an amount knows how it came about from an input; those of a saved study do not."""
    return any(_inputs(study, name) for name in study.scenario_by_name)


@dataclass(frozen=True, slots=True)
class _Expression:
    """Arithmetic as a formula of Excel."""

    text: str

    def __add__(self, other: _Expression) -> _Expression:
        return _Expression(f"({self.text}+{other.text})")

    def __sub__(self, other: _Expression) -> _Expression:
        return _Expression(f"({self.text}-{other.text})")

    def __mul__(self, other: _Expression) -> _Expression:
        return _Expression(f"{self.text}*{other.text}")

    def __truediv__(self, other: _Expression) -> _Expression:
        return _Expression(f"({self.text}/{_whole(other)})")

    def __pow__(self, exponent: int) -> _Expression:
        return _Expression(f"({_whole(self)}^{exponent})")

    def __neg__(self) -> _Expression:
        return _Expression(f"(-{_whole(self)})")


def _whole(term: _Expression) -> str:
    return f"({term.text})"


def _number(number: float) -> _Expression:
    written = repr(float(number)).upper()
    return _Expression(written if number >= 0 else f"({written})")


_FUNCTIONS = {
    "exp": lambda term: _Expression(f"EXP({term.text})"),
    "min": lambda *terms: _Expression(f"MIN({','.join(term.text for term in terms)})"),
    "max": lambda *terms: _Expression(f"MAX({','.join(term.text for term in terms)})"),
}


def formula(value: Value, cells: Mapping[str, str]) -> str:
    """The equation of a value as a formula, without `=`; `cells`: field → the cell that holds it."""
    return (_term(value, cells) or _number(value.number)).text


def _term(value: Value, cells: Mapping[str, str]) -> _Expression | None:
    """None: nothing in it is in a cell."""
    if value.field in cells:
        return _Expression(cells[value.field])
    terms = {name: _term(inner, cells) for name, inner in value.inputs.items()}
    if not any(terms.values()):
        return None
    names = {name: terms[name] or _number(inner.number) for name, inner in value.inputs.items()}
    term: _Expression = arithmetic.evaluate(value.expression, names, _number, _FUNCTIONS)
    return term


def _inputs(study: Study, name: str) -> dict[str, Value]:
    """Field → the number, of those inputs of a scenario that its amounts depend on."""
    leaves: dict[str, Value] = {}
    for exchange in study.system_by_name[name].exchanges:
        for leaf in exchange.value.leaves():
            if leaf.field == _DELIVERED or leaf.field.rpartition(".")[2] in _INPUTS:
                leaves.setdefault(leaf.field, leaf)
    return leaves


def _places(study: Study, name: str) -> list[str]:
    """The electricity of a scenario that is one of the catalogue: each may be exchanged for another."""
    system = study.system_by_name[name]
    ids = dict.fromkeys(e.input for e in system.exchanges if is_electricity(e))
    return [id for id in ids if id not in system.own]


def _others(study: Study) -> list[Activity]:
    """The electricity that a place may be exchanged for: mixes that the study reaches and that are modelled alike."""
    alike = frozenset().union(*(system.modelling for system in study.systems))
    own = frozenset().union(*(system.own for system in study.systems))
    return [a for a in study.activities.values() if a.unit == "kWh" and str(a.modelling) in alike and a.id not in own]


def _water(study: Study, electricity: str) -> str:
    """The water evaporated where an electricity is; empty: it is not in the study."""
    here = f"{WATER}-{study.activities[electricity].location.lower()}"
    return here if here in study.activities else ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything stands on the three sheets."""

    names: tuple[str, ...]
    fields: tuple[str, ...]
    """Rows of inputs, in their order."""
    places: int
    """Rows of places, after them."""
    products: tuple[str, ...]
    """Rows of Unit_Scores: first the electricity that may be chosen."""
    electricity: int

    @classmethod
    def of(cls, study: Study) -> _Layout:
        names = study.names[:MOST]
        fields = dict.fromkeys(field for name in names for field in _inputs(study, name))
        order = sorted(fields, key=lambda field: field != _DELIVERED)  # the amount of service first
        grids = [activity.id for activity in _others(study)]
        demanded = (e.input for name in names for e in study.system_by_name[name].exchanges)
        water = (water for id in grids if (water := _water(study, id)))
        places = max((len(_places(study, name)) for name in names), default=0)
        return cls(names, tuple(order), places, tuple(dict.fromkeys([*grids, *demanded, *water])), len(grids))

    def cells(self, study: Study, name: str) -> dict[str, str]:
        """Field → the cell of a scenario's input."""
        column = _FIRST + self.names.index(name)
        own = _inputs(study, name)
        return {f: f"Live!{place(_LIVE_FIRST + n, column, fixed=True)}" for n, f in enumerate(self.fields) if f in own}

    def place_cells(self, study: Study, name: str) -> dict[str, str]:
        """Electricity → the cell that may hold another one."""
        column, row = _FIRST + self.names.index(name), _LIVE_FIRST + len(self.fields)
        return {id: f"Live!{place(row + n, column, fixed=True)}" for n, id in enumerate(_places(study, name))}


_NOTES = (
    gettext_noop(
        "Change a cell on pale blue: the scores below follow. They are the known part of scores (≥), not totals: "
        "estimates of the gaps come on top. Per the amount of service given here."
    ),
    gettext_noop(
        "What follows: everything of the foreground in which these inputs stand, on Live_Amounts, times the scores of "
        "one unit of each product, on Unit_Scores; a place may be any electricity that the study reaches, and water "
        "use is missing where the water of that place is not in the study."
    ),
    gettext_noop(
        "What does not follow: estimates of gaps, intervals, verdicts, completeness, the equipment itself, and every "
        "other sheet: assess the changed scenario for these."
    ),
)


def live(book: Book, view: View) -> None:
    """Live: the inputs, and the known scores by formula beside those of the study."""
    sheet = book.sheet("Live", gettext("Change it"), *map(gettext, _NOTES))
    study = view.study
    plan = _Layout.of(study)
    sheet.row = _LIVE_FIRST - 2
    labels = [view.labels[name] for name in plan.names]
    sheet.section(gettext("Inputs"))
    sheet.head((*gettexts("input", "key", "unit"), *labels))
    inputs = [_inputs(study, name) for name in plan.names]
    for field in plan.fields:
        known = [of_scenario.get(field) for of_scenario in inputs]
        leaf = next(value for value in known if value)
        row: list[Cell | str | float] = [leaf.name, field, units.written(leaf.unit)]
        row += [Cell(v.number, style="change", shape="as written") if v else ABSENT for v in known]
        _bound(sheet, field, len(plan.names))
        sheet.rows([row])
    for number in range(plan.places):
        ids = [(_places(study, name)[number : number + 1] or [""])[0] for name in plan.names]
        electricity = gettext("electricity")
        if number:
            electricity = gettext("electricity ({number})", number=number + 1)
        row = [electricity, "electricity", "id"]
        sheet.page.data_validation(
            sheet.row,
            _FIRST,
            sheet.row,
            _FIRST + len(plan.names) - 1,
            {"validate": "list", "source": f"=Unit_Scores!{_span(0, plan.electricity)}"},
        )
        sheet.rows([[*row, *(Cell(id, style="change") if id else ABSENT for id in ids)]])
    sheet.row += 1
    sheet.section(gettext("Known scores"))
    heads = [gettext("{name}, known part now", name=label) for label in labels]
    heads += [gettext("{name}, known part as assessed", name=label) for label in labels]
    header = sheet.head((*gettexts("impact category", "method", "unit"), *heads))
    rows_of, unknown = _spans(plan, study), gettext(MISSING)
    for number, id in enumerate(study.categories):
        category = CATEGORIES[id]
        cells: list[Cell | str | float] = [category.title, category.method, category.unit]
        column = _AMOUNT_COLUMNS + number
        for name in plan.names:
            first, last = (place(row, column, fixed=True) for row in rows_of[name])
            score = view.scores[name, id].value
            missing = view.scores[name, id].missing
            total = f'=IFERROR(SUM(Live_Amounts!{first}:{last}),"{unknown}")'
            mark = prefix(view.scores[name, id].mark)
            cells.append(UNKNOWN if missing else Cell(score, total, style="total", mark=mark))
        scores = [view.scores[name, id] for name in plan.names]
        cells += [UNKNOWN if score.missing else Cell(score.value, mark=prefix(score.mark)) for score in scores]
        sheet.rows([cells])
    sheet.freeze(header - len(plan.fields) - plan.places - 3, _FIRST)
    sheet.finish()


def _bound(sheet: Sheet, field: str, count: int) -> None:
    """Refuse what the file would refuse."""
    last = field.rpartition(".")[2]
    rule: dict[str, Any] = {"validate": "decimal", "criteria": ">", "value": 0}
    if last == "PUE":
        rule |= {"criteria": ">=", "value": 1}
    if last == "utilisation":
        rule = {"validate": "decimal", "criteria": "between", "minimum": 1e-6, "maximum": 1}
    sheet.page.data_validation(sheet.row, _FIRST, sheet.row, _FIRST + count - 1, rule)


def _spans(plan: _Layout, study: Study) -> dict[str, tuple[int, int]]:
    """First and last row of each scenario on Live_Amounts."""
    spans: dict[str, tuple[int, int]] = {}
    row = _UNIT_HEAD + 1
    for name in plan.names:
        size = len(study.system_by_name[name].exchanges)
        spans[name] = (row, row + max(size, 1) - 1)
        row += size
    return spans


def _span(column: int, count: int) -> str:
    """The first products of Unit_Scores in a column."""
    first = place(_UNIT_HEAD + 1, column, fixed=True)
    return f"{first}:{place(_UNIT_HEAD + count, column, fixed=True)}"


def live_amounts(book: Book, view: View) -> None:
    """Live_Amounts: every foreground exchange by its own formula, and its score in every category."""
    study = view.study
    plan = _Layout.of(study)
    sheet = _sheet(book, "Live_Amounts", gettext("Amounts that follow the inputs of Live"))
    rows: list[list[Cell | str | float]] = []
    for name in plan.names:
        cells, places = plan.cells(study, name), plan.place_cells(study, name)
        for exchange in study.system_by_name[name].exchanges:
            row = _UNIT_HEAD + 1 + len(rows)
            rows.append(list(_exchange(plan, study, view.labels[name], exchange, row, cells, places)))
    columns = gettexts("scenario", "phase", "stage", "role", "product", "amount", "unit", "row of Unit_Scores")
    sheet.table((*columns, *(CATEGORIES[id].title for id in study.categories)), rows)
    sheet.finish()


def _exchange(
    plan: _Layout,
    study: Study,
    label: str,
    exchange: ForegroundExchange,
    row: int,
    cells: Mapping[str, str],
    places: Mapping[str, str],
) -> Iterator[Cell | str | float]:
    yield from (
        label,
        words.phase_word(exchange.phase),
        words.stage_word(exchange.stage),
        words.role_word(exchange.role),
    )
    whole = len(plan.products)
    chosen = places.get(exchange.input) if is_electricity(exchange) else None
    near = next((cell for id, cell in places.items() if _water(study, id) == exchange.input), None)
    if chosen:
        yield Cell(exchange.input, f"={chosen}")
    elif near:  # water is that of the place
        where_chosen = f"MATCH({near},Unit_Scores!{_span(0, whole)},0)"
        yield Cell(exchange.input, f"=INDEX(Unit_Scores!{_span(_WATER_COLUMN, whole)},{where_chosen})")
    else:
        yield exchange.input
    term = _term(exchange.value, cells)
    yield Cell(exchange.amount, f"={term.text}" if term else "")
    yield exchange.unit
    product, amount, number = (place(row, column, fixed=True) for column in (4, 5, 7))
    where = plan.products.index(exchange.input)
    yield Cell(float(where + 1), f"=MATCH({product},Unit_Scores!{_span(0, whole)},0)", shape="count")
    unit_scores = study.background.totals(exchange.input)
    for n in range(len(study.categories)):
        one = f"INDEX(Unit_Scores!{_span(_UNIT_COLUMNS + n, whole)},{number})"
        score = float(exchange.amount * unit_scores[n])
        follows_water = f"=IF(ISNUMBER({number}),{amount}*{one},{'NA()' if score else 0})"
        yield Cell(score, follows_water if near else f"={amount}*{one}")


def unit_scores(book: Book, view: View) -> None:
    """Unit_Scores: the known score of one unit of every product that the foreground takes, or may take."""
    study = view.study
    plan = _Layout.of(study)
    sheet = _sheet(book, "Unit_Scores", gettext("Known scores of one unit of each product"))
    background, grids = study.background, plan.products[: plan.electricity]
    rows: list[list[Cell | str | float]] = []
    for id in plan.products:
        water: Cell | str = (_water(study, id) or UNKNOWN) if id in grids else ABSENT
        rows.append([id, study.activities[id].unit, water, *map(float, background.totals(id))])
    columns = gettexts("product", "unit", "water of its place")
    sheet.table((*columns, *(CATEGORIES[id].title for id in study.categories)), rows)
    sheet.finish()


def _sheet(book: Book, name: str, title: str) -> Sheet:
    sheet = book.sheet(name, title)
    sheet.row = _UNIT_HEAD
    return sheet
