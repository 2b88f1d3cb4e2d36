"""The table of models on the page: what was done to each, what it reaches, its size, energy and speed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lca.languages import gettext, localised
from lca.quantities import units
from lca.report.compressed.variants import ServedModel, Service
from lca.report.html.text import share
from lca.report.words import missing, number, origin_word
from lca.study.comparison.energies import NODE, EffortEnergy
from lca.vocabulary import Mark

_MB, _MILLISECONDS = units.factor("byte", "MB"), units.factor("h", "ms")
_MANY = 10
"""From how many times the first variant's on a ratio is no percentage."""
_J = units.factor("kWh", "J")


class NumberCell(NamedTuple):
    """A number, and what belongs to it in smaller print below."""

    text: str
    below: tuple[str, ...]


def model_columns(service: Service) -> tuple[str, ...]:
    """The heads of the table: variant, what was done, and those of `model_cells`."""
    return (
        gettext("variant"),
        gettext("what was done"),
        gettext("quality"),
        gettext("parameters"),
        gettext("stored, MB"),
        gettext("FLOP per inference"),
        gettext("J per {unit}", unit=service.unit),
        gettext("J to compress"),
        gettext("speed and memory"),
    )


def model_cells(service: Service, model: ServedModel) -> Iterator[NumberCell]:
    """What a model reaches, its size, energy and speed."""
    variant, first = model.variant, service.models[0]
    reached, floor = variant.reached(service.metric) if service.metric else None, model.floor(service.metric)
    yield _cell(
        None if reached is None else localised(f"{reached:.4g}"),
        service.metric or "",
        gettext("floor {least:.15g}", least=floor.least) if floor else "",
        gettext("stated, not measured") if variant.quality_of == "stated" else "",
    )
    zeros = (
        gettext("{share} zero", share=share(model.sparsity, 1.0))
        if model.sparsity is not None
        else gettext("zeros: missing")
    )
    yield _cell(_count(variant.parameters), zeros, _ratio(variant.parameters, first.variant.parameters))
    yield _cell(_shown(variant.stored, _MB), _ratio(variant.stored, first.variant.stored))
    yield _cell(_shown(variant.computation), _ratio(variant.computation, first.variant.computation))
    yield _energy(model.energy, first.energy)
    yield _compression(model.compression)
    yield _speed(service, model)


def _energy(energy: EffortEnergy | None, first: EffortEnergy | None) -> NumberCell:
    """Median and ends of the repeats, origin, and the ratio to the first variant's."""
    if energy is None:
        return _cell("–")
    ends = ""
    if energy.least is not None and energy.most is not None:
        ends = gettext(
            "{least} to {most} in {repeats} repeats",
            least=number(energy.least * _J),
            most=number(energy.most * _J),
            repeats=energy.repeats,
        )
    ratio = energy.ratio(first) if first else None
    compared = _ratio(ratio, 1.0)
    if compared and (energy.gaps or (first and first.gaps)):
        compared = f"? {compared}"
    return _cell(_shown(energy.amount, _J, _mark(energy)), ends, _origin(energy), compared)


def _compression(energy: EffortEnergy | None) -> NumberCell:
    if energy is None:
        return _cell("–")
    return _cell(_shown(energy.amount, _J, _mark(energy)), _origin(energy))


def _mark(energy: EffortEnergy) -> Mark:
    """What is unmeasured can only add."""
    return Mark.AT_LEAST if energy.gaps else Mark.NONE


def _origin(energy: EffortEnergy) -> str:
    return (
        gettext("{origin}, at the node", origin=origin_word(energy.origin))
        if energy.at == NODE
        else origin_word(energy.origin)
    )


def _speed(service: Service, model: ServedModel) -> NumberCell:
    """Throughput, latency, batch, number format and memory."""
    variant = model.variant
    throughput, memory = _shown(model.throughput), _shown(variant.memory, _MB)
    latencies = [
        gettext("{name} {time} ms", name=name, time=_shown(value, _MILLISECONDS))
        for name, value in (("p50", variant.p50), ("p99", variant.p99))
        if value is not None
    ]
    run = [gettext("batch {batch}", batch=model.batch)] if model.batch is not None else []
    if model.dtype:
        run.append(model.dtype)
    return _cell(
        None if throughput is None else f"{throughput} {service.unit}/s",
        ", ".join(latencies) or gettext("latency: missing"),
        ", ".join(run),
        _memory(memory, variant.memory_of),
    )


def _memory(amount: str | None, place: str | None) -> str:
    if not amount:
        return gettext("memory: missing")
    if place == "gpu":
        return gettext("{amount} MB on the GPUs", amount=amount)
    return gettext("{amount} MB on the machine", amount=amount)


def _ratio(value: float | None, reference: float | None) -> str:
    """To the first variant, unless that is all there is to say."""
    if value is None or not reference or value == reference:
        return ""
    many = abs(value / reference) >= _MANY
    return (
        gettext("{ratio} times 1", ratio=number(value / reference))
        if many
        else gettext("{share} of 1", share=share(value, reference))
    )


def _shown(value: float | None, factor: float = 1.0, mark: str = "") -> str | None:
    return None if value is None else number(value * factor, mark)


def _count(value: int | None) -> str | None:
    return None if value is None else localised(f"{value:,}")


def _cell(text: str | None, *below: str) -> NumberCell:
    return NumberCell(text or missing(), tuple(part for part in below if part))
