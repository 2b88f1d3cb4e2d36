"""Sentences for people, made from codes: one function each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lca.estimate.gap import Basis
from lca.methods.categories import CATEGORIES
from lca.quantities.records import near
from lca.quantities.units import factor, written
from lca.report.excel.cells import MISSING, plain, prefix
from lca.report.view import ComparedScore, View
from lca.study.comparison.breakeven import BreakEvenRow, Case
from lca.study.comparison.energies import EffortEnergy, EnergyUnknown
from lca.study.comparison.judgement import Ground, Judgement
from lca.study.comparison.reasons import (
    BelowFloor,
    Figure,
    FigureUnknown,
    LimitNotKept,
    NoneRight,
    NoShares,
    NotAShare,
    QualityUnknown,
    Reason,
    ServiceNotJudged,
    Without,
)
from lca.study.comparison.selection import Front, Tally, Winning
from lca.study.comparison.variants import Variant
from lca.study.layers import Layers
from lca.study.public_comparison import Demand, reviewers, unmet
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import BreakEvenCase, Mark, Verdict

NOT_REVIEWED = "Not reviewed; no ISO conformity claimed."
_DEMANDS = {
    Demand.EQUAL_FUNCTIONAL_UNIT: "an equal functional unit of all scenarios",
    Demand.SENSITIVITY_AND_UNCERTAINTY: "an analysis of sensitivity and of uncertainty",
    Demand.NO_ESTIMATES: "known scores in place of estimates of their gaps",
    Demand.REVIEW: "a named review",
}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def significant(value: float, low: float, high: float) -> int:
    """Significant digits that an interval supports: two where its half is a twentieth of the value or more, else
    three.
    """
    return 2 if abs(high - low) >= 0.1 * abs(value) > 0 else 3


def number(value: float, mark: str = "", short: bool = False, digits: int = 3) -> str:
    """So many significant digits after the mark: `≥ 2.20 × 10⁻⁴`, `? 0.0120`; NaN is `missing`.

    `short`: as a sentence has it, also one that a program reads: `2.2e-4`, `0.012`.
    """
    if math.isnan(value):
        return MISSING
    before = f"{prefix(mark)} " if mark else ""
    if value == 0 or math.isinf(value):
        return f"{before}{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if short:
        return f"{before}{rounded:,.10g}" if -5 < power < 6 else f"{before}{float(mantissa):g}e{power}"
    if -3 <= power < 6:
        return f"{before}{rounded:,.{max(digits - 1 - power, 0)}f}"
    return f"{before}{mantissa} × 10{str(power).translate(_SUPERSCRIPT)}"


def energy(kwh: float) -> str:
    """An energy in the unit that suits it, down to millionths of a joule: `1.20 kWh`, `35.0 Wh`, `4.20 mJ`."""
    units = ("kWh", "Wh", "J", "mJ", "µJ")
    unit = next((unit for unit in units if abs(kwh) * factor("kWh", unit) >= 0.9995), units[-1])
    return f"{number(kwh * factor('kWh', unit))} {unit}" if kwh else "0 kWh"


def power(kw: float) -> str:
    """A power in the unit that suits it, down to millionths of a watt."""
    units = ("kW", "W", "mW", "µW")
    unit = next((unit for unit in units if abs(kw) * factor("kW", unit) >= 0.9995), units[-1])
    return f"{number(kw * factor('kW', unit))} {unit}" if kw else "0 W"


def review(study: Study) -> str:
    """Who reviewed a study, and what it lacks of a public comparison: the sentence that every report carries."""
    names, lacks = reviewers(study), [_DEMANDS[demand] for demand in unmet(study)]
    said = f"Reviewed by: {'; '.join(names)}. No ISO conformity claimed." if names else NOT_REVIEWED
    if not lacks:
        return said
    return f"{said} It is marked as a public comparison, which demands {', '.join(lacks)}: do not publish it as it is."


CASES = {
    BreakEvenCase.FROM: "lower from N* on",
    BreakEvenCase.NOT_REACHED: "not reached",
    BreakEvenCase.UNTIL: "lower up to N*",
    BreakEvenCase.ALWAYS: "always lower",
    BreakEvenCase.NEVER: "never lower",
    BreakEvenCase.EQUAL: "equal",
}
"""A break-even's case where N* stands beside it."""
_MOST_NAMES = 3
_NO_SAVING = "no saving that the repeats can tell"


