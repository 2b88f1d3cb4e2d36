"""The sheet Goal_Scope: the headings of ISO 14044, the analyst's text and the rules that the engine applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lca.languages import gettext, gettext_noop, gettexts, localised, named, ngettext, translated
from lca.methods.categories import CATEGORIES
from lca.quantities import units
from lca.report.excel.cells import ABSENT, Cell, plain
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.readme import NOT_STATED
from lca.report.view import View
from lca.report.words import coverage_of, joined, phase_word, review, role_word
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.scenario import PHASES, Scenario
from lca.vocabulary import Phase, Stage

_ALLOCATION = (
    (
        gettext_noop("Allocation: shared runs"),
        gettext_noop(
            "A phase is shared by service: what the functional unit delivers / what the run served. Training "
            "is shared among the inferences that the analyst states; there is no default. Of an effort that "
            "other scenarios share, a teacher of several students, the analyst states the part."
        ),
    ),
    (
        gettext_noop("Allocation: equipment"),
        gettext_noop(
            "Share of a server = allocated hours / (service life × utilisation) × accelerators reserved / "
            "accelerators installed, or × the stated part of the server. Utilisation is allocated over powered "
            "hours, not activity of the chip. A part with a replacement rate counts 1 + rate × life times."
        ),
    ),
    (
        gettext_noop("Allocation: idle time"),
        gettext_noop(
            "Idle energy = idle power at the plug × (1/utilisation − 1) × allocated hours × the same fraction "
            "of the server."
        ),
    ),
    (
        gettext_noop("Allocation: building"),
        gettext_noop("Provisioned power × powered hours / (life of the facility × its occupancy)."),
    ),
    (
        gettext_noop("Energy"),
        gettext_noop(
            "Component energy × rest-of-node factor = IT energy; IT energy × PUE, once, = electricity "
            "delivered. Where a factor is unknown the energy passes unchanged, and the gap is named in "
            "Completeness."
        ),
    ),
    (
        gettext_noop("Cut-off criterion"),
        gettext_noop(
            "None by share: everything that is modelled is counted. A gap is disregarded only where an "
            "inventory file bounds it in numbers with a source; LCIA_Results (`--full`) shows the sum of these "
            "bounds. Every other gap is named in Completeness."
        ),
    ),
)

_END_OF_LIFE = {
    "cut-off": gettext_noop("Cut-off: treatment is counted, recovered material and energy are not credited."),
    "avoided-burden": gettext_noop(
        "Avoided burden: material counts as virgin, what is recovered avoids virgin material."
    ),
    "circular-footprint": gettext_noop(
        "Circular footprint formula, its material part: recycled content and recovery are shared between the "
        "two users by a factor per material."
    ),
}
_NO_FORMULA = gettext_noop("The study does not say by which formula.")

Describe = Callable[[Study, int], str | None]
"""The text of one scenario; None: there is nothing of the kind."""


def goal_scope(book: Book, view: View) -> None:
    """Goal_Scope: heading, scenario, text; one row where all scenarios say the same."""
    sheet = book.sheet(
        "Goal_Scope",
        gettext("Goal and scope"),
        gettext("Blue text is the analyst's own. {review}", review=review(view.study)),
    )
    study = view.study
    rows = []
    for heading, describe, stated in _headings(study):
        texts = [describe(study, number) for number in range(len(study.systems))]
        same = len(set(texts)) == 1
        for name, text in [(gettext("all"), texts[0])] if same else zip(view.labels.values(), texts, strict=True):
            own = stated and text != gettext(NOT_STATED)
            cell = ABSENT if text is None else Cell(text, style="input" if own else "text")
            rows.append((Cell(heading, style="total"), name, cell))
    sheet.table(gettexts("heading", "scenario", "text"), rows)
    sheet.finish({2: 100})


def _headings(study: Study) -> Iterator[tuple[str, Describe, bool]]:
    """Heading, text of one scenario, whether the text is the analyst's."""
    yield gettext("Commissioner"), _text("commissioner"), True
    yield gettext("Practitioner"), _text("practitioner"), True
    yield gettext("Goal"), _text("goal"), True
    yield gettext("Audience"), _text("audience"), True
    yield gettext("Comparison meant for the public"), _public, False
    yield gettext("Review"), _review, False
    yield gettext("Function"), _unit("service"), True
    yield gettext("Functional unit"), _unit("amount"), True
    yield gettext("Quality of the service"), _unit("quality"), True
    yield gettext("Period"), _unit("period"), True
    yield gettext("Reference flow"), _reference_flow, False
    yield gettext("System boundary: inside"), _inside, False
    yield gettext("System boundary: outside"), _outside, False
    yield gettext("Inside, but not known"), _unknown, False
    yield gettext("Service that a phase is shared among"), _served, True
    for heading, rule in _ALLOCATION:
        yield gettext(heading), _always(gettext(rule)), False
    yield gettext("Allocation: end of life"), _end_of_life, False
    yield gettext("Substitution"), _substitution, False
    yield gettext("Electricity modelling"), _modelling, False
    yield gettext("Impact methods"), _methods, False
    yield gettext("Assumptions"), _text("assumptions"), True
    yield gettext("Limitations"), _text("limitations"), True
    for number in range(max((len(system.notes) for system in study.systems), default=0)):
        yield gettext("Note {number} of the engine", number=number + 1), _note(number), False


