"""The table of models on the page: what was done to each, what it reaches, its size, energy and speed."""

from __future__ import annotations

from collections.abc import Iterator

from lca.quantities import units
from lca.report.compressed.energy import NODE, Energy
from lca.report.compressed.variants import Model, Service
from lca.report.excel.cells import MISSING
from lca.report.html.markup import Html, element, joined
from lca.report.html.tables import name, table
from lca.report.html.text import number, share
from lca.report.view import View

_MB, _MILLISECONDS = units.factor("byte", "MB"), units.factor("h", "ms")
_MANY = 10
"""From how many times the first variant's on a ratio is no percentage."""
_J = units.factor("kWh", "J")


def models(view: View, service: Service) -> Html:
    """What each model of a service is, and below it what is missing, and why."""
    head = (
        "variant",
        "what was done",
        "quality",
        "parameters",
        "stored, MB",
        "FLOP per inference",
        f"J per {service.unit}",
        "J to compress",
        "speed and memory",
    )
    body = [[_variant(view, n, model), *_cells(service, model)] for n, model in enumerate(service.models, 1)]
    notes = [element("p", note, class_="note") for note in service.notes]
    if len(service.models) > 1:
        notes.append(element("p", "“25 % of 1” below a number: of what variant 1 has.", class_="note"))
    listed = [
        element("li", name(view.labels[model.variant.scenario]), ": ", "; ".join(model.missing))
        for model in service.models
        if model.missing
    ]
    why = element("details", element("summary", "What is missing, and why"), element("ul", *listed, class_="note"))
    return joined(*notes, table("Models", head, body), *([why] if listed else []))


def _variant(view: View, n: int, model: Model) -> Html:
    variant = model.variant
    said = f"excluded: {'; '.join(variant.reasons)}" if variant.excluded else "takes part"
    return joined(f"{n} ", name(view.labels[variant.scenario]), element("small", said))


def _cells(service: Service, model: Model) -> Iterator[str]:
    variant, first = model.variant, service.models[0]
    yield model.done or MISSING
    reached, floor = variant.reached(service.metric) if service.metric else None, model.floor(service.metric)
    yield _number(
        None if reached is None else f"{reached:.4g}",
        service.metric or "",
        f"floor {floor.least:.15g}" if floor else "",
    )
    zeros = f"{share(model.sparsity, 1.0)} zero" if model.sparsity is not None else "zeros: missing"
    yield _number(_count(variant.parameters), zeros, _ratio(variant.parameters, first.variant.parameters))
    yield _number(_shown(variant.stored, _MB), _ratio(variant.stored, first.variant.stored))
    yield _number(_shown(variant.computation), _ratio(variant.computation, first.variant.computation))
    yield _energy(model.energy, first.energy)
    yield _compression(model.compression)
    yield _speed(service, model)


def _energy(energy: Energy | None, first: Energy | None) -> Html:
    """Median and ends of the repeats, origin, and the ratio to the first variant's."""
    if energy is None:
        return _number("–")
    mark = "≥" * bool(energy.gaps)
    ends = ""
    if energy.least is not None and energy.most is not None:
        ends = f"{number(energy.least * _J)} to {number(energy.most * _J)} in {energy.repeats} repeats"
    ratio = energy.ratio(first) if first else None
    partly = bool(energy.gaps or (first and first.gaps))
    compared = _ratio(ratio, 1.0)
    return _number(
        _shown(energy.amount, _J, mark), ends, _origin(energy), "? " * (partly and bool(compared)) + compared
    )


def _compression(energy: Energy | None) -> Html:
    if energy is None:
        return _number("–")
    return _number(_shown(energy.amount, _J, "≥" * bool(energy.gaps)), _origin(energy))


def _origin(energy: Energy) -> str:
    return f"{energy.origin}{f', at the {energy.at}' if energy.at == NODE else ''}"


def _speed(service: Service, model: Model) -> Html:
    """Throughput, latency, batch, number format and memory."""
    variant = model.variant
    throughput, memory = _shown(model.throughput), _shown(variant.memory, _MB)
    ends = [
        f"{name} {_shown(value, _MILLISECONDS)} ms"
        for name, value in (("p50", variant.p50), ("p99", variant.p99))
        if value is not None
    ]
    return _number(
        None if throughput is None else f"{throughput} {service.unit}/s",
        ", ".join(ends) or "latency: missing",
        ", ".join(part for part in (f"batch {model.batch}" * (model.batch is not None), model.dtype) if part),
        f"{memory} MB on the {'GPUs' if variant.memory_of == 'gpu' else 'machine'}" if memory else "memory: missing",
    )


def _ratio(value: float | None, reference: float | None) -> str:
    """To the first variant, unless that is all there is to say."""
    if value is None or not reference or value == reference:
        return ""
    many = abs(value / reference) >= _MANY
    return f"{number(value / reference)} times 1" if many else f"{share(value, reference)} of 1"


def _shown(value: float | None, factor: float = 1.0, mark: str = "") -> str | None:
    return None if value is None else number(value * factor, mark)


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _number(text: str | None, *small: str) -> Html:
    """A cell with what belongs to its number below it."""
    return element("td", text or MISSING, *(element("small", part) for part in small if part), class_="number")