def break_even(row: BreakEvenRow) -> str:
    """A row of `break_evens`: a loss and a null result as plainly as a gain."""
    if row.verdict == Verdict.NOT_COMPARABLE:
        return str(Verdict.NOT_COMPARABLE)
    if not row.case:
        return "indeterminate: a score is missing"
    if row.gaps:
        left = f"indeterminate: {counted(len(row.gaps), 'gap')} left"
        return "; ".join([left, *_whatever_the_gaps_hold(row)])
    if row.negligible:
        return "indeterminate: within what is negligible"
    crossing = _crossing(row, row.case, row.amount, row.amount)
    if row.told is False:
        return "; ".join([_NO_SAVING, f"on average {crossing}", *_by_the_repeats(row)])
    return "; ".join([crossing, *_by_the_repeats(row)])


def rebound(row: BreakEvenRow) -> str:
    """How much more service undoes what a variant saves, and what a stated rebound leaves; empty: nothing is saved."""
    if math.isnan(row.undone):
        return "" if math.isnan(row.rebound) else "nothing is saved that a rebound could undo"
    undone = f"a rebound of {percent(row.undone)} undoes it"
    if math.isnan(row.rebound):
        return undone
    left = 1 - row.rebound / row.undone
    after = f"{percent(left)} of the saving is left" if left > 0 else "nothing of the saving is left"
    return f"{undone}; with the stated {percent(row.rebound)}, {after}"


def _whatever_the_gaps_hold(row: BreakEvenRow) -> list[str]:
    if row.told is False:
        return [f"{_NO_SAVING} in what is known"]
    if not row.gap_case:
        return []
    crossing = _crossing(row, row.gap_case, row.gap_low, row.gap_high)
    return [f"whatever they hold, {crossing}", *(f"{text} for what is known" for text in _by_the_repeats(row))]


def _by_the_repeats(row: BreakEvenRow) -> list[str]:
    """The interval of N*, where there is one."""
    if math.isnan(row.low):
        return []
    low, high = number(row.low, short=True), number(row.high, short=True)
    if math.isinf(row.high):
        high = "no end" if row.extra < 0 else "no point at all"
    elif row.case == BreakEvenCase.FROM and row.high > row.reach:
        high = f"{high}, {number(row.reach, short=True)} are served"
    return [f"by the repeats between {low} and {high}"]


def _crossing(row: BreakEvenRow, case: Case, low: float, high: float) -> str:
    """A case with its N*, or with the ends that N* lies between."""
    point, end = number(low, short=True), number(high, short=True)
    if point != end:
        point = f"between {point} and {end}"
    served = f"{number(row.reach, short=True)} are served"
    match case:
        case BreakEvenCase.UNTIL if low > row.reach:
            return f"lower all its life: up to {point} {row.service}, {served}"
        case BreakEvenCase.UNTIL:
            return f"lower only up to {point} {row.service}"
        case BreakEvenCase.FROM if not low > row.reach:
            return f"lower from {point} {row.service} on"
        case BreakEvenCase.FROM | BreakEvenCase.NOT_REACHED:
            return f"not reached: {point} {row.service} are needed, {served}"
        case BreakEvenCase.ALWAYS:
            return "lower from the first on"
        case BreakEvenCase.NEVER:
            return "never lower: higher from the first on"
    return "equal"