def _scenario(study: Study, number: int) -> Scenario | None:
    return study.scenarios[number] if study.scenarios else None


def _always(text: str) -> Describe:
    return lambda study, number: text


def _text(field: str) -> Describe:
    def describe(study: Study, number: int) -> str:
        scenario = _scenario(study, number)
        return (getattr(scenario.file.report, field) if scenario else None) or gettext(NOT_STATED)

    return describe


def _unit(field: str) -> Describe:
    def describe(study: Study, number: int) -> str:
        scenario = _scenario(study, number)
        value = getattr(scenario.file.functional_unit, field) if scenario else None
        if isinstance(value, units.Amount):
            return _plain(value)
        return value or gettext(NOT_STATED)

    return describe


def _note(number: int) -> Describe:
    def describe(study: Study, system: int) -> str | None:
        notes = study.systems[system].notes
        return translated(notes[number]) if number < len(notes) else None

    return describe


def _modelling(study: Study, number: int) -> str | None:
    return joined(sorted(study.systems[number].modelling)) or None


def _public(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    marked = scenario and scenario.file.report.public_comparison
    return gettext("yes") if marked else gettext("not marked as one")


def _review(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    return (scenario.file.report.review if scenario else None) or gettext("not reviewed")


def _reference_flow(study: Study, number: int) -> str:
    """The electricity by role; the rest is too varied to add up."""
    amounts: dict[str, float] = {}
    for exchange in study.systems[number].exchanges:
        if exchange.unit == "kWh":
            amounts[exchange.role] = amounts.get(exchange.role, 0.0) + exchange.amount
    parts = [
        gettext("{amount:.3g} kWh of electricity for {role}", amount=amount, role=role_word(role))
        for role, amount in amounts.items()
    ]
    return joined([*parts, gettext("LCI_Foreground (`--full`) lists every exchange per functional unit")])


def _present(system: ProductSystem) -> tuple[list[Phase], list[Stage]]:
    phases = {exchange.phase for exchange in system.exchanges}
    stages = {exchange.stage for exchange in system.exchanges}
    return [p for p in tuple(Phase) if p in phases], [s for s in tuple(Stage) if s in stages]


def _inside(study: Study, number: int) -> str:
    phases, stages = _present(study.systems[number])
    return gettext(
        "Phases: {phases}. Stages: {stages}.",
        phases=", ".join(map(named, phases)) or gettext("none"),
        stages=", ".join(map(named, stages)) or gettext("none"),
    )


def _outside(study: Study, number: int) -> str:
    phases, stages = _present(study.systems[number])
    no_phase = [phase for phase in tuple(Phase) if phase not in phases]
    no_stage = [stage for stage in tuple(Stage) if stage not in stages]
    out = {"phases": ", ".join(map(named, no_phase)), "stages": ", ".join(map(named, no_stage))}
    if no_phase and no_stage:
        return gettext("Phases: {phases}. Stages: {stages}.", **out)
    if no_phase:
        return gettext("Phases: {phases}.", **out)
    return gettext("Stages: {stages}.", **out) if no_stage else gettext("none of the model's")


def _unknown(study: Study, number: int) -> str:
    gaps = study.systems[number].gaps
    listed = joined(gettext("{name}: {text}", name=phase_word(gap.phase), text=translated(gap.name)) for gap in gaps)
    return gettext(
        "{gaps}. Completeness names every gap of every activity.", gaps=listed or gettext("No gap of the foreground")
    )


def _served(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    if scenario is None:
        return gettext(NOT_STATED)
    parts = []
    for id, effort in scenario.file.runs().items():
        served = scenario.served(id)
        if served:
            how = gettext("stated") if effort.serves else gettext("what the measured run delivered")
            run = effort.name or (phase_word(PHASES[id]) if id in PHASES else id)
            parts.append(gettext("{run}: {amount} ({how})", run=run, amount=_plain(served), how=how))
    return joined(parts)


def _plain(amount: units.Amount) -> str:
    return f"{localised(plain(amount.number))} {units.written(amount.unit)}"


def _end_of_life(study: Study, number: int) -> str:
    formula = _END_OF_LIFE.get(study.provenance.get("End-of-life formula", ""), _NO_FORMULA)
    return gettext(
        "{formula} What becomes of mass that is not collected is missing, not zero.", formula=gettext(formula)
    )


def _substitution(study: Study, number: int) -> str:
    crediting = sorted(id for id, a in study.activities.items() if any(i.amount < 0 for i in a.inputs))
    if not crediting:
        return gettext("None: no activity takes a credit.")
    return gettext("Products substituted in: {ids}.", ids=", ".join(crediting))


def _methods(study: Study, number: int) -> str:
    families: dict[str, int] = {}
    for category in study.categories:
        families[CATEGORIES[category].method] = families.get(CATEGORIES[category].method, 0) + 1
    listed = ", ".join(
        ngettext("{name} ({count} category)", "{name} ({count} categories)", count, name=name)
        for name, count in families.items()
    )
    implementation = f"bw2io {study.provenance.get('bw2io', '')}".strip()
    own = "".join(f" {coverage_of(method)}." for method in study.methods)
    said = gettext(
        "{methods}; characterisation factors as {implementation} implements them. Results that others published count "
        "where their method is that of the category; LCIA_Results (`--full`) shows their share.",
        methods=listed,
        implementation=implementation,
    )
    return said + own
