"""The main job on the built-in data: train and run a small network here, measure both, assess it in two places."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lca import report
from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import Measurement
from lca.progress import progress
from lca.quantities.outputs import written_aside
from lca.study.assess import assess
from lca.study.layers import layers, with_layers
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import Phase
from lca.workloads import digits

SCENARIOS = ("digits-france.toml", "digits-poland.toml")


def demo(output: str | Path = "reports", seconds: float = 12.0) -> Study:
    """Measure a training and an inference run of `seconds` each, and assess two scenarios on them.

    Everything is written into `output`: the scenarios, the records under runs/, workbook and page. Raises
    MissingDependency where torch or scikit-learn is absent.
    """
    output = Path(output)
    catalogue = Catalogue.load()
    with each_warning_once():
        training, inference = measure(seconds, catalogue)
    training.save(output / "runs" / "digits-training.json")
    inference.save(output / "runs" / "digits-inference.json")
    for name in SCENARIOS:
        with written_aside(output / name) as aside:
            aside.write_bytes((folder("scenarios") / name).read_bytes())
    study = assess([Scenario.load(output / name) for name in SCENARIOS], catalogue)
    study = with_layers(study, layers(study, catalogue))
    report.workbook(study, output / "demo.xlsx")
    report.page(study, output / "demo.html")
    return study


@contextmanager
def each_warning_once() -> Iterator[None]:
    """Of two runs on one machine: what the catalogue does not know of it is said once."""
    with warnings.catch_warnings():
        warnings.simplefilter("once")
        yield


def measure(seconds: float, catalogue: Catalogue) -> tuple[Measurement, Measurement]:
    """A record of a training run and one of an inference run with the trained network, each of about `seconds`."""
    task = "classification of 8x8 images of handwritten digits"
    with progress() as show:
        digits.train(epochs=1)  # imports and first-call set-up are not the training's energy
        with EnergyMeter("digits, training", Phase.TRAINING, task=task, catalogue=catalogue) as meter:
            trained = digits.train(seconds=seconds, progress=show)
            meter.model("digits CNN", parameters=digits.parameters(trained.model))
            meter.quality(accuracy=trained.accuracy)
        training = meter.measurement
        with EnergyMeter("digits, inference", Phase.INFERENCE, task=task, catalogue=catalogue) as meter:
            inferred = digits.infer(trained.model, seconds, show)
            meter.model("digits CNN", parameters=digits.parameters(trained.model))
            meter.delivers(f"{inferred.inferences} inference")
            meter.quality(accuracy=inferred.accuracy)
        return training, meter.measurement
