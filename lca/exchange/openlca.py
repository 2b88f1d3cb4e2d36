"""Activities as a zip of openLCA's JSON-LD, by version 2 of its schema (github.com/GreenDelta/olca-schema).

Elementary flows keep the ids of ecoinvent's list; units, quantities and their groups have the ids of openLCA's
reference data, read in units.csv of the package olca-schema 2.4.0; every other id is made of ours, and stays the same
in each export. What a published value stands for is an elementary flow of its own, which only the categories written
beside it count. What no inventory covers is zero in openLCA: the documentation of each process says what that is.
"""

from __future__ import annotations

import json
import math
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lca.errors import UsageError
from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.catalogue import Catalogue
from lca.inventory.pedigree import spread
from lca.languages import gettext
from lca.methods.categories import CATEGORIES, EF
from lca.methods.library import Flow
from lca.quantities.outputs import written_aside
from lca.quantities.records import near
from lca.quantities.sources import Source
from lca.quantities.values import Range
from lca.report.brightway.uncertainty import fields

Entity = dict[str, Any]

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/ai-lca/openlca")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in the zip: the same catalogue gives the same bytes."""


class _OlcaQuantity(NamedTuple):
    """What products are measured in, with openLCA's ids."""

    name: str
    id: str
    group: str
    group_id: str


class _OlcaUnit(NamedTuple):
    quantity: _OlcaQuantity
    name: str
    id: str
    factor: float = 1.0
    """Amount of the group's reference unit, which is the one of factor 1."""


_MASS = _OlcaQuantity(
    "Mass", "93a60a56-a3c8-11da-a746-0800200b9a66", "Units of mass", "93a60a57-a4c8-11da-a746-0800200c9a66"
)
_ENERGY = _OlcaQuantity(
    "Energy", "f6811440-ee37-11de-8a39-0800200c9a66", "Units of energy", "93a60a57-a3c8-11da-a746-0800200c9a66"
)
_VOLUME = _OlcaQuantity(
    "Volume", "93a60a56-a3c8-22da-a746-0800200c9a66", "Units of volume", "93a60a57-a3c8-12da-a746-0800200c9a66"
)
_AREA = _OlcaQuantity(
    "Area", "93a60a56-a3c8-19da-a746-0800200c9a66", "Units of area", "93a60a57-a3c8-18da-a746-0800200c9a66"
)
_AREA_TIME = _OlcaQuantity(
    "Area*time", "93a60a56-a3c8-21da-a746-0800200c9a66", "Units of area*time", "93a60a57-a3c8-20da-a746-0800200c9a66"
)
_VOLUME_TIME = _OlcaQuantity(
    "Volume*time",
    "441238a3-ba09-46ec-b35b-c30cfba746d1",
    "Units of volume*time",
    "93a60a57-a3c8-23da-a746-0800200c9a66",
)
_LENGTH = _OlcaQuantity(
    "Length", "838aaa23-0117-11db-92e3-0800200c9a66", "Units of length", "838aaa22-0117-11db-92e3-0800200c9a66"
)
_ITEMS = _OlcaQuantity(
    "Number of items", "01846770-4cfe-4a25-8ad9-919d8d378345", "Units of items", "5beb6eed-33a9-47b8-9ede-1dfe8f679159"
)
_FREIGHT = _OlcaQuantity(
    "Goods transport (mass*distance)",
    "838aaa20-0117-11db-92e3-0800200c9a66",
    "Units of mass*length",
    "838aaa21-0117-11db-92e3-0800200c9a66",
)
_ACTIVITY = _OlcaQuantity(
    "Radioactivity",
    "93a60a56-a3c8-17da-a746-0800200c9a66",
    "Units of radioactivity",
    "93a60a57-a3c8-16da-a746-0800200c9a66",
)
_UNITS: Mapping[str, _OlcaUnit] = {
    "kg": _OlcaUnit(_MASS, "kg", "20aadc24-a391-41cf-b340-3e4529f44bde"),
    "g": _OlcaUnit(_MASS, "g", "e1317ffc-7f83-4a85-bc65-4fb229a25cf8", 1e-3),
    "t": _OlcaUnit(_MASS, "t", "83192ffa-5990-490b-a23a-b45ca072db6f", 1e3),
    "MJ": _OlcaUnit(_ENERGY, "MJ", "52765a6c-3896-43c2-b2f4-c679acf13efe"),
    "kWh": _OlcaUnit(_ENERGY, "kWh", "86ad2244-1f0e-4912-af53-7865283103e4", 3.6),
    "m3": _OlcaUnit(_VOLUME, "m3", "1c3a9695-398d-4b1f-b07e-a8715b610f70"),
    "L": _OlcaUnit(_VOLUME, "l", "b80a512e-e402-4363-8ad0-7d02dcf4a459", 1e-3),
    "m2": _OlcaUnit(_AREA, "m2", "3ce61faa-5716-41c1-aef6-b5920054acc9"),
    "m2*year": _OlcaUnit(_AREA_TIME, "m2*a", "c7266b67-4ea2-457f-b391-9b94e26e195a"),
    "m3*year": _OlcaUnit(_VOLUME_TIME, "m3*a", "ee5f2241-18af-4444-b457-b275660e5a20"),
    "m": _OlcaUnit(_LENGTH, "m", "3d314eab-ef11-4ff3-a35e-9bc5cd858694"),
    "item": _OlcaUnit(_ITEMS, "Item(s)", "6dabe201-aaac-4509-92f0-d00c26cb72ab"),
    "t*km": _OlcaUnit(_FREIGHT, "t*km", "0dea4ed8-bb6b-4049-b2b4-b2c413ef2180"),
    "kBq": _OlcaUnit(_ACTIVITY, "kBq", "e9773595-284e-46dd-9671-5fc9ff406833"),
}
"""Our unit → openLCA's; any other one is a quantity of its own."""


