"""The models of a campaign: trained once per workload, compressed once per variant, both measured."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lca.campaign.plan import SOURCES, CampaignPlan, Precision, Technique, Treatment
from lca.compress import distil, factorise, few, prune, quantise, transfer
from lca.compress.compressed import Compressed, compose
from lca.compress.packages import needed
from lca.compress.profile import profile
from lca.errors import UsageError
from lca.languages import gettext
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import ModelProfile
from lca.progress import Progress
from lca.quantities.outputs import write_text
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.vocabulary import Phase
from lca.workloads import training
from lca.workloads.workload import Workload, workload

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from lca.inventory.catalogue import Catalogue

Step = Callable[["Module"], Compressed]


class Models:
    """Makes the networks of a plan in a folder that keeps trained weights and the records of what making took."""

    def __init__(self, plan: CampaignPlan, folder: Path, catalogue: Catalogue, progress: Progress) -> None:
        self._plan, self._folder, self._catalogue, self._progress = plan, folder, catalogue, progress
        self._trained: dict[str, Module] = {}
        self._made: dict[Treatment, Compressed] = {}
        self._compiler = False
        """Whether torch.compile has been set up."""

    def workload(self, variant: Treatment) -> Workload:
        """The workload of a variant, in its size."""
        return workload(variant.workload, variant.size)

    def made(self, variant: Treatment) -> Compressed:
        """The model of a variant on its device. Raises UsageError where the technique refuses it."""
        if variant not in self._made:
            self._made[variant] = self._make(variant)
        return self._made[variant]

    def quality(self, variant: Treatment, batch: int) -> dict[str, float]:
        """Quality of a variant's model on the test images, answered in batches of this size."""
        model, device = self.made(variant).model, variant.device
        if device == "cpu":
            return training.evaluate(self.workload(variant), model, batch=batch)
        forward = model.forward
        model.forward = lambda inputs: forward(inputs.to(device)).cpu()
        try:
            return training.evaluate(self.workload(variant), model, batch=batch)
        finally:
            model.forward = forward

    def forget(self) -> None:
        """Let go of compressed models; trained ones are kept."""
        self._made.clear()

    def described(self, variant: Treatment) -> tuple[int, ModelProfile]:
        """Number of parameters of a variant's model, and what else it consists of."""
        made, task = self.made(variant), self.workload(variant)
        consists = profile(made.model, task.data().test_inputs[:1].to(variant.device))
        computation = None
        if consists.computation is not None:
            computation = Quantity(value=Amount(consists.computation, "FLOP/inference"))
        stored = Quantity(value=Amount(consists.stored, "byte"))
        described = ModelProfile(steps=made.steps, nonzero=consists.nonzero, stored=stored, computation=computation)
        return consists.parameters, described

    def trained(self, task: Workload) -> Module:
        """The network of a workload, trained and measured once; its weights stay in the folder."""
        import torch

        if task.name in self._trained:
            return self._trained[task.name]
        weights, record = self._folder / f"{task.name}.pt", self._folder / f"{task.name}-training.json"
        model = task.network(seed=self._plan.file.seed)
        digest = weights.with_name(f"{weights.name}.sha256")
        if weights.is_file() and record.is_file():
            if not digest.is_file() or digest.read_text(encoding="utf-8", errors="replace").strip() != _sha256(weights):
                raise UsageError(
                    gettext(
                        "{weights} is not what its training wrote: delete it, and it is trained anew",
                        weights=str(weights),
                    )
                )
            try:
                model.load_state_dict(torch.load(weights, weights_only=True))
            except Exception as error:
                why = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise UsageError(
                    gettext(
                        "{weights} does not hold this network ({why}): delete it, and it is trained anew",
                        weights=str(weights),
                        why=why,
                    )
                ) from error
        else:
            training.evaluate(task, model)  # making the data and first-call set-up are not the training's energy
            with self._meter(f"{task.name}, training", Phase.TRAINING, task) as meter:
                training.fit(task, model, seed=self._plan.file.seed, progress=self._progress)
                meter.model(f"{task.name} network", parameters=sum(p.numel() for p in model.parameters()))
                meter.quality(**training.evaluate(task, model))
            torch.save(model.state_dict(), weights)
            write_text(digest, _sha256(weights) + "\n", own=True)
            meter.save(record)
        self._trained[task.name] = model.eval()
        return model

    def _make(self, variant: Treatment) -> Compressed:
        """Compressed, and measured unless the folder has the record already."""
        task = self.workload(variant)
        model = self.trained(task)
        steps = self._steps(variant, task)
        if not steps:
            return Compressed(copy.deepcopy(model).to(variant.device), ())
        source = self.trained(workload(SOURCES[task.name], task.size)) if variant.technique == "transfer" else model
        record = self._folder / f"{variant.id}-compression.json"
        for step in (variant.technique, variant.precision, "compiled" if variant.compiled else ""):
            for name in _PACKAGES.get(step, ()):
                needed(name)  # importing it is not the compression's energy
        if variant.compiled and not self._compiler:
            small = training.requests(task, 2)[0]
            quantise.compiled(task.network(width=0.1), small)  # the compiler's own set-up, once per process
            self._compiler = True
        self._progress(0, 1, f"compressing {variant.id}")
        with self._meter(f"{variant.id}, compression", Phase.COMPRESSION, task) as meter:
            made = compose(source, *steps)
        if not record.is_file():
            meter.save(record)
        # a student is still in training mode, in which normalisation costs more and learns from what it is asked
        return Compressed(made.model.to(variant.device).eval(), made.steps)

    def _steps(self, variant: Treatment, task: Workload) -> list[Step]:
        steps = _TECHNIQUES[variant.technique], _PRECISIONS[variant.precision], _compiled if variant.compiled else None
        return [partial(step, variant=variant, task=task, models=self) for step in steps if step]

    def batches(self, variant: Treatment) -> list[int]:
        """Batch sizes in which a variant is run."""
        return [cell.batch for cell in self._plan.cells if cell.variant == variant]

    def tune(self, variant: Treatment, task: Workload) -> Callable[[Module], None] | None:
        """Fine-tuning at half the rate of the training."""
        if not variant.tune_epochs:
            return None

        def fine_tune(model: Module) -> None:
            training.fit(task, model, epochs=variant.tune_epochs, rate=task.rate / 2, seed=self.seed)

        return fine_tune

    @property
    def seed(self) -> int:
        """Of every random choice."""
        return self._plan.file.seed

    def _meter(self, name: str, phase: Phase, task: Workload) -> EnergyMeter:
        return EnergyMeter(name, phase, task=task.service, catalogue=self._catalogue)


