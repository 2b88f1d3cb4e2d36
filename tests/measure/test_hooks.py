from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from simulated import Clock, Processes

from lca.inventory.catalogue import Catalogue
from lca.measure.hooks import lightning, transformers
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import Measurement

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
PACKAGES = ("lightning.pytorch.callbacks", "pytorch_lightning.callbacks", "transformers.trainer_callback")


class Module:
    """As much of a torch module as the meter looks at."""

    def parameters(self) -> list[Any]:
        return [SimpleNamespace(numel=lambda: 12, dtype="torch.float32")]


@pytest.fixture
def meter(clock: Clock, empty: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EnergyMeter:
    for name in PACKAGES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return EnergyMeter(
        "hooked",
        output=tmp_path / "run.json",
        catalogue=empty,
        clock=clock,
        interval=math.inf,
        sources=lambda: (Processes(),),
    )


class LightningTrainer:
    """Calls its callback in Lightning's order; `work`: what a batch does."""

    sanity_checking, current_epoch, global_rank, world_size = False, 0, 0, 1

    def __init__(self, callback: Any, work: Callable[[], None]) -> None:
        self._callback, self._work, self._module = callback, work, Module()

    def fit(self, epochs: int) -> None:
        try:
            self._call("on_fit_start")
            self.sanity_checking = True
            self._validate()
            self.sanity_checking = False
            for self.current_epoch in range(epochs):
                self._call("on_train_epoch_start")
                self._work()
                self._validate()
                self._call("on_train_epoch_end")
            self._call("on_fit_end")
        except BaseException as error:
            self._callback.on_exception(self, self._module, error)
            raise

    def test(self) -> None:
        self._call("on_test_start")
        self._work()
        self._call("on_test_end")

    def predict(self) -> None:
        self._call("on_predict_start")
        self._work()
        self._call("on_predict_end")

    def validate(self) -> None:
        self._validate()

    def _validate(self) -> None:
        self._call("on_validation_start")
        self._work()
        self._call("on_validation_end")

    def _call(self, hook: str) -> None:
        getattr(self._callback, hook)(self, self._module)


def windows(record: Measurement) -> list[tuple[str, float]]:
    return [(window.name, round(window.duration.amount * 3600, 6)) for window in record.windows]


def tick(clock: Clock) -> Callable[[], None]:
    def work() -> None:
        clock.now += 1.0

    return work


def test_a_lightning_fit_has_a_window_per_epoch(meter: EnergyMeter, clock: Clock, tmp_path: Path) -> None:
    LightningTrainer(lightning(meter), tick(clock)).fit(2)
    record = Measurement.load(tmp_path / "run.json")
    assert (record.model, record.model_parameters, record.dtype) == ("Module", 12, "float32")
    assert windows(record) == [
        ("sanity check", 1),
        ("epoch 0", 2),
        ("validation", 1),
        ("epoch 1", 2),
        ("validation", 1),
    ]
    assert record.duration.amount * 3600 == pytest.approx(5) and not record.interrupted


@pytest.mark.parametrize("verb", ["test", "predict", "validate"])
def test_lightning_without_training(meter: EnergyMeter, clock: Clock, verb: str) -> None:
    trainer = LightningTrainer(lightning(meter), tick(clock))
    getattr(trainer, verb)()
    assert meter.measurement.duration.amount * 3600 == pytest.approx(1)
    getattr(trainer, verb)()


def test_lightning_that_fails_has_a_record_marked_interrupted(meter: EnergyMeter, clock: Clock) -> None:
    def fail() -> None:
        clock.now += 1.0
        if clock.now == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LightningTrainer(lightning(meter), fail).fit(2)
    assert meter.measurement.interrupted
    assert windows(meter.measurement) == [("sanity check", 1), ("epoch 0", 2), ("validation", 1), ("epoch 1", 1)]


def test_a_rank_of_lightning_writes_a_part(meter: EnergyMeter, clock: Clock, tmp_path: Path) -> None:
    trainer = LightningTrainer(lightning(meter), tick(clock))
    trainer.global_rank, trainer.world_size = 1, 2
    trainer.fit(1)
    part = Measurement.load(tmp_path / "run.rank-1.json").part
    assert part and (part.rank, part.ranks) == (1, 2)


def test_a_run_that_the_block_began_is_the_blocks_to_end(meter: EnergyMeter, clock: Clock) -> None:
    with meter:
        LightningTrainer(lightning(meter), tick(clock)).fit(1)
        assert meter.running
        tick(clock)()
    assert meter.measurement.duration.amount * 3600 == pytest.approx(4)
    assert [name for name, _ in windows(meter.measurement)] == ["sanity check", "epoch 0", "validation"]


def transformers_train(callback: Any, work: Callable[[], None], epochs: int, **arguments: Any) -> None:
    """Calls the callback as transformers.Trainer.train does."""
    args = SimpleNamespace(train_batch_size=8, seed=42, process_index=0, world_size=1, **arguments)
    state, control = SimpleNamespace(epoch=None), SimpleNamespace()
    callback.on_train_begin(args, state, control, model=Module())
    for epoch in range(epochs):
        state.epoch = float(epoch)
        callback.on_epoch_begin(args, state, control)
        work()
        state.epoch = epoch + 1.0
        callback.on_epoch_end(args, state, control)
    callback.on_train_end(args, state, control)


def test_a_transformers_training_has_a_window_per_epoch(meter: EnergyMeter, clock: Clock) -> None:
    transformers_train(transformers(meter), tick(clock), 3)
    record = meter.measurement
    assert windows(record) == [("epoch 0", 1), ("epoch 1", 1), ("epoch 2", 1)]
    assert (record.batch, record.seed, record.model, record.model_parameters) == (8, 42, "Module", 12)


def test_transformers_that_fails_inside_a_block(meter: EnergyMeter, clock: Clock) -> None:
    def fail() -> None:
        clock.now += 1.0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), meter:
        transformers_train(transformers(meter), fail, 1)
    assert meter.measurement.interrupted and windows(meter.measurement) == [("epoch 0", 1)]


