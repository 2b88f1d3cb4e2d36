"""carbontracker: its *_carbontracker_output.log, and the *_carbontracker.log beside it, as versions 1 and 2 write them.

Only the actual consumption is read, never a prediction. It contains a PUE, which the second file states.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lca.errors import Fault, OutOfRange, UsageError
from lca.languages import gettext, pgettext
from lca.measure.formats.draft import Draft, Finding, Options, imported, kwh, others
from lca.measure.formats.faults import Damaged, OtherLayout, PUEUnknown
from lca.measure.formats.foreign import Foreign, moment, number
from lca.measure.identified import OUTSIDE
from lca.measurement.record import Device
from lca.quantities.text import plain
from lca.vocabulary import Component

TOOL = "carbontracker"
USES = frozenset({"pue"})

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S* - (.*)")
_VERSION = re.compile(r"carbontracker version (\S+)")
_PUE = re.compile(r"multiplied by a PUE coefficient of (\d{1,3}(?:\.\d{1,6})?)")
_CLOCK = re.compile(r"(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)")
_POWER = re.compile(r"Average power usage \(W\) for (cpu|gpu): (\[[^][]*\]|\S+)")
_FOUND = re.compile(r"(?:^|\. )(CPU|GPU) with device\(s\) (.*?)(?=\. (?:CPU|GPU) with device|\.?$)")
_RAPL = re.compile(r"(?:cpu|dram|package-\d+)(?::\d+)+")
_AGREE = 0.05  # epochs are logged to 0.01 s: over a second or more that is less than this


@dataclass(frozen=True, slots=True)
class _Actual:
    line: int
    seconds: float
    energy: float
    """kWh, with the PUE."""
    logged: datetime


@dataclass(frozen=True, slots=True)
class _Log:
    """What the second file adds."""

    version: str | None = None
    PUE: float | None = None
    epochs: tuple[float, ...] = ()
    """Seconds."""
    watts: Mapping[str, tuple[float | None, ...]] | None = None
    """By component, one per epoch."""
    began: datetime | None = None
    interrupted: bool = False


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) <= 2 and any(_is_output(file) for file in files) and all(map(_is_one, files))


def _is_output(file: Foreign) -> bool:
    return " - CarbonTracker: " in file.text[:5000]


def _is_one(file: Foreign) -> bool:
    return _is_output(file) or bool(_VERSION.search(file.text[:5000]))


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The actual consumption, shared between CPU and GPU by their logged power."""
    outputs = [file for file in files if _is_output(file)]
    logs = [file for file in files if file not in outputs]
    if len(outputs) != 1 or len(logs) > 1:
        raise UsageError(
            gettext("give one *_carbontracker_output.log and, beside it, the *_carbontracker.log of the same run")
        )
    output = outputs[0]
    output.must_end()
    actual = _actual(output)
    log = _log(logs[0]) if logs else _Log()
    PUE = _pue(output, actual, log, options.pue)
    seconds = sum(log.epochs) or actual.seconds
    if not seconds:
        raise output.refusal(
            actual.line, "Time", OutOfRange(gettext("the run lasted less than a second: give the other log too"))
        )
    devices = _devices(output)
    part = _part(output)
    if part:
        warnings.warn(
            gettext("{name}: {part}, not of the whole training", name=output.path.name, part=part), stacklevel=OUTSIDE
        )
    return Draft(
        started=log.began or actual.logged - timedelta(seconds=seconds),
        seconds=seconds,
        version=log.version,
        PUE=PUE,
        ended=actual.logged,
        findings=[*_energies(actual.energy / PUE, PUE, devices, log), *_hardware(devices)],
        facts={
            "interrupted": log.interrupted,
            "phase": "training",
            "comment": "; ".join(
                filter(None, ["times are the tool's local ones; duration: the sum of the epochs", part])
            ),
        },
    )


def _part(file: Foreign) -> str:
    """What the energy is of, where the tool watched some epochs and predicted the rest; else ""."""
    watched, predicted = (
        [int(number) for number in re.findall(rf"{kind} consumption for (\d{{1,9}}) epoch", file.text)]
        for kind in ("Actual", "Predicted")
    )
    if not watched or max(predicted, default=0) <= watched[-1]:
        return ""
    return f"time and energy are those of {watched[-1]:,} of {max(predicted):,} epochs"


def _actual(file: Foreign) -> _Actual:
    consumptions, wanted, logged = [], False, None
    time, at = 0.0, 0
    for line, text in file.lines():
        if stamped := _STAMP.match(text):
            logged, text, wanted = moment(stamped[1]), stamped[2], False
        if "Actual consumption" in text:
            wanted, at, time = True, line, 0.0
        key, _, value = text.strip().partition(":")
        try:
            if wanted and key == "Time":
                time = _seconds(value.strip())
            elif wanted and key == "Energy":
                energy = number(value.removesuffix("kWh").strip())
                if not value.endswith(" kWh") or logged is None:
                    raise Damaged(gettext("no energy in kWh"))
                consumptions.append(_Actual(at, time, energy, logged))
        except Fault as fault:
            raise file.refusal(line, key, fault) from None
    if len(consumptions) != 1:
        what = gettext(
            "{count} actual consumption in the log; one is expected, and a prediction is none",
            count=len(consumptions) or pgettext("count", "no"),
        )
        raise file.refusal(consumptions[1].line if consumptions else 0, "", Damaged(what))
    return consumptions[0]


