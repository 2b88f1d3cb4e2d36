"""Hugging Face model card: the YAML front matter `co2_eq_emissions`, whose emissions are in grams."""

from __future__ import annotations

from lca.errors import Fault, UsageError
from lca.languages import gettext
from lca.measure.formats.writing import WriteOptions, hardware, made_of, whole
from lca.measurement.record import Measurement
from lca.quantities import units
from lca.quantities.text import plain, quoted


def write(record: Measurement, options: WriteOptions) -> str:
    """The front matter. Without emissions, stated or by an intensity of electricity, it holds comments only.

    Raises UsageError for a record without energy, or for an intensity that is none.
    """
    energy = f"energy: {whole(record):.6g} kWh ({plain(made_of(record), 1000)})"
    grams, source = _emissions(record, options)
    if grams is None:
        lines = ["# co2_eq_emissions is left out: it needs the emissions, or the intensity of the electricity"]
        lines += [f"# {energy}"] + [f"# hardware: {names}" for names in [hardware(record.devices)] if names]
    else:
        fields = {
            "source": source,
            "training_type": options.training_type,
            "geographical_location": _place(record),
            "hardware_used": hardware(record.devices),
        }
        lines = [f"# {energy}", "co2_eq_emissions:", f"  emissions: {grams!r}"]
        lines += [f"  {key}: {quoted(value)}" for key, value in fields.items() if value]
    return "\n".join(["---", *lines, "---", ""])


def _emissions(record: Measurement, options: WriteOptions) -> tuple[float | None, str]:
    if options.emissions is not None and options.intensity is not None:
        raise UsageError(gettext("give the emissions or the intensity of the electricity, not both"))
    try:
        if options.emissions is not None:
            return units.convert(units.parse(options.emissions), "g").number, options.source or "ai-lca"
        if options.intensity is None:
            return None, ""
        intensity = units.convert(units.parse(options.intensity), "g/kWh").number
    except Fault as fault:
        raise UsageError(f"{fault}; {fault.remedy}") from None
    what = "energy of the node" if record.it_energy else f"energy of components ({made_of(record)})"
    without = (
        "without PUE and the making of the hardware"
        if record.it_energy
        else ("without the rest of the node, PUE and the making of the hardware")
    )
    source = f"ai-lca: {what} × {options.intensity}, {without}"
    return whole(record) * intensity, source + (f"; {options.source}" if options.source else "")


def _place(record: Measurement) -> str:
    place = record.location
    return ", ".join(part for part in (place.region, place.country) if part) if place else ""
