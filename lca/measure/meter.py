"""The energy meter: a block, a function or a command becomes a Measurement."""

from __future__ import annotations

import functools
import inspect
import math
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, get_args

from lca import units
from lca.errors import LcaError, UsageError
from lca.measure.machine import software
from lca.measure.model import Model
from lca.measure.nvml import Nvml
from lca.measure.processes import Processes
from lca.measure.rapl import Rapl
from lca.measure.source import EnergySource, Finding
from lca.measurement import SCHEMA, Device, EnergyEntry, Measurement, Phase, Unmeasured
from lca.records import Quantity
from lca.units import Amount

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue

P = ParamSpec("P")
T = TypeVar("T")

_LAZY = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)


@dataclass
class _Run:
    """One run between its edges."""

    sources: tuple[EnergySource, ...]
    model: Model
    began: datetime = datetime.min
    facts: dict[str, Any] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    sampler: threading.Thread | None = None
    start: float = 0.0
    duration: float = 0.0
    """Seconds."""


class EnergyMeter:
    """Records the energy of a block or of each call of a function, without network or configuration.

    ```python
    with EnergyMeter("digits", "inference") as meter:
        meter.delivers("320000 inference")
    meter.save("digits.json")
    ```
    `interval`: seconds between samples of what has no counter. `own_process`: whether this process counts beside its
    children. After the block, `measurement` holds the record; of a block that raised, too, marked interrupted.
    """

    def __init__(
        self,
        name: str,
        phase: Phase = "training",
        *,
        task: str | None = None,
        model: str | None = None,
        interval: float = 1.0,
        catalogue: Catalogue | None = None,
        own_process: bool = True,
    ) -> None:
        if phase not in get_args(Phase):
            raise UsageError(f"no phase {phase!r}: one of {', '.join(get_args(Phase))}")
        if not interval > 0:
            raise UsageError(f"the interval between samples is {interval} s: give a positive one")
        self.name, self.phase, self.task, self.own_process = name, phase, task, own_process
        self._model, self._interval, self._catalogue = model, interval, catalogue
        self._run: _Run | None = None
        self._measurement: Measurement | None = None

    def start(self) -> None:
        """Begin a run. Raises UsageError if one is under way."""
        if self._run:
            raise UsageError(f"the meter {self.name!r} is already running: use a second one for a run inside a run")
        self._measurement = None
        model = Model(self._known, Processes(self.own_process))
        run = self._run = _Run((Nvml(), Rapl(), model), model)
        _settle()
        for source in run.sources:
            source.start()
        run.began, run.start = datetime.now(UTC), time.perf_counter()
        run.sampler = threading.Thread(target=_sample, args=(run, self._interval), name="lca-meter", daemon=True)
        run.sampler.start()

    def stop(self, interrupted: bool = False) -> Measurement:
        """End the run; its record. Raises UsageError if none is under way."""
        run = self._running("stop")
        _settle()
        run.over.set()
        if run.sampler:
            run.sampler.join()
        run.duration = time.perf_counter() - run.start
        for source in run.sources:
            source.stop()
        self._run = None
        self._measurement = self._record(run, interrupted)
        return self._measurement

    @property
    def measurement(self) -> Measurement:
        """The record of the last run. Raises UsageError before its end."""
        if self._measurement is None:
            raise UsageError(f"the meter {self.name!r} has no record before the end of its block")
        return self._measurement

    def save(self, path: str | Path) -> None:
        """Write the record of the last run."""
        self.measurement.save(path)

    def delivers(self, amount: str) -> None:
        """The service that the running block delivers: `"320000 inference"`. Raises UsageError or a Fault."""
        number, _, unit = amount.partition(" ")
        try:
            plain = unit in units.WHITELIST and math.isfinite(float(number))
        except ValueError:
            plain = False
        # a plain unit is checked without pint, whose import would count as work of the block
        self._running("delivers").facts["amount"] = Amount(float(number), unit) if plain else units.parse(amount)

    def quality(self, **reached: float) -> None:
        """Quality that the running block reaches: `accuracy=0.97`. Raises UsageError."""
        self._running("quality").facts.setdefault("quality", {}).update(reached)

    def model(self, name: str | None = None, *, parameters: int | None = None) -> None:
        """Name and number of parameters of the model that runs. Raises UsageError."""
        given = {"model": name, "model_parameters": parameters}
        self._running("model").facts.update((key, value) for key, value in given.items() if value is not None)

    def remark(self, text: str) -> None:
        """A comment for the record. Raises UsageError."""
        self._running("remark").facts["comment"] = text

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        ended_well = error is None or (isinstance(error, SystemExit) and not error.code)
        self.stop(interrupted=not ended_well)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Measure each call of a function. Raises UsageError for one that returns before its work is done."""
        if any(lazy(function) for lazy in _LAZY):
            raise UsageError(f"{function.__name__} returns before its work is done: use the meter inside it")

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            with self:
                return function(*args, **kwargs)

        return measured

    def _running(self, what: str) -> _Run:
        if self._run is None:
            raise UsageError(f"the meter {self.name!r} is not running: call {what}() inside the measured block")
        return self._run

    def _known(self) -> Catalogue:
        if self._catalogue is None:
            from lca.inventory.catalogue import Catalogue

            self._catalogue = Catalogue.load()
        return self._catalogue

    def _record(self, run: _Run, interrupted: bool) -> Measurement:
        energy, unmeasured, devices = _chosen([list(source.results()) for source in run.sources])
        facts: dict[str, Any] = {"model": self._model, **run.facts}
        duration = Quantity(value=Amount(run.duration * units.factor("s", "h"), "h"))
        return Measurement.model_validate(
            {
                **facts,
                "schema": SCHEMA,
                "name": self.name,
                "phase": self.phase,
                "task": self.task,
                "started": run.began,
                "ended": run.began + timedelta(seconds=run.duration),
                "duration": duration,
                "energy": energy,
                "unmeasured": unmeasured,
                "devices": tuple(self._identified(device) for device in devices),
                "utilisation": run.model.utilisation(),
                "software": software(),
                "interrupted": interrupted,
            }
        )

    def _identified(self, device: Device) -> Device:
        try:
            activity = self._known().recognise(device.name)
        except LcaError:  # the CPU's entry already says that the catalogue cannot be read
            return device
        return device.model_copy(update={"id": activity.id if activity else None})


def _chosen(
    findings: Iterable[list[Finding]],
) -> tuple[tuple[EnergyEntry, ...], tuple[Unmeasured, ...], tuple[Device, ...]]:
    """Each component from the first source that knows its energy; why an earlier one did not goes into its method."""
    energy: list[EnergyEntry] = []
    unmeasured: dict[str, Unmeasured] = {}
    devices: list[Device] = []
    for found in findings:
        taken = {entry.component for entry in energy}
        reasons = {component: fault.reason for component, fault in unmeasured.items()}
        for finding in found:
            if isinstance(finding, Device):
                devices.append(finding)
            elif finding.component in taken:
                continue
            elif isinstance(finding, Unmeasured):
                both = [*filter(None, [reasons.get(finding.component)]), finding.reason]
                unmeasured[finding.component] = finding.model_copy(update={"reason": "; ".join(both)})
            elif reason := reasons.get(finding.component):
                unmeasured.pop(finding.component, None)
                energy.append(finding.model_copy(update={"method": f"{finding.method}. No counter: {reason}"}))
            else:
                energy.append(finding)
    return tuple(energy), tuple(unmeasured.values()), tuple(devices)


def _sample(run: _Run, interval: float) -> None:
    while not run.over.wait(interval):
        for source in run.sources:
            source.sample()


def _settle() -> None:
    """Wait for work queued on a GPU, so that it falls on the right side of an edge. Loads nothing."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        torch.cuda.synchronize()
