"""What makes a score, in a reader's parts: GPU, CPU, memory and the like in place of what they are modelled of.

Equipment is opened into modelled parts such as wafers and boards. Each counts to the kind of the outermost assembly
that has one: a wafer within a GPU to the GPU, a wafer within a memory module to memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lca.study.study import Study
from lca.system.scenario import building_of
from lca.vocabulary import PartKind, Role, Stage

_KINDS = (
    (PartKind.BOARD, re.compile("motherboard|mainboard|baseboard|^switch-|published-network")),
    (PartKind.ACCELERATOR, re.compile("^(gpu|accelerator|fpga|tpu)-")),
    (PartKind.CPU, re.compile("^cpu-|-cpus$")),
    (PartKind.STORAGE, re.compile("^(ssd|hdd|nand)|-drives?-")),
    (PartKind.MEMORY, re.compile("memory|dram")),
    (PartKind.POWER_SUPPLY, re.compile("power-suppl")),
    (PartKind.COOLING, re.compile("heatsink|-fans$")),
    (PartKind.CHASSIS, re.compile("chassis|^casing|^box-")),
    (PartKind.BOARD, re.compile("^board-|printed-circuit")),
)
"""By the ids of assemblies and parts; the first that fits."""
_STAGES = {Stage.DISTRIBUTION: PartKind.DELIVERY, Stage.END_OF_LIFE: PartKind.END_OF_LIFE}


def equipment_of(study: Study, name: str, run: str, role: str) -> str:
    """The server or facility that a run stands on, empty where there is none; development stands on that of its
    training.
    """
    scenario = study.scenario_by_name.get(name)
    if scenario is None:
        return name if name in study.activities else ""
    effort = scenario.file.run(run)
    if effort is None:
        return ""
    equipment = effort.server if role == Role.EQUIPMENT else building_of(scenario.file.facility_of(run, effort))
    return equipment if equipment and equipment in study.activities else ""


@dataclass(frozen=True, slots=True)
class ScoresByPart:
    """Of a study, by scenario and part: what a score is, and what the part takes."""

    scores: Mapping[tuple[str, str, str], float]
    """(scenario, category, part) → the known score; absent where nothing of the part is known."""
    inputs: Mapping[tuple[str, str], frozenset[str]]
    """(scenario, part) → the activities that it is modelled of."""

    @classmethod
    def of(cls, study: Study) -> ScoresByPart:
        """Every score by kind of part, and what is no equipment by its role.

        A modelled part that several assemblies hold is split by how much of it each holds in one unit of the equipment.
        """
        weights = _weights(study)
        inputs: dict[tuple[str, str], frozenset[str]] = {}
        for (scenario, _, _, _, input), parts in weights.items():
            for part in parts:
                inputs[scenario, part] = inputs.get((scenario, part), frozenset()) | {input}
        columns = ["scenario", "phase", "stage", "role", "input", "category"]
        summed = study.table.groupby(columns, sort=False)["score"].sum().reset_index()
        scores: dict[tuple[str, str, str], float] = {}
        for row in summed.to_dict("records"):
            parts = weights[row["scenario"], row["phase"], row["stage"], row["role"], row["input"]]
            whole = sum(parts.values())
            for part, weight in parts.items():
                share = weight / whole if whole else 1 / len(parts)
                key = (row["scenario"], row["category"], part)
                scores[key] = scores.get(key, 0.0) + share * float(row["score"])
        return cls(scores, inputs)


def _weights(study: Study) -> dict[tuple[str, ...], dict[str, float]]:
    """(scenario, phase, stage, role, input) → part → amount of the input that it takes."""
    weights: dict[tuple[str, ...], dict[str, float]] = {}
    known: dict[str, Mapping[tuple[str, Stage], Mapping[PartKind, float]]] = {}
    for system in study.systems:
        for e in system.exchanges:
            parts = weights.setdefault((system.name, e.phase, e.stage, e.role, e.input), {})
            if e.role != Role.EQUIPMENT:
                parts[e.role or e.stage] = parts.get(e.role or e.stage, 0.0) + e.amount
                continue
            top = equipment_of(study, system.name, e.run, e.role)
            if top and top not in known:
                known[top] = kinds(study, top)
            held = known.get(top, {}).get((e.input, e.stage)) or {_kind((e.input,), e.stage): 1.0}
            for kind, share in held.items():
                parts[str(kind)] = parts.get(str(kind), 0.0) + share * e.amount
    return weights


def opened(study: Study, top: str) -> Iterator[tuple[str, float, Stage, tuple[str, ...]]]:
    """Every place of a modelled part in one unit of the equipment: part, amount, stage, the assemblies around it."""
    waiting: list[tuple[str, float, Stage, tuple[str, ...]]] = [(top, 1.0, Stage.PRODUCTION, ())]
    while waiting:
        id, amount, stage, path = waiting.pop()
        activity = study.activities[id]
        if not activity.is_assembly:
            yield id, amount, stage, path
            continue
        for i in activity.inputs:
            inner = i.stage if i.stage != Stage.PRODUCTION else stage
            waiting.append((i.activity, amount * i.amount, inner, (*path, id)))


def kinds(study: Study, top: str) -> Mapping[tuple[str, Stage], Mapping[PartKind, float]]:
    """Modelled part and stage → kind → the share of it that assemblies of this kind hold."""
    held: dict[tuple[str, Stage], dict[PartKind, float]] = {}
    for id, amount, stage, path in opened(study, top):
        part = held.setdefault((id, stage), {})
        kind = _kind((*path[1:], id), stage)
        part[kind] = part.get(kind, 0.0) + amount
    return {
        key: {kind: amount / whole for kind, amount in part.items()}
        for key, part in held.items()
        if (whole := sum(part.values()))
    }


def _kind(path: Sequence[str], stage: Stage) -> PartKind:
    """Of a part within assemblies, the outermost first."""
    if stage in _STAGES:
        return _STAGES[stage]
    for id in path:
        for kind, fits in _KINDS:
            if fits.search(id):
                return kind
    return PartKind.OTHER
