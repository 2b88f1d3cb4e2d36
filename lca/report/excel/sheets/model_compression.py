"""The sheet Model_Compression: what was done to each model, what that changed, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator

from lca.quantities import units
from lca.report.compressed.energy import NODE, Energy
from lca.report.compressed.ranks import Ranking
from lca.report.compressed.variants import Model, Service, services
from lca.report.excel.cells import MISSING, Cell, Shape, Style, place
from lca.report.excel.sheet import Book, Sheet
from lca.report.excel.sheets.model_compression_worth import ABSENT, break_even, winners
from lca.report.view import View

_WHY = 60.0
"""Width of the last column in characters."""
_SERVED, _LONG = 13, 18.0
"""Column of a service as a scenario states it, and width of `100,000,000,000`."""
_WHOLE = (6, 7, 10)
"""Columns of whole numbers, which may be longer than three digits and a power of ten."""
_MB, _MILLISECONDS = units.factor("byte", "MB"), units.factor("h", "ms")
_J = units.factor("kWh", "J")


def model_compression(book: Book, view: View) -> None:
    """Model_Compression: for every functional unit its models, break-evens, winners, and scores per right result."""
    sheet = book.sheet(
        "Model_Compression",
        "Compressed models",
        "What the records say of each model; what they do not say is missing "
        "and not zero: the last column has the reason. Energy is that of the components, without the rest of the "
        "node, idle time and PUE, or that at the node's plug. Its origin says how it came about: modelled, imported "
        "and stated are not measurements. ≥: some component is unmeasured and can only add; ?: a ratio of known parts.",
    )
    found, widths = services(view.study), {_SERVED: _LONG, len(_columns("")) - 1: _WHY}
    for service in found:
        title = f": {service.text}" * (len(found) > 1)
        _models(sheet, view, service, title, first=service is found[0])
        for column, width in _widths(service).items():
            widths[column] = max(width, widths.get(column, 0.0))
        if len(service.models) > 1:
            break_even(sheet, view, service, title)
        winners(sheet, view, service, Ranking.of(view, service), title)
    sheet.page.freeze_panes(1, 1)  # several tables below each other: no header is that of all rows
    sheet.page.repeat_rows(0)
    sheet.finish(widths)


def _columns(unit: str) -> tuple[str, ...]:
    return (
        "scenario",
        "what was done to the model",
        "comparison",
        "quality",
        "reached",
        "least asked for",
        "parameters",
        "non-zero parameters",
        "sparsity",
        "stored [MB]",
        "computation [FLOP/inference]",
        f"throughput [{unit}/s]",
        "latency p50 [ms]",
        "latency p99 [ms]",
        "batch",
        "number format",
        "peak memory [MB]",
        "memory of",
        "energy of",
        "origin",
        f"median [J/{unit}]",
        f"least [J/{unit}]",
        f"most [J/{unit}]",
        "repeats",
        "energy [J]",
        "origin of it",
        "of the parameters",
        "of what is stored",
        "of the computation",
        "of the energy",
        "missing, and why",
    )


def _models(sheet: Sheet, view: View, service: Service, title: str, first: bool) -> None:
    """The models of one service."""
    sheet.section(f"Models{title}")
    sheet.note(*service.notes)
    label = view.labels[service.names[0]]
    for text, start, end in (
        ("quality", 3, 5),
        ("model", 6, 10),
        ("speed", 11, 14),
        ("format and memory", 15, 17),
        (f"energy per {service.unit}", 18, 23),
        ("compression", 24, 25),
        (f"ratio to {label}", 26, 29),
    ):
        sheet.span(sheet.row, start, end, text)
    sheet.row += 1
    header = sheet.head(_columns(service.unit))
    rows = [list(_row(view, service, model, header + 1 + n, header + 1)) for n, model in enumerate(service.models)]
    _, last = sheet.rows(rows)
    if first:
        sheet.filters(header, last, len(rows[0]))
    sheet.row += 1


def _row(view: View, service: Service, model: Model, row: int, top: int) -> Iterator[Cell | str]:
    variant, first = model.variant, service.models[0]
    yield view.labels[variant.scenario]
    yield _text(model.done)
    shade: Style = "missing" if variant.excluded else "complete"
    yield Cell(f"excluded: {'; '.join(variant.reasons)}" if variant.excluded else "takes part", style=shade)
    yield from _quality(model, service.metric)
    yield _known(variant.parameters, shape="count")
    yield _known(variant.nonzero, shape="count")
    formula = f"=1-{place(row, 7)}/{place(row, 6)}"
    yield Cell(MISSING) if model.sparsity is None else Cell(model.sparsity, formula, shape="share")
    yield _known(variant.stored, _MB)
    yield _known(variant.computation, shape="count")
    yield _known(model.throughput)
    yield _known(variant.p50, _MILLISECONDS)
    yield _known(variant.p99, _MILLISECONDS)
    yield _known(model.batch, shape="count")
    yield _text(model.dtype)
    yield _known(variant.memory, _MB)
    yield {"gpu": "GPUs", "memory": "machine"}[variant.memory_of] if variant.memory_of else ABSENT
    yield from _energy(model.energy)
    yield from _compression(model.compression)
    for column, number, reference in (
        (6, variant.parameters, first.variant.parameters),
        (9, variant.stored, first.variant.stored),
        (10, variant.computation, first.variant.computation),
    ):
        yield _ratio(number, reference, f"={place(row, column)}/{place(top, column)}")
    yield _energy_ratio(model.energy, first.energy, f"={place(row, 20)}/{place(top, 20)}")
    yield Cell("; ".join(model.missing)) if model.missing else ABSENT


def _quality(model: Model, metric: str | None) -> Iterator[Cell | str]:
    """The quality that variants are ranked by; the others beside its name."""
    variant, floor = model.variant, model.floor(metric)
    others = "; ".join(f"{name} {reached:.4g}" for name, reached in variant.quality.items() if name != metric)
    of = f" (record of the {variant.quality_of})" if variant.quality_of not in (None, "inference") else ""
    yield (
        Cell(f"{metric or 'not known'}{of}{f'; also {others}' if others else ''}")
        if metric or others
        else Cell(MISSING)
    )
    yield _known(variant.reached(metric) if metric else None, shape="as written")
    yield Cell(floor.least, style="input", shape="as written") if floor else ABSENT


def _energy(energy: Energy | None) -> Iterator[Cell | str]:
    if energy is None:
        yield from (ABSENT,) * 6
        return
    mark = "≥" * bool(energy.gaps)
    yield energy.at or Cell(MISSING)
    yield energy.origin or Cell(MISSING)
    for number in (energy.amount, energy.least, energy.most):
        yield Cell(MISSING) if number is None else Cell(number * _J, mark=mark)
    yield (
        Cell(float(energy.repeats), shape="count")
        if energy.repeats
        else "whole run"
        if energy.amount is not None
        else ABSENT
    )


def _compression(energy: Energy | None) -> Iterator[Cell | str]:
    if energy is None:
        yield from (ABSENT, ABSENT)
        return
    mark = "≥" * bool(energy.gaps)
    yield Cell(MISSING) if energy.amount is None else Cell(energy.amount * _J, mark=mark)
    where = f", at the {energy.at}" if energy.at == NODE else ""
    yield f"{energy.origin}{where}" if energy.origin else Cell(MISSING)


def _energy_ratio(energy: Energy | None, reference: Energy | None, formula: str) -> Cell:
    """Of energies of the same components, or of the node."""
    if energy is None or reference is None:
        return ABSENT
    if not energy.alike(reference):
        return Cell(MISSING)
    return _ratio(energy.amount, reference.amount, formula, "?" * bool(energy.gaps or reference.gaps))


def _ratio(number: float | None, reference: float | None, formula: str, mark: str = "") -> Cell:
    if number is None or reference is None:
        return Cell(MISSING)
    if not reference:
        return Cell("not defined", style="absent")
    return Cell(number / reference, formula, shape="share", mark=mark)


def _known(number: float | None, factor: float = 1.0, shape: Shape = "number") -> Cell:
    """What a record says, in the unit of its column."""
    return Cell(MISSING) if number is None else Cell(number * factor, style="input", shape=shape)


def _text(text: str | None) -> Cell:
    return Cell(MISSING) if text is None else Cell(text, style="input")


def _widths(service: Service) -> dict[int, float]:
    """Width of the columns of whole numbers, where a number is longer than their header."""
    found = {}
    for column, numbers in zip(
        _WHOLE, zip(*((v.parameters, v.nonzero, v.computation) for v in service.variants), strict=True), strict=True
    ):
        longest = max((len(f"{number:,.0f}") for number in numbers if number is not None), default=0)
        if longest > 12:
            found[column] = longest + 4.0
    return found
