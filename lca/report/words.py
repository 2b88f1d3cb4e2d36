"""Sentences for people, made from codes: one function each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lca.estimate.gap import Basis
from lca.languages import gettext, gettext_noop, localised, named, ngettext, pgettext, translated
from lca.methods.categories import CATEGORIES
from lca.methods.own import MethodUsed
from lca.quantities.records import near
from lca.quantities.units import Amount, factor, written
from lca.report.excel.cells import plain, prefix
from lca.report.view import ComparedScore, View, apart
from lca.study import tables
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
from lca.study.comparison.services import ConvertedService
from lca.study.comparison.variants import Variant
from lca.study.cost import CostItem
from lca.study.layers import Layers
from lca.study.public_comparison import Demand, reviewers, unmet
from lca.study.rows import Row
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import BreakEvenCase, Completeness, Component, EnergyPart, Mark, Origin, Phase, Role, Stage, Verdict

if TYPE_CHECKING:
    import pandas as pd

NOT_REVIEWED = gettext_noop("Not reviewed; no ISO conformity claimed.")
_DEMANDS = {
    Demand.EQUAL_FUNCTIONAL_UNIT: gettext_noop("an equal functional unit of all scenarios"),
    Demand.SENSITIVITY_AND_UNCERTAINTY: gettext_noop("an analysis of sensitivity and of uncertainty"),
    Demand.NO_ESTIMATES: gettext_noop("known scores in place of estimates of their gaps"),
    Demand.NO_WEIGHTING: gettext_noop("no category that weights the scores of others"),
    Demand.REVIEW: gettext_noop("a named review"),
}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def coverage_of(method: MethodUsed) -> str:
    """How the file of a category of the user's own and the inventories cover each other."""
    title = method.category.title
    if method.multiple_of:
        of = CATEGORIES[method.multiple_of].title
        return gettext("{title} counts the score of {category}, and has its gaps", title=title, category=of)
    flows = gettext(
        "{title}: {matched} of {flows} flows of {file} matched, {emitted} of them in the inventories",
        title=title,
        matched=method.matched,
        flows=method.flows,
        file=method.file,
        emitted=method.emitted,
    )
    if not method.lists:
        return gettext("{flows}; no list says which flows must be present, so that no score is complete", flows=flows)
    lists = joined([CATEGORIES[id].title for id in method.lists])
    return gettext("{flows}; the lists of {categories} say which must be present", flows=flows, categories=lists)


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
        return missing()
    before = f"{prefix(mark)} " if mark else ""
    return before + localised(_rounded(value, short, digits))


