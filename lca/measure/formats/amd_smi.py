"""amd-smi: the CSV of `amd-smi monitor --power-usage --csv --watch 1`, the CSV or JSON of `amd-smi metric`.

`monitor`: columns `timestamp` (seconds since 1970), `gpu` and `power_usage` (W), as the header of ROCm 7 that published
scripts test against has them. `metric --power --energy --watch 1`: `socket_power` (W), `total_energy_consumption` (J),
in JSON with value and unit and a `timestamp` per object, after amdsmi_commands.py and amdsmi_logger.py, its source in
ROCm 6. Not watching, there is no time: two files, of before and after, whose counters differ by the energy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lca.errors import Fault, WrongUnit
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, imported, kwh, listed, one_file, others
from lca.measure.formats.faults import Damaged, NoReading, OutOfOrder, Timeless
from lca.measure.formats.foreign import Foreign, Row, number, since_1970
from lca.measure.formats.sampled import Sampled, no_sample, whole_cards
from lca.measure.formats.scrapes import interval
from lca.vocabulary import Component

TOOL = "amd-smi"
USES = frozenset({"devices", "started", "ended"})

_HIGHEST = 1e5  # W of one card
_POWERS = ("power_usage", "socket_power")


class _CardReading(NamedTuple):
    line: int
    card: str
    time: datetime | None
    watts: float | None
    joules: float | None


def recognises(files: Sequence[Foreign]) -> bool:
    return all(_is_table(file) or _is_metric(file) for file in files)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """What the counters grew by, or else the power of the cards, each integrated."""
    every = [[one for one in _readings(file) if not options.devices or one.card in options.devices] for file in files]
    for file, readings in zip(files, every, strict=True):
        if not readings:
            raise no_sample(file, options.devices)
    if len(files) == 2:
        return _between(files, every, options)
    file, readings = one_file(files), every[0]
    if timeless := [one.line for one in readings if one.time is None]:
        raise file.refusal(timeless[0], "", Timeless(gettext("the readings carry no time")))
    if options.started or options.ended:
        raise file.refusal(0, "", OutOfOrder(gettext("the file states its times: leave out --started and --ended")))
    sampled = Sampled(file)
    for one in readings:
        assert one.time
        sampled.add(one.line, f"GPU {one.card}", one.time, one.watts)
    if all(one.joules is not None for one in readings):
        return _counters(file, readings, sampled)
    return whole_cards(sampled, TOOL, f"{TOOL}, power of the socket")


def _counters(file: Foreign, readings: Sequence[_CardReading], sampled: Sampled) -> Draft:
    started, start, end = sampled.interval()
    cards: dict[str, list[float]] = defaultdict(list)
    for one in readings:
        cards[one.card].append(one.joules or 0.0)
    if fallen := [card for card, counts in cards.items() if sorted(counts) != counts]:
        raise file.refusal(
            0, "", OutOfOrder(gettext("the counter of GPU {fallen} fell: it was reset", fallen=fallen[0]))
        )
    draft = _counted({card: counts[-1] - counts[0] for card, counts in cards.items()}, end - start, started)
    return draft


def _between(files: Sequence[Foreign], every: Sequence[Sequence[_CardReading]], options: Options) -> Draft:
    seconds = interval(files, options)
    before, after = ({one.card: one for one in readings} for readings in every)
    if set(before) != set(after) or any(one.joules is None for one in (*before.values(), *after.values())):
        what = gettext(
            "no counter of the same cards in both: {before} before, {after} after",
            before=listed(before),
            after=listed(after),
        )
        raise files[1].refusal(0, "", Damaged(what))
    grown = {card: (after[card].joules or 0.0) - (before[card].joules or 0.0) for card in after}
    if fallen := [card for card, joules in grown.items() if joules < 0]:
        what = gettext("the counter of GPU {fallen} fell: it was reset, or the files are exchanged", fallen=fallen[0])
        raise files[1].refusal(0, "", OutOfOrder(what))
    assert options.started
    return _counted(grown, seconds, options.started)


def _counted(grown: dict[str, float], seconds: float, started: datetime) -> Draft:
    method = f"{TOOL}, energy counters of {listed(f'GPU {card}' for card in grown)}; whole cards, whoever used them"
    energy = imported(Component.GPU, kwh(sum(grown.values()), "J"), method, "the counters did not move")
    return Draft(
        started=started,
        seconds=seconds,
        findings=[energy, *others([Component.GPU], f"{TOOL} measures GPUs only")],
        facts={"comment": method},
    )


def _is_table(file: Foreign) -> bool:
    names = set(file.text.partition("\n")[0].strip().split(","))
    return "gpu" in names and not names.isdisjoint(_POWERS)


def _is_metric(file: Foreign) -> bool:
    head = file.text[:100_000]
    keys = '"socket_power"' in head or '"total_energy_consumption"' in head
    return head.lstrip()[:1] in ("[", "{") and '"gpu"' in head and keys


def _readings(file: Foreign) -> Iterator[_CardReading]:
    file.must_end()
    return _metrics(file) if _is_metric(file) else _rows(file)


def _rows(file: Foreign) -> Iterator[_CardReading]:
    table = file.table()
    table.require("gpu")
    timed = "timestamp" in table.columns
    for row in table:
        if "xcp" in table.columns and row.text("xcp") not in ("", "0"):
            continue  # a further partition of a card, whose power the first row has
        try:
            time = since_1970(row.needed("timestamp")) if timed else None
        except Fault as fault:
            raise row.refusal("timestamp", fault) from None
        power = next((_cell(row, name) for name in _POWERS if name in table.columns), None)
        yield _CardReading(row.line, row.text("gpu"), time, power, _cell(row, "total_energy_consumption"))


def _cell(row: Row, column: str) -> float | None:
    text = row.text(column).removesuffix("W").removesuffix("J").strip()
    try:
        return number(text, high=1e15) if text else None
    except NoReading:
        return None
    except Fault as fault:
        raise row.refusal(column, fault) from None


def _metrics(file: Foreign) -> Iterator[_CardReading]:
    for line, content in file.values():
        cards = content.get("gpu_data", [content])  # newer versions wrap the list
        for card in cards if isinstance(cards, list) else []:
            if not isinstance(card, dict) or not isinstance(card.get("gpu"), int):
                raise file.refusal(line, "gpu", Damaged(gettext("no card as the tool writes it")))
            try:
                time = since_1970(float(card["timestamp"])) if "timestamp" in card else None
                watts = _stated(card, "power", "socket_power", "W", _HIGHEST)
                joules = _stated(card, "energy", "total_energy_consumption", "J", 1e15)
            except (TypeError, ValueError) as error:
                fault = (
                    error if isinstance(error, Fault) else Damaged(gettext("a reading as the tool does not write it"))
                )
                raise file.refusal(line, f"gpu {card['gpu']}", fault) from None
            yield _CardReading(line, str(card["gpu"]), time, watts, joules)


def _stated(card: dict[str, Any], group: str, name: str, unit: str, high: float) -> float | None:
    """A value with its unit; None where the tool had none. Raises Fault, or TypeError for another shape."""
    stated = card.get(group)
    stated = stated.get(name) if isinstance(stated, dict) else None
    if stated in (None, "N/A"):
        return None
    if not isinstance(stated, dict):
        raise TypeError
    if stated.get("unit") != unit:
        raise WrongUnit(
            gettext("{name} is in {value!r}, not in {unit}", name=name, value=str(stated.get("unit"))[:20], unit=unit)
        )
    value = stated.get("value", "N/A")
    return None if value == "N/A" else number(repr(float(value)), high=high)
