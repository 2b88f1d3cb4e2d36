"""What the energies of a record amount to: by component, with the origin of all entries that make it up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from lca.measurement.record import EnergyEntry
from lca.vocabulary import Component, Origin


@dataclass(frozen=True, slots=True)
class Origins:
    """How an energy was obtained: the energy of each origin in it, in kWh."""

    energies: Mapping[Origin, float]

    @classmethod
    def of(cls, parts: Iterable[tuple[Origin, float]]) -> Self:
        """Of an energy that is the sum of these."""
        grouped: dict[Origin, list[float]] = {}
        for origin, energy in parts:
            grouped.setdefault(origin, []).append(energy)
        return cls({origin: math.fsum(energies) for origin, energies in grouped.items()})

    def __add__(self, other: Origins) -> Origins:
        return Origins.of([*self.energies.items(), *other.energies.items()])

    def shares(self) -> dict[Origin, float]:
        """Share of each origin, the largest first, equal ones by name; of an energy of zero, equal shares."""
        total = math.fsum(self.energies.values())
        shares = {o: e / total if total else 1 / len(self.energies) for o, e in self.energies.items()}
        return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))

    def __str__(self) -> str:
        """`counter`, or `counter 51 %, modelled 49 %`."""
        shares = self.shares()
        if len(shares) < 2:
            return "".join(shares)
        return ", ".join(f"{origin} {_percent(share)}" for origin, share in shares.items())


class ComponentTotal(NamedTuple):
    """The energy of one component over a run."""

    component: Component
    energy: float
    """kWh of component energy, over all entries."""
    origins: Origins
    entries: tuple[EnergyEntry, ...]


def by_component(entries: Iterable[EnergyEntry]) -> tuple[ComponentTotal, ...]:
    """The energy of every component that has entries, in the order of its first one."""
    grouped: dict[Component, list[EnergyEntry]] = {}
    for entry in entries:
        grouped.setdefault(entry.component, []).append(entry)
    return tuple(
        ComponentTotal(
            component,
            math.fsum(entry.energy.amount for entry in entries_of_it),
            Origins.of((entry.origin, entry.energy.amount) for entry in entries_of_it),
            tuple(entries_of_it),
        )
        for component, entries_of_it in grouped.items()
    )


def total(entries: Iterable[EnergyEntry]) -> tuple[float, Origins]:
    """The energy of all components together, in kWh, and its origins."""
    energies = [(entry.origin, entry.energy.amount) for entry in entries]
    return math.fsum(energy for _, energy in energies), Origins.of(energies)


def _percent(share: float) -> str:
    """Two digits, and never a whole or a nothing that it is not."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "< 1 %" if share < 0.5 else "> 99 %"
    return f"{100 * share:.0f} %"