def export(
    catalogue: Catalogue, path: str | Path, names: Sequence[str] = (), factors: bool = False
) -> tuple[Path, int]:
    """Write activities and all that they need as a zip that openLCA imports; its path, and how many.

    `names`: ids of activities, or kinds, which are all of one; none: the whole catalogue. `factors`: with the
    categories of EF v3.1 as a method; the factors, of the flows that are there, are those of the installed bw2io, whose
    licence they have. Raises UsageError for a name that there is not.
    """
    chosen = _with_upstream(catalogue, _chosen(catalogue, names))
    package = _OlcaPackage(catalogue)
    for activity in chosen:
        package.process(activity)
    if factors:
        package.method()
    with written_aside(Path(path)) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in package.files():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return Path(path), len(chosen)


def _chosen(catalogue: Catalogue, names: Sequence[str]) -> list[str]:
    kinds = catalogue.kinds()
    for name in names:
        if name not in catalogue.activities and name not in kinds:
            hint = near(name, [*kinds, *catalogue.activities])
            raise UsageError(gettext("no activity or kind {name!r}{hint}", name=name, hint=hint))
    return [id for id, a in catalogue.activities.items() if not names or id in names or a.kind in names]


def _with_upstream(catalogue: Catalogue, ids: Iterable[str]) -> list[Activity]:
    """The activities and all that they need, by id."""
    waiting, reached = list(ids), set[str]()
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += [input.activity for input in catalogue.activities[id].inputs]
    return [catalogue.activities[id] for id in sorted(reached)]


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_OURS, "|".join(parts)))


def _base(unit: _OlcaUnit) -> _OlcaUnit:
    """The reference unit of its group."""
    return next((each for each in _UNITS.values() if each.quantity == unit.quantity and each.factor == 1.0), unit)


