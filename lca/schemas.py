"""The JSON Schema of every kind of file, with the manual of every field: `lca schema KIND`.

Editors complete and check by it what people write. It says how a file is built; that ids, sources and flows exist, and
that a unit is of the dimension a field holds, only reading the file does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lca.backgrounds.flows import ElementaryFlowsFile
from lca.backgrounds.mapping import MappingFile
from lca.campaign.plan import CampaignFile
from lca.errors import UsageError
from lca.inventory.checks.plausibility import LimitsFile, PlausibleFile
from lca.inventory.checks.quarantine import NormalisationFile
from lca.inventory.completeness import RequiredFlowsFile
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.activity_table import KEY as ACTIVITIES
from lca.inventory.files.factors_by_place import FactorTableFile
from lca.inventory.files.mix import MixTableFile
from lca.inventory.files.profile import ProfileTableFile
from lca.inventory.files.ratios import RatiosFile, TechnologiesFile
from lca.inventory.files.recycling import RecyclingFile
from lca.inventory.files.region import RegionTableFile
from lca.inventory.files.template import Template
from lca.inventory.files.typical import TypicalFile
from lca.languages import gettext
from lca.measurement.record import SCHEMA, Measurement
from lca.methods.own import MethodFile
from lca.quantities.records import Record, near
from lca.quantities.sources import Source
from lca.system.scenario import ScenarioFile
from lca.validate.case import CaseFile, ExplanationsFile

KINDS: Mapping[str, tuple[type[Record], str]] = {
    "activity": (ActivityFile, "an activity of an inventory"),
    "activities": (ActivityFile, "activities as a table: what they share, beside a CSV file with what differs"),
    "source": (Source, "a source that several files cite: inventories/sources"),
    "template": (Template, "a template of activities: inventories/templates"),
    "mixes": (MixTableFile, "electricity mixes as a table"),
    "regions": (RegionTableFile, "regions of cloud providers as a table"),
    "profiles": (ProfileTableFile, "what a kilowatt hour of each hour and month emits over the mean, as a table"),
    "factors-by-place": (FactorTableFile, "characterisation factors of one flow by country, as a table"),
    "method": (MethodFile, "what is said of a CSV of factors beside it, an impact category of your own"),
    "ratios": (RatiosFile, "ratios of what a gap probably holds, as tables"),
    "typical": (TypicalFile, "typical.toml"),
    "technologies": (TechnologiesFile, "technologies.toml"),
    "recycling": (RecyclingFile, "recycling.toml"),
    "required-flows": (RequiredFlowsFile, "required-flows.toml"),
    "plausible": (PlausibleFile, "plausible.toml"),
    "limits": (LimitsFile, "limits.toml"),
    "normalisation": (NormalisationFile, "normalisation.toml"),
    "elementary-flows": (ElementaryFlowsFile, "elementary-flows.toml"),
    "mapping": (MappingFile, "what stands for what in a background: inventories/backgrounds"),
    "scenario": (ScenarioFile, "a scenario"),
    "campaign": (CampaignFile, "a campaign"),
    "case": (CaseFile, "a case of `lca validate`: scenarios/validation"),
    "explanations": (ExplanationsFile, "explanations.toml of the cases"),
    "record": (Measurement, "a measurement record"),
}
"""Kind of file → the record that reads it, and what it is."""


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file. Raises UsageError with near kinds."""
    if kind not in KINDS:
        raise UsageError(
            gettext(
                "no kind {kind!r}{hint}; there are: {kinds}", kind=kind, hint=near(kind, KINDS), kinds=", ".join(KINDS)
            )
        )
    record, what = KINDS[kind]
    made = record.model_json_schema(mode="validation", by_alias=True)
    if kind == "activities":
        made = _without_required(made)  # any of it may be a column of the table
        made["properties"][ACTIVITIES] = {"type": "string", "description": "Name of the CSV file beside this one."}
        made["required"] = [ACTIVITIES]
    head: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"ai-lca: {what}"}
    if record is Measurement:
        head["version"] = SCHEMA
        made["properties"]["schema"]["const"] = SCHEMA
    return {**head, **{key: value for key, value in made.items() if key != "title"}}


def _without_required(made: Any) -> Any:
    if isinstance(made, dict):
        return {key: _without_required(value) for key, value in made.items() if key != "required"}
    return [_without_required(value) for value in made] if isinstance(made, list) else made
