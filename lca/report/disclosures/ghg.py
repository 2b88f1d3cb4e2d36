"""GHG Protocol scopes of the service, from the perspective of who reports: a partition of the life-cycle score.

Scope 2 is what the generators of the electricity that is consumed emit themselves; what they emit for the electricity
lost on the way, and everything upstream of them, is scope 3 category 3 (GHG Protocol, Scope 2 Guidance, 2015, and
Corporate Value Chain Standard, 2011).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lca.errors import UsageError
from lca.inventory.activity import Activity
from lca.languages import gettext, gettext_noop, gettexts
from lca.report.disclosures.climate import Climate, ScoredExchange
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.study.energy_chain import energy_at_the_building, generators, is_electricity
from lca.study.study import Study
from lca.system.parts import ForegroundExchange
from lca.system.scenario import PublishedElectricity

TITLE = gettext_noop("GHG Protocol scopes, a view of the service")
PERSPECTIVES = {
    "operator": gettext_noop("operator, who runs the data centre and owns its servers"),
    "cloud customer": gettext_noop("cloud customer, who rents the servers"),
    "API user": gettext_noop("API user, who calls the service, from a device of their own"),
}
_CATEGORIES = {
    "category_1": gettext_noop("Scope 3, category 1: purchased goods and services"),
    "category_2": gettext_noop("Scope 3, category 2: capital goods"),
    "category_3": gettext_noop("Scope 3, category 3: fuel- and energy-related activities"),
    "category_4": gettext_noop("Scope 3, category 4: upstream transportation and distribution"),
    "category_5": gettext_noop("Scope 3, category 5: waste generated in operations"),
    "category_11": gettext_noop("Scope 3, category 11: use of sold products"),
    "unsplit": gettext_noop("Electricity by a published life-cycle figure: scope 2 and category 3, not split"),
}
_OWN = ("category_2", "category_3", "category_4", "category_5")
_STAGES = {"production": "category_2", "distribution": "category_4", "end-of-life": "category_5", "use": "category_1"}
_ON_SITE = gettext_noop("fuel burnt and refrigerants lost on the site are not modelled")
_NOTES = (
    gettext_noop(
        "A view of one service per functional unit, not a company's inventory. Gases are weighted by the study's "
        "category of climate change; its life-cycle score is the total."
    ),
    gettext_noop(
        "Direct and life-cycle intensities of electricity are different things: the first is scope 2, the second its "
        "sum with category 3."
    ),
)


class Cut(NamedTuple):
    """What the generators of one exchange of electricity emit, for what is consumed and for what is lost."""

    consumed: float
    lost: float


def disclose(study: Study, perspective: str = "") -> Disclosure:
    """One section for each scenario and perspective; without a perspective, all three. Raises UsageError."""
    if perspective and perspective not in PERSPECTIVES:
        raise UsageError(f"no perspective {perspective[:80]!r}; there are: {', '.join(PERSPECTIVES)}")
    chosen = [perspective] if perspective else list(PERSPECTIVES)
    sections = []
    for scenario in study.scenarios:
        climate = Climate(study, scenario)
        for view in chosen:
            sections.append(Section(scenario.name, gettext(PERSPECTIVES[view]), tuple(_fields(climate, view))))
    return Disclosure("ghg-protocol", gettext(TITLE), gettexts(*_NOTES), tuple(sections))


def _fields(climate: Climate, view: str) -> Iterator[Field]:
    if climate.why_missing:
        yield Field.unknown("total", gettext("Life-cycle score"), climate.unit, climate.why_missing)
        return
    parts = _parts(climate, view)
    scope_1, scope_2 = _scope_1(climate, view), list(_scope_2(climate, view, parts.pop("scope_2", None)))
    yield from (scope_1, *scope_2)
    known = [
        field for id, label in _CATEGORIES.items() if (field := _category(climate, view, id, gettext(label), parts))
    ]
    yield from known
    third = sum(field.value for field in known if isinstance(field.value, float))
    ids = [field.id for field in known if field.value is not None]
    mark = climate.mark(exchange for _, exchanges in parts.values() for exchange in exchanges)
    yield Field(
        "scope_3",
        gettext("Scope 3"),
        third,
        climate.unit,
        "estimated",
        gettext("with what is not split"),
        climate.source,
        mark,
        " + ".join(ids) or "0",
    )
    yield from _totals(climate, scope_1, scope_2, third, climate.mark(row.exchange for row in climate.rows))
    yield from _intensities(climate)


def _scope_1(climate: Climate, view: str) -> Field:
    if view == "operator":
        return Field.unknown("scope_1", gettext("Scope 1"), climate.unit, gettext(_ON_SITE))
    why = gettext("nothing of the service burns or leaks at the reporter's own site")
    return Field("scope_1", gettext("Scope 1"), 0.0, climate.unit, "known", why)


def _scope_2(climate: Climate, view: str, bought: tuple[float, list[ForegroundExchange]] | None) -> Iterator[Field]:
    """By location and by market; one of them is what the study models, the other is unknown."""
    value, exchanges = bought or (0.0, [])
    for id, label in (("location", gettext("Scope 2, by location")), ("market", gettext("Scope 2, by market"))):
        modelled = (climate.accounting or "location") == id
        if not bought and _none_bought(climate, view):
            why = gettext("the reporter buys no electricity for the service: see scope 3")
            yield Field(f"scope_2_{id}", label, 0.0, climate.unit, "known", why)
        elif not modelled:
            why = (
                gettext("no instrument is stated")
                if id == "market"
                else gettext("the study's electricity is modelled by market")
            )
            yield Field.unknown(f"scope_2_{id}", label, climate.unit, why)
        elif not bought:
            why = gettext("the electricity is a published life-cycle figure: see what is not split")
            yield Field.unknown(f"scope_2_{id}", label, climate.unit, why)
        else:
            why = gettext("what the generators of the electricity consumed emit themselves")
            if not climate.accounting:
                why = gettext(
                    "what the generators of the electricity consumed emit themselves; one technology, not a grid's "
                    "average"
                )
            yield Field(
                f"scope_2_{id}", label, value, climate.unit, "estimated", why, climate.source, climate.mark(exchanges)
            )


def _none_bought(climate: Climate, view: str) -> bool:
    return not any(is_electricity(row.exchange) and _own(view, row.exchange.phase) for row in climate.rows)


def _category(
    climate: Climate, view: str, id: str, label: str, parts: dict[str, tuple[float, list[ForegroundExchange]]]
) -> Field | None:
    if id in parts:
        value, exchanges = parts[id]
        return Field(id, label, value, climate.unit, "estimated", "", climate.source, climate.mark(exchanges))
    if view == "operator" and id in _OWN:
        return Field.unknown(id, label, climate.unit, gettext("nothing of it is modelled: Completeness names the gaps"))
    return None


def _totals(climate: Climate, first: Field, second: Sequence[Field], third: float, mark: str) -> Iterator[Field]:
    """The score, by the two accounts of scope 2; unknown where one of them is and the other is not."""
    why = gettext("the life-cycle score")
    if first.value is None:
        why = gettext("the life-cycle score, without scope 1, which is unknown")
    for id, label, here, other, needs in (
        ("location", gettext("Total, by location"), second[0], second[1], gettext("it needs scope 2 by location")),
        ("market", gettext("Total, by market"), second[1], second[0], gettext("it needs scope 2 by market")),
    ):
        if here.value is None and other.value is not None:
            yield Field.unknown(f"total_{id}", label, climate.unit, needs)
            continue
        terms = [field for field in (first, here) if isinstance(field.value, float)]
        value = third + sum(float(field.value or 0.0) for field in terms)
        yield Field(
            f"total_{id}",
            label,
            value,
            climate.unit,
            "estimated",
            why,
            climate.source,
            mark,
            " + ".join([*(field.id for field in terms), "scope_3"]),
        )


def _own(view: str, phase: str) -> bool:
    """Whether the reporter operates the equipment of a phase."""
    if view == "operator":
        return phase not in ("end-user device", "network")
    return view == "API user" and phase == "end-user device"


def _parts(climate: Climate, view: str) -> dict[str, tuple[float, list[ForegroundExchange]]]:
    """Scope or category → its score and its exchanges; they sum to the score."""
    sums: dict[str, tuple[float, list[ForegroundExchange]]] = {}

    def add(id: str, score: float, exchange: ForegroundExchange) -> None:
        before, exchanges = sums.get(id, (0.0, []))
        sums[id] = (before + score, [*exchanges, exchange])

    for row in climate.rows:
        exchange = row.exchange
        if not row.score and not is_electricity(exchange):
            continue  # evaporated water warms nothing: no row of purchased goods that says 0
        if not _own(view, exchange.phase):
            used = exchange.phase == "end-user device" and view != "API user"
            add("category_11" if used else "category_1", row.score, exchange)
        elif not is_electricity(exchange):
            add(_STAGES[exchange.stage], row.score, exchange)
        else:
            cut = direct(climate, row)
            if cut is None:
                add("unsplit", row.score, exchange)
            else:
                add("scope_2", cut.consumed, exchange)
                add("category_3", row.score - cut.consumed, exchange)
    return sums


def direct(climate: Climate, row: ScoredExchange) -> Cut | None:
    """What the generators of one exchange of electricity emit themselves; None: published as a life cycle."""
    study, amount = climate.study, row.exchange.amount
    activity = study.activities[row.exchange.input]
    if activity.results:
        file = climate.scenario.file
        run = file.run(row.exchange.run)
        chosen = file.electricity_of(run) if run else file.electricity
        if not isinstance(chosen, PublishedElectricity) or chosen.scope != "direct":
            return None
        kept = 1 - chosen.loss.amount if chosen.boundary == "generated" and chosen.loss else 1.0
        return Cut(row.score * kept, row.score * (1 - kept))
    plants = list(_plants(study, activity, 1.0))
    if any(result.category == climate.category for plant, _ in plants for result in plant.results):
        return None
    generated = sum(share for _, share in plants)
    emitted = amount * sum(share * _emitted(climate, plant) for plant, share in plants)
    return Cut(emitted / generated, emitted - emitted / generated) if generated else None


def _plants(study: Study, activity: Activity, amount: float) -> Iterator[tuple[Activity, float]]:
    """What generates an amount of electricity, through mixes of mixes and storage, with what each generates."""
    inputs = [(study.activities[each.activity], each.amount) for each in generators(activity)]
    if not inputs:
        yield activity, amount
    for plant, share in inputs:
        if plant.unit == "kWh":  # else the wear of a battery
            yield from _plants(study, plant, amount * share)


def _emitted(climate: Climate, activity: Activity) -> float:
    """Score of the own flows of one unit."""
    factors = climate.study.factors[climate.category]
    return sum(emission.amount * factors.get(emission.flow.code, 0.0) for emission in activity.emissions)


def _intensities(climate: Climate) -> Iterator[Field]:
    """Of one kWh at the building's meter, direct and life cycle, apart."""
    rows: Sequence[ScoredExchange] = [row for row in climate.rows if is_electricity(row.exchange)]
    energy = energy_at_the_building(climate.system)
    unit = f"{climate.unit}/kWh"
    cuts = [direct(climate, row) for row in rows]
    label = gettext("Direct intensity of the electricity consumed")
    if not energy:
        return
    mark = climate.mark(row.exchange for row in rows)
    if any(cut is None for cut in cuts):
        yield Field.unknown("intensity_direct", label, unit, gettext("published as a life cycle, not to be split"))
    else:
        emitted = sum(cut.consumed for cut in cuts if cut)
        yield Field(
            "intensity_direct",
            label,
            emitted / energy,
            unit,
            "estimated",
            gettext("generators' own flows, per kWh at the building"),
            climate.source,
            mark,
        )
    whole = sum(row.score for row in rows) / energy
    label = gettext("Life-cycle intensity of the electricity consumed")
    why = gettext("with losses, fuels and plants, per kWh at the building")
    yield Field("intensity_life_cycle", label, whole, unit, "estimated", why, climate.source, mark)
