"""Stated numbers on their way into the equations, some replaced by variants of a sweep or draws of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.pedigree import spread
from lca.quantities.records import Quantity
from lca.quantities.values import Value, stated
from lca.system.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one scenario and of the catalogue."""

    scenario: Scenario | None = None
    """None: of the catalogue alone."""
    replaced: Mapping[str, float] = field(default_factory=dict)
    """Field (`inference.utilisation`, `server-1x-a100.lifetime`) → a float or an array, in the field's unit."""

    def of(self, quantity: Quantity, where: str, name: str, key: str = "") -> Value:
        """A number of the scenario; `key`: of the record that states it, which other scenarios may share."""
        sources = self.scenario.file.sources if self.scenario else {}
        value = stated(quantity, name, sources, self._file, where)
        if key and value.range:
            value = replace(value, range=replace(value.range, of=key))
        return self.known(value)

    def of_activity(self, activity: Activity, key: str, name: str, here: str = "") -> Value | None:
        """A property of an activity of the catalogue; None: its file does not state it.

        `here`: the field of the scenario by which it is replaced in one place alone, `training[1].facility.PUE`.
        """
        quantity: Quantity | None = getattr(activity.properties, key)
        if quantity is None:
            return None
        field = here if here in self.replaced else f"{activity.id}.{key}"
        return self.known(stated(quantity, name, activity.sources, activity.file, field))

    def amount(self, number: float, unit: str, where: str, name: str) -> Value:
        """An amount of the scenario that has neither range nor source: what is delivered, what was served."""
        return self.known(Value(number, unit, name, file=self._file, field=where))

    def inputs(self, assembly: Activity, catalogue: Catalogue) -> Iterator[Value]:
        """How much of each part an assembly has, as its file states it."""
        stated_parts = catalogue.kept("parts of assemblies", dict[str, tuple[Value, ...]])
        if assembly.id not in stated_parts:
            stated_parts[assembly.id] = tuple(_of_parts(assembly, catalogue))
        return map(self.known, stated_parts[assembly.id])

    @property
    def _file(self) -> str:
        return self.scenario.shown if self.scenario else ""

    def known(self, value: Value) -> Value:
        """The value, or what replaces it."""
        if value.field not in self.replaced:
            return value
        told = value.unit, value.name, value.expression, value.inputs, None, value.sources, value.file, value.field
        return Value(self.replaced[value.field], *told)


def _of_parts(assembly: Activity, catalogue: Catalogue) -> Iterator[Value]:
    for number, part in enumerate(assembly.inputs):
        unit, where = catalogue.activity(part.activity).unit, f"{assembly.id}.inputs[{number}]"
        sources = {id: assembly.sources[id] for id in part.sources if id in assembly.sources}
        yield Value(part.amount, unit, part.activity, "", {}, spread(assembly, part), sources, assembly.file, where)
