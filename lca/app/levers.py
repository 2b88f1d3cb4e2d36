"""Numbers and choices of a scenario that a slider or a list moves; a number that is moved is cited as chosen here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from lca.app.window import runs_of
from lca.errors import Fault
from lca.exchange.excel.writing import choices
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.quantities import units
from lca.system.scenario import PHASES, Scenario

CHOSEN = "chosen-in-lca-app"
"""Id of the source of what was moved."""
_YEAR = units.factor("year", "h")


@dataclass(frozen=True, slots=True)
class Slider:
    """A number that may be moved."""

    name: str
    label: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""
    logarithmic: bool = False
    """Whether value, low, high and step are exponents of ten."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that is one of several."""

    name: str
    label: str
    value: str
    options: Mapping[str, str]
    """Value → label."""


def sliders(scenario: Scenario, catalogue: Catalogue) -> Iterator[Slider]:
    """The sliders of a scenario: those of numbers that it has."""
    runs = [run for run in _runs(scenario.file) if run.server]
    used = next((run.utilisation.amount for run in reversed(runs) if run.utilisation), None)
    if used is not None:
        yield Slider("utilisation", gettext("Utilisation of the equipment"), round(used, 4), 0.05, 1.0, 0.01)
    PUE = _pue(scenario, catalogue)
    if PUE is not None:
        yield Slider("PUE", gettext("PUE of the data centre"), round(PUE, 4), 1.0, max(2.5, PUE), 0.01)
    if runs and (life := _lifetime(runs[-1], catalogue)):
        yield Slider(
            "lifetime",
            gettext("Service life of the equipment"),
            round(life / _YEAR, 2),
            1.0,
            15.0,
            0.25,
            gettext("years"),
        )
    amount = scenario.file.functional_unit.amount
    yield _powers("delivered", gettext("Service delivered, of all scenarios alike"), amount.number, amount.unit)
    training = next((run.serves for run in _runs(scenario.file, "training") if run.serves), None)
    if training:
        yield _powers("training", gettext("Service that the training is shared among"), training.number, training.unit)


def _powers(name: str, label: str, number: float, unit: str) -> Slider:
    exponent = math.log10(number)
    low, high = math.floor(exponent) - 3, math.ceil(exponent) + 3
    return Slider(name, label, round(exponent, 3), low, high, 0.05, unit, True)


def lists(scenario: Scenario, catalogue: Catalogue, variants: Mapping[str, str], key: str) -> Iterator[Choice]:
    """The lists of a scenario: its place, its server, and the variants of its service."""
    ids = choices(catalogue)
    electricity = scenario.file.electricity
    if isinstance(electricity, str):
        yield Choice(
            "electricity", gettext("Place: electricity of"), electricity, _named(ids["electricity"], catalogue)
        )
    servers = {run.server for run in _runs(scenario.file) if run.server}
    if len(servers) == 1:
        [server] = servers
        listed = ids["server"] if server in ids["server"] else [server, *ids["server"]]
        yield Choice("server", gettext("Equipment"), server, _named(listed, catalogue))
    if len(variants) > 1:
        yield Choice(
            "variant", gettext("Model and precision: another variant"), key if key in variants else "", variants
        )


def _named(ids: Sequence[str], catalogue: Catalogue) -> dict[str, str]:
    regions = {id: f"{id}: {region.place}" for id, region in catalogue.regions.items()}
    return {id: regions.get(id) or f"{catalogue.activities[id].name} ({id})" for id in ids}


def moved(
    content: Mapping[str, Any], scenario: Scenario, catalogue: Catalogue, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The content with the levers at these values; a lever that stands where it stood changes nothing."""
    made = deepcopy(dict(content))
    for slider in sliders(scenario, catalogue):
        value = values.get(slider.name)
        if isinstance(value, int | float) and abs(value - slider.value) > slider.step / 100:
            _set(made, slider, min(max(float(value), slider.low), slider.high))
    place = values.get("electricity")
    if isinstance(place, str) and place and isinstance(made.get("electricity"), str):
        made["electricity"] = place
    server = values.get("server")
    if isinstance(server, str) and server:
        for run in runs_of(made):
            if run.get("server"):
                run["server"] = server
    return made


def _set(content: dict[str, Any], slider: Slider, value: float) -> None:
    chosen = {"value": value, "source": CHOSEN}
    match slider.name:
        case "utilisation":
            for run in runs_of(content):
                if run.get("utilisation"):
                    run["utilisation"] = chosen
        case "lifetime":
            for run in runs_of(content):
                if run.get("server"):
                    run["lifetime"] = {**chosen, "value": f"{value:g} year"}
        case "PUE":
            facility = content.get("facility")
            stated = facility if isinstance(facility, dict) else {"building": facility} if facility else {}
            content["facility"] = {**stated, "PUE": {**chosen, "value": f"{value:g} kWh/kWh"}}
        case "training":
            for run in runs_of(content, "training"):
                run["serves"] = _power(value, slider.unit)
        case "delivered":
            content["functional_unit"] = {**content["functional_unit"], "amount": _power(value, slider.unit)}
    if slider.name not in ("training", "delivered"):
        content["sources"] = {**content.get("sources", {}), CHOSEN: _source()}


def delivering(content: Mapping[str, Any], amount: str) -> Mapping[str, Any]:
    """The content delivering another amount, where it is one of its unit: so that what is compared stays alike."""
    unit = content.get("functional_unit")
    if not isinstance(unit, dict):
        return content
    try:
        units.convert(units.parse(amount), units.parse(unit.get("amount")).unit)
    except Fault:
        return content
    return {**content, "functional_unit": {**unit, "amount": amount}}


def _power(exponent: float, unit: str) -> str:
    return f"{float(f'{10**exponent:.2e}'):g} {unit}"


def _source() -> dict[str, Any]:
    return {"title": "Chosen by hand in the page of lca app", "year": date.today().year, "confidence": "assumption"}


def _runs(file: Any, *tables: str) -> list[Any]:
    """The runs of a scenario's phases: a phase is one or a list of them."""
    runs: list[Any] = []
    for table in tables or PHASES:
        phase = getattr(file, table, None)
        runs += list(phase) if isinstance(phase, list | tuple) else [phase] if phase else []
    return runs


def _pue(scenario: Scenario, catalogue: Catalogue) -> float | None:
    facility = scenario.file.facility
    own = None if isinstance(facility, str) or facility is None else facility.PUE
    if own:
        return own.amount
    building = catalogue.activities.get(scenario.file.building or "")
    return building.properties.PUE.amount if building and building.properties.PUE else None


def _lifetime(run: Any, catalogue: Catalogue) -> float | None:
    """In hours."""
    if run.lifetime:
        return float(run.lifetime.amount)
    server = catalogue.activities.get(run.server)
    return server.properties.lifetime.amount if server and server.properties.lifetime else None
