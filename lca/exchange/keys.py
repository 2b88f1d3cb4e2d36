"""The keys of a kind of file as a flat list, from its pydantic model: what a column of a workbook or a form asks for.

A key that the model gains appears by itself, with its manual, unit, bounds and choices.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal

from lca.quantities.documents import dotted
from lca.quantities.positions import Loc
from lca.quantities.records import In, OneOrMore, Quantity, Record, manual
from lca.quantities.units import Amount, written

Kind = Literal["quantity", "amount", "text", "ids", "truth", "number", "choice", "named"]
_SCALARS: Mapping[Any, Kind] = {str: "text", bool: "truth", int: "number", float: "number", Amount: "amount"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key that a file may hold."""

    loc: Loc
    """Where it stands: `("inference", "utilisation")`. The place in a list is 0; where a file may write a single table
    in place of the list, there is none."""
    kind: Kind
    """`quantity`: a number with a unit that further keys say more of; `amount`: one without them; `ids`: several texts;
    `named`: tables by name, each of `record`, or texts by name where there is none."""
    manual: str = ""
    unit: str = ""
    """Of a quantity and its range, as a file writes it."""
    bounds: In | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    """Within its table."""
    detail: bool = False
    """Whether it says more of a quantity: its range, its source."""
    record: type[Record] | None = None

    @property
    def name(self) -> str:
        """`inference.utilisation.source`."""
        return dotted(self.loc)

    @property
    def cites(self) -> bool:
        """Whether it names sources."""
        return self.loc[-1] == "source"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a field may hold: at most one kind of scalar, and tables."""

    optional: bool = False
    kind: Kind | None = None
    bounds: In | None = None
    choices: tuple[str, ...] = ()
    tables: tuple[tuple[type[Record], bool], ...] = field(default=())
    """Record, and whether it stands in a list."""
    named: type[Record] | None = None
    """Of a kind `named`."""


def keys(model: type[Record], loc: Loc = (), detail: bool = False) -> Iterator[Key]:
    """Every key of a model in its order; of a list of tables those of one."""
    for name, info in model.model_fields.items():
        shape = _shape(info.annotation, info.metadata)
        here, about = (*loc, info.alias or name), " ".join(manual(model).get(name, "").split())
        key = Key(here, "text", about, required=info.is_required(), detail=detail)
        if shape.kind == "named":
            yield replace(key, kind="named", record=shape.named)
        elif shape.kind == "quantity":
            unit = written(shape.bounds.unit) if shape.bounds else ""
            yield from of_quantity(replace(key, kind="quantity", bounds=shape.bounds, unit=unit))
        elif shape.kind:
            yield replace(key, kind=shape.kind, choices=shape.choices)
        for record, listed in shape.tables:
            yield from keys(record, (*here, 0) if listed else here, detail)


def of_quantity(key: Key) -> Iterator[Key]:
    """The key of a quantity, and those that say more of it."""
    yield key
    for more in keys(Quantity, key.loc, detail=True):
        if more.loc[-1] != "value":
            yield replace(more, unit=key.unit) if more.kind == "amount" else more


def _shape(annotation: Any, metadata: Sequence[Any] = ()) -> _Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    bounds = next((item for item in metadata if isinstance(item, In)), None)
    if origin is typing.Annotated:
        return _shape(arguments[0], (*metadata, *arguments[1:]))
    if origin in (typing.Union, types.UnionType):
        return _either([_shape(argument, metadata) for argument in arguments])
    if annotation is type(None):
        return _Shape(optional=True)
    if origin is Literal:
        return _Shape(kind="choice", choices=tuple(map(str, arguments)))
    if origin in (tuple, list):
        inner = _shape(arguments[0])
        if inner.tables:
            listed = not any(isinstance(item, OneOrMore) for item in metadata)
            return _Shape(tables=tuple((record, listed) for record, _ in inner.tables))
        return _Shape(kind="ids")
    if origin is dict:
        named = arguments[1] if isinstance(arguments[1], type) and issubclass(arguments[1], Record) else None
        return _Shape(kind="named", named=named)
    if isinstance(annotation, type) and issubclass(annotation, Quantity):
        return _Shape(kind="quantity", bounds=bounds)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return _Shape(tables=((annotation, False),))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _Shape(kind="choice", choices=tuple(annotation))
    return _Shape(kind=_SCALARS[annotation])


def _either(shapes: Sequence[_Shape]) -> _Shape:
    """Of several texts and one text, the several: one is a list of one."""
    kinds = [shape for shape in shapes if shape.kind]
    first = next((shape for shape in kinds if shape.kind == "ids"), kinds[0] if kinds else _Shape())
    return replace(
        first,
        optional=any(shape.optional for shape in shapes),
        tables=tuple(table for shape in shapes for table in shape.tables),
    )


_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\d{1,3}\])*)")


def parsed(name: str) -> Loc | None:
    """The place that `training[1].server` names; None: it is written wrong."""
    loc: list[str | int] = []
    for part in name.split("."):
        match = _PART.fullmatch(part.strip())
        if not match:
            return None
        loc += [match[1], *(int(number) for number in re.findall(r"\d+", match[2]))]
    return tuple(loc)


def anywhere(loc: Loc) -> Loc:
    """The place with every place in a list as 0, as `keys` has it."""
    return tuple(0 if isinstance(part, int) else part for part in loc)


def at(loc: Loc, known: Mapping[Loc, Key]) -> Key | None:
    """The key of a place: that of its list, or of the single table which may be written in place of one."""
    return known.get(anywhere(loc)) or known.get(tuple(part for part in loc if not isinstance(part, int)))


def flat(content: Mapping[str, Any], known: Mapping[Loc, Key]) -> dict[Loc, Any]:
    """What a file's content holds by place: the value of a quantity at its own, named tables left out."""
    return dict(_flat(content, (), known))


def _flat(content: Any, loc: Loc, known: Mapping[Loc, Key]) -> Iterator[tuple[Loc, Any]]:
    key = at(loc, known)
    if key and key.kind == "named":
        return
    if isinstance(content, Mapping):
        for name, inner in content.items():
            whole = key is not None and key.kind == "quantity" and name == "value"
            yield from _flat(inner, loc if whole else (*loc, name), known)
    elif isinstance(content, list | tuple) and any(isinstance(inner, Mapping) for inner in content):
        for number, inner in enumerate(content):
            yield from _flat(inner, (*loc, number), known)
    elif content is not None:
        yield loc, content


def nested(flat: Mapping[Loc, Any], known: Mapping[Loc, Key]) -> dict[str, Any]:
    """The content of a file from what it holds by place: a quantity of which more is said is a table.

    A text and a table at one place cannot both be: the text is kept under the name of its last part, which the model
    then refuses there.
    """
    content: dict[str, Any] = {}
    tables = {loc[:n] for loc in flat for n in range(1, len(loc))}
    for loc, value in flat.items():
        key = at(loc, known)
        where = loc
        if loc in tables:
            where = (*loc, "value" if key and key.kind == "quantity" else str(loc[-1]))
        _put(content, where, value)
    return content


def _put(content: dict[str, Any], loc: Loc, value: Any) -> None:
    place: Any = content
    for part, after in pairwise(loc):
        fresh: Any = [] if isinstance(after, int) else {}
        if isinstance(part, int):
            while len(place) <= part:
                place.append({})
            place = place[part]
        else:
            place = place.setdefault(part, fresh)
    place[loc[-1]] = value
