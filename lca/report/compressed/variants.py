"""Variants of one service as a report sees them: what each model is, and the energy that its records tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lca.errors import Fault
from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.report import words
from lca.report.html.text import functional_unit
from lca.study.comparison.energies import EffortEnergy, converted, of_compression, of_inference
from lca.study.comparison.minimum_quality import Floor, stated_floors
from lca.study.comparison.variants import Variant, front_metric, variants
from lca.study.study import Study
from lca.system.scenario import Scenario


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model of one scenario."""

    variant: Variant
    dtype: str | None
    batch: int | None
    throughput: float | None
    """Units of service per second."""
    energy: EffortEnergy | None
    """Of the inference, per unit of service; None: the scenario has none."""
    compression: EffortEnergy | None
    """Of the whole compression, or of the scenario's part of it; None: nothing is known to have been done."""
    missing: tuple[str, ...]
    """What is not known, and why, in words."""

    @property
    def done(self) -> str | None:
        """What was done to it since its training; None: not known."""
        steps = self.variant.steps
        return None if steps is None or (self.compression and not steps) else words.joined(steps) or gettext("nothing")

    @property
    def sparsity(self) -> float | None:
        """Part of the parameters that is zero."""
        all, nonzero = self.variant.parameters, self.variant.nonzero
        return 1 - nonzero / all if all and nonzero is not None else None

    def floor(self, metric: str | None) -> Floor | None:
        """The least of this quality that it must reach."""
        return next((floor for floor in self.variant.floors if floor.name == metric), None)


@dataclass(frozen=True, slots=True)
class Service:
    """The scenarios of one functional unit."""

    text: str
    """The functional unit in words."""
    unit: str
    """What is delivered is counted in it."""
    models: tuple[ServedModel, ...]
    baseline: str
    """The first scenario without a compression."""
    metric: str | None
    """The quality that variants are ranked by."""
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(model.variant.scenario for model in self.models)

    @property
    def variants(self) -> tuple[Variant, ...]:
        return tuple(model.variant for model in self.models)


def has_variants(study: Study) -> bool:
    """Whether a model was compressed, or the record of one that serves says what it consists of."""
    records = (scenario.measurements.get("inference") for scenario in study.scenarios)
    return any(s.file.compression for s in study.scenarios) or any(record and record.profile for record in records)


def services(study: Study) -> tuple[Service, ...]:
    """The scenarios by functional unit, in the order of the study."""
    read = [_enforceable(scenario) for scenario in study.scenarios]
    by_name = {variant.scenario: variant for variant in variants(replace(study, scenarios=tuple(s for s, _ in read)))}
    groups: dict[tuple[object, ...], list[Scenario]] = {}
    for scenario in study.scenarios:
        groups.setdefault(study.functional_unit(scenario.name), []).append(scenario)
    faults = {scenario.name: fault for scenario, fault in read}
    return tuple(
        _service(study, members, [by_name[s.name] for s in members], faults[members[0].name])
        for members in groups.values()
    )


def _enforceable(scenario: Scenario) -> tuple[Scenario, str]:
    """The scenario without a floor that no variant could reach, and what is wrong with that."""
    unit = scenario.file.functional_unit
    try:
        _, text = stated_floors(scenario)
        return scenario, gettext("{floor!r}: not enforced, as it is not NAME >= NUMBER.", floor=text) if text else ""
    except Fault as fault:
        file = scenario.file.model_copy(update={"functional_unit": unit.model_copy(update={"quality": None})})
        not_enforced = gettext("{floor!r}: not enforced ({fault}).", floor=unit.quality, fault=str(fault))
        return replace(scenario, file=file), not_enforced


