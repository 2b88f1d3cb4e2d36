"""The one shape of every disclosure: sections of fields, each with its status, why it is so, and its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lca.languages import gettext, gettext_noop
from lca.report.excel.cells import inert
from lca.report.words import number

SCHEMA = 1
Status = Literal["known", "estimated", "unknown"]
"""`known`: stated or counted by hardware; `estimated`: modelled or computed from what is; `unknown`: `why` says why."""
STATUS: Mapping[Status, str] = {
    "known": gettext_noop("known"),
    "estimated": gettext_noop("estimated"),
    "unknown": gettext_noop("unknown"),
}
"""Its word."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field; an unknown one has no value."""

    id: str
    label: str
    value: float | str | None
    unit: str = ""
    status: Status = "estimated"
    why: str = ""
    """How it came about, or why it is unknown."""
    source: str = ""
    mark: str = ""
    """Of an incomplete number: `≥`, or `incomplete, sign unknown`."""
    formula: str = ""
    """The value by the ids of other fields of the section: `energy * intensity`."""

    @classmethod
    def unknown(cls, id: str, label: str, unit: str, why: str) -> Field:
        return cls(id, label, None, unit, "unknown", why)


@dataclass(frozen=True, slots=True)
class Section:
    """The fields of one scenario from one point of view."""

    scenario: str
    view: str
    fields: tuple[Field, ...]
    document: str = ""
    """What another tool reads as it is (YAML, JSON)."""

    def __getitem__(self, id: str) -> Field:
        return {field.id: field for field in self.fields}[id]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A disclosure of a study."""

    id: str
    title: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]

    def to_json(self) -> dict[str, Any]:
        """Tables and lists only; an unknown value is null."""
        return {"schema": SCHEMA, **asdict(self)}

    def json(self) -> str:
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False, default=str)

    def text(self) -> str:
        """Lines for a terminal."""
        lines = [self.title, *map(_line, self.notes)]
        for section in self.sections:
            lines += ["", _labelled(section.scenario, section.view) if section.view else _line(section.scenario)]
            lines += [f"  {_labelled(field.label, _shown(field))}" for field in section.fields]
            lines += ["", *map(inert, section.document.rstrip().split("\n"))] if section.document else []
        return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(inert(text).split())


def _labelled(label: str, text: str) -> str:
    return gettext("{label}: {text}", label=_line(label), text=_line(text))


def _shown(field: Field) -> str:
    value = field.value
    written = number(value, field.mark) if isinstance(value, float) else value or gettext(STATUS["unknown"])
    status = gettext(STATUS[field.status])
    said = f" {field.unit}" if field.unit and value is not None else ""
    how = f" [{status}]" if value is not None else ""
    return f"{written}{said}{how}" + (f" – {field.why}" if field.why else "")
