"""SCI for AI (Green Software Foundation): a score of the consumer for running, one of the provider for making."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettext_noop
from lca.quantities.units import written
from lca.report.disclosures.climate import PROVIDER, Climate, is_equipment
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.study.energy_chain import is_electricity
from lca.study.study import Study
from lca.system.parts import ForegroundExchange
from lca.vocabulary import Phase

TITLE = gettext_noop("SCI for AI (Green Software Foundation, draft)")
_CONSUMER = gettext_noop("inference, network and end-user devices: electricity at the building's meter, and servers")
_MADE = gettext_noop(
    "data, development, training and compression, whole: electricity at the building's meter, and servers"
)
_DRAFT = gettext_noop(
    "The examples for language models in the draft specification are off by a factor of 1,000 (6,500 kg over 50e9 "
    "tokens are 130 g per million tokens, not 0.13 g), and one for parameters by 10; they are no measure for this."
)


def rate(emissions: float, amount: float, per: float) -> float:
    """Emissions per `per` units of service, of parameters or of operations, in the unit of the emissions."""
    return emissions / amount * per


def disclose(study: Study) -> Disclosure:
    """A section of the consumer and one of the provider for each scenario."""
    sections = []
    for scenario in study.scenarios:
        climate = Climate(study, scenario)
        sections.append(Section(scenario.name, gettext("consumer"), tuple(_consumer(climate))))
        sections.append(Section(scenario.name, gettext("provider"), tuple(_provider(climate))))
    return Disclosure("sci-ai", gettext(TITLE), (gettext(_DRAFT),), tuple(sections))


def _inside(exchange: ForegroundExchange) -> bool:
    return is_electricity(exchange) or is_equipment(exchange)


def _refused(climate: Climate) -> str:
    market = gettext("the study's electricity is modelled by market; the specification demands location")
    return market if climate.accounting == "market" else climate.why_missing


def _consumer(climate: Climate) -> Iterator[Field]:
    unit = climate.scenario.file.functional_unit
    yield Field("boundary", gettext("Boundary"), gettext(_CONSUMER), status="known")
    emissions = climate.field(
        "emissions", gettext("Emissions"), lambda e: _inside(e) and e.phase not in PROVIDER, "O + M"
    )
    yield emissions
    R = written(unit.amount.unit)
    yield Field("R", gettext("Functional unit"), unit.amount.number, R, "known", unit.service)
    label, of = gettext("Consumer score"), f"{climate.unit}/{R}"
    why = _refused(climate) or (emissions.why if emissions.value is None else "")
    if why:
        yield Field.unknown("score", label, of, why)
    else:
        value = rate(float(emissions.value or 0.0), unit.amount.number, 1.0)
        yield Field("score", label, value, of, "estimated", "", climate.source, emissions.mark, "emissions / R")


def _provider(climate: Climate) -> Iterator[Field]:
    yield Field("boundary", gettext("Boundary"), gettext(_MADE), status="known")
    rows = [row for row in climate.rows if _inside(row.exchange) and row.exchange.phase in PROVIDER]
    label = gettext("Emissions of the whole effort")
    why = _refused(climate) or ("" if rows else gettext("no phase of the provider is modelled"))
    if why:
        yield Field.unknown("emissions", label, climate.unit, why)
    else:
        total = sum(row.score * (climate.whole(Phase(row.exchange.phase)) or 0.0) for row in rows)
        mark = climate.mark(row.exchange for row in rows)
        yield Field(
            "emissions",
            label,
            total,
            climate.unit,
            "estimated",
            gettext("not shared among inferences"),
            climate.source,
            mark,
        )
    record = climate.record(Phase.TRAINING)
    parameters = float(record.model_parameters) if record and record.model_parameters else None
    operations = record.computation.amount if record and record.computation else None
    for id, label, amount, unit, absent in (
        (
            "parameters",
            gettext("Parameters of the model"),
            parameters,
            "parameter",
            gettext("the record of the training states none"),
        ),
        (
            "operations",
            gettext("Computation of the training"),
            operations,
            "FLOP",
            gettext("the record of the training counts none"),
        ),
    ):
        provided = gettext("Provider score per {unit}", unit=unit)
        score, of = f"score_per_{id}", f"{climate.unit}/{unit}"
        if amount is None:
            yield Field.unknown(id, label, unit, absent)
        else:
            yield Field(id, label, amount, unit, "known", gettext("as the record has it"))
        if amount is None or why:
            yield Field.unknown(score, provided, of, why or absent)
        else:
            value = rate(total, amount, 1.0)
            yield Field(score, provided, value, of, "estimated", "", climate.source, mark, f"emissions / {id}")
