"""Runs validation cases and judges them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lca.builtin import EXPLANATIONS, folder, shown
from lca.errors import Fault, InvalidData, MissingKey, Problem, UnknownKey
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.methods.library import category
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.sources import ids
from lca.quantities.units import Amount
from lca.study.assess import score
from lca.system.product_system import product_system
from lca.system.run import is_water
from lca.system.scenario import Scenario
from lca.validate.case import CaseExplanation, CaseFile, Compared, ExplanationsFile, Term, Tolerance
from lca.vocabulary import Agreement, ComparisonKind, Completeness


@dataclass(frozen=True, slots=True)
class CaseComparison:
    """One published value beside ours."""

    name: str
    of: str
    ours: float
    """Not a number where our score is missing."""
    published: float
    unit: str
    tolerance: str
    why: str
    verdict: Agreement
    completeness: Completeness
    """Of our value."""
    explanation: str
    sources: tuple[str, ...]
    kind: ComparisonKind
    in_others: bool
    """Whether it is in other comparisons of its case."""

    @property
    def deviation(self) -> float:
        """Ours over published, less one."""
        return self.ours / self.published - 1 if self.published else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is missing is null."""
        values = {"ours": self.ours, "published": self.published, "deviation": self.deviation}
        texts = {
            key: getattr(self, key)
            for key in ("name", "of", "kind", "unit", "tolerance", "why", "verdict", "completeness", "explanation")
        }
        return {**texts, **{key: value if value == value else None for key, value in values.items()}}


@dataclass(frozen=True, slots=True)
class Case:
    """One validation case, run."""

    id: str
    name: str
    about: str
    comparisons: tuple[CaseComparison, ...]

    @property
    def failed(self) -> tuple[CaseComparison, ...]:
        """Comparisons beyond their tolerance that nothing explains."""
        return tuple(comparison for comparison in self.comparisons if comparison.verdict == Agreement.FAILED)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        comparisons = [comparison.to_json() for comparison in self.comparisons]
        return {"id": self.id, "name": self.name, "about": self.about, "comparisons": comparisons}


def validate(*inventory: str | Path, cases: Sequence[str | Path] = ()) -> tuple[Case, ...]:
    """Run these case files, by default every built-in one, on the built-in catalogue and these further folders.

    Raises InvalidData with everything that is wrong in the cases' files.
    """
    root = folder("scenarios") / "validation"
    runner = _Runner(Catalogue.load(root / "inventory", *inventory))
    if cases:
        chosen = tuple(runner.case(path, _explanations(path).get(path.stem, ())) for path in map(Path, cases))
        if runner.problems:
            raise InvalidData(runner.problems)
        return chosen
    document = Document.read(root / EXPLANATIONS, shown(root / EXPLANATIONS))
    explained = _explanations(root / EXPLANATIONS)
    paths = [path for path in sorted(root.glob("*.toml")) if path.name != EXPLANATIONS]
    ran = [runner.case(path, explained.get(path.stem, ())) for path in paths]
    known = {case.id: {comparison.name for comparison in case.comparisons} for case in ran}
    for id, explanations in explained.items():
        for index, explanation in enumerate(explanations):
            for name in set(explanation.comparisons) - known.get(id, set()):
                loc = (id, index, "comparisons")
                runner.problems.append(document.problem(loc, UnknownKey(gettext("no comparison {name!r}", name=name))))
    if runner.problems:
        raise InvalidData(runner.problems)
    return tuple(ran)


def _explanations(case: Path) -> Mapping[str, tuple[CaseExplanation, ...]]:
    """Case → what explains its deviations, in the file beside a case; none where there is none."""
    path = case.parent / EXPLANATIONS
    if not path.is_file():
        return {}
    return Document.read(path, shown(path)).load(ExplanationsFile).__pydantic_extra__


@dataclass(frozen=True, slots=True)
class _Total:
    """A sum in the package's own unit, and how complete it is."""

    number: float
    completeness: Completeness


