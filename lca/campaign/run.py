"""Run a campaign: cells of one group in turn, round after round; every answer is timed, the energy metered."""

from __future__ import annotations

import os
import random
import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lca.campaign.models import Models
from lca.campaign.peak import NotMeasured, peak_memory
from lca.campaign.plan import CampaignCell, CampaignPlan
from lca.campaign.table import REFUSED, CampaignRow, refusals, rows, write_table
from lca.compress.quantise import precisions
from lca.errors import UsageError
from lca.languages import gettext, language
from lca.measure.meter.meter import EnergyMeter
from lca.measure.ranks.repeats import joined
from lca.measurement.record import Measurement
from lca.progress import Progress
from lca.quantities.documents import Document
from lca.quantities.outputs import remove_leftovers, write_json
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.vocabulary import Component, Phase
from lca.workloads import training

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from lca.inventory.catalogue import Catalogue
    from lca.workloads.workload import Workload

SETTINGS = "settings.json"
_PARTS = "parts"
_SAME = ("repeats", "duration", "warm_up", "threads", "seed")
_SHARED = "The models of its group were in memory at once: how much of it this one took is not known."
_ALONE = "Peak memory is that of a process that holds torch and this model alone."
_POOL = 512  # test images answered in turn, so that no batch stays in the cache for ever


