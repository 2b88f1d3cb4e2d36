"""Flows that count by the factor of the country in which they are emitted, where that country is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.pedigree import spread
from lca.methods.library import Flow
from lca.quantities.values import Range


def in_their_places(activities: Mapping[str, Activity], tables: Sequence[FactorsByPlace]) -> dict[str, Activity]:
    """The activities, each emitting the flows of the tables where it is.

    What generates for a mix of a known country does so in that country: its flow is an emission of the mix, and the mix
    takes it without. What only emits the flow, such as a cubic metre of evaporated water, has a copy `<id>-<country>`.
    """
    placed = dict(activities)
    for table in tables:
        for id, activity in activities.items():
            if activity.is_mix and activity.location in table.factors:
                placed |= _mix(placed[id], activities, table)
            elif not activity.inputs and [e.flow.code for e in activity.emissions] == [table.flow.code]:
                for place in table.factors:
                    copy = replace(placed[id], id=f"{id}-{place.lower()}", location=place, stands_in=True)
                    placed[copy.id] = _own(replace(copy, name=f"{activity.name}, {place}"), table)
            else:
                placed[id] = _own(placed[id], table)
    return placed


def _own(activity: Activity, table: FactorsByPlace) -> Activity:
    """The activity with its own emissions in its country."""
    if activity.location not in table.factors or not _emits(activity, table):
        return activity
    here = table.flow.of(activity.location)
    emissions = tuple(replace(e, flow=here) if e.flow.code == table.flow.code else e for e in activity.emissions)
    return replace(activity, emissions=emissions)


def _mix(mix: Activity, activities: Mapping[str, Activity], table: FactorsByPlace) -> dict[str, Activity]:
    """The mix, and what generates for it without the flow."""
    inputs, emissions, sources = [], list(mix.emissions), dict(mix.sources)
    made: dict[str, Activity] = {}
    for input in mix.inputs:
        dry, of_stations = _dried(input, activities, table)
        inputs.append(replace(input, activity=dry[-1].id) if dry else input)
        made |= {station.id: station for station in dry}
        for station, emission, share in of_stations:
            emissions.append(_moved(station, emission, share, table.flow.of(mix.location)))
            sources |= {f"{station.id}/{id}": station.sources[id] for id in emission.sources}
    return made | {mix.id: replace(mix, inputs=tuple(inputs), emissions=tuple(emissions), sources=sources)}


def _dried(
    input: Input, activities: Mapping[str, Activity], table: FactorsByPlace
) -> tuple[list[Activity], list[tuple[Activity, Emission, Input]]]:
    """Copies without the flow of what generates, the input's own last, and what emitted it, with its share of the mix.

    So do the parts of an assembly that have no range, for a share is one number.
    """
    station = activities[input.activity]
    if _emits(station, table):
        emitted = [e for e in station.emissions if e.flow.code == table.flow.code and e.amount]
        return [_without(station, table)], [(station, emission, input) for emission in emitted]
    copies: list[Activity] = []
    of_stations: list[tuple[Activity, Emission, Input]] = []
    parts: list[Input] = []
    for part in station.inputs if station.is_assembly else ():
        if part.range or not _emits(activities[part.activity], table):
            parts.append(part)
            continue
        [dry], of_part = _dried(replace(part, amount=part.amount * input.amount), activities, table)
        copies.append(dry)
        of_stations += of_part
        parts.append(replace(part, activity=dry.id))
    return ([*copies, replace(_without(station, table), inputs=tuple(parts))] if copies else []), of_stations


def _emits(activity: Activity, table: FactorsByPlace) -> bool:
    """Whether it has the flow; a copy without it has none of it, though it says so."""
    copy = bool(activity.copy_of)
    return any(e.flow.code == table.flow.code and (e.amount or not copy) for e in activity.emissions)


def _without(station: Activity, table: FactorsByPlace) -> Activity:
    """What generates, with none of the flow: whoever takes it emits that."""
    note = "emitted by the mix that it generates for, in the country of the mix"
    emissions = tuple(
        replace(e, amount=0.0, range=None, note=note) if e.flow.code == table.flow.code else e
        for e in station.emissions
    )
    name = f"{station.name}, {table.flow.name.lower()} counted at the mix"
    id = f"{station.id}-without-{table.flow.name.lower()}"
    return replace(
        station, id=id, name=name, emissions=emissions, stands_in=True, copy_of=station.copy_of or station.id
    )


def _moved(station: Activity, emission: Emission, input: Input, flow: Flow) -> Emission:
    """An emission of a station as one of the mix; one number in a file is drawn once, whatever mix takes it."""
    range = spread(station, emission)
    if range:
        key = range.of or f"{station.id} {emission.flow.code}"
        range = Range(range.low * input.amount, range.high * input.amount, range.distribution, key, range.falls)
    return replace(
        emission,
        flow=flow,
        amount=emission.amount * input.amount,
        stage=input.stage,
        range=range,
        sources=tuple(f"{station.id}/{id}" for id in emission.sources),
        note=f"by {station.id}: {emission.amount:.4g} {emission.flow.unit} per kWh generated",
    )