@dataclass(slots=True)
class _OlcaPackage:
    """The entities of a zip by folder and id; what an entity refers to is added with it."""

    catalogue: Catalogue
    entities: dict[str, dict[str, Entity]] = field(default_factory=dict)
    factors: dict[str, dict[str, Entity]] = field(default_factory=dict)
    """Category → flow, with its country → its factor."""

    def files(self) -> Iterator[tuple[str, str]]:
        yield "olca-schema.json", '{"version": 2}'
        for folder, entities in sorted(self.entities.items()):
            for id, entity in sorted(entities.items()):
                yield f"{folder}/{id}.json", json.dumps(entity, ensure_ascii=False, allow_nan=False)

    def _add(self, folder: str, type: str, id: str, name: str, **more: Any) -> Entity:
        """Keep an entity; a reference to it."""
        entity = {"@type": type, "@id": id, "name": name, **{key: value for key, value in more.items() if value}}
        self.entities.setdefault(folder, {}).setdefault(id, entity)
        return {"@type": type, "@id": id, "name": name}

    def _measured(self, unit: str) -> tuple[_OlcaUnit, Entity, Entity]:
        """The unit, and references to it and to the quantity that it measures."""
        own = _OlcaQuantity(f"Amount in {unit}", _id("quantity", unit), f"Units of {unit}", _id("units", unit))
        known = _UNITS.get(unit) or _OlcaUnit(own, unit, _id("unit", unit))
        quantity = known.quantity
        group = {"@type": "UnitGroup", "@id": quantity.group_id, "name": quantity.group}
        by_name = [each for each in _UNITS.values() if each.quantity == quantity] or [known]
        measured = self._add(
            "flow_properties",
            "FlowProperty",
            quantity.id,
            quantity.name,
            flowPropertyType="PHYSICAL_QUANTITY",
            unitGroup=group,
        )
        units = [
            {
                "@type": "Unit",
                "@id": each.id,
                "name": each.name,
                "conversionFactor": each.factor,
                "isRefUnit": each.factor == 1.0,
            }
            for each in by_name
        ]
        self._add(
            "unit_groups", "UnitGroup", quantity.group_id, quantity.group, defaultFlowProperty=measured, units=units
        )
        return known, {"@type": "Unit", "@id": known.id, "name": known.name}, measured

    def _flow(self, id: str, name: str, unit: str, type: str, category: str, **more: Any) -> Entity:
        """Keep a flow; the parts of an exchange that say which it is, and in which unit."""
        known, unit_reference, measured = self._measured(unit)
        property = {"@type": "FlowPropertyFactor", "conversionFactor": 1.0, "flowProperty": measured}
        reference = self._add(
            "flows",
            "Flow",
            id,
            name,
            flowType=type,
            category=category,
            flowProperties=[{**property, "isRefFlowProperty": True}],
            **more,
        )
        flow = {**reference, "flowType": type, "refUnit": _base(known).name, "category": category}
        return {"flow": flow, "unit": unit_reference, "flowProperty": measured}

    def _location(self, code: str) -> Entity:
        return self._add("locations", "Location", _id("location", code), code, code=code)

    def _source(self, source: Source) -> Entity:
        content = source.model_dump_json(exclude_none=True)
        said = [source.authors, source.title, source.locator, source.licence, source.note, source.confidence]
        return self._add(
            "sources",
            "Source",
            _id("source", content),
            source.title,
            textReference=". ".join(str(part) for part in said if part),
            url=source.url,
            year=source.year,
        )

    def _product(self, activity: Activity) -> Entity:
        location = self._location(str(activity.location or "GLO"))
        name = f"{activity.product}, {activity.name}" if activity.product not in activity.name else activity.name
        id, category = _id("product", activity.id), f"ai-lca/{activity.kind}"
        return self._flow(id, name, activity.unit, "PRODUCT_FLOW", category, location=location)

    def _elementary(self, flow: Flow) -> Entity:
        """An elementary flow; that of a country is its flow with a place."""
        code = flow.code.partition("@")[0]
        exchange = self._flow(code, flow.name, flow.unit, "ELEMENTARY_FLOW", f"Elementary flows/{flow.compartment}")
        place = {"location": self._location(flow.location)} if flow.location else {}
        for category in EF:
            factor = self.catalogue.library.factors[category].get(flow.code)
            if factor is not None:
                self._factor(category, flow.code, {**exchange, **place}, factor)
        return {**exchange, **place}

    def _factor(self, category: str, flow: str, exchange: Entity, value: float) -> None:
        """Keep a factor per unit of an exchange."""
        kept = self.factors.setdefault(category, {})
        kept.setdefault(flow, {"@type": "ImpactFactor", **exchange, "value": value})

    def process(self, activity: Activity) -> None:
        """Keep a process with its exchanges, and all that they refer to."""
        made = {**self._product(activity), "isInput": False, "isQuantitativeReference": True, "amount": 1.0}
        exchanges = [made, *(self._input(activity, input) for input in activity.inputs)]
        exchanges += [self._emission(activity, emission) for emission in activity.emissions]
        exchanges += self._published(activity)
        for number, exchange in enumerate(exchanges, 1):
            exchange |= {"@type": "Exchange", "internalId": number, "isAvoidedProduct": False}
            exchange.setdefault("isQuantitativeReference", False)
        self._add(
            "processes",
            "Process",
            _id("process", activity.id),
            activity.name,
            category=f"ai-lca/{activity.kind}",
            description=activity.comment,
            processType="UNIT_PROCESS",
            location=self._location(str(activity.location or "GLO")),
            lastInternalId=len(exchanges),
            exchanges=exchanges,
            processDocumentation={
                "@type": "ProcessDocumentation",
                "completenessDescription": self._completeness(activity),
                "sources": [self._source(source) for source in activity.sources.values()],
                "dataCollectionDescription": activity.file,
            },
        )

    def _completeness(self, activity: Activity) -> str:
        """What is known of the activity's own flows: what is missing counts as zero in openLCA."""
        states = [(category, self.catalogue.state(activity.id, category)) for category in EF]
        lines = [f"{category}: {state.kind}" for category, state in states if state.open]
        absent = [f"not in it: {gap}" for gap in activity.gaps]
        heading = ["Own flows that are partly known or missing, by category:"] if lines else []
        return "\n".join([*heading, *lines, *absent])

    def _input(self, activity: Activity, input: Input) -> Entity:
        provider = self.catalogue.activities[input.activity]
        named = {"@type": "Process", "@id": _id("process", provider.id), "name": provider.name}
        return {**self._product(provider), "isInput": True, "defaultProvider": named, **_amount(activity, input)}

    def _emission(self, activity: Activity, emission: Emission) -> Entity:
        taken = emission.flow.compartment.startswith("natural resource")
        return {**self._elementary(emission.flow), "isInput": taken, **_amount(activity, emission)}

    def _published(self, activity: Activity) -> Iterator[Entity]:
        for result in activity.results:
            if result.refused or result.category not in EF:
                continue
            unit, name = CATEGORIES[result.category].unit, f"published value: {result.category}, {result.method}"
            id = _id("published", result.category, result.method)
            flow = self._flow(id, name, unit, "ELEMENTARY_FLOW", "Elementary flows/published value")
            self._factor(result.category, id, flow, 1.0)
            spread = _uncertainty(result.value, result.range)
            yield {**flow, "isInput": False, "amount": result.value, **spread}

    def method(self) -> None:
        """Keep the categories of EF v3.1, with factors for the flows that are there."""
        categories = [
            self._add(
                "lcia_categories",
                "ImpactCategory",
                _id("category", id),
                CATEGORIES[id].title,
                refUnit=CATEGORIES[id].unit,
                impactFactors=[factor for _, factor in sorted(self.factors.get(id, {}).items())],
                description="Factors as bw2io implements them, of the flows of this package alone.",
            )
            for id in EF
        ]
        id = _id("method", "EF v3.1")
        self._add("lcia_methods", "ImpactMethod", id, "EF v3.1, ai-lca", impactCategories=categories)


