"""The sheet Goal_Scope: the headings of ISO 14044, the analyst's text and the rules that the engine applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lca.methods.categories import CATEGORIES
from lca.quantities import units
from lca.report.excel.cells import ABSENT, Cell, plain
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.readme import NOT_STATED
from lca.report.view import View
from lca.report.words import review
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.scenario import PHASES, Scenario
from lca.vocabulary import Phase, Stage

_ALLOCATION = (
    (
        "Allocation: shared runs",
        "A phase is shared by service: what the functional unit delivers / what the run "
        "served. Training is shared among the inferences that the analyst states; there is no default. Of an effort "
        "that other scenarios share, a teacher of several students, the analyst states the part.",
    ),
    (
        "Allocation: equipment",
        "Share of a server = allocated hours / (service life × utilisation) × accelerators "
        "reserved / accelerators installed, or × the stated part of the server. Utilisation is allocated over powered "
        "hours, not activity of the chip. "
        "A part with a replacement rate counts 1 + rate × life times.",
    ),
    (
        "Allocation: idle time",
        "Idle energy = idle power at the plug × (1/utilisation − 1) × allocated hours × the same "
        "fraction of the server.",
    ),
    ("Allocation: building", "Provisioned power × powered hours / (life of the facility × its occupancy)."),
    (
        "Energy",
        "Component energy × rest-of-node factor = IT energy; IT energy × PUE, once, = electricity delivered. "
        "Where a factor is unknown the energy passes unchanged, and the gap is named in Completeness.",
    ),
    (
        "Cut-off criterion",
        "None by share: everything that is modelled is counted. A gap is disregarded only where an "
        "inventory file bounds it in numbers with a source; LCIA_Results (`--full`) shows the sum of these bounds. "
        "Every other gap is named in Completeness.",
    ),
)

_END_OF_LIFE = {
    "cut-off": "Cut-off: treatment is counted, recovered material and energy are not credited.",
    "avoided-burden": "Avoided burden: material counts as virgin, what is recovered avoids virgin material.",
    "circular-footprint": "Circular footprint formula, its material part: recycled content and recovery are shared "
    "between the two users by a factor per material.",
}

Describe = Callable[[Study, int], str | None]
"""The text of one scenario; None: there is nothing of the kind."""


def goal_scope(book: Book, view: View) -> None:
    """Goal_Scope: heading, scenario, text; one row where all scenarios say the same."""
    sheet = book.sheet("Goal_Scope", "Goal and scope", "Blue text is the analyst's own. " + review(view.study))
    study = view.study
    rows = []
    for heading, describe, stated in _headings(study):
        texts = [describe(study, number) for number in range(len(study.systems))]
        same = len(set(texts)) == 1
        for name, text in [("all", texts[0])] if same else zip(view.labels.values(), texts, strict=True):
            own = stated and text != NOT_STATED
            cell = ABSENT if text is None else Cell(text, style="input" if own else "text")
            rows.append((Cell(heading, style="total"), name, cell))
    sheet.table(("heading", "scenario", "text"), rows)
    sheet.finish({2: 100})


def _headings(study: Study) -> Iterator[tuple[str, Describe, bool]]:
    """Heading, text of one scenario, whether the text is the analyst's."""
    yield "Commissioner", _text("commissioner"), True
    yield "Practitioner", _text("practitioner"), True
    yield "Goal", _text("goal"), True
    yield "Audience", _text("audience"), True
    yield "Comparison meant for the public", _public, False
    yield "Review", _review, False
    yield "Function", _unit("service"), True
    yield "Functional unit", _unit("amount"), True
    yield "Quality of the service", _unit("quality"), True
    yield "Period", _unit("period"), True
    yield "Reference flow", _reference_flow, False
    yield "System boundary: inside", _inside, False
    yield "System boundary: outside", _outside, False
    yield "Inside, but not known", _unknown, False
    yield "Service that a phase is shared among", _served, True
    for heading, rule in _ALLOCATION:
        yield heading, _always(rule), False
    yield "Allocation: end of life", _end_of_life, False
    yield "Substitution", _substitution, False
    yield "Electricity modelling", _modelling, False
    yield "Impact methods", _methods, False
    yield "Assumptions", _text("assumptions"), True
    yield "Limitations", _text("limitations"), True
    for number in range(max((len(system.notes) for system in study.systems), default=0)):
        yield f"Note {number + 1} of the engine", _note(number), False


def _scenario(study: Study, number: int) -> Scenario | None:
    return study.scenarios[number] if study.scenarios else None


