"""An explanation as indented lines, its sources at the end, by number; and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lca.languages import ENGLISH, gettext, language, named, ngettext, translated
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.excel.cells import inert
from lca.report.html.text import citation, share
from lca.report.words import beside, file_or_scenario, joined, missing, number, part_of_life
from lca.study.explanation import Explanation, Step, StepKind
from lca.vocabulary import Mark

INDENT = "    "
_SHARE = 9
_OF_FILES = (StepKind.EXCHANGE, StepKind.ACTIVITY)
"""Steps that a file of an inventory states, or the scenario itself."""


def text(explained: Explanation) -> str:
    """The score, its steps, what it does not cover, and the sources."""
    category = CATEGORIES[explained.category]
    value = missing() if explained.score is None else f"{number(explained.score, explained.mark)} {explained.unit}"
    state = f", {named(Mark(explained.mark))}" if explained.mark == Mark.SIGN_UNKNOWN else ""
    lines = [
        gettext(
            "{method}, {title}: {value} per functional unit{state}",
            method=category.method,
            title=category.title,
            value=value,
            state=state,
        ),
        gettext("of {scenario}", scenario=explained.scenario),
        "",
    ]
    numbers: dict[Source, int] = {}
    for step in explained.steps:
        lines += [*_lines(step, explained.score or 0.0, numbers, ""), ""]
    if explained.gaps:
        lines.append(
            ngettext("Not in the score ({count} gap):", "Not in the score ({count} gaps):", len(explained.gaps))
        )
    for gap in explained.gaps:
        amount = f"{named(gap.kind)}: {translated(gap.name)}, {number(gap.amount)} {gap.unit}"
        lines.append(
            INDENT + (amount if gap.reasons == (gap.name,) else f"{amount}: {joined(map(translated, gap.reasons))}")
        )
    for item in explained.aside:
        lines.append(
            INDENT
            + gettext(
                "published, not counted: {activity}, {value} {unit}, {beside}, because {reason}",
                activity=item.activity,
                value=number(item.value),
                unit=explained.unit,
                beside=beside(item.times),
                reason=translated(item.reason),
            )
        )
    if numbers:
        lines += ["", gettext("Sources:"), *(f"{INDENT}[{n}] {citation(source)}" for source, n in numbers.items())]
    return "\n".join(inert(line) for line in lines).rstrip()


def _lines(step: Step, score: float, numbers: dict[Source, int], indent: str) -> Iterator[str]:
    yield f"{indent}{share(step.score, score):>{_SHARE - 2}}  {number(step.score, step.mark)}  {described(step)}"
    cited = [f"[{numbers.setdefault(source, len(numbers) + 1)}]" for source in step.sources]
    for label, value in (*facts(step), *([(gettext("sources"), ", ".join(cited))] if cited else [])):
        yield f"{indent}{' ' * _SHARE}{label}: {value}"
    for inner in step.steps:
        yield from _lines(inner, score, numbers, indent + INDENT)


def described(step: Step) -> str:
    """The step in words: where in the life it stands, and what it is."""
    where = f"{part_of_life(step.phase, step.stage)}: " if step.phase else ""
    id = f" ({step.id})" if step.kind == StepKind.ACTIVITY else ""
    return f"{where}{step_name(step)}{id}"


def facts(step: Step) -> Iterator[tuple[str, str]]:
    """What is known of a step beside its sources: label and text."""
    if step.amount is not None and step.kind != StepKind.FLOW:
        origin = gettext(", origin of the energy: {origin}", origin=step.origin) if step.origin else ""
        yield gettext("amount"), f"{number(step.amount)} {step.unit}{origin}"
    if step.formula:
        yield gettext("how"), _how(step)
    if step.kind in _OF_FILES:
        yield gettext("file"), file_or_scenario(step.file)


def step_name(step: Step) -> str:
    """What a step is called."""
    match step.kind:
        case StepKind.OTHERS:
            return gettext("{count} smaller ones", count=step.count)
        case StepKind.PUBLISHED:
            return gettext("published value")
    return step.name


def _how(step: Step) -> str:
    if step.kind == StepKind.PUBLISHED:
        return gettext("{value} as published ({method})", value=step.formula, method=step.method)
    if step.calibrated:
        amount, _, factor = step.formula.partition(" × ")
        return gettext("{amount} (calibrated) × {factor}", amount=amount, factor=factor)
    return step.formula


def to_json(explained: Explanation) -> dict[str, Any]:
    """Tables and lists only, in English; what is empty is left out of a step."""
    score = {field: getattr(explained, field) for field in ("scenario", "category", "unit", "score", "mark")}
    with language(ENGLISH):
        steps = [_plain(step) for step in explained.steps]
    gaps = [asdict(gap) for gap in explained.gaps]
    aside = [{"activity": item.activity, "value": item.value, "reason": item.reason} for item in explained.aside]
    not_counted = {"published_not_counted": aside} if aside else {}
    return {"schema": 1, **score, "completeness": explained.completeness, "steps": steps, "gaps": gaps, **not_counted}


def _plain(step: Step) -> dict[str, Any]:
    plain = {field: getattr(step, field) for field in Step.__slots__ if field not in ("count", "calibrated", "method")}
    plain |= {"name": step_name(step), "formula": _how(step)}
    if step.kind in _OF_FILES:
        plain["file"] = file_or_scenario(step.file)
    plain["steps"] = [_plain(inner) for inner in step.steps]
    plain["sources"] = [source.model_dump(exclude_none=True) for source in step.sources]
    return {field: value for field, value in plain.items() if value not in ("", None, (), [])}