def _channels(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    example = task.data().test_inputs[:1]
    return prune.channels(model, _level(variant), example, tune=models.tune(variant, task))


def _magnitude(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return prune.magnitude(model, _level(variant), tune=models.tune(variant, task))


def _lottery(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    """Three rounds, each trained from the first weights for as long as the network was."""

    def train(model: Module) -> None:
        training.fit(task, model, epochs=variant.tune_epochs or None, seed=models.seed)

    initial = task.network(seed=models.seed).state_dict()
    return prune.lottery(model, initial, _level(variant), 3, train)


def _low_rank(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    made = factorise.low_rank(model, energy=_level(variant))
    if tune := models.tune(variant, task):
        tune(made.model)
        made = Compressed(made.model, (*made.steps, f"fine-tuning, {variant.tune_epochs} epochs"))
    return made


def _distilled(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    student = task.network(seed=models.seed, width=_level(variant))
    lessons = training.batches(task, epochs=task.epochs, seed=models.seed)
    loss = None if task.metric != "mAP" else partial(_detector_loss, task=task)
    return distil.distil(model, student, lessons, rate=task.rate, loss=loss)


def _detector_loss(student: Tensor, teacher: Tensor, targets: Tensor, *, task: Workload) -> Tensor:
    """Half the squared distance to the teacher's raw outputs, half the task's own loss: outputs are no class logits."""
    import torch

    return (torch.nn.functional.mse_loss(student, teacher) + task.loss(student, targets)) / 2


def _transferred(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    classes = int(task.data().train_targets.max()) + 1
    made = transfer.transfer(model, classes, frozen=_level(variant) == 1)
    training.fit(task, made.model, seed=models.seed)
    return Compressed(made.model, (*made.steps, f"training on {task.name}, {task.epochs} epochs"))


def _shared(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return few.shared(model, round(8 * _level(variant)))


def _binarised(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return few.binarised(model)


def _cast(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return quantise.cast(model, variant.precision, variant.device)


def _weights(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return quantise.weights_int8(model)


def _dynamic(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    return quantise.dynamic_int8(model, task.data().test_inputs[:1])


def _static(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    inputs = task.data().train_inputs[:_CALIBRATION]
    return quantise.static_int8(model, [inputs[i : i + task.batch] for i in range(0, len(inputs), task.batch)])


def _compiled(model: Module, *, variant: Treatment, task: Workload, models: Models) -> Compressed:
    """For every batch size of the campaign, as each is compiled when it first comes."""
    import torch

    inputs, sizes = task.data().test_inputs, models.batches(variant)
    made = quantise.compiled(model, inputs[: sizes[0]])
    with torch.inference_mode():
        for size in sizes:
            made.model(inputs[:size])
    return made


def _level(variant: Treatment) -> float:
    if variant.level is None:
        raise UsageError(gettext("{id} has no level", id=variant.id))
    return variant.level


_PACKAGES = {
    "channel-pruning": ("torch_pruning",),
    "float16": ("lca.compress.modules",),
    "bfloat16": ("lca.compress.modules",),
    "int8-weights": ("torchao.quantization",),
    "int8-dynamic": ("torchao.quantization",),
    "int8-static": ("torchao.quantization", "lca.compress.exported"),
    "compiled": ("lca.compress.modules",),
}
_CALIBRATION = 256  # images from which the ranges of activations are read
_TECHNIQUES: dict[Technique, Callable[..., Compressed] | None] = {
    "none": None,
    "magnitude-pruning": _magnitude,
    "channel-pruning": _channels,
    "lottery-ticket": _lottery,
    "low-rank": _low_rank,
    "distillation": _distilled,
    "transfer": _transferred,
    "weight-sharing": _shared,
    "binarised": _binarised,
}
_PRECISIONS: dict[Precision, Callable[..., Compressed] | None] = {
    "float32": None,
    "float16": _cast,
    "bfloat16": _cast,
    "int8-weights": _weights,
    "int8-dynamic": _dynamic,
    "int8-static": _static,
}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