def counted(count: int, noun: str) -> str:
    """`1 gap`, `2 gaps`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def difference(compared: ComparedScore) -> str:
    """The verdict of a scenario against the first, and why where there is none."""
    if not compared.same_unit:
        return "not comparable: another functional unit"
    if math.isnan(compared.difference):
        return "indeterminate: a score is missing"
    match compared.verdict:
        case Verdict.INDETERMINATE if compared.gaps:
            return f"indeterminate: {counted(compared.gaps, 'gap')} left"
        case Verdict.INDETERMINATE:
            return "indeterminate: within what is negligible, or what the repeats scatter"
        case Verdict.LOWER:
            return "▼ lower"
        case Verdict.HIGHER:
            return "▲ higher"
    return str(compared.verdict)


def functional_unit(scenario: Scenario) -> str:
    """What a scenario delivers: `1,000,000 inference; image classified; accuracy >= 0.94`."""
    unit = scenario.file.functional_unit
    amount = f"{plain(unit.amount.number)} {written(unit.amount.unit)}"
    return "; ".join(part for part in (amount, unit.service, unit.quality, unit.period) if part)


def winner(row: Mapping[Any, Any], labels: Mapping[str, str]) -> str:
    """A row of `winners`: who has the lowest score, or why nobody is known to."""
    if row["winners"]:
        names = several([labels[name] for name in row["winners"]])
        return names if row["verdict"] == Winning.LOWEST else f"{names} ({row['verdict']})"
    if row["verdict"] != Winning.OPEN:
        return str(row["verdict"])
    return _open(labels[row["leader"]], several([labels[name] for name in row["against"]]))


def verdict_on_winners(row: Mapping[str, Any]) -> str:
    """The verdict of a row of `winners` for a program: all names."""
    if row["verdict"] != Winning.OPEN:
        return str(row["verdict"])
    return _open(row["leader"], ", ".join(row["against"]))


def _open(leader: str, against: str) -> str:
    return f"no verdict: {leader} is indeterminate against {against}"


def front(front: Front, labels: Mapping[str, str]) -> str:
    """Who is on a front; `?`: gaps may hold that another is not better only in quality."""
    if front.metric is None:
        return "no quality is known of which more is better"
    names = [f"{labels[name]} ?" if name in front.undecided else labels[name] for name in front.members]
    return "; ".join(names) or "none"


_WITHOUT = {
    Without.QUALITY: "quality unknown",
    Without.METRIC: "no quality of which more is known to be better: give one a floor",
    Without.SCORE: "the score is missing",
    Without.QUALIFICATION: "excluded",
}


def taking_part(variant: Variant) -> str:
    """Whether a variant is compared with the others, and why not."""
    return f"excluded: {reasons(variant)}" if variant.excluded else "takes part"


def reasons(variant: Variant) -> str:
    """Why a variant takes no part; empty: it does."""
    return "; ".join(map(reason, variant.reasons))


def reason(reason: Reason) -> str:
    """Why a variant takes no part, or has no score per right result."""
    match reason:
        case BelowFloor(floor, reached):
            return f"{floor.name} {_apart(reached, floor.least, 4)} is below {floor.least:.15g}"
        case QualityUnknown(name, recorded):
            others = f"; recorded: {', '.join(recorded)}" if recorded else ""
            return f"quality unknown: no record says {name}{near(name, recorded) or others}"
        case NotAShare(name, recorded):
            return f"quality unknown: {name} {recorded:g} is not a share from 0 to 1"
        case LimitNotKept(figure, reached, limit):
            side = "below" if figure == Figure.THROUGHPUT else "above"
            return f"{figure} {_apart(reached, limit.number, 3)} is {side} {limit.number:g} {limit.unit}"
        case FigureUnknown(figure, "", _):
            return f"{figure} not known"
        case FigureUnknown(figure, unit, recorded):
            return f"{figure} in {unit} not known: its record has it in {recorded}"
        case ServiceNotJudged(unit):
            return f"the service is counted in {unit}, which is not what is right or wrong"
        case NoShares(recorded):
            return f"{', '.join(recorded)}: not a share of right results"
        case NoneRight(name):
            return f"{name} is 0: no result is right"
        case Without():
            return _WITHOUT[reason]


def energy_unknown(energy: EffortEnergy, unit: str) -> str:
    """Why an energy is not known; `unit`: of the service, of which it is to be the energy."""
    match energy.unknown:
        case EnergyUnknown.NO_TABLE:
            return "the scenario has no [compression]"
        case EnergyUnknown.NO_RECORD:
            return "no record"
        case EnergyUnknown.UNMEASURED:
            return "; ".join(energy.gaps) or "its record has none"
        case EnergyUnknown.SEVERAL:
            return "the phase is several runs"
        case EnergyUnknown.SERVICE:
            return f"it is not known how many {unit} the run delivered"
    return ""


def _apart(value: float, limit: float, digits: int) -> str:
    """So many digits, unless they look like the limit itself."""
    short = f"{value:.{digits}g}"
    return f"{value:.15g}" if float(short) == float(f"{limit:.{digits}g}") else short


def several(names: Sequence[str]) -> str:
    """The first names of a list, and how many others there are."""
    shown, others = "; ".join(names[:_MOST_NAMES]), len(names) - _MOST_NAMES
    return f"{shown} and {counted(others, 'other')}" if others > 0 else shown


def tally(tally: Tally, labels: Mapping[str, str]) -> str:
    """How far the categories agree on a winner, in a line."""
    if not tally.decided:
        return "No category has a winner."
    if tally.alone:
        return f"{labels[next(iter(tally.wins))]} is {Winning.ALONE}: nothing was compared."
    total = _categories(tally.categories)
    by_wins = sorted(((labels[name], wins) for name, wins in tally.wins.items()), key=lambda item: (-item[1], item[0]))
    parts = [f"{name} wins {wins} of {total}" for name, wins in by_wins]
    if tally.decided < tally.categories:
        parts.append(f"{tally.categories - tally.decided} without a winner")
    return f"{'; '.join(parts)}. Those with a winner {'agree' if tally.agree else 'disagree'}."


LAYERS = (
    "Score: what is known, with estimates of what its gaps hold. Known ≥: what inventories and published results give "
    "alone; the part that it is of the score. `--known-only` prints that alone, `--json` names every gap."
)


LAYERS_EXCEL = (
    "Scores with estimates of what their gaps hold, and the ends of their 95 % interval; known: the part that "
    "inventories and published results give alone. ▼ lower, ▲ higher, ≈ not told apart, = equal, ? open. ≥: a gap is "
    "in neither."
)
RANGES_OF_THE_KNOWN = "ranges of what is known"


def layered(study: Study) -> Iterator[str]:
    """A sentence for every scenario: its first score with what its gaps probably hold; none without draws."""
    if study.layers is None:
        return
    first = study.categories[0]
    rows = study.layers.scores[study.layers.scores["category"] == first]
    for row in rows.to_dict("records"):
        title, unit = CATEGORIES[first].title, CATEGORIES[first].unit
        yield (
            f"{row['scenario']}: with estimates of its gaps, which are in no other number here, {title} is "
            f"{estimate(row)} {unit} (95 %: {interval(row)}); {known_part(row)} of it is known."
        )


def services(study: Study) -> Iterator[str]:
    """The functional unit, or that there is more than one."""
    texts = {functional_unit(scenario) for scenario in study.scenarios}
    if len(texts) == 1:
        yield f"Functional unit: {texts.pop()}."
    elif texts:
        yield "The functional units differ (see Goal_Scope): a scenario is compared where it has that of the first."


def hotspots(layers: Layers, labels: Mapping[str, str]) -> list[str]:
    """The three largest phases and stages of every scenario in its first category, and where each is the largest."""
    sentences = []
    parts = layers.parts.assign(size=(layers.parts["known"] + layers.parts["estimated"]).abs())
    parts["share"] = parts["size"] / parts.groupby(["scenario", "category"])["size"].transform("sum")
    for name in dict.fromkeys(layers.scores["scenario"]):
        own = parts[parts["scenario"] == name]
        first = own[own["category"] == layers.scores["category"].iloc[0]].nlargest(3, "share")
        largest = own.loc[own.groupby("category")["share"].idxmax()]
        for row in first.to_dict("records"):
            same = (largest["phase"] == row["phase"]) & (largest["stage"] == row["stage"])
            where = f"largest in {int(same.sum())} of {_categories(len(largest))}" if same.any() else "largest in none"
            title = CATEGORIES[row["category"]].title.lower()
            what = ", ".join(text for text in (row["phase"], row["stage"] or "left open") if text)
            sentences.append(f"{labels[name]}: {what} is {percent(row['share'])} of {title}, {where}.")
    return sentences


def known_part(row: Mapping[Any, Any]) -> str:
    """The part of a score that is known: `33 %`, `at most 95 %` where a gap is open."""
    if math.isnan(row["known"]):
        return "nothing"
    share = percent(row["known_share"])
    return share if share.startswith("<") or not row["open"] else f"at most {share}"


def estimate(row: Mapping[Any, Any]) -> str:
    """The score of a row of `Layers.scores`: `≥` where a gap is in neither layer."""
    mark = Mark.AT_LEAST if row["open"] else Mark.NONE
    return number(row["median"], mark, short=True, digits=significant(row["median"], row["low"], row["high"]))


def interval(row: Mapping[Any, Any]) -> str:
    """`0.9e-6 to 4.1e-6`."""
    digits = significant(row["median"], row["low"], row["high"])
    low, high = (number(row[end], short=True, digits=digits) for end in ("low", "high"))
    return f"{low} to {high}"


def known(row: Mapping[Any, Any], mark: str) -> str:
    """`≥ 2.4e-7, 33 %`; the mark is that of the known score."""
    if math.isnan(row["known"]):
        return "nothing"
    return f"{number(row['known'], mark, short=True)}, {known_part(row)}"


def percent(share: float) -> str:
    """`33 %`, `< 1 %`."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def standing(row: Mapping[Any, Any]) -> str:
    """What a reader must know of a score beside its numbers; mostly nothing."""
    parts = ["screening: mostly estimated"] if row["screening"] else []
    if row["open"]:
        parts.append(f"{counted(row['open'], 'gap')} without an estimate")
    return "; ".join(parts)