def _rounded(value: float, short: bool, digits: int) -> str:
    if value == 0 or math.isinf(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if short:
        return f"{rounded:,.10g}" if -5 < power < 6 else f"{float(mantissa):g}e{power}"
    if -3 <= power < 6:
        return f"{rounded:,.{max(digits - 1 - power, 0)}f}"
    return f"{mantissa} × 10{str(power).translate(_SUPERSCRIPT)}"


def joined(parts: Iterable[str]) -> str:
    """Sentences or names in a row."""
    return gettext("; ").join(parts)


def missing() -> str:
    """The word for what is not known."""
    return named(Completeness.MISSING)


def file_or_scenario(file: str) -> str:
    """The inventory file that states something; where none does, the scenario states it itself."""
    return file or gettext("the scenario")


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
    names, lacks = reviewers(study), [gettext(_DEMANDS[demand]) for demand in unmet(study)]
    said = (
        gettext("Reviewed by: {names}. No ISO conformity claimed.", names=joined(names))
        if names
        else gettext(NOT_REVIEWED)
    )
    if not lacks:
        return said
    return gettext(
        "{said} It is marked as a public comparison, which demands {lacks}: do not publish it as it is.",
        said=said,
        lacks=", ".join(lacks),
    )


CASES = {
    BreakEvenCase.FROM: gettext_noop("lower from N* on"),
    BreakEvenCase.NOT_REACHED: gettext_noop("not reached"),
    BreakEvenCase.UNTIL: gettext_noop("lower up to N*"),
    BreakEvenCase.ALWAYS: gettext_noop("always lower"),
    BreakEvenCase.NEVER: gettext_noop("never lower"),
    BreakEvenCase.EQUAL: gettext_noop("equal"),
}
"""A break-even's case where N* stands beside it."""
_MOST_NAMES = 3
_NO_SAVING = gettext_noop("no saving that the repeats can tell")


def break_even(row: BreakEvenRow) -> str:
    """A row of `break_evens`: a loss and a null result as plainly as a gain."""
    if row.verdict == Verdict.NOT_COMPARABLE:
        return named(Verdict.NOT_COMPARABLE)
    if not row.case:
        return gettext("indeterminate: a score is missing")
    if row.gaps:
        left = _gaps_left(len(row.gaps))
        return joined([left, *_whatever_the_gaps_hold(row)])
    if row.negligible:
        return gettext("indeterminate: within what is negligible")
    crossing = _crossing(row, row.case, row.amount, row.amount)
    if row.told is False:
        return joined([gettext(_NO_SAVING), gettext("on average {crossing}", crossing=crossing), *_by_the_repeats(row)])
    return joined([crossing, *_by_the_repeats(row)])


def rebound(row: BreakEvenRow) -> str:
    """How much more service undoes what a variant saves, and what a stated rebound leaves; empty: nothing is saved."""
    if math.isnan(row.undone):
        return "" if math.isnan(row.rebound) else gettext("nothing is saved that a rebound could undo")
    undone = gettext("a rebound of {share} undoes it", share=percent(row.undone))
    if math.isnan(row.rebound):
        return undone
    left = 1 - row.rebound / row.undone
    after = gettext("nothing of the saving is left")
    if left > 0:
        after = gettext("{share} of the saving is left", share=percent(left))
    return gettext("{undone}; with the stated {share}, {after}", undone=undone, share=percent(row.rebound), after=after)


def _whatever_the_gaps_hold(row: BreakEvenRow) -> list[str]:
    if row.told is False:
        return [gettext("{no_saving} in what is known", no_saving=gettext(_NO_SAVING))]
    if not row.gap_case:
        return []
    crossing = _crossing(row, row.gap_case, row.gap_low, row.gap_high)
    return [
        gettext("whatever they hold, {crossing}", crossing=crossing),
        *(gettext("{text} for what is known", text=text) for text in _by_the_repeats(row)),
    ]


def _by_the_repeats(row: BreakEvenRow) -> list[str]:
    """The interval of N*, where there is one."""
    if math.isnan(row.low):
        return []
    low, high = number(row.low, short=True), number(row.high, short=True)
    if math.isinf(row.high):
        high = gettext("no end") if row.extra < 0 else gettext("no point at all")
    elif row.case == BreakEvenCase.FROM and row.high > row.reach:
        high = gettext("{high}, {reach} are served", high=high, reach=number(row.reach, short=True))
    return [gettext("by the repeats between {low} and {high}", low=low, high=high)]


def _crossing(row: BreakEvenRow, case: Case, low: float, high: float) -> str:
    """A case with its N*, or with the ends that N* lies between."""
    point, end = number(low, short=True), number(high, short=True)
    if point != end:
        point = gettext("between {point} and {end}", point=point, end=end)
    served = gettext("{reach} are served", reach=number(row.reach, short=True))
    match case:
        case BreakEvenCase.UNTIL if low > row.reach:
            return gettext(
                "lower all its life: up to {point} {service}, {served}", point=point, service=row.service, served=served
            )
        case BreakEvenCase.UNTIL:
            return gettext("lower only up to {point} {service}", point=point, service=row.service)
        case BreakEvenCase.FROM if not low > row.reach:
            return gettext("lower from {point} {service} on", point=point, service=row.service)
        case BreakEvenCase.FROM | BreakEvenCase.NOT_REACHED:
            return gettext(
                "not reached: {point} {service} are needed, {served}", point=point, service=row.service, served=served
            )
        case BreakEvenCase.ALWAYS:
            return gettext("lower from the first on")
        case BreakEvenCase.NEVER:
            return gettext("never lower: higher from the first on")
    return named(BreakEvenCase.EQUAL)


def gaps(count: int) -> str:
    """`1 gap`, `2 gaps`."""
    return ngettext("{count} gap", "{count} gaps", count)


def _gaps_left(count: int) -> str:
    return ngettext("indeterminate: {count} gap left", "indeterminate: {count} gaps left", count)


def difference(compared: ComparedScore) -> str:
    """The verdict of a scenario against the first, and why where there is none."""
    if not compared.same_unit:
        return gettext("not comparable: another functional unit")
    if math.isnan(compared.difference):
        return gettext("indeterminate: a score is missing")
    match compared.verdict:
        case Verdict.INDETERMINATE if compared.gaps:
            return _gaps_left(compared.gaps)
        case Verdict.INDETERMINATE:
            return gettext("indeterminate: within what is negligible, or what the repeats scatter")
        case Verdict.LOWER:
            return gettext("▼ lower")
        case Verdict.HIGHER:
            return gettext("▲ higher")
    return named(compared.verdict)


def functional_unit(scenario: Scenario) -> str:
    """What a scenario delivers: `1,000,000 inference; image classified; accuracy >= 0.94`."""
    unit = scenario.file.functional_unit
    return joined(part for part in (_plain(unit.amount), unit.service, unit.quality, unit.period) if part)


def _plain(amount: Amount) -> str:
    return f"{localised(plain(amount.number))} {written(amount.unit)}"


def converted(conversion: ConvertedService) -> str:
    """That a scenario is compared for another amount than its file states, and by which rate."""
    return gettext(
        "{scenario} is written for {written} and compared for {amount}, at {rate} as {stated_by} states.",
        scenario=conversion.scenario,
        written=_plain(conversion.written),
        amount=_plain(conversion.amount),
        rate=_plain(conversion.rate.value),
        stated_by=conversion.stated_by,
    )


def unpriced(items: Iterable[CostItem]) -> str:
    """What of a scenario has no price and is in no sum of money; empty: all has one."""
    parts = [(item.scenario, f"{item.run} ({named(item.of)})") for item in items if item.money is None]
    if not parts:
        return ""
    return gettext(
        "{scenario}: without a price, in no sum: {parts}.", scenario=parts[0][0], parts=joined(p for _, p in parts)
    )


def winner(row: Mapping[Any, Any], labels: Mapping[str, str]) -> str:
    """A row of `winners`: who has the lowest score, or why nobody is known to."""
    if row["winners"]:
        names = several([labels[name] for name in row["winners"]])
        return names if row["verdict"] == Winning.LOWEST else f"{names} ({named(row['verdict'])})"
    if row["verdict"] != Winning.OPEN:
        return named(row["verdict"])
    return _open(labels[row["leader"]], several([labels[name] for name in row["against"]]))


def verdict_on_winners(row: Mapping[str, Any]) -> str:
    """The verdict of a row of `winners` for a program: all names."""
    if row["verdict"] != Winning.OPEN:
        return str(row["verdict"])
    return _open(row["leader"], ", ".join(row["against"]))


def _open(leader: str, against: str) -> str:
    return gettext("no verdict: {leader} is indeterminate against {against}", leader=leader, against=against)


def front(front: Front, labels: Mapping[str, str]) -> str:
    """Who is on a front; `?`: gaps may hold that another is not better only in quality."""
    if front.metric is None:
        return gettext("no quality is known of which more is better")
    names = [f"{labels[name]} ?" if name in front.undecided else labels[name] for name in front.members]
    return joined(names) or gettext("none")


_WITHOUT = {
    Without.QUALITY: gettext_noop("quality unknown"),
    Without.METRIC: gettext_noop("no quality of which more is known to be better: give one a floor"),
    Without.SCORE: gettext_noop("the score is missing"),
    Without.QUALIFICATION: gettext_noop("excluded"),
}


def taking_part(variant: Variant) -> str:
    """Whether a variant is compared with the others, and why not."""
    return gettext("excluded: {reasons}", reasons=reasons(variant)) if variant.excluded else gettext("takes part")


def reasons(variant: Variant) -> str:
    """Why a variant takes no part; empty: it does."""
    return joined(map(reason, variant.reasons))


def reason(reason: Reason) -> str:
    """Why a variant takes no part, or has no score per right result."""
    match reason:
        case BelowFloor(floor, reached):
            return gettext(
                "{name} {reached} is below {least:.15g}",
                name=floor.name,
                reached=localised(_apart(reached, floor.least, 4)),
                least=floor.least,
            )
        case QualityUnknown(name, recorded):
            others = gettext("; recorded: {recorded}", recorded=", ".join(recorded)) if recorded else ""
            return gettext(
                "quality unknown: no record says {name}{near}", name=name, near=near(name, recorded) or others
            )
        case NotAShare(name, recorded):
            return gettext(
                "quality unknown: {name} {recorded:g} is not a share from 0 to 1", name=name, recorded=recorded
            )
        case LimitNotKept(figure, reached, limit):
            values = {
                "figure": named(figure),
                "reached": localised(_apart(reached, limit.number, 3)),
                "limit": limit.number,
                "unit": limit.unit,
            }
            if figure == Figure.THROUGHPUT:
                return gettext("{figure} {reached} is below {limit:g} {unit}", **values)
            return gettext("{figure} {reached} is above {limit:g} {unit}", **values)
        case FigureUnknown(figure, "", _):
            return gettext("{figure} not known", figure=named(figure))
        case FigureUnknown(figure, unit, recorded):
            return gettext(
                "{figure} in {unit} not known: its record has it in {recorded}",
                figure=named(figure),
                unit=unit,
                recorded=recorded,
            )
        case ServiceNotJudged(unit):
            return gettext("the service is counted in {unit}, which is not what is right or wrong", unit=unit)
        case NoShares(recorded):
            return gettext("{recorded}: not a share of right results", recorded=", ".join(recorded))
        case NoneRight(name):
            return gettext("{name} is 0: no result is right", name=name)
        case Without():
            return gettext(_WITHOUT[reason])


def energy_unknown(energy: EffortEnergy, unit: str) -> str:
    """Why an energy is not known; `unit`: of the service, of which it is to be the energy."""
    match energy.unknown:
        case EnergyUnknown.NO_TABLE:
            return gettext("the scenario has no [compression]")
        case EnergyUnknown.NO_RECORD:
            return gettext("no record")
        case EnergyUnknown.UNMEASURED:
            return joined(energy.gaps) or gettext("its record has none")
        case EnergyUnknown.SEVERAL:
            return gettext("the phase is several runs")
        case EnergyUnknown.SERVICE:
            return gettext("it is not known how many {unit} the run delivered", unit=unit)
    return ""


def _apart(value: float, limit: float, digits: int) -> str:
    """So many digits, unless they look like the limit itself."""
    short = f"{value:.{digits}g}"
    return f"{value:.15g}" if float(short) == float(f"{limit:.{digits}g}") else short


def several(names: Sequence[str]) -> str:
    """The first names of a list, and how many others there are."""
    shown, others = joined(names[:_MOST_NAMES]), len(names) - _MOST_NAMES
    return (
        ngettext("{shown} and {count} other", "{shown} and {count} others", others, shown=shown)
        if others > 0
        else shown
    )


def tally(tally: Tally, labels: Mapping[str, str]) -> str:
    """How far the categories agree on a winner, in a line."""
    if not tally.decided:
        return gettext("No category has a winner.")
    if tally.alone:
        return gettext(
            "{name} is {alone}: nothing was compared.", name=labels[next(iter(tally.wins))], alone=named(Winning.ALONE)
        )
    total = _categories(tally.categories)
    by_wins = sorted(((labels[name], wins) for name, wins in tally.wins.items()), key=lambda item: (-item[1], item[0]))
    parts = [gettext("{name} wins {wins} of {total}", name=name, wins=wins, total=total) for name, wins in by_wins]
    if tally.decided < tally.categories:
        parts.append(gettext("{categories} without a winner", categories=tally.categories - tally.decided))
    if tally.agree:
        return gettext("{parts}. Those with a winner agree.", parts=joined(parts))
    return gettext("{parts}. Those with a winner disagree.", parts=joined(parts))


DOCUMENTED = gettext_noop("Of the known score as {name} documents, the rest from our inventories")
"""Title of the part of each score that a background of the user's own gives."""
LAYERS = gettext_noop(
    "Score: what is known, with estimates of what its gaps hold. Known ≥: what inventories and "
    "published results give alone; the part that it is of the score. `--known-only` prints that alone, "
    "`--json` names every gap."
)


LAYERS_EXCEL = gettext_noop(
    "Scores with estimates of what their gaps hold, and the ends of their 95 % interval; known: the part that "
    "inventories and published results give alone. ▼ lower, ▲ higher, in brackets probably so, ≈ not told apart, "
    "= equal, ○ open. ≥: a gap is in neither."
)
RANGES_OF_THE_KNOWN = gettext_noop("ranges of what is known")


def layered(study: Study) -> Iterator[str]:
    """A sentence for every scenario: its first score with what its gaps probably hold; none without draws."""
    if study.layers is None:
        return
    first = study.categories[0]
    for row in (row for row in study.layers.rows.scores if row["category"] == first):
        title, unit = CATEGORIES[first].title, CATEGORIES[first].unit
        yield (
            gettext(
                "{scenario}: with estimates of its gaps, which are in no other number here, {title} is "
                "{estimate} {unit} (95 %: {interval}); {known_part} of it is known.",
                scenario=row["scenario"],
                title=title,
                estimate=estimate(row),
                unit=unit,
                interval=interval(row),
                known_part=known_part(row),
            )
        )


def services(study: Study) -> Iterator[str]:
    """The functional unit, or that there is more than one."""
    texts = {functional_unit(scenario) for scenario in study.scenarios}
    if len(texts) == 1:
        yield gettext("Functional unit: {unit}.", unit=texts.pop())
    elif texts:
        yield gettext(
            "The functional units differ (see Goal_Scope): a scenario is compared where it has that of the first."
        )


UNLIKE_SCOPE = 0.25
"""From this difference of the parts that are published results on, two scores are said to be of unlike scope."""


def unlike_scope(study: Study, baseline: str = "") -> Iterator[str]:
    """A sentence for every scenario of which a score is made of published results to another part than the baseline's.

    A published part counts what its maker counted, a modelled one what is written of it: their sizes do not compare.
    """
    scores = {(row["scenario"], row["category"]): row for row in study.score_rows}
    first = baseline or study.names[0]
    for name in study.names:
        if name == first or study.functional_unit(name) != study.functional_unit(first):
            continue
        unlike = []
        for id in study.categories:
            here, there = scores[name, id], scores[first, id]
            missing = Completeness.MISSING in (here["completeness"], there["completeness"])
            shares = percent(here["published_share"]), percent(there["published_share"])
            if not missing and abs(here["published_share"] - there["published_share"]) >= UNLIKE_SCOPE:
                unlike.append(f"{CATEGORIES[id].title} ({shares[0]}, {shares[1]})")
        if unlike:
            yield gettext(
                "Of unlike scope: published results make one part of the known score of {scenario} and another of that "
                "of {baseline} in {categories}. A published part counts what its maker counted, a modelled one what is "
                "written of it here.",
                scenario=name,
                baseline=first,
                categories=joined(unlike),
            )


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
            where = (
                gettext(
                    "largest in {count} of {categories}", count=int(same.sum()), categories=_categories(len(largest))
                )
                if same.any()
                else gettext("largest in none")
            )
            title = CATEGORIES[row["category"]].title.lower()
            what = part_of_life(row["phase"], row["stage"])
            if not row["stage"]:
                what = ", ".join(text for text in (what, gettext("left open")) if text)
            sentences.append(
                gettext(
                    "{name}: {what} is {share} of {title}, {where}.",
                    name=labels[name],
                    what=what,
                    share=percent(row["share"]),
                    title=title,
                    where=where,
                )
            )
    return sentences


def part_of_life(phase: str, stage: str) -> str:
    """`training, use`; of a product scored alone the stage only."""
    return ", ".join(text for text in (phase_word(phase), stage_word(stage)) if text)


def phase_word(phase: str) -> str:
    """The word for a phase; none of a product scored alone."""
    return named(Phase(phase)) if phase else ""


def stage_word(stage: str) -> str:
    """The word for a stage; none where files do not say."""
    return named(Stage(stage)) if stage else ""


def role_word(role: str) -> str:
    """The word for a role of the foreground."""
    return named(Role(role)) if role else ""


def origin_word(origin: str) -> str:
    """`counter`, or `counter 51 %, modelled 49 %`, in the language of the context."""
    parts = (one.partition(" ") for one in origin.split(", "))
    return ", ".join(
        f"{named(Origin(one)) if one in tuple(Origin) else one}{space}{share}" for one, space, share in parts
    )


def component_word(part: str) -> str:
    """The word for a component of a node, for another part of a phase's energy, or for an energy stated as a whole."""
    for kind in (Component, EnergyPart, Origin):
        if part in tuple(kind):
            return named(kind(part))
    return part


def known_part(row: Mapping[Any, Any]) -> str:
    """The part of a score that is known: `33 %`, `at most 95 %` where a gap is open."""
    if math.isnan(row["known"]):
        return pgettext("of a score", "nothing")
    share = percent(row["known_share"])
    return share if share.startswith("<") or not row["open"] else gettext("at most {share}", share=share)


def _open_mark(row: Mapping[Any, Any]) -> Mark:
    """`≥` where a gap of the score is in no layer."""
    return Mark.AT_LEAST if row["open"] else Mark.NONE


def held(estimated: float, row: Mapping[Any, Any]) -> tuple[float, Mark]:
    """What estimates say that the gaps of a score hold, or those of a part of it, with its mark.

    NaN: nothing was estimated and a gap is open, so that zero would mean unknown. `row`: the score's, of
    `Layers.scores`.
    """
    return (math.nan if row["open"] and not estimated else estimated), _open_mark(row)


def estimate(row: Mapping[Any, Any]) -> str:
    """The score of a row of `Layers.scores`: `≥` where a gap is in neither layer."""
    mark = _open_mark(row)
    return number(row["median"], mark, short=True, digits=significant(row["median"], row["low"], row["high"]))


def interval(row: Mapping[Any, Any]) -> str:
    """`0.9e-6 to 4.1e-6`; empty where nothing is known."""
    if math.isnan(row["median"]):
        return ""
    digits = significant(row["median"], row["low"], row["high"])
    low, high = (number(row[end], short=True, digits=digits) for end in ("low", "high"))
    return gettext("{low} to {high}", low=low, high=high)


def known(row: Mapping[Any, Any], mark: str) -> str:
    """`≥ 2.4e-7, 33 %`; the mark is that of the known score."""
    if math.isnan(row["known"]):
        return pgettext("of a score", "nothing")
    return f"{number(row['known'], mark, short=True)}, {known_part(row)}"


def percent(share: float) -> str:
    """`33 %`, `< 1 %`."""
    return gettext("< 1 %") if 0 < share < 0.005 else gettext("{share:.0f} %", share=100 * share)


def standing(row: Mapping[Any, Any]) -> str:
    """What a reader must know of a score beside its numbers; mostly nothing."""
    parts = [gettext("screening: mostly estimated")] if row["screening"] else []
    if row["open"]:
        parts.append(ngettext("{count} gap without an estimate", "{count} gaps without an estimate", row["open"]))
    return joined(parts)


def probability(judged: Judgement) -> str:
    """Of the verdict's own direction: `0.98`, `> 0.999`."""
    likely = max(judged.probability, 1 - judged.probability)
    return localised("> 0.999" if likely > 0.999 else f"{likely:.3f}")


def convergence(layers: Layers) -> str:
    """How sure the draws themselves are, in a sentence or two."""
    sentences = []
    if layers.error == layers.error:
        error = gettext(
            "The draws fix every median to {share} of its 95 % interval or better (standard error).",
            share=percent(layers.error),
        )
        sentences.append(error)
    near = len(layers.unsettled)
    if near:
        sentences.append(
            ngettext(
                "{count} verdict lies so near a limit that more draws may word it otherwise.",
                "{count} verdicts lie so near a limit that more draws may word them otherwise.",
                near,
            )
        )
    return " ".join(sentences)


def to_find_out(study: Study, layers: Layers, compared: bool) -> list[str]:
    """What would settle most, in sentences: of the scores, or of the differences from the baseline."""
    told = {(j.scenario, j.category) for j in layers.judgements if compared and j.sure}  # they need nothing more
    shares: dict[str, list[float]] = {}
    for row in layers.rows.next:
        if bool(row["baseline"]) == compared and (row["scenario"], row["category"]) not in told:
            shares.setdefault(row["gap"], []).append(row["share"])
    return [
        gettext(
            "{gap}: up to {share} of the variance of {what}; {settled}",
            gap=gap_name(study, gap),
            share=percent(min(max(of_gap), 1.0)),  # beyond it where another one offsets it
            what=_of_how_many(len(of_gap), compared),
            settled=settled(layers, gap),
        )
        for gap, of_gap in sorted(shares.items(), key=lambda item: (-math.fsum(item[1]), item[0]))
    ]


def gap_name(study: Study, gap: str) -> str:
    """The name of the activity that a gap is; of what a scenario leaves open, and of what is known, what it says."""
    return study.gap_names.get(gap) or translated(gap) or gettext(RANGES_OF_THE_KNOWN)


def _of_how_many(count: int, compared: bool) -> str:
    if compared:
        return ngettext("a difference, {count} difference in all", "a difference, {count} differences in all", count)
    return ngettext("a score, {count} score in all", "a score, {count} scores in all", count)


def settled(layers: Layers, gap: str) -> str:
    """What would settle a gap, or the ranges of what is known."""
    if not gap:
        return gettext("narrower ranges of the numbers that move it most would settle it")
    gaps = layers.rows.gaps
    bases = {basis for name, basis in zip(gaps.column("gap"), gaps.column("basis"), strict=True) if name == gap}
    if Basis.SECTOR in bases:
        return gettext("an inventory of its own flows would settle it")
    if Basis.CLASS in bases or Basis.CLASS_BOUND in bases:
        return gettext("a data sheet or a life-cycle assessment of it would settle it")
    return gettext("a measurement or a stated amount would settle it")


def answers(view: View) -> Iterator[str]:
    """A sentence for every scenario against the baseline; none for one alone, or without draws."""
    judged = list(view.judgements.values())
    labels = apart(view.study.names)
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        yield answer([judgement for judgement in judged if judgement.scenario == name], labels)


def _categories(count: int) -> str:
    return ngettext("{count} category", "{count} categories", count)


def answer(judged: Sequence[Judgement], labels: Mapping[str, str]) -> str:
    """`B against A: lower in 14 of 16 categories; open in 2 (land-use, water-use).`"""
    first = judged[0]
    parts: list[str] = []
    for label, members in _by_verdict(judged):
        if members:
            titles = [CATEGORIES[id].title if id in CATEGORIES else id for id in members]
            named_members = f" ({', '.join(titles)})" if len(members) <= 3 else ""
            if parts:
                parts.append(gettext("{verdict} in {count}", verdict=label, count=len(members)) + named_members)
            else:
                of = _categories(len(judged))
                parts.append(
                    gettext("{verdict} in {count} of {categories}", verdict=label, count=len(members), categories=of)
                    + named_members
                )
    return gettext(
        "{scenario} against {baseline}: {parts}.",
        scenario=labels[first.scenario],
        baseline=labels[first.baseline],
        parts=joined(parts),
    )


def _by_verdict(judged: Sequence[Judgement]) -> Iterator[tuple[str, list[str]]]:
    for verdict in (Verdict.LOWER, Verdict.HIGHER):
        yield named(verdict), [j.category for j in judged if j.verdict == verdict and j.sure]
        yield _probably(verdict), [j.category for j in judged if j.verdict == verdict and not j.sure]
    yield named(Verdict.EQUAL), [j.category for j in judged if j.verdict == Verdict.EQUAL]
    yield named(Verdict.NOT_TOLD_APART), [j.category for j in judged if j.verdict == Verdict.NOT_TOLD_APART]
    yield gettext("open"), [j.category for j in judged if j.verdict == Verdict.INDETERMINATE]
    yield named(Verdict.NOT_COMPARABLE), [j.category for j in judged if j.verdict == Verdict.NOT_COMPARABLE]


def _probably(verdict: Verdict) -> str:
    return gettext("probably {verdict}", verdict=named(verdict))


def judgement(judged: Judgement) -> str:
    """The verdict in words."""
    if judged.verdict in (Verdict.LOWER, Verdict.HIGHER) and not judged.sure:
        return _probably(judged.verdict)
    return named(judged.verdict)


def ground(judged: Judgement, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """The ground of a verdict, or why there is none; `names`: those of gaps (`Study.gap_names`)."""
    match judged.ground:
        case Ground.RANGES:
            return gettext("the stated ranges; no gap differs")
        case Ground.GAPS:
            return ngettext(
                "the stated ranges, whatever the gap holds",
                "the stated ranges, whatever the {count} differing gaps hold",
                judged.gaps,
            )
        case Ground.ESTIMATES if judged.turning and judged.turning.factor > 1:
            return gettext(
                "estimates of the gaps; turns if that of {gap} is multiplied by {factor:.2g}",
                gap=names.get(judged.turning.gap, judged.turning.gap),
                factor=judged.turning.factor,
            )
        case Ground.ESTIMATES if judged.turning:
            return gettext(
                "estimates of the gaps; turns if that of {gap} is divided by {factor:.2g}",
                gap=names.get(judged.turning.gap, judged.turning.gap),
                factor=1 / judged.turning.factor,
            )
        case Ground.ESTIMATES:
            return ngettext(
                "the stated ranges, and estimates of the {count} gap that differ",
                "the stated ranges, and estimates of the {count} gaps that differ",
                judged.gaps,
            )
        case Ground.REPEATS:
            return gettext("the repeats do not tell the difference from none")
        case Ground.OPEN:
            return ngettext(
                "{count} gap without an estimate, not in P, may turn it: {gaps}",
                "{count} gaps without an estimate, not in P, may turn it: {gaps}",
                len(judged.blocking),
                gaps=several([names.get(gap, gap) for gap in judged.blocking]),
            )
        case Ground.MISSING:
            return gettext("a score is missing")
        case Ground.PLACE:
            return gettext("other places, and what has one factor for the whole world may turn it")
        case Ground.UNIT:
            return gettext("another functional unit")


def set_aside(study: Study) -> list[tuple[str, ...]]:
    """Published values that are not counted: category, scenario, activity, value, how large beside the score, why."""
    return _set_aside(tables.set_aside(study), study)


def set_aside_named(study: Study) -> list[tuple[str, ...]]:
    """The same of a hundredth of the score or more, categories and activities by name."""
    aside = [row for row in tables.set_aside(study) if row["times"] >= LEAST_ASIDE]
    return [
        (CATEGORIES[category].title, scenario, study.activities[activity].name, *rest)
        for category, scenario, activity, *rest in _set_aside(aside, study)
    ]


def _set_aside(aside: Iterable[Row], study: Study) -> list[tuple[str, ...]]:
    labels = apart(study.names)
    return [
        (
            row["category"],
            labels[row["scenario"]],
            row["activity"],
            f"{number(row['value'])} {CATEGORIES[row['category']].unit}",
            beside(row["times"]),
            translated(row["reason"]),
        )
        for row in aside
    ]


LEAST_ASIDE = 0.01
"""Part of a score below which a value that is not counted stands in `lca assess --json` alone."""


SET_ASIDE = (
    gettext_noop("category"),
    gettext_noop("scenario"),
    gettext_noop("activity"),
    gettext_noop("value"),
    gettext_noop("beside the score"),
    gettext_noop("not counted, because"),
)
"""Columns of `set_aside`."""


def beside(times: float) -> str:
    """How large a value that is not counted is beside the score in which it is not."""
    if times == float("inf"):
        return gettext("no score beside it")
    return (
        gettext("{times} times the score", times=number(times, short=True, digits=2))
        if times >= 1
        else gettext("{times} % of the score", times=number(100 * times, short=True, digits=2))
    )


CLOSE = 1.1
"""Scores of two backgrounds that are within this factor of each other agree."""


def disagreements(table: pd.DataFrame) -> Iterator[str]:
    """In how many categories backgrounds agree on a scenario, and where they are farthest apart; of the table of
    `study.documented.disagreement`.
    """
    for scenario, rows in table.groupby("scenario", sort=False):
        known = rows[rows["ratio"].notna()]
        if not len(known):
            yield gettext("{scenario}: no category is known under each", scenario=scenario)
            continue
        [farthest] = known.nlargest(1, "ratio").to_dict("records")
        yield gettext(
            "{scenario}: within 10 % of each other in {close} of {known} categories; farthest apart in {category}, by "
            "a factor of {ratio}",
            scenario=scenario,
            close=int((known["ratio"] <= CLOSE).sum()),
            known=len(known),
            category=CATEGORIES[farthest["category"]].title,
            ratio=number(float(farthest["ratio"])),
        )