def _amount(activity: Activity, exchange: Input | Emission) -> Entity:
    said = [exchange.note, *(f"source: {id}" for id in exchange.sources), f"stage: {exchange.stage}"]
    described = "; ".join(part for part in said if part)
    return {
        "amount": exchange.amount,
        "description": described,
        **_uncertainty(exchange.amount, spread(activity, exchange)),
    }


def _uncertainty(amount: float, spread: Range | None) -> Entity:
    """A range as openLCA has it; none for a lognormal below zero, which it has not."""
    said = fields(amount, spread)
    names = {
        2: ("LOG_NORMAL_DISTRIBUTION", {}),
        3: ("NORMAL_DISTRIBUTION", {"mean": "loc", "sd": "scale"}),
        4: ("UNIFORM_DISTRIBUTION", {"minimum": "minimum", "maximum": "maximum"}),
        5: ("TRIANGLE_DISTRIBUTION", {"minimum": "minimum", "mode": "loc", "maximum": "maximum"}),
    }
    if not said or said.get("negative"):
        return {}
    type, parts = names[int(said["uncertainty type"])]
    numbers = {theirs: float(said[ours]) for theirs, ours in parts.items()}
    if not parts:
        numbers = {"geomMean": math.exp(said["loc"]), "geomSd": math.exp(said["scale"])}
    return {"uncertainty": {"@type": "Uncertainty", "distributionType": type, **numbers}}
