"""The energy meter: a block, a function, a loop or a command becomes a Measurement."""

from __future__ import annotations

import functools
import inspect
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from lca.errors import MissingDependency, UsageError
from lca.languages import gettext
from lca.measure.counters.available import other_hardware
from lca.measure.counters.counter import EnergySource
from lca.measure.counters.node import node as node_by_itself
from lca.measure.counters.nvml import Nvml
from lca.measure.counters.processes import Processes
from lca.measure.counters.rapl import Rapl
from lca.measure.counters.sensors import Sensors
from lca.measure.meter.recorder import Recorder
from lca.measure.meter.reported import Facts
from lca.measure.ranks.distributed import file_of_rank, part
from lca.quantities.outputs import RECORD, must_be_free
from lca.vocabulary import Phase

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.measurement.record import Measurement
    from lca.vocabulary import Phase

P = ParamSpec("P")
T = TypeVar("T")

_PRICE = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})(?:/h)?")
_PLACE = ("country", "region", "provider")
_LAZY = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)


@dataclass
class _OpenRun:
    """One run between its edges."""

    recorder: Recorder
    output: Path | None
    facts: dict[str, Any]
    flops: Any = None
    over: threading.Event = field(default_factory=threading.Event)
    sampler: threading.Thread | None = None


class EnergyMeter(Facts):
    """Records the energy of a block or of each call of a function, without network or configuration.

    ```python
    with EnergyMeter("digits", "training", output="digits.json") as meter:
        for epoch in meter.epochs(range(10)):
            ...
        meter.quality(accuracy=0.97)
    ```
    `output`: where the record is saved at the end, and beside which a journal keeps what a kill would lose (see
    `lca.measure.meter.recover`); a rank of a distributed run adds its number, a second run of the meter counts up.
    `interval`: seconds between samples (1, or 0.1 where a GPU has no counter). `baseline`: seconds of idle power to
    measure before the run, which the record keeps apart. `wattmeter`: CSV of time and watts of the whole node, which
    replaces the components. `node`: the node's own meter, which replaces them too: `hwmon`, `ipmi`, or the https
    address of a Redfish resource with its power. `exclusive`: the machine is reserved, so that whole devices count and
    not the run's share.
    `count_flops`: run the block under torch's counter of operations, which slows it. `price`: of the machine per hour
    (`"3.20 USD"`). `location`: country, region, provider. `own_process`: whether this process counts beside its
    children. `sources`: other counters than those of this machine.

    After the block, `measurement` holds the record; of a block that raised, too, marked interrupted.

    Energy is in kWh of component energy, with its origin: a counter (RAPL, NVML) is read at the edges of run and
    windows; power that has no counter is sampled and summed by the trapezoid rule, with the error of that; a component
    with neither is modelled from its utilisation and a sourced power, with a range. Raises UsageError for an interval,
    baseline, phase, price or location that is none, MissingDependency where FLOPs are counted without torch.
    """

    def __init__(
        self,
        name: str,
        phase: Phase = Phase.TRAINING,
        *,
        output: str | Path | None = None,
        task: str | None = None,
        model: str | None = None,
        interval: float | None = None,
        baseline: float = 0.0,
        wattmeter: str | Path | None = None,
        node: str | None = None,
        exclusive: bool = False,
        count_flops: bool = False,
        price: str | None = None,
        location: Mapping[str, str] | None = None,
        catalogue: Catalogue | None = None,
        own_process: bool = True,
        sources: Callable[[], tuple[EnergySource, ...]] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__()
        if interval is not None and not interval > 0:
            raise UsageError(
                gettext("the interval between samples is {interval} s: give a positive one", interval=interval)
            )
        if not 0 <= baseline < math.inf:
            raise UsageError(
                gettext("the baseline is {baseline} s: give how long the idle machine is measured", baseline=baseline)
            )
        if node and wattmeter:
            raise UsageError(
                gettext("the node's own meter and a wattmeter are both of the whole node: give one of them")
            )
        self._node = node
        self.name, self.phase, self.task, self.own_process = name, phase, task, own_process
        self._settings = _header(name, phase, task, model, exclusive, wattmeter, price, location)
        self._output = Path(output) if output is not None else None
        self._interval, self._baseline, self._count_flops = interval, baseline, count_flops
        self._catalogue, self._clock, self._sources = catalogue, clock, sources or self._hardware
        self._part: Mapping[str, Any] | None = None
        self._run: _OpenRun | None = None
        self._runs = 0
        self._measurement: Measurement | None = None

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._run is not None

    def belongs(self, rank: int, ranks: int) -> None:
        """Say which part of a distributed run comes next, where RANK and WORLD_SIZE of the environment do not."""
        self._part = part(rank, ranks)

    def start(self) -> None:
        """Begin a run. Raises UsageError if one is under way, or where its record or journal cannot be written."""
        if self._run:
            raise UsageError(
                gettext(
                    "the meter {name!r} is already running: use a second one for a run inside a run", name=self.name
                )
            )
        self._measurement = None
        self._runs += 1
        rank = self._part or part()
        flops = _flop_counter() if self._count_flops else None
        output, facts = self._place(rank), dict[str, Any]()
        if output:
            must_be_free(output, RECORD)
        self._latencies.clear()
        reported = functools.partial(self._all_reported, facts)
        recorder = Recorder(
            self._sources(),
            {**self._settings, "part": rank, "own_process": self.own_process},
            reported,
            self._clock,
            self._interval,
            output,
        )
        _settle(recorder)
        recorder.start(self._baseline, time.sleep)
        self._run = _OpenRun(recorder, output, facts, flops)
        if flops:
            flops.__enter__()
        if recorder.interval < math.inf:
            run = self._run
            run.sampler = threading.Thread(target=self._sample, args=(run,), name="lca-meter", daemon=True)
            run.sampler.start()

    def stop(self, interrupted: bool = False) -> Measurement:
        """End the run, and save its record where there is an `output`. Raises UsageError if none is under way."""
        run = self._running("stop")
        if run.flops:
            run.flops.__exit__(None, None, None)
            self._add_flops(run.facts, run.flops.get_total_flops())
        _settle(run.recorder)
        run.over.set()
        if run.sampler:
            run.sampler.join()
        ran = run.recorder.stop(interrupted)
        self._run = None
        from lca.measure.meter.record import measurement

        self._measurement = measurement(ran, self._known)
        if run.output:
            try:
                self._measurement.save(run.output)
            except (OSError, UsageError) as error:
                raise run.recorder.unsaved(run.output, error) from None
        run.recorder.saved()
        return self._measurement

    def sample(self) -> None:
        """Read now, too. Raises UsageError."""
        self._running("sample").recorder.sample()

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        """A named part of the run, whose energy the record has as well; windows may nest and overlap. Raises UsageError
        outside of a run."""
        run = self._running("window")
        _settle(run.recorder)
        number = run.recorder.open(name)
        try:
            yield
        finally:
            if self._run is run:  # else the run has ended, and its windows with it
                _settle(run.recorder)
                run.recorder.close(number)

    def epochs(self, items: Iterable[T], name: str = "epoch") -> Iterator[T]:
        """The items, with a window around what the loop does with each: `for epoch in meter.epochs(range(10)):`."""
        for index, item in enumerate(items):
            with self.window(f"{name} {item if isinstance(item, int) else index}"):
                yield item

    @property
    def measurement(self) -> Measurement:
        """The record of the last run. Raises UsageError before its end."""
        if self._measurement is None:
            raise UsageError(gettext("the meter {name!r} has no record before the end of its block", name=self.name))
        return self._measurement

    def save(self, path: str | Path) -> None:
        """Write the record of the last run, as JSON. Raises UsageError before its end, or where it cannot be."""
        self.measurement.save(path)

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
            raise UsageError(
                gettext("{name} returns before its work is done: use the meter inside it", name=function.__name__)
            )

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            with self:
                return function(*args, **kwargs)

        return measured

    def _running(self, what: str) -> _OpenRun:
        if self._run is None:
            raise UsageError(
                gettext(
                    "the meter {name!r} is not running: call {what}() inside the measured block",
                    name=self.name,
                    what=what,
                )
            )
        return self._run

    def _reported(self, what: str) -> dict[str, Any]:
        return self._running(what).facts

    def _known(self) -> Catalogue:
        if self._catalogue is None:
            from lca.inventory.catalogue import Catalogue

            self._catalogue = Catalogue.load()
        return self._catalogue

    def _hardware(self) -> tuple[EnergySource, ...]:
        """The counters of this machine; processes first, as the others share by them."""
        processes = Processes(self.own_process)
        every: tuple[EnergySource, ...] = (
            processes,
            Rapl(processes),
            Nvml(processes.ids),
            Sensors(processes, other_hardware),
        )
        return (*every, node_by_itself(self._node, clock=self._clock)) if self._node else every

    def _place(self, rank: Mapping[str, Any] | None) -> Path | None:
        if self._output is None:
            return None
        output = file_of_rank(self._output, rank)
        return output.with_suffix(f".{self._runs}{output.suffix}") if self._runs > 1 else output

    def _sample(self, run: _OpenRun) -> None:
        """At whole multiples of the interval, as every meter of the machine does, so that their shares fit together."""
        interval = run.recorder.interval
        while not run.over.wait(interval - self._clock() % interval):
            run.recorder.sample()


def _settle(recorder: Recorder) -> None:
    """Wait for work queued on the GPUs, so that it falls on the right side of an edge. Loads nothing."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return
    try:
        for index in range(cuda.device_count()):
            if index == cuda.current_device() or cuda.memory_reserved(index):
                cuda.synchronize(index)
    except RuntimeError as error:  # a kernel that failed is the block's error, not the meter's
        recorder.notes.append(f"an edge was not synchronised with the GPU: {str(error).splitlines()[0]}")


def _flop_counter() -> Any:
    try:
        from torch.utils.flop_counter import FlopCounterMode
    except ImportError:
        raise MissingDependency(gettext("counting FLOPs needs torch: pip install 'ai-lca[torch]'")) from None
    return FlopCounterMode(display=False)


def _header(
    name: str,
    phase: str,
    task: str | None,
    model: str | None,
    exclusive: bool,
    wattmeter: str | Path | None,
    price: str | None,
    location: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What whoever begins a run states about it, as JSON for the header of the run. Raises UsageError."""
    if phase not in tuple(Phase):
        raise UsageError(gettext("no phase {phase!r}: one of {phases}", phase=phase, phases=", ".join(Phase)))
    if unknown := sorted(set(location or ()) - set(_PLACE)):
        raise UsageError(
            gettext("no {unknown!r} in a location: give {place}", unknown=unknown[0], place=", ".join(_PLACE))
        )
    return {
        "name": name,
        "phase": phase,
        "task": task,
        "model": model,
        "exclusive": exclusive,
        "wattmeter": str(wattmeter) if wattmeter is not None else None,
        "price": _price(price) if price is not None else None,
        "location": dict(location) if location else None,
    }


def _price(text: str) -> dict[str, Any]:
    match = _PRICE.fullmatch(text)
    if not match:
        raise UsageError(
            gettext('{text!r} is no price per hour: write it as "3.20 USD", with the ISO 4217 code', text=text)
        )
    return {"per_hour": float(match[1]), "currency": match[2]}