def _always(text: str) -> Describe:
    return lambda study, number: text


def _text(field: str) -> Describe:
    def describe(study: Study, number: int) -> str:
        scenario = _scenario(study, number)
        return (getattr(scenario.file.report, field) if scenario else None) or NOT_STATED

    return describe


def _unit(field: str) -> Describe:
    def describe(study: Study, number: int) -> str:
        scenario = _scenario(study, number)
        value = getattr(scenario.file.functional_unit, field) if scenario else None
        if isinstance(value, units.Amount):
            return f"{plain(value.number)} {units.written(value.unit)}"
        return value or NOT_STATED

    return describe


def _note(number: int) -> Describe:
    def describe(study: Study, system: int) -> str | None:
        notes = study.systems[system].notes
        return notes[number] if number < len(notes) else None

    return describe


def _modelling(study: Study, number: int) -> str | None:
    return "; ".join(sorted(study.systems[number].modelling)) or None


def _public(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    return "yes" if scenario and scenario.file.report.public_comparison else "not marked as one"


def _review(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    return (scenario.file.report.review if scenario else None) or "not reviewed"


def _reference_flow(study: Study, number: int) -> str:
    """The electricity by role; the rest is too varied to add up."""
    amounts: dict[str, float] = {}
    for exchange in study.systems[number].exchanges:
        if exchange.unit == "kWh":
            amounts[exchange.role] = amounts.get(exchange.role, 0.0) + exchange.amount
    parts = [f"{amount:.3g} kWh of electricity for {role}" for role, amount in amounts.items()]
    return "; ".join([*parts, "LCI_Foreground (`--full`) lists every exchange per functional unit"])


def _present(system: ProductSystem) -> tuple[list[str], list[str]]:
    phases = {exchange.phase for exchange in system.exchanges}
    stages = {exchange.stage for exchange in system.exchanges}
    return [p for p in tuple(Phase) if p in phases], [s for s in tuple(Stage) if s in stages]


def _inside(study: Study, number: int) -> str:
    phases, stages = _present(study.systems[number])
    return f"Phases: {', '.join(phases) or 'none'}. Stages: {', '.join(stages) or 'none'}."


def _outside(study: Study, number: int) -> str:
    phases, stages = _present(study.systems[number])
    no_phase = [phase for phase in tuple(Phase) if phase not in phases]
    no_stage = [stage for stage in tuple(Stage) if stage not in stages]
    text = f"Phases: {', '.join(no_phase)}." if no_phase else ""
    return f"{text} Stages: {', '.join(no_stage)}.".strip() if no_stage else text or "none of the model's"


def _unknown(study: Study, number: int) -> str:
    gaps = study.systems[number].gaps
    listed = "; ".join(f"{gap.phase}: {gap.name}" for gap in gaps)
    return f"{listed or 'No gap of the foreground'}. Completeness names every gap of every activity."


def _served(study: Study, number: int) -> str:
    scenario = _scenario(study, number)
    if scenario is None:
        return NOT_STATED
    parts = []
    for id, effort in scenario.file.runs().items():
        served = scenario.served(id)
        if served:
            how = "stated" if effort.serves else "what the measured run delivered"
            run = effort.name or PHASES.get(id, id)
            parts.append(f"{run}: {plain(served.number)} {units.written(served.unit)} ({how})")
    return "; ".join(parts)


def _end_of_life(study: Study, number: int) -> str:
    formula = _END_OF_LIFE.get(
        study.provenance.get("End-of-life formula", ""), "The study does not say by which formula."
    )
    return f"{formula} What becomes of mass that is not collected is missing, not zero."


def _substitution(study: Study, number: int) -> str:
    crediting = sorted(id for id, a in study.activities.items() if any(i.amount < 0 for i in a.inputs))
    return f"Products substituted in: {', '.join(crediting)}." if crediting else "None: no activity takes a credit."


def _methods(study: Study, number: int) -> str:
    families: dict[str, int] = {}
    for category in study.categories:
        families[CATEGORIES[category].method] = families.get(CATEGORIES[category].method, 0) + 1
    listed = ", ".join(f"{name} ({count} categor{'ies' if count > 1 else 'y'})" for name, count in families.items())
    version = study.provenance.get("bw2io")
    return (
        f"{listed}; characterisation factors as bw2io{f' {version}' if version else ''} implements them. Results that "
        "others published count where their method is that of the category; LCIA_Results (`--full`) shows their share."
    )
