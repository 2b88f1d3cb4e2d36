"""How sure a comparison is, on the terminal: the answer in a sentence a scenario, then category by category."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lca.report.terminal.tables import table
from lca.study.comparison.judgement import Ground, Judgement
from lca.vocabulary import Verdict


def judgements(judged: Sequence[Judgement], draws: int) -> None:
    """A sentence for every scenario, and a row for every category."""
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        print(answer([judgement for judgement in judged if judgement.scenario == name]))
    rows = [[j.scenario, j.category, said(j), f"{j.probability:.3f}", why(j)] for j in judged]
    print()
    title = f"How sure, by {draws:,} draws of all stated ranges"
    table(["scenario", "category", "verdict", "P(lower)", "ground"], rows, title, right=("P(lower)",))
    print()


def answer(judged: Sequence[Judgement]) -> str:
    """`B against A: lower in 14 of 16 categories; open in 2.`"""
    first = judged[0]
    parts = []
    for label, members in _kinds(judged):
        if members:
            named = f" ({', '.join(members)})" if len(members) <= 3 else ""
            parts.append(f"{label} in {len(members)}{named}")
    return f"{first.scenario} against {first.baseline}, of {len(judged)} categories: {'; '.join(parts)}."


def _kinds(judged: Sequence[Judgement]) -> Iterator[tuple[str, list[str]]]:
    for verdict in (Verdict.LOWER, Verdict.HIGHER):
        yield str(verdict), [j.category for j in judged if j.verdict == verdict and j.sure]
        yield f"probably {verdict}", [j.category for j in judged if j.verdict == verdict and not j.sure]
    yield "equal", [j.category for j in judged if j.verdict == Verdict.EQUAL]
    yield "not told apart", [j.category for j in judged if j.verdict == Verdict.NOT_TOLD_APART]
    yield "open", [j.category for j in judged if j.verdict == Verdict.INDETERMINATE]
    yield "not comparable", [j.category for j in judged if j.verdict == Verdict.NOT_COMPARABLE]


def said(judgement: Judgement) -> str:
    """The verdict in words."""
    if judgement.verdict in (Verdict.LOWER, Verdict.HIGHER) and not judgement.sure:
        return f"probably {judgement.verdict}"
    return str(judgement.verdict)


def why(judgement: Judgement) -> str:
    """The ground of a verdict, or why there is none."""
    several = "gap differs" if judgement.gaps == 1 else "gaps differ"
    match judgement.ground:
        case Ground.RANGES:
            return "the stated ranges; no gap differs"
        case Ground.GAPS:
            return f"the stated ranges, whatever the {judgement.gaps} differing gaps hold"
        case Ground.OPEN:
            return f"{judgement.gaps} {several} and may turn it"
        case Ground.NEGLIGIBLE:
            return "within what counts as negligible, or what the repeats scatter"
        case Ground.MISSING:
            return "a score is missing"
        case Ground.PLACE:
            return "other places, and one factor for the whole world"
        case Ground.UNIT:
            return "another functional unit"