class _Runner:
    """Runs cases; what is wrong in them is collected in `problems`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.units: dict[tuple[str, str], _Total] = {}
        """Score of one unit by (activity, category)."""
        self.categories: tuple[str, ...] = ()
        """Those of the case that runs: solved together."""

    def case(self, path: Path, explanations: tuple[CaseExplanation, ...]) -> Case:
        document = Document.read(path, shown(path))
        record, problems = document.validate(CaseFile)
        self.problems += problems
        comparisons: list[CaseComparison] = []
        compared_in = {of for compared in (record.comparisons if record else ()) for of in ids(compared.of)}
        self.categories = tuple(id for id in CATEGORIES if id in compared_in)
        for index, compared in enumerate(record.comparisons if record else ()):
            for of in ids(compared.of):
                name = compared.name if isinstance(compared.of, str) else f"{compared.name}, {of}"
                try:
                    comparisons.append(self._compared(path, _with_default(compared, record), name, of, explanations))
                except InvalidData as error:
                    self.problems += error.problems
                except Fault as fault:
                    self.problems.append(document.problem(("comparisons", index), fault))
        return Case(path.stem, record.name if record else "", record.about if record else "", tuple(comparisons))

    def _compared(
        self, path: Path, compared: Compared, name: str, of: str, explanations: tuple[CaseExplanation, ...]
    ) -> CaseComparison:
        own_unit = {"electricity": "kWh", "water": "m3"}.get(of) or category(of).unit
        ours = self._sum(path, compared.ours, of)
        if isinstance(compared.published, Amount):
            published = _Total(compared.published.number, Completeness.COMPLETE)
            unit = compared.published.unit
            ours = replace(ours, number=ours.number * units.factor(_base(own_unit), unit))
        else:
            published, unit = self._sum(path, compared.published, of), own_unit
        chosen = [explanation for explanation in explanations if name in explanation.comparisons]
        verdict, reason = _judged(ours, published, unit, compared.tolerance, chosen)
        return CaseComparison(
            name,
            of,
            ours.number,
            published.number,
            unit,
            str(compared.tolerance),
            compared.tolerance.why or "",
            verdict,
            ours.completeness,
            reason,
            ids(compared.source),
            compared.kind or ComparisonKind.MODEL,
            compared.in_others,
        )

    def _sum(self, path: Path, terms: tuple[Term, ...], of: str) -> _Total:
        return _added([self._term(path, term, of) for term in terms])

    def _term(self, path: Path, term: Term, of: str) -> _Total:
        if term.scenario is None:
            return self._valued(self.catalogue, self._parts(term), of)
        scenario = Scenario.load(path.parent / term.scenario)
        system = product_system(scenario.vary(**term.vary) if term.vary else scenario, self.catalogue)
        if of == "electricity":
            return _Total(sum(row.amount for row in system.energy), Completeness.COMPLETE)
        chosen = [e for e in system.exchanges if not term.roles or e.role in term.roles]
        if not chosen:
            there = ", ".join(sorted({exchange.role for exchange in system.exchanges}))
            raise MissingKey(
                gettext(
                    "{name!r} has no exchange of role {roles}; there are {there}",
                    name=system.name,
                    roles=", ".join(term.roles),
                    there=there,
                )
            )
        if of == "water":
            return _Total(
                sum(exchange.amount for exchange in chosen if is_water(exchange.input)), Completeness.COMPLETE
            )
        catalogue = replace(self.catalogue, activities={**self.catalogue.activities, **system.own})
        total = self._valued(catalogue, [(exchange.input, exchange.amount) for exchange in chosen], of)
        open_ends = system.gaps and not term.roles and total.completeness == Completeness.COMPLETE
        return replace(total, completeness=Completeness.PARTIAL) if open_ends else total

    def _parts(self, term: Term) -> list[tuple[str, float]]:
        """The activity of a term, or those of its inputs that it names, with their amounts."""
        activity = self.catalogue.activity(term.activity or "")
        amount = units.convert(term.amount, activity.unit).number if term.amount else 1.0
        if not term.inputs:
            return [(activity.id, amount)]
        absent = sorted(set(term.inputs) - {input.activity for input in activity.inputs})
        if absent:
            there = ", ".join(sorted({input.activity for input in activity.inputs}))
            raise MissingKey(
                gettext(
                    "{id!r} has no input {absent}; there are {there}",
                    id=activity.id,
                    absent=", ".join(absent),
                    there=there,
                )
            )
        return [(i.activity, amount * i.amount) for i in activity.inputs if i.activity in term.inputs]

    def _valued(self, catalogue: Catalogue, parts: Iterable[tuple[str, float]], of: str) -> _Total:
        units_of = [(self._unit(catalogue, id, of), amount) for id, amount in parts]
        return _added([replace(value, number=amount * value.number) for value, amount in units_of])

    def _unit(self, catalogue: Catalogue, id: str, of: str) -> _Total:
        if (id, of) not in self.units:
            rows = score(id, 1.0, catalogue, self.categories).scores().to_dict("records")
            for row in rows:
                self.units[id, row["category"]] = _Total(float(row["score"]), Completeness(row["completeness"]))
        return self.units[id, of]


def _with_default(compared: Compared, case: CaseFile | None) -> Compared:
    """The comparison with what the case states where it states none itself: kind, tolerance, and its reason."""
    default, own = case.tolerance if case else Tolerance(), compared.tolerance
    numbers = own if own.relative or own.absolute or own.factor else default
    kind = compared.kind or (case.kind if case else ComparisonKind.MODEL)
    tolerance = numbers.model_copy(update={"why": own.why or default.why})
    return compared.model_copy(update={"tolerance": tolerance, "kind": kind})


def _added(values: list[_Total]) -> _Total:
    """The sum of what is known; missing only where nothing is known."""
    known = [value.number for value in values if value.completeness != Completeness.MISSING]
    if not known:
        return _Total(float("nan"), Completeness.MISSING)
    whole = all(value.completeness == Completeness.COMPLETE for value in values)
    return _Total(sum(known), Completeness.COMPLETE if whole else Completeness.PARTIAL)


def _base(label: str) -> str:
    """The unit at the head of a category's label: kg of `kg CO2-Eq`, MJ of `MJ-Eq`."""
    return re.split(r"[ ,-]", label)[0]