def test_a_training_that_failed_without_a_word_ends_when_the_next_begins(
    meter: EnergyMeter, clock: Clock, tmp_path: Path
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    callback = transformers(meter)
    with pytest.raises(ZeroDivisionError):
        transformers_train(callback, fail, 1)
    clock.now += 5.0
    transformers_train(callback, tick(clock), 1)
    assert Measurement.load(tmp_path / "run.json").interrupted
    assert windows(Measurement.load(tmp_path / "run.2.json")) == [("epoch 0", 1)]


@pytest.mark.parametrize(
    ("hook", "package"), [(lightning, PACKAGES[0]), (lightning, PACKAGES[1]), (transformers, PACKAGES[2])]
)
def test_the_callback_is_one_of_the_package_that_is_loaded(
    meter: EnergyMeter, hook: Callable[[EnergyMeter], Any], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Theirs:
        def on_something_else(self) -> str:
            return "theirs"

    loaded = ModuleType(package)
    setattr(loaded, "TrainerCallback" if "transformers" in package else "Callback", Theirs)
    monkeypatch.setitem(sys.modules, package, loaded)
    callback = hook(meter)
    assert isinstance(callback, Theirs) and callback.on_something_else() == "theirs" and callback.meter is meter
    monkeypatch.delitem(sys.modules, package)
    assert not isinstance(hook(meter), Theirs)


@pytest.mark.slow
@pytest.mark.optional
def test_lightning_itself(empty: Catalogue, tmp_path: Path) -> None:
    torch, package = pytest.importorskip("torch"), pytest.importorskip("lightning.pytorch")

    class Network(package.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any) -> Any:
            return self.layer(batch[0]).sum()

        def validation_step(self, batch: Any) -> None:
            if (tmp_path / "fail").exists():
                raise ZeroDivisionError

        test_step = validation_step

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(8, 4)), batch_size=4)
    meter = EnergyMeter("lightning", output=tmp_path / "run.json", catalogue=empty)
    trainer = package.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        callbacks=[lightning(meter)],
        default_root_dir=tmp_path,
    )
    trainer.fit(Network(), data, data)
    record = Measurement.load(tmp_path / "run.json")
    names = [window.name for window in record.windows]
    assert sorted(names) == ["epoch 0", "epoch 1", "sanity check", "validation", "validation"]
    assert (record.model, record.model_parameters, record.interrupted) == ("Network", 5, False)
    trainer.test(Network(), data, verbose=False)
    assert Measurement.load(tmp_path / "run.2.json").windows == ()
    (tmp_path / "fail").touch()
    with pytest.raises(ZeroDivisionError):
        trainer.fit(Network(), data, data)
    assert Measurement.load(tmp_path / "run.3.json").interrupted


@pytest.mark.slow
@pytest.mark.optional
def test_transformers_itself(empty: Catalogue, tmp_path: Path) -> None:
    torch, package = pytest.importorskip("torch"), pytest.importorskip("transformers")

    class Network(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x: Any) -> dict[str, Any]:
            return {"loss": self.layer(x).sum()}

    meter = EnergyMeter("transformers", output=tmp_path / "run.json", catalogue=empty)
    trainer = package.Trainer(
        model=Network(),
        args=package.TrainingArguments(
            str(tmp_path), num_train_epochs=2, report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True
        ),
        train_dataset=[{"x": torch.ones(4)} for _ in range(8)],
        callbacks=[transformers(meter)],
    )
    trainer.train()
    record = Measurement.load(tmp_path / "run.json")
    assert [window.name for window in record.windows] == ["epoch 0", "epoch 1"]
    assert (record.model, record.model_parameters, record.batch, record.seed) == ("Network", 5, 8, 42)
