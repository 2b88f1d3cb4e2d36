"""The sheet Electricity_PUE: from the energy of components to the electricity of the grid, and what that is made of."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettexts
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.report.excel.cells import ABSENT, UNKNOWN, Cell, place
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View
from lca.report.words import file_or_scenario, origin_word, phase_word
from lca.study.energy_chain import chain, generators, is_electricity, site
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.vocabulary import Mark


def electricity_pue(book: Book, view: View) -> None:
    """Electricity_PUE: the energy chain per phase, then the electricity activities with their shares."""
    sheet = book.sheet(
        "Electricity_PUE",
        gettext("Energy chain and electricity"),
        gettext(
            "Per functional unit. Components + rest of the node = node; computing + idle time = IT energy; IT energy × "
            "PUE, once, = electricity at the building; IT energy × WUE = water. Losses of a grid's own mix are in its "
            "inputs, below."
        ),
    )
    first = sheet.row + 1
    runs = [
        (system, phase, run)
        for system in view.study.systems
        for phase, run in dict.fromkeys((e.phase, e.run) for e in system.exchanges if is_electricity(e))
    ]
    columns = gettexts(
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
    sheet.table(columns, (list(_row(view, *which, first + number)) for number, which in enumerate(runs)))
    sheet.row += 1
    sheet.section(gettext("Electricity activities"))
    columns = gettexts(
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
    sheet.head(columns)
    for id in dict.fromkeys(e.input for s in view.study.systems for e in s.exchanges if is_electricity(e)):
        _mix(sheet, view.study, id)
    sheet.finish({3: 24})


def _row(view: View, system: ProductSystem, phase: str, run: str, row: int) -> Iterator[Cell | str]:
    energies, facility = chain(system, phase, run), site(view.study, system.name, run)
    cells = (place(row, column) for column in range(2, 13))
    parts, rest, node, idle, it, factor, building, demanded, _, water_factor, _ = cells
    several = len({e.run for e in system.exchanges if e.phase == phase and is_electricity(e)}) > 1
    yield from (view.labels[system.name], run if several else phase_word(phase))
    by_parts = energies.components is not None
    yield ABSENT if energies.components is None else Cell(energies.components)
    if energies.rest_of_node is not None:
        yield Cell(energies.rest_of_node)
    else:
        yield UNKNOWN if by_parts else ABSENT
    yield Cell(energies.node, f"=SUM({parts}:{rest})" if by_parts else "")
    yield Cell(energies.idle)
    yield Cell(energies.it_energy, f"={node}+{idle}", "total")
    yield ABSENT if facility.outside else _factor(facility.PUE)
    if facility.PUE:
        yield Cell(energies.building, f"={it}*{factor}", "total")
    else:
        yield Cell(energies.building, f"={it}", "total", mark=Mark.NONE if facility.outside else Mark.AT_LEAST)
    yield Cell(energies.demanded)
    yield Cell(energies.demanded - energies.building, f"={demanded}-{building}")
    yield ABSENT if facility.outside else _factor(facility.WUE)
    water = ABSENT if facility.outside else UNKNOWN
    litre = units.factor("L", "m3")
    yield Cell(energies.water, f"={it}*{water_factor}*{litre:g}") if facility.WUE else water
    yield origin_word(energies.origin)


def _factor(quantity: Quantity | None) -> Cell:
    return Cell(quantity.amount, style="input", shape="as written") if quantity else UNKNOWN


def _mix(sheet: Sheet, study: Study, id: str) -> None:
    """The inputs of one electricity activity: those of a mix that generate, then its network."""
    activity = study.activities[id]
    tag = str(activity.modelling) if activity.modelling else gettext("one technology only")
    fixed = [id, activity.name, activity.location or gettext("not stated"), tag]
    file = file_or_scenario(activity.file)
    if not activity.inputs:
        sheet.rows(
            [
                [
                    *fixed,
                    gettext("published intensity") if activity.results else gettext("no inputs"),
                    *(ABSENT,) * 4,
                    file,
                ]
            ]
        )
        return
    generating = generators(activity)
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
            cells[2] = UNKNOWN
            if activity.loss is not None:
                cells[2] = Cell(1 - 1 / generated, f"=1-1/{place(first, 7)}", shape="share")
        sheet.rows([[*fixed, study.activities[input.activity].name, input.amount, *cells, file]])
