"""Callbacks for trainers that own the loop: PyTorch Lightning and Hugging Face Transformers.

    Trainer(callbacks=[lightning(EnergyMeter("mine", output="mine.json"))])      # lightning.pytorch
    Trainer(callbacks=[transformers(EnergyMeter("mine", output="mine.json"))])   # transformers

Neither package is imported here: the callback becomes a subclass of the package's own where the program has loaded it.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

from lca.measure.meter.meter import EnergyMeter

_LIGHTNING = (("lightning.pytorch.callbacks", "Callback"), ("pytorch_lightning.callbacks", "Callback"))
_TRANSFORMERS = (("transformers.trainer_callback", "TrainerCallback"),)


def lightning(meter: EnergyMeter) -> Any:
    """A callback that measures each fit, test, predict or validate, with a window per epoch and per validation."""
    return _of(_Lightning, _LIGHTNING)(meter)


def transformers(meter: EnergyMeter) -> Any:
    """A callback that measures a training, with a window per epoch.

    An exception ends `Trainer.train` without a word to its callbacks: put the call into `with meter:` where that can
    happen; the callback then leaves start and stop to the block.
    """
    return _of(_Transformers, _TRANSFORMERS)(meter)


class _Hooks:
    """A run that callbacks begin and end, unless somebody else has begun it, and its windows."""

    def __init__(self, meter: EnergyMeter) -> None:
        super().__init__()
        self.meter = meter
        self._windows: dict[str, AbstractContextManager[None]] = {}
        self._begun_by = ""

    def _begin(self, who: str, rank: int, ranks: int) -> None:
        self._end(who, interrupted=True)  # a run of the same kind that failed without a word
        if not self.meter.running:
            self.meter.belongs(rank, ranks)
            self.meter.start()
            self._begun_by = who

    def _end(self, who: str, interrupted: bool = False) -> None:
        if self._begun_by == who and self.meter.running:
            self._windows.clear()
            self._begun_by = ""
            self.meter.stop(interrupted)

    def _open(self, kind: str, name: str) -> None:
        if self.meter.running:
            self._close(kind)
            self._windows[kind] = self.meter.window(name)
            self._windows[kind].__enter__()

    def _close(self, kind: str) -> None:
        if window := self._windows.pop(kind, None):
            window.__exit__(None, None, None)


class _Lightning(_Hooks):
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        self._starts("fit", trainer, pl_module)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        self._end("fit")

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._open("epoch", f"epoch {trainer.current_epoch}")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self._close("epoch")

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        self._starts("validate", trainer, pl_module)
        name = "sanity check" if getattr(trainer, "sanity_checking", False) else "validation"
        self._open("validation", name)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        self._close("validation")
        self._end("validate")

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        self._starts("test", trainer, pl_module)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        self._end("test")

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:
        self._starts("predict", trainer, pl_module)

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        self._end("predict")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._end(self._begun_by, interrupted=True)

    def _starts(self, who: str, trainer: Any, module: Any) -> None:
        already = self.meter.running
        self._begin(who, getattr(trainer, "global_rank", 0), getattr(trainer, "world_size", 1))
        if not already:
            self.meter.model(module)


class _Transformers(_Hooks):
    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        already = self.meter.running
        self._begin("train", getattr(args, "process_index", 0), getattr(args, "world_size", 1))
        if not already:
            self.meter.model(given.get("model"))
            self.meter.settings(batch=getattr(args, "train_batch_size", None), seed=getattr(args, "seed", None))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._open("epoch", f"epoch {int(state.epoch or 0)}")

    def on_epoch_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._close("epoch")

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._end("train")


def _of(hooks: type[_Hooks], known: tuple[tuple[str, str], ...]) -> type:
    """The hooks as a subclass of the package's callback, where the program has loaded the package."""
    for module, name in known:
        if module in sys.modules:
            return type(hooks.__name__, (hooks, getattr(sys.modules[module], name)), {})
    return hooks
