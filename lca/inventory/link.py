"""From one file to one activity: exchanges linked to activities and elementary flows, in their units."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from lca.builtin import named
from lca.equations import freight, recovered_mass, treated_mass, uncollected_mass
from lca.errors import Fault, InconsistentRange, Problem, UnknownActivity, UnknownTemplate, WrongUnit
from lca.inventory.activity import Activity, Anchor, Emission, Input, Recovered, Result
from lca.inventory.files.activity import ActivityFile, AnchorOfGap, DevicePart, Exchange, Impact, Negligible
from lca.inventory.files.template import Template
from lca.inventory.published import value_of
from lca.languages import Deferred, gettext
from lca.methods.library import Library, category
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.positions import Loc
from lca.quantities.records import Quantity, near
from lca.quantities.sources import Source, ids
from lca.quantities.units import Amount
from lca.quantities.values import Moved, Range, moved_by, scaled
from lca.vocabulary import Stage

# 29.8 and 36.8 kg CO2-Eq per kg fossil methane in EF 3.1 and EF 3.0 (JRC130796, table of changes to climate change):
# an unstated version lies between the published value and that value with all of it from methane
_METHANE_31, _METHANE_30 = 29.8, 36.8
_OTHER_FACTORS = Deferred("published with {method}; factors of this category changed between EF 3.0 and 3.1")
_UNSTATED = ("EF, version unstated", "GWP100, version unstated", "EF v3.0")
_CHANGED = ("ecotoxicity-freshwater", "human-toxicity-non-carcinogenic")


class BrokenLink(Fault):
    """mend the file that is linked to"""


class Linker:
    """Links files; what is wrong is collected in `problems`.

    `broken`: ids and templates whose own file is in error, None: any may be, for a file could not be read. To link to
    one is no error of the file that does.
    """

    def __init__(
        self,
        library: Library,
        unit_of: Mapping[str, str],
        templates: Mapping[str, Template],
        broken: Collection[str] | None = (),
    ) -> None:
        self.library, self.unit_of, self.templates, self.broken = library, unit_of, templates, broken
        self.problems: list[Problem] = []

    def _broken(self, id: str) -> bool:
        return self.broken is None or id in self.broken

    def refuse(self, document: Document, loc: Loc, fault: Fault) -> None:
        """Keep a problem; a broken link is one of the file that it leads to."""
        if not isinstance(fault, BrokenLink):
            self.problems.append(document.problem(loc, fault))

    def activity(self, id: str, document: Document, record: ActivityFile, kind: str) -> Activity:
        """The linked activity; exchanges that cannot be linked are left out and reported."""
        inputs, emissions = self._exchanges(document, record)
        key = f"{named(document.shown)}|{id}"
        if record.template:
            inputs += self._expanded(key, document, (), record.template, record.parameters, record.choices)
        for index, part in enumerate(record.parts):
            inputs += self._part(f"{key}.parts[{index}]", document, ("parts", index), part)
        inputs += self._delivery(key, document, record) + self._end_of_life(key, document, record)
        results = [self._result(document, index, impact) for index, impact in enumerate(record.impacts)]
        try:
            units.must_be_known(record.unit)
        except Fault as fault:
            self.refuse(document, ("unit",), fault)
        return Activity(
            id=id,
            kind=kind,
            name=record.name,
            product=record.product,
            unit=record.unit,
            location=record.location,
            file=named(document.shown),
            technology=record.technology,
            comment=record.comment or "",
            models=record.models,
            manages_land=record.manages_land,
            inputs=tuple(inputs),
            emissions=tuple(emissions),
            results=tuple(r for r in results if r),
            negligible=self._bounds(document, ("negligible",), record.negligible),
            properties=record.properties,
            recovers=_recovered(record),
            pedigree=record.pedigree,
            sources={**self._of_templates(record), **record.sources},
            estimate_class=record.estimate_class or "",
            sector=record.sector or "",
            anchor=_anchor(record.anchor) if record.anchor else None,
        )

    def _exchanges(self, document: Document, record: ActivityFile) -> tuple[list[Input], list[Emission]]:
        inputs: list[Input] = []
        emissions: list[Emission] = []
        for index, exchange in enumerate(record.exchanges):
            stage = exchange.stage or record.stage
            loc: Loc = ("exchanges", index)
            sources = ids(exchange.source)
            note = exchange.note or ""
            try:
                if exchange.input is not None:
                    loc = (*loc, "input")
                    amount, spread = self._amount(exchange, self.unit(exchange.input))
                    bounds = self._bounds(document, ("exchanges", index, "negligible"), exchange.negligible)
                    inputs.append(Input(exchange.input, amount, stage, spread, sources, note, bounds))
                else:
                    loc = (*loc, "flow")
                    flow = self.library.flow(exchange.flow or "", exchange.compartment or "")
                    amount, spread = self._amount(exchange, flow.unit)
                    emissions.append(Emission(flow, amount, stage, spread, sources, note, exchange.calibrated))
            except Fault as fault:
                place = ("exchanges", index, "amount") if isinstance(fault, WrongUnit) else loc
                self.refuse(document, place, fault)
        return inputs, emissions

    def unit(self, id: str) -> str:
        """Unit of an activity's product. Raises UnknownActivity."""
        if id not in self.unit_of and self._broken(id):
            raise BrokenLink
        if id not in self.unit_of:
            raise UnknownActivity(gettext("no activity {id!r}", id=id) + near(id, self.unit_of))
        return self.unit_of[id]

    def _amount(self, exchange: Exchange, unit: str) -> tuple[float, Range | None]:
        amount = units.convert(exchange.amount, unit).number
        if exchange.low is None or exchange.high is None or exchange.distribution is None:
            return amount, None
        low, high = (units.convert(bound, unit).number for bound in (exchange.low, exchange.high))
        return amount, Range(low, high, exchange.distribution)

    def _part(self, key: str, document: Document, loc: Loc, part: DevicePart) -> list[Input]:
        """The exchanges of all pieces of a part."""
        number = part.count.amount if part.count else 1.0
        counted = ids(part.count.source or ()) if part.count else ()
        inputs = self._expanded(key, document, loc, part.template, part.parameters, part.choices)
        return [
            replace(
                input,
                amount=number * input.amount,
                range=scaled(input.range, number),
                sources=tuple(dict.fromkeys([*input.sources, *counted])),
                note=f"{part.name}: {number:g} × ({input.note})",
            )
            for input in inputs
        ]

    def _expanded(
        self,
        key: str,
        document: Document,
        loc: Loc,
        name: str,
        parameters: Mapping[str, Quantity],
        choices: Mapping[str, str],
    ) -> list[Input]:
        """The exchanges that a template gives for these parameters, which stand at `loc` of the file."""
        template = self.templates.get(name)
        if template is None:
            unknown = UnknownTemplate(gettext("no template {name!r}", name=name) + near(name, self.templates))
            self.refuse(document, (*loc, "template"), BrokenLink() if self._broken(name) else unknown)
            return []

        def refuse(place: Sequence[str], fault: Fault) -> None:
            self.refuse(document, (*loc, *place), fault)

        given = [source for quantity in parameters.values() for source in ids(quantity.source or ())]
        return [
            replace(input, sources=tuple(dict.fromkeys([*(f"{name}/{s}" for s in input.sources), *given])))
            for input in template.expand(parameters, self.unit, refuse, key, choices)
        ]

    def _of_templates(self, record: ActivityFile) -> dict[str, Source]:
        named = dict.fromkeys([record.template or "", *(part.template for part in record.parts)])
        return {
            f"{name}/{id}": source
            for name in named
            if name in self.templates
            for id, source in self.templates[name].sources.items()
        }

    def _delivery(self, key: str, document: Document, record: ActivityFile) -> list[Input]:
        mass = record.properties.packed_mass
        if mass is None:
            return []
        inputs = []
        for index, leg in enumerate(record.delivery):

            def moved(distance: float, mass: float, id: str = leg.input) -> float:
                return freight(mass, distance) * units.factor("kg*km", self.unit(id))

            note = f"{mass.amount:g} kg packed × {leg.distance.amount:g} km"
            stated = {f"{key}.delivery[{index}].distance": leg.distance, f"{key}.packed_mass": mass}
            try:
                inputs.append(_of(leg.input, Stage.DISTRIBUTION, note, stated, moved))
            except Fault as fault:
                self.refuse(document, ("delivery", index, "input"), fault)
        return inputs

    def _end_of_life(self, key: str, document: Document, record: ActivityFile) -> list[Input]:
        end, mass = record.end_of_life, record.properties.mass
        inputs: list[Input] = []
        if end is None or mass is None:
            return inputs
        ends = (("treatment", end.treatment, treated_mass), ("otherwise", end.otherwise, uncollected_mass))
        note = f"{mass.amount:g} kg, {100 * end.collected.amount:g} % collected"
        stated = {f"{key}.end_of_life.collected": end.collected, f"{key}.mass": mass}
        for field, id, part in ends:

            def treated(
                collected: float, mass: float, id: str = id, part: Callable[[float, float], float] = part
            ) -> float:
                return part(mass, collected) * units.factor("kg", self.unit(id))

            try:
                inputs.append(_of(id, Stage.END_OF_LIFE, note, stated, treated))
            except Fault as fault:
                self.refuse(document, ("end_of_life", field), fault)
        return inputs

    def _bounds(self, document: Document, loc: Loc, items: tuple[Negligible, ...]) -> dict[str, float]:
        bounds = {}
        for index, item in enumerate(items):
            try:
                bounds[item.category] = abs(value_of(item.bound, category(item.category).unit).number)
            except Fault as fault:
                self.refuse(document, (*loc, index, "bound"), fault)
        return bounds

    def _result(self, document: Document, index: int, impact: Impact) -> Result | None:
        loc: Loc = ("impacts", index, "value")
        try:
            unit = category(impact.category).unit
            value = value_of(impact.value, unit).number
            low = value_of(impact.low, unit).number if impact.low else value
            high = value_of(impact.high, unit).number if impact.high else value
            whole = value_of(impact.whole, unit).number if impact.whole else None
            if not low <= value <= high:
                raise InconsistentRange(
                    gettext(
                        "low {low:g}, value {value:g}, high {high:g} are not in order", low=low, value=value, high=high
                    )
                )
        except Fault as fault:
            self.refuse(document, loc, fault)
            return None
        refused = ""
        if impact.method in _UNSTATED and impact.category == "climate-change":
            low = min(low, low * _METHANE_31 / _METHANE_30)
        elif impact.method in _UNSTATED and impact.category in _CHANGED:
            refused = _OTHER_FACTORS(method=impact.method)
        return Result(
            impact.category, value, low, high, impact.method, ids(impact.source), refused, bool(impact.explained), whole
        )


