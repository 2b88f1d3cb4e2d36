"""The published JSON Schema of the record: `python -m lca.measure.schema` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lca.measurement.record
from lca.measurement.record import SCHEMA, Measurement
from lca.quantities.documents import write_json

FILE = Path(lca.measurement.record.__file__).with_name("record.schema.json")


def schema() -> dict[str, Any]:
    """The schema of what `Measurement.save` writes, with the manual of every field.

    Numbers with a unit are text ("0.5 kWh"); the schema does not say in which units a field may be written: reading
    the record does.
    """
    made = Measurement.model_json_schema(mode="validation", by_alias=True)
    made["properties"]["schema"]["const"] = SCHEMA
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ai-lca measurement record",
        "version": SCHEMA,
        **{key: value for key, value in made.items() if key != "title"},
    }


if __name__ == "__main__":
    write_json(FILE, schema())
