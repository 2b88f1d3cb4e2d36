"""What a running block reports to its meter of itself: the service, its quality, the model, FLOPs, latencies."""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from lca.errors import UsageError
from lca.languages import gettext

_STEP = math.log(1.01)  # latencies are counted in classes of 1 %: memory is bounded, quantiles are right to half of it


class Facts(ABC):
    """Fields of the record that the block fills in; each of these raises UsageError outside of it."""

    def __init__(self) -> None:
        self._latencies = Counter[int]()
        self._answers = threading.Lock()

    @abstractmethod
    def _reported(self, what: str) -> dict[str, Any]:
        """What the running block has reported. Raises UsageError if none runs."""

    def delivers(self, amount: str) -> None:
        """The service that the running block delivers: `"320000 inference"`. Raises UsageError or a Fault."""
        from lca.measurement.service import delivered
        from lca.quantities import units

        number, _, unit = amount.partition(" ")
        try:
            plain = unit in units.WHITELIST and math.isfinite(float(number))
        except ValueError:
            plain = False
        # a plain unit is checked without pint, whose import would count as work of the block
        reported = self._reported("delivers")
        reported["amount"] = str(delivered(units.Amount(float(number), unit) if plain else units.parse(amount)))

    def quality(self, **reached: float) -> None:
        """Quality that the running block reaches: `accuracy=0.97`. Raises UsageError, or OutOfRange where it is 970."""
        from lca.measurement.service import reached as checked

        reported, numbers = self._reported("quality"), {name: float(value) for name, value in reached.items()}
        if wrong := [name for name, value in numbers.items() if not math.isfinite(value)]:
            raise UsageError(
                gettext(
                    "the quality {name!r} is {number}: give a finite number or leave it out",
                    name=wrong[0],
                    number=numbers[wrong[0]],
                )
            )
        reported.setdefault("quality", {}).update(checked(numbers))

    def model(self, name: object = None, *, parameters: int | None = None, dtype: object = None) -> None:
        """The model that runs, by name and number of parameters, or as a torch module, which knows both."""
        reported, weights_of = self._reported("model"), getattr(name, "parameters", None)
        if callable(weights_of):
            weights = list(weights_of())
            parameters = sum(weight.numel() for weight in weights) if parameters is None else parameters
            dtype = dtype or (weights[0].dtype if weights else None)
            name = type(name).__name__
        given = {"model": name, "model_parameters": parameters, "dtype": dtype}
        reported.update((key, _plain(value)) for key, value in given.items() if value is not None)

    def settings(
        self, *, dtype: object = None, batch: int | None = None, framework: str | None = None, seed: int | None = None
    ) -> None:
        """How it runs: number format, batch size, framework and version, seed."""
        given = {"dtype": dtype, "batch": batch, "framework": framework, "seed": seed}
        self._reported("settings").update((key, _plain(value)) for key, value in given.items() if value is not None)

    def remark(self, text: str) -> None:
        """A comment for the record."""
        self._reported("remark")["comment"] = text

    def answered(self, seconds: float) -> None:
        """One request was answered, after so many seconds; the record has the quantiles, to half a per cent."""
        self._reported("answered")
        if not 0 < seconds < math.inf:
            raise UsageError(gettext("a latency of {seconds} s: give the time from request to answer", seconds=seconds))
        with self._answers:
            self._latencies[round(math.log(seconds) / _STEP)] += 1

    @contextmanager
    def latency(self) -> Iterator[None]:
        """The block answers one request; one that fails is not counted."""
        began = perf_counter()
        yield
        self.answered(perf_counter() - began)

    def count_flops(self, model: Any, *example: Any, times: int = 1) -> int:
        """FLOPs of one forward pass over `example`, added `times` times to the run's.

        By torch's counter: two per multiply-add, for the operators it knows (products of matrices, convolutions,
        attention). The pass itself is work of the block; the model is in evaluation mode for it. For whole blocks,
        backward passes included, there is `EnergyMeter(count_flops=True)`.
        """
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        reported = self._reported("count_flops")
        modes = [(module, module.training) for module in getattr(model, "modules", lambda: ())()]
        try:
            for module, _ in modes:
                module.training = False
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                model(*example)
        finally:
            for module, training in modes:
                module.training = training
        flops = int(counter.get_total_flops())
        self._add_flops(reported, times * flops)
        return flops

    @staticmethod
    def _add_flops(reported: dict[str, Any], flops: int) -> None:
        before = float(reported.get("computation", "0").split()[0])
        reported["computation"] = f"{before + flops!r} FLOP"

    def _all_reported(self, reported: dict[str, Any]) -> dict[str, Any]:
        """With the quantiles of the latencies so far."""
        with self._answers:
            classes = sorted(self._latencies.items())
        if not classes:
            return reported
        return {**reported, "latency": {"p50": _quantile(classes, 0.5), "p99": _quantile(classes, 0.99)}}


def _quantile(classes: list[tuple[int, int]], share: float) -> str:
    """The latency that this share of all did not exceed."""
    left = math.ceil(share * sum(count for _, count in classes))
    for position, count in classes:
        left -= count
        if left <= 0:
            return f"{math.exp(position * _STEP)!r} s"
    raise AssertionError("a share of at most one is reached")


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value).removeprefix("torch.")
