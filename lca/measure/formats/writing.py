"""What every writer shares: its shape, its options, and a record's energy in one number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from lca.errors import UsageError
from lca.languages import gettext
from lca.measurement.record import Device, Measurement
from lca.measurement.totals import by_component, total
from lca.quantities.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """What the user adds to a record; only the model card uses it."""

    intensity: str | None = None
    """Of the electricity: `"56 g/kWh"`."""
    emissions: str | None = None
    """Of the run, from an assessment of it: `"1.2 kg"`."""
    source: str | None = None
    """Where the intensity or the emissions come from, in words."""
    training_type: str | None = None
    """`pre-training` or `fine-tuning`."""


class Exporter(Protocol):
    """The one shape of every format that can be written: a module."""

    def write(self, record: Measurement, options: WriteOptions) -> str:
        """The text of the file. Raises UsageError for a record that the format cannot hold."""


def whole(record: Measurement) -> float:
    """kWh at the node's plug where that is known, else of all components known. Raises UsageError for none."""
    if record.it_energy:
        return record.it_energy.amount
    if not record.energy:
        raise UsageError(gettext("the record {name!r} knows no energy: there is nothing to export", name=record.name))
    return total(record.energy)[0]


def made_of(record: Measurement) -> str:
    """What `whole` counts, how it was obtained, and what it leaves out, in words."""
    if record.it_energy:
        return "node at its plug"
    parts = ", ".join(
        f"{component} {origins}" if len(origins.energies) == 1 else f"{component} ({origins})"
        for component, _, origins, _ in by_component(record.energy)
    )
    gaps = ", ".join(dict.fromkeys(gap.component for gap in record.unmeasured))
    return parts + (f"; not measured: {gaps}" if gaps else "")


def hardware(devices: Iterable[Device]) -> str:
    """`2 x NVIDIA A100-SXM4-80GB, 1 x ...`, without the memory."""
    return ", ".join(f"{device.count} x {plain(device.name)}" for device in devices if device.kind != "memory")
