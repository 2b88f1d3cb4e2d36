"""What the catalogue covers: the text of inventories/COMPLETENESS.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from lca.builtin import folder
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.study.assess import assess, score
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import Completeness

LEAST = 0.005
"""Share of a score below which a group is not shown."""

_DEMONSTRATION = ("digits-france.toml", "digits-poland.toml")
_STATES = {
    "inventory": "I",
    "partial": "P",
    "published": "V",
    "documented": "D",
    "negligible": "N",
    "none": "·",
    "missing": "M",
}
_SHORT = {
    "climate-change": "CC",
    "acidification": "AC",
    "ecotoxicity-freshwater": "ET",
    "energy-resources-non-renewable": "ER",
    "eutrophication-freshwater": "EF",
    "eutrophication-marine": "EM",
    "eutrophication-terrestrial": "EU",
    "human-toxicity-carcinogenic": "HC",
    "human-toxicity-non-carcinogenic": "HN",
    "ionising-radiation": "IR",
    "land-use": "LU",
    "material-resources": "MR",
    "ozone-depletion": "OD",
    "particulate-matter": "PM",
    "photochemical-oxidant-formation": "PO",
    "water-use": "WU",
}
_HEAD = """# What the inventory covers

Made from the files; a test holds it to them; do not edit. Categories of EF v3.1: {legend}.

States of an activity's own direct flows: **I** every flow that its technology must have is there; **P** partial, some
are not; **V** a published result; **N** negligible, with a bound and a source; **·** none by construction (assemblies,
mixes); **M** missing. Zero never stands for unknown. Which flows a technology must have, and who says so, is in the
files `required-flows.toml`.

## Groups of activities

A group is a technology of `required-flows.toml`; *published* carries published results, *named gap* is an activity of
which nothing is known but that it is needed, *unassigned* has flows but no technology. A number counts the activities
of the group in that state; without a number, all of them are.
"""
_ELECTRICITY = """
## Electricity, per kWh of each technology with all that it needs

**C** complete: nothing in the whole supply chain is partial or missing. **P** partial: the score is a part of what it
should be. **M** missing. Below, what each technology's own flows leave open and why, and how many of the activities in
its supply chain leave something open too.
"""
_BEHIND = """
Activities in the supply chains of electricity, with what their own flows leave open:
"""
_DEMO = """
## The demonstration: what its scores rest on

Per cent of the sum of the absolute contributions to each score of
{names}.
**M** marks a score that is missing. First by the state of the activity that contributes, then by its group; groups
below half a per cent everywhere are left out.
"""


def completeness_matrix(catalogue: Catalogue) -> str:
    """States by group and category, completeness of each kWh with its gaps, and the demo's scores by group."""
    legend = ", ".join(f"{short} {id}" for id, short in _SHORT.items())
    lines = [
        _HEAD.format(legend=legend),
        *_groups(catalogue),
        _ELECTRICITY,
        *_electricity(catalogue),
        *_demo(catalogue),
    ]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def group(activity: Activity) -> str:
    """The group that an activity is counted in: its kind, and its technology or what stands in for one."""
    if activity.technology:
        return f"{activity.kind}: {activity.technology}"
    empty = not activity.inputs and not activity.emissions
    return f"{activity.kind}: {'published' if activity.results else 'named gap' if empty else 'unassigned'}"


def _table(first: str, rows: Iterable[Sequence[str]], last: Sequence[str] = ()) -> list[str]:
    columns = [first, *_SHORT.values(), *last]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def _groups(catalogue: Catalogue) -> list[str]:
    members: dict[str, list[str]] = {}
    for id, activity in catalogue.activities.items():
        if activity.stands_in:
            continue
        members.setdefault(group(activity), []).append(id)
    rows = []
    for name, ids in sorted(members.items()):
        cells = []
        for category in EF:
            numbers = Counter(catalogue.state(id, category).kind for id in ids)
            states = [(_STATES[state], numbers[state]) for state in _STATES if numbers[state]]  # type: ignore[index]
            cells.append(states[0][0] if len(states) == 1 else " ".join(f"{count} {mark}" for mark, count in states))
        rows.append([name, *cells, str(len(ids))])
    return _table("group", rows, ["activities"])


