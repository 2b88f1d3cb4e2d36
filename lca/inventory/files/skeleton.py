"""An inventory file to fill in: every field of the format, explained by its docstring, made from the records.

Lines that are needed stand as they are, with placeholders between < and >. All others are behind a `#` without a space;
explanations are behind `# `.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from lca.builtin import folder
from lca.errors import UsageError
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.template import Parameter, Template
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.outputs import written_aside
from lca.quantities.records import ID, In, Quantity, Record, manual, near
from lca.vocabulary import ASSEMBLY

KINDS = {
    "electricity": "kWh",
    "end-of-life": "kg",
    "facilities": "kW",
    "hardware": "item",
    "materials": "kg",
    "network": "GB",
    "transport": "t*km",
}
"""Folder of an inventory → the usual unit of its products."""

_SOURCE = "reference"
_NEEDED: Mapping[str, Collection[str]] = {
    "": ("name", "product", "unit", "location"),
    "exchanges": ("input", "amount", "source"),
    "pedigree": ("reliability", "completeness", "temporal", "geographical", "technological"),
    "sources": ("title", "url", "licence"),
}
_HEAD = (
    "Replace what stands between < and >. A line that begins with # and no space is optional: take the # away, or "
    "the line. What is unknown is left out: absent means missing, never zero. A number is text with its unit, and "
    "cites a source of this file, or one below sources/ by its name. An activity has exchanges, or published "
    "impacts in their place, never both."
)


def skeleton(kind: str, id: str, template: str | None = None) -> str:
    """The text of a new file `<kind>/<id>.toml`; with `template`, its parameters take the place of the exchanges.

    Raises UsageError for an unknown kind or template, or an id that no file may have.
    """
    if kind not in KINDS:
        raise UsageError(
            gettext(
                "no kind {kind!r}{hint}; there are: {known}", kind=kind, hint=near(kind, KINDS), known=", ".join(KINDS)
            )
        )
    if not re.fullmatch(ID, id):
        raise UsageError(gettext("{id!r} is no id: lower-case letters and digits, joined by hyphens", id=id))
    values, needed = {"unit": KINDS[kind]}, dict(_NEEDED)
    if template:
        values |= {"technology": ASSEMBLY, "template": template}
        needed |= {"": (*_NEEDED[""], "technology", "template"), "exchanges": ()}
    lines = [f"# {kind}/{id}.toml", *_comment(_HEAD), ""]
    tables = {name: record for name, field in ActivityFile.model_fields.items() if (record := _record(field))}
    short = [name for name in ActivityFile.model_fields if name not in tables and name not in ("parameters", "choices")]
    lines += _fields(ActivityFile, short, needed[""], values)
    lines += [*_quantities(), *_parameters(template)]
    for name, record in tables.items():
        lines += ["", *_table(name, ActivityFile.model_fields[name], record, needed.get(name, ()))]
    return "\n".join(lines) + "\n"


def new_activity(kind: str, id: str, inventory: str | Path = ".", template: str | None = None) -> Path:
    """Write a skeleton into the folder of its kind below `inventory`. Raises UsageError, also where the file exists."""
    text = skeleton(kind, id, template)
    path = Path(inventory) / kind / f"{id}.toml"
    if path.exists():
        raise UsageError(gettext("{path} exists", path=str(path)))
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")
    return path


def _comment(text: str | None) -> list[str]:
    words = " ".join((text or "").split())
    return [f"# {line}" for line in textwrap.wrap(words, 117, break_on_hyphens=False)]  # an id stays whole


def _about(record: type[Record], name: str) -> str:
    """The docstring of a field, or of the same field of a class that its record derives from."""
    records = [cls for cls in record.__mro__ if issubclass(cls, Record)]
    about = next((text for cls in records if (text := manual(cls).get(name))), "")
    choices = _choices(record.model_fields[name])
    return about + (f" One of: {'; '.join(choices)}." if choices else "")


def _own_first(record: type[Record]) -> list[str]:
    """Names of the fields of a record, those that it inherits last."""
    own = [name for name in record.__annotations__ if name in record.model_fields]
    return [*own, *(name for name in record.model_fields if name not in own)]


def _fields(
    record: type[Record], names: Iterable[str], needed: Collection[str], values: Mapping[str, str]
) -> Iterator[str]:
    """Fields on a line each, under their explanation; those that are not needed behind a #."""
    for name in names:
        field = record.model_fields[name]
        here = " Needed here." if field.is_required() and name not in needed else ""
        yield from _comment(_about(record, name) + here)
        if nested := _record(field):
            yield from _members(nested)
        value = f'"{values[name]}"' if name in values else _example(name, field, manual(record).get(name, ""))
        yield f"{'' if name in needed else '#'}{name} = {value}"


