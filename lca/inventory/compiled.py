"""The linked catalogue, kept in the user's cache folder under the hash of all that it is made of.

Reading, linking and checking the files of an inventory takes most of the time of a short command. What came out of it
is kept as JSON with a checksum, and taken where every file of every folder, the elementary flows, and the code that
reads them are what they were: a file that changed is read and checked as ever. A catalogue with a problem is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lca.builtin import cache_folder, shown
from lca.inventory.activity import Activity, Anchor, Emission, Input, Modelling, Recovered, Result, State
from lca.inventory.checks.plausibility import PlausibleBand
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.activity import Pedigree, Properties
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.files.profile import HourlyProfile
from lca.inventory.files.recycling import Recycling, Routes
from lca.inventory.files.region import Region
from lca.inventory.files.typical import PublishedEffort, Typical
from lca.inventory.ratios import Ratio, Ratios
from lca.methods.library import Flow
from lca.quantities.kept import code, files, keep, kept, only_last
from lca.quantities.records import Quantity
from lca.quantities.sources import Source
from lca.quantities.units import Amount
from lca.quantities.values import Range
from lca.vocabulary import FlowState, Stage

MOST_KEPT = 32  # catalogues of some three megabytes each
_CLASSES: tuple[type, ...] = (
    *(tuple, dict, int, Stage, FlowState, Amount, Range, Flow, Source, Quantity, Properties, Pedigree, State),
    *(Activity, Anchor, Emission, Input, Modelling, Recovered, Result, PlausibleBand, RequiredFlows, Requirement),
    *(FactorsByPlace, HourlyProfile, Recycling, Routes, Region, PublishedEffort, Typical, Ratio, Ratios),
)
"""What a catalogue consists of, beside text, floats, truths and None; an object of another class is not kept."""
_NUMBER = {kind: number for number, kind in enumerate(_CLASSES)}
_PLAIN = -1
"""In place of the number of a class: that of what JSON has itself."""
_CODE = ("inventory", "methods", "quantities", "builtin.py", "equations.py", "errors.py", "vocabulary.py")
"""What decides what is read from a file; below the package."""


def digest(roots: Sequence[Path], flows: str) -> str:
    """Of all files of these inventory folders, as messages name them; empty where one is a link, or no file.

    `flows`: hash of the elementary flows and characterisation factors.
    """
    hashed = hashlib.sha256(f"{code(*_CODE)} {flows}".encode())
    for root in roots:
        for path in files(root):
            if os.path.islink(path) or not os.path.isfile(path):  # reading a pipe would wait for ever
                return ""
            try:
                with open(path, "rb") as file:
                    content = file.read()
            except OSError:
                return ""
            hashed.update(f"\n{shown(Path(path))} {len(content)}\n".encode("utf-8", "surrogateescape"))
            hashed.update(content)
    return hashed.hexdigest()


def kept_parts(roots: Sequence[Path], digest: str) -> tuple[Any, ...] | None:
    """What `keep_parts` kept of the same files; None: nothing."""
    content = kept(_path(roots)) if digest else None
    if not content or content["digest"] != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(_path(roots))  # the last ones used are kept
    return tuple(_decoded(content["groups"]))


def keep_parts(roots: Sequence[Path], digest: str, parts: tuple[Any, ...]) -> None:
    """Keep the parts of a catalogue, in place of those of earlier files of the same folders; of the last folders."""
    if not digest:
        return
    try:
        groups = _encoded(parts)
    except KeyError:
        return
    keep(_path(roots), {"digest": digest, "groups": groups})
    only_last(_path(roots), MOST_KEPT)


def _path(roots: Sequence[Path]) -> Path:
    named = "\n".join(f"{os.path.abspath(root)} {shown(root)}" for root in roots).encode("utf-8", "surrogateescape")
    return cache_folder() / f"catalogue-{hashlib.sha256(named).hexdigest()[:16]}.json"


class _At(int):
    """The number of an object, in its place."""


def _encoded(parts: tuple[Any, ...]) -> list[list[Any]]:
    """Objects in groups of one class, of which each needs earlier groups alone; the last object is the whole.

    A group is the number of its class and columns; a column is whether it has numbers of objects, and what it has.
    Texts, floats, truths and None that stand beside objects in a column are objects of the first group.
    """
    objects: list[tuple[int, list[Any]]] = []
    levels: list[int] = []
    placed: dict[Any, _At] = {}

    def place(value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (str, float, bool):
            return value
        alike = kind in (int, Stage, FlowState, Range, Flow, State)
        alike = alike or (kind is tuple and all(type(part) is str for part in value))
        key = (kind, value) if alike else id(value)
        if key not in placed:
            held = list(map(place, _held(value)))
            levels.append(1 + max((levels[part] for part in held if type(part) is _At), default=-1))
            placed[key] = _At(len(objects))
            objects.append((_NUMBER[kind], held))
        return placed[key]

    place(parts)
    groups: dict[tuple[int, int], list[int]] = {}
    for at, (number, _) in enumerate(objects):
        groups.setdefault((levels[at], number), []).append(at)
    ordered = sorted(groups)
    tables = [_columns(number, [objects[at][1] for at in groups[level, number]]) for level, number in ordered]
    mixed = [[any(type(part) is _At for part in column) for column in columns] for columns in tables]
    plain: dict[str, tuple[int, Any]] = {}
    for columns, marks in zip(tables, mixed, strict=True):
        for part in (part for column, mark in zip(columns, marks, strict=True) if mark for part in column):
            if type(part) is not _At:
                plain.setdefault(repr(part), (len(plain), part))
    places = {at: len(plain) + n for n, at in enumerate(at for key in ordered for at in groups[key])}

    def written(part: Any) -> int:
        return places[part] if type(part) is _At else plain[repr(part)][0]

    return [
        [_PLAIN, [False, [part for _, part in plain.values()]]],
        *(
            [
                number,
                *([mark, list(map(written, c)) if mark else list(c)] for c, mark in zip(columns, marks, strict=True)),
            ]
            for (_, number), columns, marks in zip(ordered, tables, mixed, strict=True)
        ),
    ]


def _columns(number: int, held: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """What objects of one class hold; of tuples and dictionaries how many each holds, and then all of it."""
    kind = _CLASSES[number]
    if kind is tuple:
        return [list(map(len, held)), [part for each in held for part in each]]
    if kind is dict:
        keys, values = ([part for each in held for part in each[start::2]] for start in (0, 1))
        return [[len(each) // 2 for each in held], keys, values]
    return list(zip(*held, strict=True))


def _held(value: Any) -> list[Any]:
    if isinstance(value, Enum):
        return [value.value]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    if isinstance(value, BaseModel):
        return [" ".join(sorted(value.model_fields_set)), *(getattr(value, name) for name in type(value).model_fields)]
    assert is_dataclass(value)
    return [getattr(value, field.name) for field in fields(value)]


def _decoded(groups: Sequence[Sequence[Any]]) -> Any:
    objects: list[Any] = []
    for number, *columns in groups:
        objects += _made(number, [list(map(objects.__getitem__, c)) if mark else c for mark, c in columns])
    return objects[-1]


def _made(number: int, columns: Sequence[Sequence[Any]]) -> Iterable[Any]:
    """The objects of a class that hold what stands in columns."""
    if number == _PLAIN:
        return columns[0]
    kind: Any = _CLASSES[number]
    if kind is tuple:
        members = iter(columns[1])
        return (tuple(islice(members, size)) for size in columns[0])
    if kind is dict:
        pairs = zip(*columns[1:], strict=True)
        return (dict(islice(pairs, size)) for size in columns[0])
    if issubclass(kind, BaseModel):
        names = tuple(kind.model_fields)
        return (
            kind.model_construct(set(given.split()), **dict(zip(names, held, strict=True)))
            for given, *held in zip(*columns, strict=True)
        )
    return map(kind, *columns)
