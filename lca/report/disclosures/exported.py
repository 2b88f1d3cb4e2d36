"""The Hugging Face model card and BoAmps: the records of a study in the formats of `lca record export`."""

from __future__ import annotations

from collections.abc import Iterator

from lca.errors import UsageError
from lca.languages import ENGLISH, gettext, gettext_noop, language
from lca.measure.formats import export_record
from lca.measurement.record import Measurement
from lca.quantities import units
from lca.report.disclosures.climate import Climate
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.study.study import Study
from lca.vocabulary import Phase

_CARD = gettext_noop("Hugging Face model card: co2_eq_emissions")
_BOAMPS = gettext_noop("BoAmps energy reports")
_NO_RECORD = gettext_noop("the scenario has no record of a measured run")


def model_card(study: Study, training_type: str = "") -> Disclosure:
    """The training's emissions in grams, by the study: electricity, building and equipment, whole."""
    sections = []
    for scenario in study.scenarios:
        climate, record = Climate(study, scenario), scenario.record("training")
        emissions = _training(climate)
        card = _card(climate, record, emissions, training_type) if record and emissions.value is not None else ""
        sections.append(Section(scenario.name, "", (emissions, *_about(record)), card))
    notes = (
        gettext("Emissions are of the whole training, not of a functional unit; YAML for the head of a README.md."),
    )
    return Disclosure("model-card", gettext(_CARD), notes, tuple(sections))


def boamps(study: Study) -> Disclosure:
    """One report for each measured run."""
    sections = []
    for scenario in study.scenarios:
        for table, record in scenario.measurements.items():
            try:
                document, why = export_record("boamps", record), ""
            except UsageError as error:
                document, why = "", str(error)
            report = (
                Field("report", gettext("Report"), gettext("below"), status="known")
                if document
                else Field.unknown("report", gettext("Report"), "", why)
            )
            sections.append(Section(scenario.name, table, (report,), document))
        if not scenario.measurements:
            absent = Field.unknown("report", gettext("Report"), "", gettext(_NO_RECORD))
            sections.append(Section(scenario.name, "", (absent,)))
    return Disclosure("boamps", gettext(_BOAMPS), (gettext("Energy as measured, without PUE."),), tuple(sections))


def _training(climate: Climate) -> Field:
    emissions = climate.field("emissions", gettext("Emissions of the training"), lambda e: e.phase == Phase.TRAINING)
    whole = climate.whole(Phase.TRAINING)
    if climate.effort(Phase.TRAINING) is None:
        return Field.unknown("emissions", emissions.label, "g CO2-Eq", gettext("the scenario has no training"))
    if emissions.value is None or whole is None:
        return Field.unknown("emissions", emissions.label, "g CO2-Eq", emissions.why)
    grams = float(emissions.value) * whole * units.factor("kg", "g")
    why = gettext("electricity, PUE, building and equipment of the training")
    return Field("emissions", emissions.label, grams, "g CO2-Eq", "estimated", why, emissions.source, emissions.mark)


def _about(record: Measurement | None) -> Iterator[Field]:
    if record is None:
        for id, label in (("hardware", gettext("Hardware used")), ("place", gettext("Geographical location"))):
            yield Field.unknown(id, label, "", gettext("the training has no record of a measured run"))
        return
    devices = ", ".join(f"{device.count} x {device.name}" for device in record.devices if device.kind != "memory")
    place = record.location
    where = ", ".join(part for part in (place.region, place.country) if part) if place else ""
    for id, label, value in (
        ("hardware", gettext("Hardware used"), devices),
        ("place", gettext("Geographical location"), where),
    ):
        absent = Field.unknown(id, label, "", gettext("the record does not say"))
        yield Field(id, label, value, "", "known", gettext("as the record has it")) if value else absent


def _card(climate: Climate, record: Measurement, emissions: Field, training_type: str) -> str:
    mark = f", incomplete ({emissions.mark})" if emissions.mark else ""
    with language(ENGLISH):  # a document for programs
        source = f"ai-lca: life cycle of the training, {climate.source}{mark}"
    text = f"{emissions.value:.6g} g"
    try:
        return export_record("model-card", record, emissions=text, source=source, training_type=training_type or None)
    except UsageError:
        return ""  # the record knows no energy: the fields above say what is known