def _seconds(text: str) -> float:
    clock = _CLOCK.fullmatch(text)
    if not clock:
        raise OtherLayout(gettext("{text!r} is no duration", text=text[:40]))
    return float(clock[1]) * 3600 + float(clock[2]) * 60 + float(clock[3])


def _log(file: Foreign) -> _Log:
    version, PUE = _VERSION.search(file.text), _PUE.search(file.text)
    epochs, began = [], None
    for line, text in file.lines():
        stamped = _STAMP.match(text)
        if stamped and stamped[2].startswith("Duration: "):
            try:
                epochs.append(_seconds(stamped[2].removeprefix("Duration: ")))
            except Fault as fault:
                raise file.refusal(line, "Duration", fault) from None
            began = began or moment(stamped[1]) - timedelta(seconds=epochs[0])
    watts: dict[str, list[float | None]] = {}
    for component, text in _POWER.findall(file.text):
        try:
            parts = [number(part) for part in text.strip("[]").split()] if text != "None" else []
        except Fault as fault:
            raise file.refusal(file.text[: file.text.find(text)].count("\n") + 1, component, fault) from None
        watts.setdefault(component, []).append(sum(parts) if parts else None)
    return _Log(
        version[1] if version else None,
        float(PUE[1]) if PUE else None,
        tuple(epochs),
        {component: tuple(every) for component, every in watts.items()},
        began,
        "Training was interrupted" in file.text,
    )


def _pue(file: Foreign, actual: _Actual, log: _Log, given: float | None) -> float:
    if log.PUE is None and given is None:
        what = gettext(
            "the actual consumption contains a PUE, which only the *_carbontracker.log beside this file states"
        )
        raise file.refusal(actual.line, "Energy", PUEUnknown(what))
    if log.PUE is not None and given not in (None, log.PUE):
        raise UsageError(
            gettext("the log states a PUE of {pue:g}; --pue {given:g} contradicts it", pue=log.PUE, given=given)
        )
    PUE = log.PUE if log.PUE is not None else given or 1.0
    if PUE < 1:
        raise file.refusal(0, "PUE", OutOfRange(gettext("a PUE of {pue:g} is less than 1", pue=PUE)))
    return PUE


def _devices(file: Foreign) -> dict[Component, list[str]]:
    head = re.search(r"The following components were found:(.*)", file.text)
    components = _FOUND.findall(head[1].strip()) if head else []
    kinds: dict[str, Component] = {"CPU": Component.CPU, "GPU": Component.GPU}
    return {kinds[kind]: [plain(name) for name in names.split(", ")] for kind, names in components}


def _energies(energy: float, PUE: float, devices: Mapping[Component, list[str]], log: _Log) -> Iterator[Finding]:
    shares = _shares(energy, log)
    components: dict[Component, float] = {component: shares[component] for component in devices if component in shares}
    if len(devices) == 1:
        components = dict.fromkeys(devices, 1.0)
    elif len(components) < len(devices) or not devices:
        components = {Component.OTHER: 1.0}
    tool = f"carbontracker {log.version or '(version unknown)'}"
    after = f"; divided by its PUE of {PUE:g}" if PUE != 1 else ""
    for component, share in components.items():
        if component == "gpu":
            how = f"{tool}, sampled power of whole GPUs"
        elif component == "other":
            how = (
                f"{tool}, {' and '.join(devices) or 'all components'} together: its logs do not let them be told apart"
            )
        elif all(map(_RAPL.fullmatch, devices[Component.CPU])):
            how = f"{tool}, RAPL power of {', '.join(devices[Component.CPU])}"
        else:
            how = f"{tool}, which found no RAPL: modelled, version 2 takes half of the CPU's TDP whatever its load"
        yield imported(component, energy * share, how + after, f"{tool} states 0 kWh for it, which is not what it used")
    if "other" not in components:
        dram = any(name.startswith("dram") for name in devices.get(Component.CPU, []))
        known: list[Component] = [*components, Component.MEMORY] if dram else [*components]
        yield from others(
            known, f"{tool} names no device of it: it does not measure it, found none, or was not asked to"
        )


def _shares(energy: float, log: _Log) -> dict[Component, float]:
    """Parts of the components in the energy, if the logged power and time of every epoch add up to it."""
    joules: dict[Component, float] = {}
    kinds: dict[str, Component] = {Component.CPU: Component.CPU, Component.GPU: Component.GPU}
    for name, watts in (log.watts or {}).items():
        if len(watts) != len(log.epochs) or None in watts:
            return {}
        joules[kinds[name]] = sum((w or 0.0) * s for w, s in zip(watts, log.epochs, strict=True))
    every = sum(joules.values())
    if not every or abs(kwh(every, "J") - energy) > _AGREE * energy:
        return {}
    return {component: part / every for component, part in joules.items()}


def _hardware(devices: Mapping[Component, list[str]]) -> Iterator[Device]:
    for kind, names in devices.items():
        for name in dict.fromkeys(names):
            if name and not _RAPL.fullmatch(name) and kind != "memory" and kind != "other":
                yield Device(kind=kind, name=name, count=names.count(name))