def probability(judged: Judgement) -> str:
    """Of the verdict's own direction: `0.98`, `> 0.999`."""
    likely = max(judged.probability, 1 - judged.probability)
    return "> 0.999" if likely > 0.999 else f"{likely:.3f}"


def to_find_out(layers: Layers, compared: bool) -> list[str]:
    """What would settle most, in sentences: of the scores, or of the differences from the baseline."""
    table = layers.next[(layers.next["baseline"] != "") == compared]
    if compared:  # what is told already needs nothing more
        told = {(j.scenario, j.category) for j in layers.judgements if j.sure}
        keys = zip(table["scenario"], table["category"], strict=True)
        table = table.loc[[key not in told for key in keys]]
    ranked = table.groupby("gap")["share"].agg(["sum", "count", "max"]).sort_values("sum", ascending=False)
    what = "difference" if compared else "score"
    return [
        f"{gap or RANGES_OF_THE_KNOWN}: up to {percent(row['max'])} of the variance of a {what}, "
        f"{counted(int(row['count']), what)} in all; {settled(layers, str(gap))}"
        for gap, row in ranked.iterrows()
    ]


def settled(layers: Layers, gap: str) -> str:
    """What would settle a gap: `lca sensitivity` for the ranges of what is known."""
    if not gap:
        return "`lca sensitivity` names them"
    bases = set(layers.gaps[layers.gaps["gap"] == gap]["basis"])
    if Basis.SECTOR in bases:
        return "an inventory of its own flows would settle it"
    if Basis.CLASS in bases or Basis.CLASS_BOUND in bases:
        return "a data sheet or a life-cycle assessment of it would settle it"
    return "a measurement or a stated amount would settle it"