def _service(study: Study, members: Sequence[Scenario], compared: Sequence[Variant], fault: str) -> Service:
    unit = members[0].file.functional_unit.amount.unit
    metric = front_metric(compared)
    models = [_model(s, v, unit, metric) for s, v in zip(members, compared, strict=True)]
    models = [_with_ratio(model, models[0]) for model in models]
    base = next((s for s in members if not s.file.compression), members[0])
    notes = [gettext("The functional unit asks for {fault}", fault=fault)] if fault else []
    unqualified = next((v for v in compared if v.scenario == base.name and v.excluded), None)
    if unqualified and len(compared) > 1:
        notes.append(
            gettext(
                "The baseline itself does not qualify ({reasons}): differences from it are differences from a service "
                "that is not good enough.",
                reasons=words.reasons(unqualified),
            )
        )
    return Service(functional_unit(study, base.name), unit, tuple(models), base.name, metric, tuple(notes))


def _with_ratio(model: ServedModel, first: ServedModel) -> ServedModel:
    """With the reason where two known energies have no ratio."""
    if not model.energy or not first.energy or model.energy.amount is None or first.energy.amount is None:
        return model
    if model.energy.alike(first.energy):
        return model
    why = gettext("ratio of the energy: that of the first scenario is of other components, or of the node")
    return replace(model, missing=(*model.missing, why))


def _model(scenario: Scenario, variant: Variant, unit: str, metric: str | None) -> ServedModel:
    record = scenario.measurements.get("inference")
    model = ServedModel(
        variant,
        record.dtype if record else None,
        record.batch if record else None,
        converted(variant.throughput, f"{unit}/s"),
        of_inference(scenario, unit),
        of_compression(scenario, variant),
        (),
    )
    return replace(model, missing=tuple(_missing(model, record, unit, metric)))


def _missing(model: ServedModel, record: Measurement | None, unit: str, metric: str | None) -> Iterator[str]:
    """What a reader will find missing of a model, and why."""
    variant = model.variant
    if metric and variant.reached(metric) is None and not variant.excluded:
        yield words.reason(variant.unknown(metric))
    if metric is None and not variant.quality:
        yield gettext("quality: in no record")
    if variant.parameters is None:
        yield gettext("parameters: in no record")
    if variant.stored is None:
        yield gettext(
            "non-zero parameters, sparsity, stored, what was done, computation: no record has a profile of the model"
        )
    else:
        if model.done is None:
            yield gettext("what was done: the profile of the model names no step, though it was compressed")
        if variant.computation is None:
            yield gettext("computation: torch's counter cannot see into the model")
    known = {
        gettext("throughput"): model.throughput,
        gettext("latency p50"): variant.p50,
        gettext("latency p99"): variant.p99,
        gettext("peak memory"): variant.memory,
        gettext("number format"): model.dtype,
        gettext("batch"): model.batch,
    }
    if unknown := [name for name, value in known.items() if value is None]:
        why = gettext("no record of the inference")
        if record and variant.throughput and model.throughput is None:
            why = gettext("not in the record of the inference, which counts {unit}", unit=variant.throughput.unit)
        elif record:
            why = gettext("not in the record of the inference")
        yield gettext("{name}: {text}", name=", ".join(unknown), text=why)
    yield from _without_energy(model.energy, gettext("energy per {unit}", unit=unit), unit)
    yield from _without_energy(model.compression, gettext("energy of the compression"), unit)
    if model.energy and model.energy.amount is not None and not model.energy.repeats:
        why = gettext("it is stated as a whole")
        if record:
            why = gettext("no repeat in the record states its service and the energy of every component")
        yield gettext("least and most energy per {unit}: {why}", unit=unit, why=why)


def _without_energy(energy: EffortEnergy | None, name: str, unit: str) -> Iterator[str]:
    if energy is None:
        return
    if energy.unknown:
        yield gettext("{name}: {text}", name=name, text=words.energy_unknown(energy, unit))
    elif energy.gaps:
        left_out = words.joined(energy.gaps)
        yield gettext("{name}: at least the number given, which leaves out {gaps}", name=name, gaps=left_out)