def _judged(
    ours: _Total, published: _Total, unit: str, tolerance: Tolerance, explanations: Iterable[CaseExplanation]
) -> tuple[Agreement, str]:
    """The verdict, and what explains it."""
    if ours.completeness == Completeness.MISSING:
        return Agreement.MISSING, "our score is missing: its gaps are named in the inventory"
    if published.completeness != Completeness.COMPLETE:
        return Agreement.MISSING, "the published value is not whole: parts of it are absent or quarantined"
    if any(low <= ours.number <= high for low, high in _bands(Amount(published.number, unit), tolerance)):
        return Agreement.WITHIN, ""
    deviation = ours.number / published.number - 1 if published.number else float("inf")
    for explanation in explanations:
        low, high = (units.convert(bound, "1").number for bound in (explanation.low, explanation.high))
        if low <= deviation <= high:
            return Agreement.EXPLAINED, explanation.why
    return Agreement.FAILED, ""


def _bands(published: Amount, tolerance: Tolerance) -> Iterator[tuple[float, float]]:
    """What counts as agreement, from and to."""
    number, widths = published.number, []
    if tolerance.relative:
        widths.append(units.convert(tolerance.relative, "1").number * abs(number))
    if tolerance.absolute:
        widths.append(units.convert(tolerance.absolute, published.unit).number)
    for width in widths:
        yield number - width, number + width
    if tolerance.factor:
        low, high = sorted((number / tolerance.factor, number * tolerance.factor))
        yield low, high