def answers(view: View) -> Iterator[str]:
    """A sentence for every scenario against the baseline; none for one alone, or without draws."""
    judged = list(view.judgements.values())
    labels = apart(view.study.names)
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        yield answer([judgement for judgement in judged if judgement.scenario == name], labels)


def _categories(count: int) -> str:
    return "1 category" if count == 1 else f"{count} categories"


def apart(names: Sequence[str]) -> dict[str, str]:
    """Names without the words that all of them begin with: `Digits, in France` and `Digits, in Poland` are `in
    France` and `in Poland`.
    """
    if len(names) < 2:
        return {name: name for name in names}
    parts = [name.split(" ") for name in names]
    same = 0
    while all(len(words) > same + 1 and words[same] == parts[0][same] for words in parts):
        same += 1
    return {name: " ".join(words[same:]) for name, words in zip(names, parts, strict=True)}


def answer(judged: Sequence[Judgement], labels: Mapping[str, str]) -> str:
    """`B against A: lower in 14 of 16 categories; open in 2 (land-use, water-use).`"""
    first = judged[0]
    parts: list[str] = []
    for label, members in _by_verdict(judged):
        if members:
            titles = [CATEGORIES[id].title if id in CATEGORIES else id for id in members]
            named = f" ({', '.join(titles)})" if len(members) <= 3 else ""
            of = "" if parts else f" of {_categories(len(judged))}"
            parts.append(f"{label} in {len(members)}{of}{named}")
    return f"{labels[first.scenario]} against {labels[first.baseline]}: {'; '.join(parts)}."


