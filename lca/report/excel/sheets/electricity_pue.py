"""The sheet Electricity_PUE: from the energy of components to the electricity of the grid, and what that is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lca.quantities import units
from lca.quantities.records import Quantity
from lca.report.excel.cells import ABSENT, UNKNOWN, Cell, place
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View
from lca.study.study import Study
from lca.system.energy import WATER
from lca.system.parts import ProductSystem
from lca.system.scenario import StatedFacility

_REST, _IDLE, _NODE, _BUILDING = "rest of node", "idle time", "node", "building"
_CHAIN = (
    "scenario",
    "phase",
    "components, computing [kWh]",
    "rest of the node [kWh]",
    "node, computing [kWh]",
    "node, idle time [kWh]",
    "IT energy [kWh]",
    "PUE [kWh/kWh]",
    "electricity at the building [kWh]",
    "electricity demanded [kWh]",
    "of which added for losses [kWh]",
    "WUE [L/kWh]",
    "water evaporated [m3]",
    "origin",
)
_MIX = (
    "electricity",
    "name",
    "location",
    "modelling",
    "input",
    "kWh per kWh delivered",
    "share of generation",
    "generated per kWh delivered",
    "loss",
    "inventory file",
)


class Chain(NamedTuple):
    """The energies of one phase per functional unit, in kWh; NaN: not part of the chain as it was stated."""

    components: float
    rest: float
    node: float
    """Computing, at the plug."""
    idle: float
    building: float
    """Electricity at the building's meter."""
    demanded: float
    """Of the electricity's activity, losses added where it is one of generated electricity."""
    water: float
    origin: str


def electricity_pue(book: Book, view: View) -> None:
    """Electricity_PUE: the energy chain per phase, then the electricity activities with their shares."""
    sheet = book.sheet(
        "Electricity_PUE",
        "Energy chain and electricity",
        "Per functional unit. Components + rest of the node = node; "
        "computing + idle time = IT energy; IT energy × PUE, once, = electricity at the building; IT energy × WUE = "
        "water. Losses of a grid's own mix are in its inputs, below.",
    )
    first = sheet.row + 1
    pairs = [(system, phase) for system in view.study.systems for phase in phases(system)]
    sheet.table(_CHAIN, (list(_row(view, s, p, first + n)) for n, (s, p) in enumerate(pairs)))
    sheet.row += 1
    sheet.section("Electricity activities")
    sheet.head(_MIX)
    for id in dict.fromkeys(e.input for s in view.study.systems for e in s.exchanges if supplies(e.role, e.unit)):
        _mix(sheet, view.study, id)
    sheet.finish({3: 24})


def supplies(role: str, unit: str) -> bool:
    """Whether an exchange of the foreground is electricity for computing or idling."""
    return role in ("computing", _IDLE) and unit == "kWh"


def phases(system: ProductSystem) -> list[str]:
    """Phases that take electricity."""
    return list(dict.fromkeys(e.phase for e in system.exchanges if supplies(e.role, e.unit)))


def chain(system: ProductSystem, phase: str) -> Chain:
    """The energies of one phase."""
    rows = [row for row in system.energy if row.phase == phase]
    named = {name: [r.amount for r in rows if r.component == name] for name in (_REST, _IDLE, _NODE)}
    building = sum(r.amount for r in rows if r.component.startswith(_BUILDING))
    parts = [r for r in rows if r.component not in named and not r.component.startswith(_BUILDING)]
    nan = float("nan")
    components = sum(r.amount for r in parts) if parts else nan
    rest = sum(named[_REST]) if named[_REST] else nan
    node = sum(named[_NODE]) if named[_NODE] else (components if parts else 0.0) + sum(named[_REST])
    idle = sum(named[_IDLE])
    demanded = sum(e.amount for e in system.exchanges if e.phase == phase and supplies(e.role, e.unit))
    water = sum(e.amount for e in system.exchanges if e.phase == phase and e.input == WATER)
    origin = ", ".join(dict.fromkeys(r.origin for r in rows if not r.component.startswith(_BUILDING)))
    return Chain(components, rest, node, idle, node + idle + building, demanded, water, origin)


def site(study: Study, name: str) -> tuple[Quantity | None, Quantity | None]:
    """PUE and WUE of a scenario; None: not stated, or not of water consumed."""
    facility = next((s.file.facility for s in study.scenarios if s.name == name), None)
    if isinstance(facility, str):
        found = study.activities.get(facility)
        facility = None if found is None else StatedFacility(PUE=found.properties.PUE, WUE=found.properties.WUE)
    known = facility or StatedFacility()
    return known.PUE, known.WUE if known.WUE and known.WUE.basis == "consumption" else None


def _row(view: View, system: ProductSystem, phase: str, row: int) -> Iterator[Cell | str]:
    found = chain(system, phase)
    PUE, WUE = site(view.study, system.name)
    cell = {name: place(row, column) for column, name in enumerate(_CHAIN)}
    parts, rest, node, idle, it, factor, building, demanded, _, water_factor, _ = (cell[n] for n in _CHAIN[2:13])
    yield from (view.labels[system.name], phase)
    by_parts = found.components == found.components
    yield Cell(found.components) if by_parts else ABSENT
    yield (UNKNOWN if by_parts else ABSENT) if found.rest != found.rest else Cell(found.rest)
    yield Cell(found.node, f"=SUM({parts}:{rest})" if by_parts else "")
    yield Cell(found.idle)
    yield Cell(found.node + found.idle, f"={node}+{idle}", "total")
    yield _factor(PUE)
    yield Cell(found.building, f"={it}*{factor}" if PUE else f"={it}", "total", mark="" if PUE else "≥")
    yield Cell(found.demanded)
    yield Cell(found.demanded - found.building, f"={demanded}-{building}")
    yield _factor(WUE)
    litre = units.factor("L", "m3")
    yield Cell(found.water, f"={it}*{water_factor}*{litre:g}") if WUE else UNKNOWN
    yield found.origin


def _factor(quantity: Quantity | None) -> Cell:
    return Cell(quantity.amount, style="input", shape="as written") if quantity else UNKNOWN


def _mix(sheet: Sheet, study: Study, id: str) -> None:
    """The inputs of one electricity activity; the last of a mix is its network, which generates nothing."""
    activity = study.activities[id]
    tag = str(activity.modelling) if activity.modelling else "one technology only"
    fixed = [id, activity.name, activity.location or "not stated", tag]
    file = activity.file or "the scenario"
    if not activity.inputs:
        sheet.rows([[*fixed, "published intensity" if activity.results else "no inputs", *(ABSENT,) * 4, file]])
        return
    generating = activity.inputs[:-1] if activity.technology == "mix" else ()
    first = sheet.row
    span = f"{place(first, 5, fixed=True)}:{place(first + len(generating) - 1, 5, fixed=True)}"
    generated = sum(input.amount for input in generating)
    for number, input in enumerate(activity.inputs):
        cells: list[Cell | str] = [ABSENT] * 3
        if number < len(generating):
            here = place(sheet.row, 5)
            cells[0] = Cell(input.amount / generated, f"={here}/SUM({span})", shape="share")
        if number == 0 and generating:
            cells[1] = Cell(generated, f"=SUM({span})")
            stated = not any("losses" in gap for gap in activity.gaps)
            cells[2] = Cell(1 - 1 / generated, f"=1-1/{place(first, 7)}", shape="share") if stated else UNKNOWN
        sheet.rows([[*fixed, study.activities[input.activity].name, input.amount, *cells, file]])
