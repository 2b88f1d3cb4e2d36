"""The five indicators of ADEME's rules for digital services, and the electricity."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettext_noop, named, ngettext
from lca.methods.categories import CATEGORIES
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.study.energy_chain import energy_at_the_building
from lca.study.study import Study
from lca.study.upstream import marks_of_parts, worst
from lca.system.scenario import Scenario
from lca.vocabulary import Completeness, Stage

TITLE = gettext_noop("Indicators of ADEME's product category rules for digital services")
INDICATORS = ("material-resources", "climate-change", "acidification", "particulate-matter", "ionising-radiation")


def disclose(study: Study) -> Disclosure:
    """One section for each scenario."""
    notes = (
        gettext("Per functional unit, by EF v3.1; the list of indicators is quoted from a manual, not from the rules."),
    )
    sections = (Section(s.name, "", tuple(_fields(study, s))) for s in study.scenarios)
    return Disclosure("ademe", gettext(TITLE), notes, tuple(sections))


def _fields(study: Study, scenario: Scenario) -> Iterator[Field]:
    scores = study.scores()
    own = scores[scores["scenario"] == scenario.name].set_index("category").to_dict("index")
    for id in INDICATORS:
        category, score = CATEGORIES[id], own.get(id)
        if score is None:
            yield Field.unknown(id, category.title, category.unit, gettext("the study has no such category"))
        elif score["completeness"] == Completeness.MISSING:
            yield Field.unknown(
                id, category.title, category.unit, gettext("nothing is known: Completeness names the gaps")
            )
        else:
            count = len(score["gaps"])
            why = ngettext("{count} gap", "{count} gaps", count) if count else named(Completeness.COMPLETE)
            yield Field(
                id,
                category.title,
                float(score["score"]),
                category.unit,
                "estimated",
                why,
                category.method,
                str(score["mark"]),
            )
    system = study.system_by_name[scenario.name]
    energy = energy_at_the_building(system)
    period = scenario.file.functional_unit.period or gettext("the functional unit")
    marks = marks_of_parts(study, system, study.categories[0])
    mark = worst(mark for part, mark in marks.items() if part.stage == Stage.USE)
    yield Field(
        "electricity",
        gettext("Electricity at the building's meter"),
        energy,
        "kWh",
        "estimated",
        gettext("over {period}; all phases", period=str(period)),
        "",
        mark,
    )