def campaign(
    plan: CampaignPlan, output: str | Path, catalogue: Catalogue, progress: Progress
) -> tuple[CampaignRow, ...]:
    """Measure every cell of a plan into a folder: a record per cell, those of training and compressing, `table.csv`.

    What the folder holds already is not measured again, so a campaign that was stopped goes on. A combination that a
    technique refuses is kept with its reason in `refused.json`. Raises UsageError for a folder of other settings and
    for a device or precision that is not here, before anything is measured; MissingDependency.
    """
    folder = Path(output)
    _check_devices(plan)
    _settle(plan, folder)
    with _pinned(plan.file.threads), _nothing_compiled_yet(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the catalogue does not know")  # each record says so itself
        warnings.filterwarnings("ignore", message="To copy construct from a tensor")  # torch's own tracing
        models = Models(plan, folder, catalogue, progress)
        done = 0
        for workload in dict.fromkeys(cell.variant.workload for cell in plan.cells):
            for cells in (group for (name, *_), group in plan.groups.items() if name == workload):
                _CellGroup(plan, cells, models, folder, catalogue).measure(progress, done, len(plan.cells))
                done += len(cells)
            models.forget()
    shutil.rmtree(folder / _PARTS, ignore_errors=True)
    measured = rows(plan, folder)
    write_table(measured, folder / "table.csv")
    return measured


class _CellGroup:
    """Cells of one workload, batch and device, measured in rounds whose order is drawn anew from the seed."""

    def __init__(
        self, plan: CampaignPlan, cells: Sequence[CampaignCell], models: Models, folder: Path, catalogue: Catalogue
    ) -> None:
        self._plan, self._cells, self._models = plan, cells, models
        self._folder, self._parts, self._catalogue = folder, folder / _PARTS, catalogue

    def measure(self, progress: Progress, before: int, total: int) -> None:
        """Every round that the folder does not have yet; then a record per cell of its rounds.

        Raises UsageError where cells were added to a group that has been measured: they would not be interleaved.
        """
        refused = refusals(self._folder)
        wanted = [cell for cell in self._cells if cell.variant.id not in refused]
        if all(self._record(cell).is_file() for cell in wanted):
            return
        cells = list(self._able(wanted, refused))
        repeats = range(1, self._plan.file.repeats + 1)
        late = [cell for cell in cells if not self._record(cell).is_file()]
        if len(late) < len(cells) and not all(self._part(cell, repeats[-1]).is_file() for cell in late):
            raise UsageError(
                gettext(
                    "{folder} has the records of this group without {late}: measured later they would not be"
                    " interleaved with their baseline; give another --output, or delete the group's records",
                    folder=str(self._folder),
                    late=", ".join(cell.id for cell in late),
                )
            )
        order = random.Random(f"{self._plan.file.seed} {self._cells[0].id}")
        for repeat in repeats:
            turn = order.sample(cells, len(cells))
            for index, cell in enumerate(turn):
                share = (repeat - 1 + index / len(turn)) / len(repeats)
                progress(
                    before + share * len(turn),
                    total,
                    gettext(
                        "measuring {id}, repeat {repeat} of {repeats}", id=cell.id, repeat=repeat, repeats=len(repeats)
                    ),
                )
                if cell in late and not self._part(cell, repeat).is_file():
                    self._measured(cell).save(self._part(cell, repeat))
        for cell in late:
            measured = [Measurement.load(self._part(cell, repeat)) for repeat in repeats]
            self._described(cell, joined(measured, cell.id)).save(self._record(cell))

    def _able(self, cells: Sequence[CampaignCell], refused: dict[str, str]) -> Iterator[CampaignCell]:
        """The cells whose models can be made; why the others cannot is kept."""
        for cell in cells:
            try:
                with language("en"):  # the reason is kept in a file
                    self._models.made(cell.variant)
            except UsageError as error:
                if cell == cell.baseline:
                    raise
                refused[cell.variant.id] = str(error).splitlines()[0]
                write_json(self._folder / REFUSED, dict(sorted(refused.items())), own=True)
            else:
                yield cell

    def _record(self, cell: CampaignCell) -> Path:
        return self._folder / f"{cell.id}.json"

    def _part(self, cell: CampaignCell, repeat: int) -> Path:
        return self._parts / f"{cell.id}-{repeat}.json"

    def _measured(self, cell: CampaignCell) -> Measurement:
        """One measured run after its warm-up."""
        file, task = self._plan.file, self._models.workload(cell.variant)
        model = self._models.made(cell.variant).model
        requests = training.requests(task, cell.batch, seed=file.seed)[: max(1, _POOL // cell.batch)]
        requests = [request.to(cell.variant.device) for request in requests]
        seconds, warm_up = file.duration.amount, file.warm_up.amount
        _answer(task, model, requests, warm_up, None)
        with EnergyMeter(cell.id, Phase.INFERENCE, task=task.service, catalogue=self._catalogue) as meter:
            answered = _answer(task, model, requests, seconds, meter)
            meter.delivers(f"{answered * cell.batch * task.results} inference")
            meter.model(cell.variant.id)
            meter.settings(dtype=cell.variant.precision, batch=cell.batch, seed=file.seed)
        return meter.measurement

    def _described(self, cell: CampaignCell, record: Measurement) -> Measurement:
        """With what the model consists of, and its quality at this batch size."""
        parameters, profile = self._models.described(cell.variant)
        quality = self._models.quality(cell.variant, cell.batch)
        changes = {
            "profile": profile,
            "model_parameters": parameters,
            "quality": quality,
            "peak_memory": {},
            "comment": _SHARED,
        }
        if self._plan.file.peak_memory:
            changes |= self._alone(cell)
        return record.model_copy(update=changes)

    def _alone(self, cell: CampaignCell) -> dict[str, Any]:
        """The peak memory of the model in a process of its own, or why it is not known."""
        file, variant = self._plan.file, cell.variant
        if variant.device != "cpu":
            return {"comment": f"{_SHARED} Peak memory is measured of models on the CPU."}
        task = self._models.workload(variant)
        requests = training.requests(task, cell.batch, seed=file.seed)[: max(1, _POOL // cell.batch)]
        try:
            peak = peak_memory(task, variant.workload, self._models.made(variant).model, requests, file.threads)
        except NotMeasured as error:
            return {"comment": f"{_SHARED} In a process of its own it was not measured: {error}."}
        return {"peak_memory": {Component.CPU: Quantity(value=Amount(peak, "byte"))}, "comment": _ALONE}


def _answer(
    task: Workload, model: Module, requests: Sequence[Tensor], seconds: float, meter: EnergyMeter | None
) -> int:
    """Answer requests in turn, at least one, until the time has passed; their number."""
    import torch

    cuda, answers = requests[0].is_cuda, task.answer or _forward
    answered, elapsed, started = 0, 0.0, time.perf_counter()
    with torch.inference_mode():
        while not answered or elapsed < seconds:
            answers(model, requests[answered % len(requests)])
            if cuda:
                torch.cuda.synchronize()
            before, elapsed = elapsed, time.perf_counter() - started
            answered += 1
            if meter:
                meter.answered(elapsed - before)
    return answered


def _forward(model: Module, request: Tensor) -> object:
    return model(request)


def _check_devices(plan: CampaignPlan) -> None:
    """Every device and precision of the plan is here. Raises UsageError with all that are not."""
    wrong = []
    for device in dict.fromkeys(cell.variant.device for cell in plan.cells):
        wanted = dict.fromkeys(cell.variant.precision for cell in plan.cells if cell.variant.device == device)
        try:
            available = precisions(device)
        except UsageError as error:
            wrong.append(str(error))
            continue
        absent = [each for each in wanted if each.partition("-")[0] not in available]
        absent += (
            ["int8-static"] if device != "cpu" and "int8-static" in wanted else []
        )  # oneDNN's kernels are the CPU's
        wrong += [
            gettext(
                "device {device} has no {name} here; it has {available}",
                device=device,
                name=each,
                available=", ".join(available),
            )
            for each in absent
        ]
    if wrong:
        raise UsageError("\n".join(wrong))


def check_settings(plan: CampaignPlan, folder: Path) -> dict[str, Any]:
    """The settings that the folder's records have and those of the plan, together.

    Raises UsageError where the two differ, or the folder is no campaign's.
    """
    if not (folder / SETTINGS).is_file():
        raise UsageError(
            gettext(
                "{folder} is no campaign's folder, it has no {settings}: give another --output",
                folder=str(folder),
                settings=SETTINGS,
            )
        )
    there, here = Document.read(folder / SETTINGS).content, _settings(plan)
    before, made = there.get("variants", {}), here["variants"]
    differ = [name for name in _SAME if there.get(name) != here[name]]
    differ += [gettext("size or tune_epochs of {id}", id=id) for id, how in made.items() if before.get(id, how) != how]
    if differ:
        raise UsageError(
            gettext(
                "{folder} holds records of a campaign with other {differ}: give another --output",
                folder=str(folder),
                differ=", ".join(differ),
            )
        )
    return {**here, "variants": {**before, **made}}


def _settings(plan: CampaignPlan) -> dict[str, Any]:
    settings = {name: value for name, value in plan.file.model_dump(mode="json").items() if name in _SAME}
    made = {cell.variant.id: f"{cell.variant.size}, tune_epochs {cell.variant.tune_epochs}" for cell in plan.cells}
    return {**settings, "variants": made}


def _settle(plan: CampaignPlan, folder: Path) -> None:
    """Claim the folder for these settings. Raises UsageError where it holds records of others, or other things."""
    if folder.is_dir():
        remove_leftovers(folder)
    new = not folder.is_dir() or not any(folder.iterdir())
    settings = _settings(plan) if new else check_settings(plan, folder)
    if new or settings != Document.read(folder / SETTINGS).content:
        write_json(folder / SETTINGS, settings, own=True)


@contextmanager
def _pinned(threads: int) -> Iterator[None]:
    """So many threads of torch, on Linux on as many processors; as before afterwards."""
    import torch

    before, places = torch.get_num_threads(), None
    torch.set_num_threads(threads)
    if hasattr(os, "sched_setaffinity"):
        places = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(places)[-threads:])  # the last ones: interrupts tend to fall on the first
    try:
        yield
    finally:
        torch.set_num_threads(before)
        if places:
            os.sched_setaffinity(0, places)


@contextmanager
def _nothing_compiled_yet() -> Iterator[None]:
    """An empty cache for torch.compile: what an earlier campaign has compiled would cost this one nothing."""
    name = "TORCHINDUCTOR_CACHE_DIR"
    before = os.environ.get(name)
    with TemporaryDirectory() as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
