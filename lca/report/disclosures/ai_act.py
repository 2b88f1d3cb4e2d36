"""EU AI Act, Annex XI and the model documentation form of the GPAI code of practice: compute, time and energy.

The form asks for the range of the training time, days and hardware-days, the computation and the energy with at least
two significant figures, each with its method; the boundary of the energy is not fixed there, so it is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lca.errors import Fault, UsageError
from lca.languages import gettext, gettext_noop
from lca.measure.formats.writing import made_of
from lca.measurement.record import Measurement
from lca.quantities import units
from lca.report.disclosures.climate import Climate
from lca.report.disclosures.shape import Disclosure, Field, Section, Status
from lca.report.words import origin_word
from lca.study.energy_chain import chain
from lca.study.study import Study
from lca.system.scenario import Effort
from lca.vocabulary import Mark, Phase

TITLE = gettext_noop("EU AI Act, Annex XI: computation, training time and energy of a general-purpose model")
_MONTH = 365.25 / 12 * 24  # hours
_RANGES = (
    (1.0, gettext_noop("less than 1 month")),
    (3.0, gettext_noop("1 to 3 months")),
    (6.0, gettext_noop("3 to 6 months")),
    (float("inf"), gettext_noop("over 6 months")),
)
_ORIGIN: Mapping[str, Status] = {"counter": "known", "integrated": "known"}
_NONE = gettext_noop("the scenario has no training")
_RULE = gettext_noop("6 × parameters × training tokens (Kaplan et al. 2020, arXiv:2001.08361), an estimate")


def disclose(study: Study, computation: str = "", tokens: str = "", withheld: str = "") -> Disclosure:
    """One section for each scenario. Raises UsageError for an option that is no number.

    `computation` of the training (`"3.1e24 FLOP"`) and `tokens` it saw (`"15e12 token"`), where no record counts them;
    `withheld`: why the energy is not applicable, such as a provider that withholds what it takes.
    """
    options = {"computation": _number(computation, "FLOP"), "tokens": _number(tokens, "token")}
    sections = []
    for scenario in study.scenarios:
        climate = Climate(study, scenario)
        sections.append(Section(scenario.name, "", tuple(_fields(climate, options, withheld))))
    notes = (
        gettext("The code of practice fixes no boundary of the energy: the one used is printed. Days are of 24 hours."),
        gettext(
            "Fields on the architecture, the data and the distribution of the model are not an LCA's: fill them in "
            "there."
        ),
    )
    return Disclosure("eu-ai-act", gettext(TITLE), notes, tuple(sections))


def _number(text: str, unit: str) -> float | None:
    try:
        return units.convert(units.parse(text), unit).number if text else None
    except Fault as fault:
        raise UsageError(f"{text[:80]!r}: {fault}; {fault.remedy}") from None


def _fields(climate: Climate, options: Mapping[str, float | None], withheld: str) -> Iterator[Field]:
    effort = climate.effort(Phase.TRAINING)
    record = climate.record(Phase.TRAINING)
    yield from _time(climate, effort, record)
    yield from _computation(record, options)
    yield from _energy(climate, effort, record, withheld)
    yield from _inference(climate)


def _time(climate: Climate, effort: Effort | None, record: Measurement | None) -> Iterator[Field]:
    device_time = effort.device_time.amount if effort and effort.device_time else None
    hours = device_time or (record.duration.amount if record else None)
    why = gettext(_NONE) if effort is None else gettext("neither a record nor device_time is stated")
    days, hardware = gettext("Training time, wall-clock"), gettext("Training time, hardware")
    if hours is None:
        yield Field.unknown("range", gettext("Training time, range"), "", why)
        yield Field.unknown("days", days, "day", why)
        yield Field.unknown("hardware_days", hardware, "day", why)
        return
    how = gettext("stated device_time") if device_time else gettext("duration of the measured run")
    text = next(gettext(text) for most, text in _RANGES if hours < most * _MONTH)
    yield Field("range", gettext("Training time, range"), text, "", "known", gettext("by the days below"))
    yield Field("days", days, hours / 24, "day", "known", how)
    count, of = _accelerators(climate, effort, record)
    if count is None:
        yield Field.unknown("hardware_days", hardware, "day", of)
        return
    yield Field("hardware", gettext("Devices"), count, "item", "known", of)
    yield Field(
        "hardware_days",
        hardware,
        hours / 24 * count,
        "day",
        "known",
        gettext("days × {devices}", devices=of),
        "",
        "",
        "days * hardware",
    )


def _accelerators(climate: Climate, effort: Effort | None, record: Measurement | None) -> tuple[float | None, str]:
    """Number of GPUs, of a machine without any that of CPUs, and what they are."""
    for kind in ("gpu", "cpu"):
        devices = [device for device in record.devices if device.kind == kind] if record else []
        if devices:
            names = ", ".join(f"{device.count} × {device.name}" for device in devices)
            return float(sum(device.count for device in devices)), names
    if effort and effort.reserved:
        return effort.reserved.amount, gettext("accelerators reserved on {server}", server=str(effort.server))
    server = climate.study.activities.get(effort.server) if effort and effort.server else None
    if server and server.properties.accelerators:
        return server.properties.accelerators.amount, gettext("accelerators of {server}", server=server.id)
    return None, gettext("no record names the devices, and the server states no number of accelerators")


def _computation(record: Measurement | None, options: Mapping[str, float | None]) -> Iterator[Field]:
    stated, tokens = options["computation"], options["tokens"]
    parameters = record.model_parameters if record else None
    computation: tuple[float, Status, str] | None = None
    if record and record.computation:
        computation = record.computation.amount, "known", gettext("torch's counter of operations, two per multiply-add")
    elif stated is not None:
        computation = stated, "known", gettext("as stated by the analyst")
    elif tokens and parameters:
        computation = 6.0 * parameters * tokens, "estimated", gettext(_RULE)
    why = gettext("no record counts it: state the computation, or the tokens of a model whose parameters are recorded")
    if computation is None:
        yield Field.unknown("computation", gettext("Computation of the training"), "FLOP", why)
        yield Field.unknown("order", gettext("Computation, order of magnitude"), "FLOP", why)
        yield Field.unknown("computation_method", gettext("Method of the computation"), "", why)
        return
    amount, status, method = computation
    yield Field("computation", gettext("Computation of the training"), amount, "FLOP", status, method)
    yield Field(
        "order",
        gettext("Computation, order of magnitude"),
        f"1e{f'{amount:e}'.partition('e')[2].lstrip('+0') or '0'}",
        "FLOP",
        status,
        gettext("by the number above"),
    )
    yield Field("computation_method", gettext("Method of the computation"), method, "", "known")


def _energy(climate: Climate, effort: Effort | None, record: Measurement | None, withheld: str) -> Iterator[Field]:
    label, whole = gettext("Energy used for the training"), climate.whole(Phase.TRAINING)
    if withheld:
        yield Field("energy", label, "N/A", "MWh", "unknown", withheld)
        return
    if effort is None or whole is None:
        yield Field.unknown("energy", label, "MWh", gettext(_NONE))
        return
    training = chain(climate.system, Phase.TRAINING)
    factor = units.factor("kWh", "MWh") * whole
    origin = training.origin or "stated"
    status = _ORIGIN.get(origin, "estimated")
    mark = Mark.AT_LEAST if record and record.unmeasured else Mark.NONE
    ratio = training.building / training.it_energy if training.it_energy else 1.0
    kept: dict[str, Any] = {"unit": "MWh", "source": "", "mark": mark}
    if training.components is not None:
        parts = training.components * factor
        yield Field(
            "components", gettext("Energy of the components"), parts, status=status, why=origin_word(origin), **kept
        )
    yield Field(
        "node",
        gettext("Energy of the node, at its plug"),
        training.node * factor,
        why=gettext("components and rest of the node"),
        **kept,
    )
    yield Field(
        "factor",
        "PUE",
        ratio,
        "kWh/kWh",
        "known" if ratio != 1 else "estimated",
        gettext("1 where no PUE is stated") if ratio == 1 else gettext("as the scenario or its facility states"),
    )
    yield Field(
        "energy", label, training.node * ratio * factor, formula="node * factor", why=gettext("node × PUE"), **kept
    )
    boundary = gettext(
        "electricity at the building's meter; idle time of the server between runs is not in it; development, failed "
        "runs and data are not in it"
    )
    if ratio == 1:
        boundary = gettext(
            "node at its plug: no PUE is stated; idle time of the server between runs is not in it; development, "
            "failed runs and data are not in it"
        )
    yield Field("boundary", gettext("Boundary of the energy"), boundary, "", "known")
    method = gettext("{method}; × rest of the node, × PUE", method=made_of(record) if record else origin_word(origin))
    yield Field("energy_method", gettext("Method of the energy"), method, "", "known")


def _inference(climate: Climate) -> Iterator[Field]:
    label, record = gettext("Benchmarked computation of inference"), climate.record(Phase.INFERENCE)
    if record is None or record.computation is None or record.amount is None:
        why = gettext("no record of an inference counts its operations")
        yield Field.unknown("inference", label, "FLOP", why)
        yield Field.unknown("inference_method", gettext("Task and hardware of the benchmark"), "", why)
        return
    named = (f"{device.count} × {device.name}" for device in record.devices if device.kind != "memory")
    devices = ", ".join(named) or gettext("devices not named")
    yield Field(
        "inference",
        label,
        record.computation.amount,
        "FLOP",
        "known",
        gettext("for {amount}", amount=str(record.amount)),
    )
    yield Field(
        "inference_method",
        gettext("Task and hardware of the benchmark"),
        f"{record.amount}{f', {record.task}' if record.task else ''}; {devices}",
        "",
        "known",
    )
