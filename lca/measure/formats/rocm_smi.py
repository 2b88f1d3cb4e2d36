"""rocm-smi, the CSV of older ROCm, which carries no time: `rocm-smi --showenergycounter --csv` before and after a run.

`device,Energy counter,Accumulated Energy (uJ)`: what each card's counter grew by. Or a loop of `rocm-smi --showpower
--csv` into one file, whose readings are taken as evenly spaced between `started` and `ended`. Names of columns, and the
second die of a package, whose power the first one's row has, from the tool's source (rocm_smi.py, ROCm 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from lca.errors import Fault, UsageError
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, imported, kwh, listed, others
from lca.measure.formats.faults import Damaged, OutOfOrder, ReadingsWithoutTimes
from lca.measure.formats.foreign import Foreign, number
from lca.measure.formats.sampled import Sampled, no_sample, whole_cards
from lca.measure.formats.scrapes import interval
from lca.vocabulary import Component

TOOL = "rocm-smi"
USES = frozenset({"started", "ended", "devices"})

_COUNTER = "Accumulated Energy (uJ)"
_POWERS = ("Average Graphics Package Power (W)", "Current Socket Graphics Package Power (W)")
_HEAD = re.compile(r"device,.*")
_HIGHEST = 1e5  # W of one card
_SECOND_DIE = "N/A (Secondary die)"
Block = tuple[int, dict[str, Mapping[str, str]]]
"""Line, and cells by column by card, of one call of the tool."""


def recognises(files: Sequence[Foreign]) -> bool:
    heads = [file.text.lstrip().partition("\n")[0].strip() for file in files]
    return all(_HEAD.fullmatch(head) and any(name in head for name in (_COUNTER, *_POWERS)) for head in heads)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """What the counters grew by, or the powers integrated."""
    blocks = [_blocks(file, options.devices) for file in files]
    if len(files) == 2:
        return _counted(files, [each[0] for each in blocks], options)
    if len(files) != 1:
        raise UsageError(
            gettext("two readings of the counters, or one file of powers: not {count} files", count=len(files))
        )
    return _integrated(files[0], blocks[0], options)


def _blocks(file: Foreign, devices: Sequence[str]) -> list[Block]:
    file.must_end()
    blocks: list[Block] = []
    names: list[str] = []
    for line, text in file.lines():
        cells = text.strip().removesuffix(",").split(",")
        if cells == [""]:
            continue
        if cells[0] == "device":
            names = cells
            blocks.append((line, {}))
            continue
        if not names or len(cells) != len(names):
            raise file.refusal(line, "", Damaged(gettext("no row as {tool} writes it", tool=TOOL)))
        card = cells[0].removeprefix("card")
        if card in blocks[-1][1]:
            raise file.refusal(line, "device", Damaged(gettext("{cells} occurs twice", cells=cells[0][:40])))
        if not devices or card in devices or cells[0] in devices:
            blocks[-1][1][card] = dict(zip(names, cells, strict=True))
    if not blocks or not all(cards for _, cards in blocks):
        raise no_sample(file, devices)
    return blocks


def _counted(files: Sequence[Foreign], blocks: Sequence[Block], options: Options) -> Draft:
    seconds = interval(files, options)
    before, after = (_joules(file, *block) for file, block in zip(files, blocks, strict=True))
    if set(before) != set(after):
        what = gettext("cards {before} before, {after} after", before=listed(before), after=listed(after))
        raise files[1].refusal(0, "", Damaged(what))
    grown = {card: after[card] - before[card] for card in after}
    if fallen := [card for card, joules in grown.items() if joules < 0]:
        what = gettext("the counter of card {fallen} fell: it was reset, or the files are exchanged", fallen=fallen[0])
        raise files[1].refusal(0, "", OutOfOrder(what))
    method = f"{TOOL}, energy counters of {listed(f'card {card}' for card in grown)}; whole cards, whoever used them"
    energy = imported(Component.GPU, kwh(sum(grown.values()), "J"), method, "the counters did not move")
    return Draft(
        started=options.started,  # type: ignore[arg-type]
        seconds=seconds,
        findings=[energy, *others([Component.GPU], f"{TOOL} measures GPUs only")],
        facts={"comment": method},
    )


def _joules(file: Foreign, line: int, cards: Mapping[str, Mapping[str, str]]) -> dict[str, float]:
    """What each card's counter stands at."""
    joules = {}
    for card, cells in cards.items():
        if _COUNTER not in cells:
            raise file.refusal(line, "", Damaged(gettext("no column {counter}", counter=_COUNTER)))
        try:
            joules[card] = number(cells[_COUNTER], high=1e21) / 1e6
        except Fault as fault:
            raise file.refusal(line, _COUNTER, fault) from None
    return joules


def _integrated(file: Foreign, blocks: Sequence[Block], options: Options) -> Draft:
    if options.started is None or options.ended is None or len(blocks) < 2:
        raise file.refusal(1, "", ReadingsWithoutTimes(gettext("{count} readings without a time", count=len(blocks))))
    if options.ended <= options.started:
        raise UsageError(gettext("--started and --ended are not in order"))
    step, sampled = (options.ended - options.started) / (len(blocks) - 1), Sampled(file)
    for index, (line, cards) in enumerate(blocks):
        for card, cells in cards.items():
            name = next((name for name in _POWERS if name in cells), "")
            if not name:
                raise file.refusal(line, "", Damaged(gettext("no column of the power")))
            if cells[name] == _SECOND_DIE:
                continue
            try:
                watts = number(cells[name], high=_HIGHEST)
            except Fault as fault:
                raise file.refusal(line, name, fault) from None
            sampled.add(line, f"GPU {card}", options.started + index * step, watts)
    if not sampled.devices:
        raise no_sample(file, options.devices)
    seconds = timedelta(seconds=step.total_seconds()).total_seconds()
    how = f"{TOOL}, power; its readings, which carry no time, taken as {seconds:.4g} s apart"
    return whole_cards(sampled, TOOL, how)
