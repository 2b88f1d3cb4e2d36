"""The sheet Model_Compression: what was done to each model, what that changed, and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lca.languages import gettext, gettexts, named, ngettext
from lca.methods.categories import CATEGORIES
from lca.quantities import units
from lca.report.compressed.ranks import Ranking
from lca.report.compressed.variants import ServedModel, Service, services
from lca.report.excel.cells import ABSENT, UNDEFINED, UNKNOWN, Cell, Shape, Style, place, prefix
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View
from lca.report.words import CASES, break_even, joined, origin_word, phase_word, taking_part
from lca.study.comparison.breakeven import BreakEvenRow, break_even_rows
from lca.study.comparison.energies import NODE, EffortEnergy
from lca.system.scenario import PHASES
from lca.vocabulary import Mark, Phase

_WHY = 60.0
"""Width of the last column in characters."""
_SERVED, _LONG = 13, 18.0
"""Column of a service as a scenario states it, and width of `100,000,000,000`."""
_WHOLE = (6, 7, 10)
"""Columns of whole numbers, which may be longer than three digits and a power of ten."""
_MB, _MILLISECONDS = units.factor("byte", "MB"), units.factor("h", "ms")
_J = units.factor("kWh", "J")
_MOST_GAPS = 2
"""Gaps named in a cell; the sheet Completeness has all."""


def model_compression(book: Book, view: View) -> None:
    """Model_Compression: for every functional unit its models, break-evens, winners, and scores per right result."""
    sheet = book.sheet(
        "Model_Compression",
        gettext("Compressed models"),
        gettext(
            "What the records say of each model; what they do not say is missing and not zero: the last column has the "
            "reason. Energy is that of the components, without the rest of the node, idle time and PUE, or that at the "
            "node's plug. Its origin says how it came about: modelled, imported and stated are not measurements. ≥: "
            "some component is unmeasured and can only add; ?: a ratio of known parts."
        ),
    )
    described, widths = services(view.study), {_SERVED: _LONG, len(_columns("")) - 1: _WHY}
    for service in described:
        several = len(described) > 1
        _models(sheet, view, service, several, first=service is described[0])
        for column, width in _widths(service).items():
            widths[column] = max(width, widths.get(column, 0.0))
        if len(service.models) > 1:
            _break_evens(sheet, view, service, several)
        _winners(sheet, view, service, Ranking.of(view, service), several)
    sheet.page.freeze_panes(1, 1)  # several tables below each other: no header is that of all rows
    sheet.page.repeat_rows(0)
    sheet.finish(widths)


def _columns(unit: str) -> tuple[str, ...]:
    return (
        *gettexts("scenario", "what was done to the model", "comparison", "quality", "reached", "least asked for"),
        *gettexts("parameters", "non-zero parameters", "sparsity", "stored [MB]", "computation [FLOP/inference]"),
        gettext("throughput [{unit}/s]", unit=unit),
        *gettexts("latency p50 [ms]", "latency p99 [ms]", "batch"),
        *gettexts("number format", "peak memory [MB]", "memory of", "energy of", "origin"),
        gettext("median [J/{unit}]", unit=unit),
        gettext("least [J/{unit}]", unit=unit),
        gettext("most [J/{unit}]", unit=unit),
        *gettexts("repeats", "energy [J]", "origin of it"),
        *gettexts("of the parameters", "of what is stored", "of the computation", "of the energy"),
        gettext("missing, and why"),
    )


def _models(sheet: Sheet, view: View, service: Service, several: bool, first: bool) -> None:
    """The models of one service."""
    sheet.section(gettext("Models: {service}", service=service.text) if several else gettext("Models"))
    sheet.note(*service.notes)
    label = view.labels[service.names[0]]
    for text, start, end in (
        (gettext("quality"), 3, 5),
        (gettext("model"), 6, 10),
        (gettext("speed"), 11, 14),
        (gettext("format and memory"), 15, 17),
        (gettext("energy per {unit}", unit=service.unit), 18, 23),
        (named(Phase.COMPRESSION), 24, 25),
        (gettext("ratio to {scenario}", scenario=label), 26, 29),
    ):
        sheet.span(sheet.row, start, end, text)
    sheet.row += 1
    header = sheet.head(_columns(service.unit))
    rows = [list(_row(view, service, model, header + 1 + n, header + 1)) for n, model in enumerate(service.models)]
    _, last = sheet.rows(rows)
    if first:
        sheet.filters(header, last, len(rows[0]))
    sheet.row += 1


def _row(view: View, service: Service, model: ServedModel, row: int, top: int) -> Iterator[Cell | str]:
    variant, first = model.variant, service.models[0]
    yield view.labels[variant.scenario]
    yield _text(model.done)
    shade: Style = "missing" if variant.excluded else "complete"
    yield Cell(taking_part(variant), style=shade)
    yield from _quality(model, service.metric)
    yield _known(variant.parameters, shape="count")
    yield _known(variant.nonzero, shape="count")
    formula = f"=1-{place(row, 7)}/{place(row, 6)}"
    yield UNKNOWN if model.sparsity is None else Cell(model.sparsity, formula, shape="share")
    yield _known(variant.stored, _MB)
    yield _known(variant.computation, shape="count")
    yield _known(model.throughput)
    yield _known(variant.p50, _MILLISECONDS)
    yield _known(variant.p99, _MILLISECONDS)
    yield _known(model.batch, shape="count")
    yield _text(model.dtype)
    yield _known(variant.memory, _MB)
    if variant.memory_of:
        yield gettext("GPUs") if variant.memory_of == "gpu" else gettext("machine")
    else:
        yield ABSENT
    yield from _energy(model.energy)
    yield from _compression(model.compression)
    for column, number, reference in (
        (6, variant.parameters, first.variant.parameters),
        (9, variant.stored, first.variant.stored),
        (10, variant.computation, first.variant.computation),
    ):
        yield _ratio(number, reference, f"={place(row, column)}/{place(top, column)}")
    yield _energy_ratio(model.energy, first.energy, f"={place(row, 20)}/{place(top, 20)}")
    yield Cell(joined(model.missing)) if model.missing else ABSENT


def _quality(model: ServedModel, metric: str | None) -> Iterator[Cell | str]:
    """The quality that variants are ranked by; the others beside its name."""
    variant, floor = model.variant, model.floor(metric)
    rest = {name: reached for name, reached in variant.quality.items() if name != metric}
    others = joined(gettext("{name} {reached:.4g}", name=name, reached=reached) for name, reached in rest.items())
    text = metric or gettext("not known")
    if variant.quality_of == "stated":
        text = gettext("{metric} (stated, not measured)", metric=text)
    elif variant.quality_of not in (None, Phase.INFERENCE):
        phase = phase_word(PHASES[variant.quality_of])
        text = gettext("{metric} (record of the {phase})", metric=text, phase=phase)
    if others:
        text = gettext("{metric}; also {others}", metric=text, others=others)
    yield Cell(text) if metric or others else UNKNOWN
    yield _known(variant.reached(metric) if metric else None, shape="as written")
    yield Cell(floor.least, style="input", shape="as written") if floor else ABSENT


def _energy(energy: EffortEnergy | None) -> Iterator[Cell | str]:
    if energy is None:
        yield from (ABSENT,) * 6
        return
    mark = Mark.AT_LEAST if energy.gaps else Mark.NONE
    if energy.at == NODE:
        yield gettext("node's plug")
    else:
        yield gettext("components") if energy.at else UNKNOWN
    yield origin_word(energy.origin) or UNKNOWN
    for number in (energy.amount, energy.least, energy.most):
        yield UNKNOWN if number is None else Cell(number * _J, mark=mark)
    if energy.repeats:
        yield Cell(float(energy.repeats), shape="count")
    else:
        yield ABSENT if energy.amount is None else gettext("whole run")


def _compression(energy: EffortEnergy | None) -> Iterator[Cell | str]:
    if energy is None:
        yield from (ABSENT, ABSENT)
        return
    mark = Mark.AT_LEAST if energy.gaps else Mark.NONE
    yield UNKNOWN if energy.amount is None else Cell(energy.amount * _J, mark=mark)
    origin = origin_word(energy.origin)
    if origin and energy.at == NODE:
        origin = gettext("{origin}, at the node's plug", origin=origin)
    yield origin or UNKNOWN


def _energy_ratio(energy: EffortEnergy | None, reference: EffortEnergy | None, formula: str) -> Cell:
    """Of energies of the same components, or of the node."""
    if energy is None or reference is None:
        return ABSENT
    if not energy.alike(reference):
        return UNKNOWN
    mark = "?" if energy.gaps or reference.gaps else ""
    return _ratio(energy.amount, reference.amount, formula, mark)


def _ratio(number: float | None, reference: float | None, formula: str, mark: str = "") -> Cell:
    if number is None or reference is None:
        return UNKNOWN
    if not reference:
        return UNDEFINED
    return Cell(number / reference, formula, shape="share", mark=mark)


def _known(number: float | None, factor: float = 1.0, shape: Shape = "number") -> Cell:
    """What a record says, in the unit of its column."""
    return UNKNOWN if number is None else Cell(number * factor, style="input", shape=shape)


def _text(text: str | None) -> Cell:
    return UNKNOWN if text is None else Cell(text, style="input")


def _widths(service: Service) -> dict[int, float]:
    """Width of the columns of whole numbers, where a number is longer than their header."""
    widths = {}
    for column, numbers in zip(
        _WHOLE, zip(*((v.parameters, v.nonzero, v.computation) for v in service.variants), strict=True), strict=True
    ):
        longest = max((len(f"{number:,.0f}") for number in numbers if number is not None), default=0)
        if longest > 12:
            widths[column] = longest + 4.0
    return widths


def _break_evens(sheet: Sheet, view: View, service: Service, several: bool) -> None:
    """Every other scenario of the service against its baseline: a block of all categories for each."""
    base, unit = view.labels[service.baseline], service.unit
    heading = gettext("Break-even against {baseline}", baseline=base)
    if several:
        heading = gettext("Break-even against {baseline}: {service}", baseline=base, service=service.text)
    sheet.section(heading)
    sheet.note(
        gettext(
            "Over a service of N {unit} a variant scores extra − saving × N more than {baseline}: what it takes once "
            "more, less what it saves per {unit}; N* = extra / saving. Low and high: 95 % intervals by the repeats of "
            "the records, missing where there are none. ?: of what is known, as gaps are left that do not cancel; the "
            "case is then what holds whatever they hold, or open. Served: what the one-off effort is for. Rebound: "
            "service asked for beyond what would have been, because the variant makes it cheaper, over that; with it a "
            "saving of saving × N − extra is less by rebound × N × what the variant takes per unit.",
            unit=unit,
            baseline=base,
        )
    )
    sheet.row += 1
    pairs = break_even_rows(view.study, service.baseline)
    for model in service.models:
        variant = model.variant
        if variant.scenario != service.baseline:
            label = view.labels[variant.scenario]
            if variant.excluded:
                label = gettext("{scenario} (excluded from winners and fronts)", scenario=label)
            sheet.section(label)
            _block(sheet, unit, [row for row in pairs if row.scenario == variant.scenario])


def _block(sheet: Sheet, unit: str, pairs: Sequence[BreakEvenRow]) -> None:
    saving, crossing = gettext("saving per {unit}", unit=unit), gettext("N* [{unit}]", unit=unit)
    for text, start, end in ((gettext("extra, taken once"), 4, 6), (saving, 7, 9), (crossing, 10, 12)):
        sheet.span(sheet.row, start, end, text)
    sheet.row += 1
    sheet.head(
        (
            *gettexts("impact category", "verdict", "gaps left", "unit"),
            *gettexts("extra", "low, 95 %", "high, 95 %"),
            *gettexts("saving", "low, 95 %", "high, 95 %"),
            *gettexts("N*", "low, 95 %", "high, 95 %"),
            gettext("served [{unit}]", unit=unit),
            gettext("case"),
            gettext("variant, per {unit}", unit=unit),
            *gettexts("undone by a rebound of", "rebound stated", "of the saving is left"),
        )
    )
    sheet.rows([list(_break_even(row, sheet.row + n)) for n, row in enumerate(pairs)])
    sheet.row += 1


def _break_even(row: BreakEvenRow, line: int) -> Iterator[Cell | str]:
    mark = "?" if row.gaps else ""
    yield CATEGORIES[row.category].title
    yield break_even(row)
    yield _gaps_left(row)
    yield row.unit
    yield from (Cell(row.extra, mark=mark), Cell(row.extra_low, mark=mark), Cell(row.extra_high, mark=mark))
    yield from (Cell(row.saving, mark=mark), Cell(row.saving_low, mark=mark), Cell(row.saving_high, mark=mark))
    yield from _crossing(row, mark, f"={place(line, 4)}/{place(line, 7)}")
    yield ABSENT if math.isnan(row.reach) else Cell(row.reach, style="input", shape="as written")
    yield _case(row)
    yield Cell(row.each, mark=mark)
    yield from _rebound(row, mark, line)


def _rebound(row: BreakEvenRow, mark: str, line: int) -> Iterator[Cell | str]:
    """The rebound at which nothing known is saved, the one that the file states, and what that leaves of the saving."""
    saving, extra, each, served = (place(line, column) for column in (7, 4, 15, _SERVED))
    if math.isnan(row.undone):
        yield ABSENT
    elif math.isnan(row.reach):  # nothing is done once
        yield Cell(row.undone, f"={saving}/{each}" if not row.extra else "", shape="share", mark=mark)
    else:
        yield Cell(row.undone, f"=({saving}*{served}-{extra})/({each}*{served})", shape="share", mark=mark)
    yield ABSENT if math.isnan(row.rebound) else Cell(row.rebound, style="input", shape="share")
    if math.isnan(row.undone) or math.isnan(row.rebound):
        yield ABSENT
    else:
        left = 1 - row.rebound / row.undone
        yield Cell(left, f"=1-{place(line, 17)}/{place(line, 16)}", shape="share", mark=mark)


def _gaps_left(row: BreakEvenRow) -> Cell | str:
    if not row.gaps:
        return gettext("none") if row.case else UNKNOWN
    named_gaps, more = list(row.gaps[:_MOST_GAPS]), len(row.gaps) - _MOST_GAPS
    if more > 0:
        named_gaps.append(ngettext("{count} more", "{count} more", more))
    return gettext("{name}: {text}", name=str(len(row.gaps)), text=joined(named_gaps))


def _case(row: BreakEvenRow) -> Cell | str:
    """What holds whatever the gaps hold; without a case a score is missing."""
    if row.gap_case:
        return gettext(CASES[row.gap_case])
    if not row.case:
        return UNKNOWN
    return gettext("open") if row.gaps else gettext(CASES[row.case])


def _crossing(row: BreakEvenRow, mark: str, formula: str) -> Iterator[Cell | str]:
    """N* and its interval; a dash where there is none."""
    if not row.case:
        yield from (UNKNOWN, UNKNOWN, UNKNOWN)
        return
    none = math.isnan(row.amount)
    yield ABSENT if none else Cell(row.amount, formula, mark=mark)
    if math.isnan(row.low):
        unknown = not none and math.isnan(row.saving_low)
        yield from (UNKNOWN if unknown else ABSENT,) * 2
        return
    yield Cell(row.low, mark=mark)
    yield gettext("no end") if math.isinf(row.high) else Cell(row.high, mark=mark)


def _winners(sheet: Sheet, view: View, service: Service, ranking: Ranking, several: bool) -> None:
    """The lowest score and the front of every category, and of every variant its place and score per right result."""
    heading = gettext("Winners, fronts, and scores per right result")
    if several:
        heading = gettext("Winners, fronts, and scores per right result: {service}", service=service.text)
    sheet.section(heading)
    per_right = gettext(
        "Score per right result: the score per {unit} over the share of results that are right, so that the right ones "
        "carry the wrong ones.",
        unit=service.unit,
    )
    if ranking.metric:
        per_right = gettext(
            "Score per right result: the score per {unit} over the share of results that are right ({metric}), so that "
            "the right ones carry the wrong ones.",
            unit=service.unit,
            metric=ranking.metric,
        )
    sheet.note(
        per_right,
        *ranking.reasons(),
        gettext(
            "Lowest is what the differences of two scores prove to be lowest; where gaps leave it open, there is no "
            "verdict. On the front is whom no other beats in quality and score at once; ?: gaps leave open whether "
            "another does; behind: another is proven to. {tally}",
            tally=ranking.tally,
        ),
    )
    metric = service.metric or gettext("quality")
    columns = [
        *gettexts("impact category", "lowest score"),
        gettext("front of {metric} against score", metric=metric),
        gettext("unit"),
    ]
    for name in service.names:
        sheet.span(sheet.row, len(columns), len(columns) + 1, view.labels[name])
        columns += gettexts("per right result", "place")
    sheet.row += 1
    sheet.head(columns)
    for id in view.study.categories:
        cells: list[Cell | str] = [CATEGORIES[id].title, ranking.winner(id), ranking.front(id), CATEGORIES[id].unit]
        for name in service.names:
            row = ranking.right[name, id]
            cells += [Cell(row["per_correct"], mark=prefix(row["mark"])), ranking.place(name, id)]
        sheet.rows([cells])
    sheet.row += 1
