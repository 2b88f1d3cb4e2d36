"""A comparison of variants as tables on the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from lca.languages import gettext, gettext_noop, localised, named
from lca.quantities import units
from lca.report import words
from lca.report.terminal.table import grouped, table
from lca.report.words import break_even, number, percent, rebound
from lca.study.comparison.comparison import Comparison
from lca.study.comparison.reasons import Without
from lca.study.comparison.selection import Front, Tally
from lca.study.comparison.variants import Variant
from lca.study.rows import TableRows
from lca.vocabulary import Mark, Verdict

NOT_KNOWN = gettext_noop("not known")


def comparison(compared: Comparison, unlike_scope: Iterable[str] = (), judged: bool = False) -> None:
    """Variants, differences, break-even, scores per correct result, fronts and winners, and what is selected.

    `unlike_scope`: sentences on published parts that are compared with modelled ones. `judged`: verdicts by draws stand
    above, so that those of the known numbers alone are left out.
    """
    _variants(compared)
    _figures(compared.variants)
    _differences(compared, judged)
    _lines(unlike_scope)
    _break_even(compared)
    _per_correct(compared)
    _winners(compared)
    if compared.selection is not None:
        _selection(compared, compared.selection)


def _variants(compared: Comparison) -> None:
    """Quality of each, and whether it takes part."""
    rows = []
    for variant in compared.variants:
        quality = ", ".join(localised(f"{name} {reached:.4g}") for name, reached in variant.quality.items())
        name = variant.scenario
        if name == compared.baseline:
            name = gettext("{scenario} (baseline)", scenario=name)
        rows.append([name, quality or gettext(NOT_KNOWN), variant.quality_of or "", words.taking_part(variant)])
    table(
        [gettext("scenario"), gettext("quality"), gettext("reached in"), gettext("comparison")],
        rows,
        gettext("Variants"),
    )
    notes = [words.converted(each) for each in compared.converted]
    notes += [
        gettext("Least quality: {floor} ({origin}).", floor=floor, origin=named(floor.origin))
        for floor in compared.floors
    ]
    if compared.not_enforced:
        notes.append(
            gettext(
                "The functional unit asks for {not_enforced!r}: not enforced, as it is not NAME >= NUMBER; "
                "`--floor NAME=NUMBER` enforces a least quality.",
                not_enforced=compared.not_enforced,
            )
        )
    baseline = next((v for v in compared.variants if v.scenario == compared.baseline and v.excluded), None)
    if baseline:
        notes.append(
            gettext(
                "The baseline itself does not qualify ({reasons}): the differences below are from a "
                "service that is not good enough.",
                reasons=words.reasons(baseline),
            )
        )
    _lines(notes)


def _figures(variants: Sequence[Variant]) -> None:
    """What the models are and how fast they answer; a figure that no record has is named below the table."""
    stored, peak = gettext("stored"), gettext("peak memory")
    kinds: dict[str, Callable[[Variant], str]] = {
        gettext("parameters"): lambda v: _count(v.parameters),
        gettext("nonzero"): lambda v: _count(v.nonzero),
        f"{stored}, MB": lambda v: _in(v.stored, "byte", "MB"),
        gettext("FLOP/inference"): lambda v: _in(v.computation, "1", "1"),
        gettext("throughput"): lambda v: (
            localised(f"{v.throughput.number:.4g} {v.throughput.unit}") if v.throughput else gettext(NOT_KNOWN)
        ),
        "p50, ms": lambda v: _in(v.p50, "h", "ms"),
        "p99, ms": lambda v: _in(v.p99, "h", "ms"),
        f"{peak}, MB": _memory,
        gettext("done to the model"): lambda v: (
            gettext(NOT_KNOWN) if v.steps is None else ", ".join(v.steps) or gettext("nothing")
        ),
    }
    cells = {name: [cell(variant) for variant in variants] for name, cell in kinds.items()}
    known = [name for name, column in cells.items() if set(column) != {gettext(NOT_KNOWN)}]
    if known and variants:
        rows = [[v.scenario, *(cells[name][n] for name in known)] for n, v in enumerate(variants)]
        print()
        table(
            [gettext("scenario"), *known],
            rows,
            gettext("Models"),
            right=[name for name in known if name != gettext("done to the model")],
        )
    if unknown := [name.removesuffix(", MB").removesuffix(", ms") for name in cells if name not in known]:
        _lines([gettext("In no record: {unknown}.", unknown=", ".join(unknown))])


def _differences(compared: Comparison, judged: bool) -> None:
    """What is known of each scenario and category against the baseline."""
    marks = {(row["scenario"], row["category"]): _mark(row["mark"]) for row in compared.per_correct}
    rows: list[list[object]] = []
    for row in compared.verdicts:
        scores = [
            f"{marks.get((row[name], row['category']), '')} {number(row[key])}".strip()
            for name, key in (("scenario", "score"), ("baseline", "reference"))
        ]
        name = _named(compared, row["scenario"])
        difference = number(row["difference"])
        rows.append(
            [
                name,
                row["category"],
                row["unit"],
                *scores,
                difference,
                *([] if judged else [named(Verdict(row["verdict"]))]),
                named(Verdict(row["direction"])) if row["direction"] else "",
                len(row["gaps"]),
            ]
        )
    columns = [
        gettext("scenario"),
        gettext("category"),
        gettext("unit"),
        gettext("score"),
        gettext("baseline"),
        gettext("difference"),
        *([] if judged else [gettext("verdict")]),
        gettext("direction"),
        gettext("gaps that remain"),
    ]
    print()
    table(
        columns,
        grouped(rows),
        gettext("Known numbers as stated, against the baseline"),
        right=(gettext("score"), gettext("baseline"), gettext("difference")),
    )
    indeterminate = gettext(
        "indeterminate: a gap differs between the two, the difference is within what counts as negligible, or the "
        "repeats cannot tell it."
    )
    _lines(
        [
            gettext("≥: what is missing can only add to the score; ±: incomplete, sign unknown."),
            *([] if judged else [indeterminate]),
            gettext("direction: what holds whatever the gaps hold, where they can only widen the difference."),
        ]
    )


def _break_even(compared: Comparison) -> None:
    """From how much service on a variant has lower scores."""
    if not compared.break_even:
        return
    rows = [
        [
            _named(compared, row.scenario),
            row.category,
            row.unit,
            number(row.extra),
            number(row.saving),
            _or_dash(row.undone),
            break_even(row),
        ]
        for row in compared.break_even
    ]
    columns = [
        gettext("scenario"),
        gettext("category"),
        gettext("unit"),
        gettext("one-off extra"),
        gettext("saving each"),
        gettext("undone by"),
        gettext("verdict"),
    ]
    print()
    table(columns, grouped(rows), gettext("Break-even"), right=columns[3:6])
    notes = [
        gettext(
            "undone by: the rebound, service asked for beyond what would have been, at which nothing known is saved."
        )
    ]
    stated = [row for row in compared.break_even if not math.isnan(row.rebound)]
    notes += [f"{_named(compared, row.scenario)}, {row.category}: {rebound(row)}." for row in stated]
    _lines(notes)


def _or_dash(share: float) -> str:
    return "–" if math.isnan(share) else percent(share)


def _per_correct(compared: Comparison) -> None:
    """Scores per result and per correct result, by category."""
    order = {category: n for n, category in enumerate(dict.fromkeys(compared.per_correct.column("category")))}
    rows: list[list[object]] = []
    for row in sorted(compared.per_correct, key=lambda row: order[row["category"]]):
        numbers = [f"{_mark(row['mark'])} {number(row[key])}".strip() for key in ("per_result", "per_correct")]
        missing = words.missing() if numbers[1].endswith(words.missing()) else numbers[1]
        rows.append([row["category"], row["unit"], _named(compared, row["scenario"]), numbers[0], missing])
    if not rows:
        return
    metric = next((name for name in compared.per_correct.column("metric") if name), "")
    columns = [
        gettext("category"),
        gettext("unit"),
        gettext("scenario"),
        gettext("per result"),
        gettext("per correct result"),
    ]
    print()
    table(
        columns,
        grouped(rows, 2),
        gettext("Per correct result, by {metric}", metric=metric) if metric else gettext("Per correct result"),
        right=columns[3:],
    )
    why = {row["scenario"]: row["reason"] for row in compared.per_correct if math.isnan(row["share"])}
    _lines(
        gettext("{scenario}: per correct result missing: {reason}.", scenario=scenario, reason=words.reason(reason))
        for scenario, reason in why.items()
    )


def _winners(compared: Comparison) -> None:
    """The lowest score and the front per category."""
    metric = next((front.metric for front in compared.fronts), None)
    rows: list[list[object]] = []
    names = _names(compared)
    for row, front in zip(compared.winners, compared.fronts, strict=True):
        missing = [name for name, reason in front.left_out.items() if reason == Without.SCORE]
        rows.append(
            [
                row["category"],
                words.winner(row, names),
                _front(front, names),
                ", ".join(missing) if front.members else "",
                _complete(row),
            ]
        )
    columns = [
        gettext("category"),
        gettext("lowest score"),
        gettext("front of {metric} against score", metric=metric),
        gettext("score missing"),
        gettext("scores"),
    ]
    print()
    table(columns if metric else [*columns[:2], gettext("front"), *columns[3:]], rows, gettext("Winners and fronts"))
    notes = [words.tally(Tally.of(compared.winners), names)]
    if any(front.undecided for front in compared.fronts):
        notes.append(gettext("?: gaps leave open whether another, of at least its quality, has a lower score."))
    for name, reason in dict.fromkeys(entry for front in compared.fronts for entry in front.left_out.items()):
        if reason not in (Without.QUALIFICATION, Without.SCORE):
            notes.append(gettext("Not on a front: {name}: {reason}.", name=name, reason=words.reason(reason)))
    _lines(notes)


def _selection(compared: Comparison, selected: TableRows) -> None:
    """What keeps the limits, and which of it has the lowest score."""
    rows = [[v.scenario, words.reasons(v) or gettext("keeps all limits")] for v in compared.candidates]
    print()
    table([gettext("scenario"), gettext("selection")], rows, gettext("Selection: {limits}", limits=compared.limits))
    print()
    names = _names(compared)
    chosen = [[row["category"], words.winner(row, names), _complete(row)] for row in selected]
    table([gettext("category"), gettext("selected"), gettext("scores")], chosen)
    _lines([words.tally(Tally.of(selected), names)])


def _names(compared: Comparison) -> dict[str, str]:
    """The terminal has every name whole."""
    return {variant.scenario: variant.scenario for variant in compared.variants}


def _named(compared: Comparison, name: str) -> str:
    """A scenario's name, marked where a floor excludes it."""
    out = any(variant.excluded for variant in compared.variants if variant.scenario == name)
    return gettext("{name} (excluded)", name=name) if out else name


def _front(front: Front, names: Mapping[str, str]) -> str:
    """Its members, in one word where they are all that take part."""
    if len(front.members) > 1 and not front.dominated and len(front.undecided) in (0, len(front.members)):
        return gettext("all ?") if front.undecided else gettext("all")
    return words.front(front, names)


def _mark(mark: str) -> str:
    """The mark of a score, short enough for a cell."""
    return "±" if mark == Mark.SIGN_UNKNOWN else mark


def _complete(row: Mapping[str, object]) -> str:
    return gettext("complete") if row["complete"] else gettext("incomplete")


def _count(count: int | None) -> str:
    return gettext(NOT_KNOWN) if count is None else localised(f"{count:,}")


def _in(amount: float | None, unit: str, shown: str) -> str:
    return gettext(NOT_KNOWN) if amount is None else localised(f"{amount * units.factor(unit, shown):.4g}")


def _memory(variant: Variant) -> str:
    """The peak, and whether it is that of the GPUs."""
    peak = _in(variant.memory, "byte", "MB")
    return f"{peak} ({variant.memory_of})" if variant.memory_of else peak


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