def _electricity(catalogue: Catalogue) -> list[str]:
    chosen = [a for a in catalogue.of_kind("electricity") if a.id.startswith("electricity-") and not a.is_mix]
    studies = {activity.id: score(activity.id, 1.0, catalogue) for activity in chosen}
    rows, own, behind = [], [], dict[str, dict[str, list[str]]]()
    for id, study in studies.items():
        marks = [study.coverage[id, category].completeness[0].upper() for category in EF]
        rows.append([id, *marks, str(marks.count("C"))])
        gaps = _gaps(id, study)
        own.append(f"- `{id}`: {_said(gaps.pop(id, {}))}; in its supply chain: {len(gaps)}")
        behind |= gaps
    supply = [f"- `{name}`: {_said(reasons)}" for name, reasons in sorted(behind.items()) if name not in studies]
    return [*_table("activity", rows, ["complete"]), "", *own, _BEHIND, *supply]


def _gaps(id: str, study: Study) -> dict[str, dict[str, list[str]]]:
    """Activity whose own flows keep categories of a product open → reason → those categories."""
    open_in: dict[str, dict[str, list[str]]] = {}
    for category in EF:
        for item in study.coverage[id, category].items:
            open_in.setdefault(item.name, {}).setdefault("; ".join(item.reasons), []).append(_SHORT[category])
    return open_in


def _said(reasons: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{_listed(categories)} ({reason})" for reason, categories in reasons.items()) or "nothing open"


def _listed(categories: Sequence[str]) -> str:
    return "all" if len(categories) == len(EF) else ", ".join(categories)


def _demo(catalogue: Catalogue) -> list[str]:
    scenarios = [Scenario.load(folder("scenarios") / name) for name in _DEMONSTRATION]
    study = assess(scenarios, catalogue)
    lines = [_DEMO.format(names=", and\n".join(f"*{name}*" for name in study.names))]

    def state(id: str, category: str) -> str:
        return catalogue.state(id, category).kind

    by_state = _shares(study, state)
    by_group = _shares(study, lambda id, _: group(study.activities[id]))
    lines += _table("state", [[name, *by_state[name]] for name in _STATES if name in by_state])
    return [*lines, "", *_table("group", [[name, *cells] for name, cells in sorted(by_group.items())])]


def _shares(study: Study, kind: Callable[[str, str], str]) -> dict[str, list[str]]:
    """Per kind of emitting activity its share of each category's score, a cell with all scenarios each."""
    sizes: dict[tuple[str, str, str], float] = {}
    totals: dict[tuple[str, str], float] = {}
    for scenario, category, id, value in study.table[["scenario", "category", "activity", "score"]].itertuples(False):
        key = kind(id, category)
        sizes[key, scenario, category] = sizes.get((key, scenario, category), 0.0) + abs(value)
        totals[scenario, category] = totals.get((scenario, category), 0.0) + abs(value)
    cells: dict[str, list[str]] = {}
    for key in {key for key, _, _ in sizes}:
        shares = {(s, c): sizes.get((key, s, c), 0.0) / total for (s, c), total in totals.items() if total}
        if max(shares.values()) >= LEAST:
            cells[key] = [_cell(study, shares, category) for category in EF]
    return cells


def _cell(study: Study, shares: Mapping[tuple[str, str], float], category: str) -> str:
    parts = [
        "M"
        if study.coverage[name, category].completeness == Completeness.MISSING
        else f"{100 * shares.get((name, category), 0):.0f}"
        for name in study.names
    ]
    return parts[0] if len(set(parts)) == 1 else " / ".join(parts)
