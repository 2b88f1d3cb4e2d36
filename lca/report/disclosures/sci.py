"""Software Carbon Intensity (ISO/IEC 21031:2024): SCI = (O + M) / R, with O = E × I by location."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettext_noop
from lca.quantities.units import written
from lca.report.disclosures.climate import Climate, is_equipment
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.report.words import origin_word
from lca.study.energy_chain import chain, electricity_phases, energy_at_the_building, is_electricity, site
from lca.study.study import Study
from lca.vocabulary import Mark

TITLE = gettext_noop("Software Carbon Intensity (ISO/IEC 21031)")
_BOUNDARY = gettext_noop(
    "Computing and idle time of all phases of the scenario at the building's meter (E, PUE included), and the making, "
    "delivery and end of life of the servers (M). Training and development are shared as the scenario states. Outside: "
    "the building, its water, and what Completeness names."
)
_INTENSITY = gettext_noop("life cycle of the grid's electricity, losses included, per kWh at the building: by location")


def disclose(study: Study) -> Disclosure:
    """One section for each scenario."""
    notes = (
        gettext(
            "A view of the service, in the words of the specification; not certified. Market-based measures are "
            "excluded, as the specification demands."
        ),
    )
    sections = (Section(s.name, "", tuple(_fields(Climate(study, s)))) for s in study.scenarios)
    return Disclosure("sci", gettext(TITLE), notes, tuple(sections))


def _fields(climate: Climate) -> Iterator[Field]:
    unit = climate.scenario.file.functional_unit
    yield Field("boundary", gettext("Software boundary"), gettext(_BOUNDARY), status="known")
    R = Field("R", gettext("R: functional unit"), unit.amount.number, written(unit.amount.unit), "known", unit.service)
    yield R
    yield from _energy(climate)
    O = _operational(climate)  # noqa: E741
    yield from O
    M = climate.field(
        "M", gettext("M: embodied emissions"), is_equipment, gettext("share of the servers' life, by allocated hours")
    )
    yield M
    score = f"{climate.unit}/{R.unit}"
    if O[-1].value is None or M.value is None:
        absent = [f.label for f in (O[-1], M) if f.value is None]
        why = gettext("it needs {field}", field=absent[0])
        if len(absent) == 2:
            why = gettext("it needs {first} and {second}", first=absent[0], second=absent[1])
        yield Field.unknown("SCI", gettext("SCI: score"), score, why)
    else:
        value = (float(O[-1].value) + float(M.value)) / unit.amount.number
        mark = max(O[-1].mark, M.mark, key=len)
        yield Field("SCI", gettext("SCI: score"), value, score, "estimated", "(O + M) / R", "", mark, "(O + M) / R")
    outside = climate.field(
        "outside",
        gettext("Outside of the score: building and water"),
        lambda e: not is_electricity(e) and not is_equipment(e),
    )
    yield outside


def _energy(climate: Climate) -> Iterator[Field]:
    """IT energy, PUE and E."""
    chains = [chain(climate.system, phase) for phase in electricity_phases(climate.system)]
    origin = ", ".join(dict.fromkeys(origin_word(phase.origin) for phase in chains))
    mark = climate.mark(e for e in climate.system.exchanges if is_electricity(e))
    it = sum(phase.it_energy for phase in chains)
    why = gettext("computing and idle time; origin: {origin}", origin=origin)
    yield Field("IT", gettext("IT energy"), it, "kWh", "estimated", why, "", mark)
    PUE = site(climate.study, climate.scenario.name).PUE
    if PUE is None:
        yield Field.unknown("PUE", "PUE", "kWh/kWh", gettext("the scenario and its facility state none"))
        yield Field(
            "E",
            gettext("E: energy"),
            it,
            "kWh",
            "estimated",
            gettext("without PUE, which is unknown"),
            "",
            Mark.AT_LEAST,
            "IT * 1",
        )
        return
    named = ", ".join(PUE.source if isinstance(PUE.source, tuple) else (PUE.source or "",))
    yield Field("PUE", "PUE", PUE.amount, "kWh/kWh", "known", "", named)
    building = sum(phase.building for phase in chains)
    yield Field(
        "E", gettext("E: energy"), building, "kWh", "estimated", gettext("IT energy × PUE, once"), "", mark, "IT * PUE"
    )


def _operational(climate: Climate) -> tuple[Field, Field]:
    """I and O."""
    unit = f"{climate.unit}/kWh"
    energy = energy_at_the_building(climate.system)
    O = climate.field("O", gettext("O: operational emissions"), is_electricity)  # noqa: E741
    why = ""
    if climate.accounting == "market":
        why = gettext("the study's electricity is modelled by market; the specification demands location")
    elif O.value is None or not energy:
        why = O.why or gettext("no electricity is modelled")
    if why:
        I = Field.unknown("I", gettext("I: carbon intensity"), unit, why)  # noqa: E741
        return I, Field.unknown("O", O.label, climate.unit, why)
    value = float(O.value or 0.0)
    I = Field(  # noqa: E741
        "I", gettext("I: carbon intensity"), value / energy, unit, "estimated", gettext(_INTENSITY), O.source, O.mark
    )
    return I, Field("O", O.label, value, O.unit, "estimated", "E × I", O.source, O.mark, "E * I")