def _by_verdict(judged: Sequence[Judgement]) -> Iterator[tuple[str, list[str]]]:
    for verdict in (Verdict.LOWER, Verdict.HIGHER):
        yield str(verdict), [j.category for j in judged if j.verdict == verdict and j.sure]
        yield f"probably {verdict}", [j.category for j in judged if j.verdict == verdict and not j.sure]
    yield "equal", [j.category for j in judged if j.verdict == Verdict.EQUAL]
    yield "not told apart", [j.category for j in judged if j.verdict == Verdict.NOT_TOLD_APART]
    yield "open", [j.category for j in judged if j.verdict == Verdict.INDETERMINATE]
    yield "not comparable", [j.category for j in judged if j.verdict == Verdict.NOT_COMPARABLE]


def judgement(judged: Judgement) -> str:
    """The verdict in words."""
    if judged.verdict in (Verdict.LOWER, Verdict.HIGHER) and not judged.sure:
        return f"probably {judged.verdict}"
    return str(judged.verdict)


def ground(judged: Judgement) -> str:
    """The ground of a verdict, or why there is none."""
    match judged.ground:
        case Ground.RANGES:
            return "the stated ranges; no gap differs"
        case Ground.GAPS:
            gaps = "gap holds" if judged.gaps == 1 else f"{judged.gaps} differing gaps hold"
            return f"the stated ranges, whatever the {gaps}"
        case Ground.ESTIMATES if judged.turning:
            turned = judged.turning
            verb, factor = ("multiplied", turned.factor) if turned.factor > 1 else ("divided", 1 / turned.factor)
            return f"estimates of the gaps; turns if that of {turned.gap} is {verb} by {factor:.2g}"
        case Ground.ESTIMATES:
            return f"the stated ranges, and estimates of the {counted(judged.gaps, 'gap')} that differ"
        case Ground.REPEATS:
            return "the repeats do not tell the difference from none"
        case Ground.OPEN:
            count = len(judged.blocking)
            return f"{counted(count, 'gap')} without an estimate may turn it: {several(judged.blocking)}"
        case Ground.MISSING:
            return "a score is missing"
        case Ground.PLACE:
            return "other places, and what has one factor for the whole world may turn it"
        case Ground.UNIT:
            return "another functional unit"


def beside(times: float) -> str:
    """How large a value that is not counted is beside the score in which it is not."""
    if times == float("inf"):
        return "no score beside it"
    return f"{times:.2g} times the score" if times >= 1 else f"{100 * times:.2g} % of the score"