def _table(name: str, field: FieldInfo, record: type[Record], needed: Collection[str]) -> Iterator[str]:
    """A record that has a heading of its own."""
    for about in dict.fromkeys([record.__doc__, manual(ActivityFile).get(name)]):
        yield from _comment(about)
    several = get_origin(field.annotation)
    heading = f"[[{name}]]" if several is tuple else f"[{name}.{_SOURCE}]" if several is dict else f"[{name}]"
    yield f"{'' if needed else '#'}{heading}"
    yield from _fields(record, _own_first(record), needed, {})


def _quantities() -> Iterator[str]:
    """What may stand in the braces of a quantity."""
    yield "\n# A quantity is written { value = ..., source = ... }. In its braces may stand:"
    yield from _members(Quantity)


def _members(record: type[Record]) -> Iterator[str]:
    """What the fields of a record mean that is written between braces."""
    for name in _own_first(record):
        yield from _comment(f"{name}: {_about(record, name)}")


def _parameters(template: str | None) -> Iterator[str]:
    known = {path.stem: path for path in sorted((folder("inventories") / "templates").glob("*.toml"))}
    if template and template not in known:
        raise UsageError(
            gettext("no template {template!r}; there are: {known}", template=template, known=", ".join(known))
        )
    yield from ("", *_comment(f"{_about(ActivityFile, 'parameters')} Templates: {', '.join(known)}."))
    if template is None:
        yield from ("#[parameters]", f'#<parameter> = {{ value = "<number> <unit>", source = "{_SOURCE}" }}')
        yield from ("", *_comment(_about(ActivityFile, "choices")), "#[choices]", '#<choice> = "<option>"')
        return
    record = Document.read(known[template]).load(Template, cited=False)
    yield from (*_comment(record.name), *_comment(record.comment), "[parameters]")
    for name, parameter in record.parameters.items():
        if parameter.low is not None and parameter.low == parameter.high:
            continue  # nothing to be said of it
        yield from _comment(parameter.about + limits_in_words(parameter))
        mark = "#" if parameter.default or parameter.unknown else ""
        named = any(f"{{{name}}}-" in exchange.input for exchange in record.exchanges)
        kind = ', kind = "<kind>"' if named or parameter.unknown_kind else ""
        yield f'{mark}{name} = {{ value = "<number> {parameter.unit}"{kind}, source = "{_SOURCE}" }}'
    if record.choices:
        yield from ("", *_comment(_about(ActivityFile, "choices")), "[choices]")
    for name, choice in record.choices.items():
        yield from _comment(f"{choice.about} One of: {'; '.join(choice.options)}.")
        yield f'#{name} = "{choice.options[0]}"'


def limits_in_words(parameter: Parameter) -> str:
    """What a parameter may be, and what stands where a device gives none, with a space before it; else nothing."""
    limits = f" From {parameter.low} to {parameter.high}." if parameter.low and parameter.high else ""
    if parameter.default:
        limits += f" By default {parameter.default.value}."
    elif parameter.unknown:
        limits += f" Where it is not known, leave it out: {parameter.unknown} takes its place, as a named gap."
    return limits


def _written_type(field: FieldInfo) -> Any:
    """The type of a field without None."""
    parts = get_args(field.annotation)
    left = [part for part in parts if part is not NoneType]
    return left[0] if NoneType in parts and len(left) == 1 else field.annotation


def _record(field: FieldInfo) -> type[Record] | None:
    """The record that a field holds one or several of, unless it is a quantity."""
    kind = _written_type(field)
    for part in get_args(kind) if get_origin(kind) in (tuple, dict) else (kind,):
        if isinstance(part, type) and issubclass(part, Record) and not issubclass(part, Quantity):
            return part
    return None


def _choices(field: FieldInfo) -> Sequence[str]:
    kind = _written_type(field)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)
    return get_args(kind) if get_origin(kind) is Literal else ()


def _example(name: str, field: FieldInfo, about: str = "") -> str:
    """A value of the field's type, with placeholders."""
    kind = _written_type(field)
    if nested := _record(field):
        inner = ", ".join(f"{key} = {_example(key, f)}" for key, f in nested.model_fields.items() if f.is_required())
        return f"[{{ {inner} }}]"
    unit = next((bounds.unit for bounds in (*get_args(kind), *field.metadata) if isinstance(bounds, In)), None)
    if unit:
        written = "%" if unit == "1" else units.written(unit)
        basis = ', basis = "<basis>"' if "`basis`" in about else ""
        return f'{{ value = "<number> {written}"{basis}, source = "{_SOURCE}" }}'
    if choices := _choices(field):
        return f'"{choices[0]}"'
    if get_origin(kind) is tuple:
        return '["<text>"]'
    if get_origin(kind) is dict:
        held = get_args(kind)[1] is Quantity
        return (
            f'{{ die_area = {{ value = "<number> mm^2", source = "{_SOURCE}" }} }}' if held else '{ package = "none" }'
        )
    special = {"source": _SOURCE, "year": "<year>"}
    if kind is bool:
        return "false"
    if "Amount" in str(kind):
        return '"<number> <unit>"'
    return f'"{special.get(name, "<1 to 5>" if kind is int else f"<{name}>")}"'
