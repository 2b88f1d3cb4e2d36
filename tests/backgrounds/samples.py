"""Small databases as files: a steel mill, the coal that it takes, and what both emit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

CARBON = "349b29d1-3e58-4c66-98b9-9d1a076efd2e"
"""Code of fossil carbon dioxide to air."""


def exchange(name: str, amount: float | str, group: str, unit: str = "kg", more: str = "", place: str = "RNA") -> str:
    """`group`: input 5 or 4, output 0, 2 or 4."""
    side = "inputGroup" if group in ("i4", "i5") else "outputGroup"
    where = f'location="{place}"' if group in ("i5", "o0", "o2") else 'category="emission" subCategory="air"'
    head = f'<exchange number="1" name="{name}" unit="{unit}" meanValue="{amount}" {where} {more}>'
    return f"{head}<{side}>{group[1]}</{side}></exchange>"


def process(code: int, name: str, exchanges: Iterable[str], unit: str = "kg", place: str = "RNA") -> str:
    return (
        f'<dataset number="{code}"><metaInformation><processInformation>'
        f'<referenceFunction name="{name}" unit="{unit}"/><geography location="{place}"/>'
        f"</processInformation></metaInformation><flowData>{''.join(exchanges)}</flowData></dataset>"
    )


def ecospold1(*processes: str) -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?><ecoSpold xmlns="http://www.EcoInvent.org/EcoSpold01">'
    return f"{head}{''.join(processes)}</ecoSpold>"


LOGNORMAL = 'uncertaintyType="1" standardDeviation95="1.44"'
MILL = process(
    7,
    "Steel, at mill",
    [
        exchange("Steel, at mill", 10, "o0"),
        exchange("Slag", 1, "o2"),
        exchange("Coal, at mine", 5, "i5", more=LOGNORMAL),
        exchange("Scrap, at yard", 1, "i5"),
        exchange("Carbon dioxide", 20, "o4", more=LOGNORMAL),
        exchange("Phlogiston", 1, "o4"),
    ],
)
MINE = process(
    8, "Coal, at mine", [exchange("Coal, at mine", 1, "o0"), exchange("Carbon dioxide", 100, "o4", unit="g")]
)
STEEL = ecospold1(MILL, MINE)
"""One kg of steel takes half a kg of coal and emits 2 kg of carbon dioxide, 2.05 kg with that of the coal."""


def json_ld(folder: Path) -> Path:
    """The mine and the mill as openLCA writes them."""
    mass = {"@type": "FlowProperty", "@id": "mass"}
    kg = {"@type": "Unit", "@id": "kg", "name": "kg"}

    def write(kind: str, id: str, **content: object) -> None:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{id}.json").write_text(json.dumps({"@id": id, **content}), encoding="utf-8")

    def taken(
        flow: str, amount: float, incoming: bool, main: bool = False, elementary: bool = False
    ) -> dict[str, object]:
        kind = "ELEMENTARY_FLOW" if elementary else "PRODUCT_FLOW"
        return {
            "isInput": incoming,
            "amount": amount,
            "flow": {"@type": "Flow", "@id": flow, "name": flow, "flowType": kind, "refUnit": "kg"},
            "unit": kg,
            "flowProperty": mass,
            "isQuantitativeReference": main,
            "isAvoidedProduct": False,
        }

    unit = {**kg, "isRefUnit": True, "conversionFactor": 1.0}
    write("unit_groups", "units", **{"@type": "UnitGroup"}, name="Units of mass", units=[unit])
    write("flow_properties", "mass", **{"@type": "FlowProperty"}, name="Mass", unitGroup={"@id": "units"})
    properties = [{"isRefFlowProperty": True, "flowProperty": mass, "conversionFactor": 1.0}]
    for id, kind in (("steel", "PRODUCT_FLOW"), ("coal", "PRODUCT_FLOW"), ("co2", "ELEMENTARY_FLOW")):
        more = {"name": "Carbon dioxide, fossil", "category": "Elementary flows/Emission to air/unspecified"}
        named = more if id == "co2" else {"name": id}
        write("flows", id, **{"@type": "Flow"}, flowType=kind, flowProperties=properties, **named)
    place = {"@type": "Location", "@id": "world", "name": "GLO"}
    write("locations", "world", name="GLO", code="GLO")
    mill = [taken("steel", 1.0, False, main=True), taken("coal", 0.5, True), taken("co2", 2.0, False, elementary=True)]
    mine = [taken("coal", 1.0, False, main=True), taken("co2", 0.1, False, elementary=True)]
    for id, exchanges in (("mill", mill), ("mine", mine)):
        kind = {"@type": "Process", "processType": "UNIT_PROCESS"}
        write("processes", id, **kind, name=f"at {id}", location=place, exchanges=exchanges)
    return folder


def spold(folder: Path) -> Path:
    """The mine and the mill as ecoinvent writes them."""
    folder.mkdir(parents=True)
    for id, name, rest in (
        ("11111111-0000-4000-8000-000000000001", "steel", ("coal", 0.5, 2.0)),
        ("11111111-0000-4000-8000-000000000002", "coal", ("", 0.0, 0.1)),
    ):
        coal, amount, carbon = rest
        taken = _intermediate(coal, amount, "5") if coal else ""
        text = f"""<?xml version="1.0" encoding="utf-8"?>
<ecoSpold xmlns="http://www.EcoInvent.org/EcoSpold02"><activityDataset><activityDescription>
<activity id="{id}" type="1" specialActivityType="0">
<activityName xml:lang="en">{name} production</activityName></activity>
<geography geographyId="g"><shortname xml:lang="en">GLO</shortname></geography>
<technology technologyLevel="3"/><timePeriod startDate="2010-01-01" endDate="2020-12-31"/>
</activityDescription><flowData>{_intermediate(name, 1.0, "", "0")}{taken}
<elementaryExchange id="e{id}" unitId="u" amount="{carbon}" elementaryExchangeId="{CARBON}">
<name xml:lang="en">Carbon dioxide, fossil</name><unitName xml:lang="en">kg</unitName><compartment>
<compartment xml:lang="en">air</compartment><subcompartment xml:lang="en">unspecified</subcompartment></compartment>
<outputGroup>4</outputGroup></elementaryExchange></flowData><modellingAndValidation/><administrativeInformation>
<dataEntryBy personId="p" personName="n" personEmail="e"/>
<dataGeneratorAndPublication personId="p" personName="n" personEmail="e"/></administrativeInformation>
</activityDataset></ecoSpold>"""
        (folder / f"{id}_{_PRODUCTS[name]}.spold").write_text(text, encoding="utf-8")
    return folder


_PRODUCTS = {"steel": "22222222-0000-4000-8000-000000000001", "coal": "22222222-0000-4000-8000-000000000002"}


def _intermediate(name: str, amount: float, incoming: str, outgoing: str = "") -> str:
    group = f"<inputGroup>{incoming}</inputGroup>" if incoming else f"<outputGroup>{outgoing}</outputGroup>"
    link = ' activityLinkId="11111111-0000-4000-8000-000000000002"' if incoming else ""
    return (
        f'<intermediateExchange id="x{name}{amount}" unitId="u" amount="{amount}" '
        f'intermediateExchangeId="{_PRODUCTS[name]}"{link}><name xml:lang="en">{name}</name>'
        f'<unitName xml:lang="en">kg</unitName>{group}</intermediateExchange>'
    )