def _of(id: str, stage: Stage, note: str, stated: Mapping[str, Quantity], amount: Callable[..., float]) -> Input:
    """An input whose amount is a monotonous function of stated quantities, with their ranges carried over.

    `stated`: key of a quantity → the quantity, in the order of the parameters of `amount`.
    """
    numbers = {key: quantity.amount for key, quantity in stated.items()}

    def at(key: str, end: Amount) -> float:
        return amount(*{**numbers, key: end.number}.values())

    moved = [
        Moved(at(key, quantity.low), at(key, quantity.high), quantity.distribution, key)
        for key, quantity in stated.items()
        if quantity.low and quantity.high and quantity.distribution
    ]
    number = amount(*numbers.values())
    cited = dict.fromkeys(source for quantity in stated.values() for source in ids(quantity.source or ()))
    return Input(id, number, stage, moved_by(number, moved), tuple(cited), note)


def _anchor(stated: AnchorOfGap) -> Anchor:
    return Anchor(
        stated.amount.number,
        stated.low.number,
        stated.high.number,
        ids(stated.source or ()),
        stated.source is None,
        stated.reason or "",
    )


def _recovered(record: ActivityFile) -> tuple[Recovered, ...]:
    end = record.end_of_life
    return tuple(
        Recovered(
            item.material,
            recovered_mass(item.mass.amount, end.collected.amount, item.recovery.amount),
            (*ids(item.mass.source or ()), *ids(item.recovery.source or ())),
        )
        for item in (end.recovers if end else ())
        if end
    )
