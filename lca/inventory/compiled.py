"""The linked catalogue, kept in the user's cache folder under the hash of all that it is made of.

Reading, linking and checking the files of an inventory takes most of the time of a short command. What came out of it
is kept as JSON with a checksum, and taken where every file of every folder, the elementary flows, and the code that
reads them are what they were: a file that changed is read and checked as ever. A catalogue with a problem is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
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
    return tuple(_decoded(content["rows"]))


def keep_parts(roots: Sequence[Path], digest: str, parts: tuple[Any, ...]) -> None:
    """Keep the parts of a catalogue, in place of those of earlier files of the same folders; of the last folders."""
    if not digest:
        return
    try:
        rows = _encoded(parts)
    except KeyError:
        return
    keep(_path(roots), {"digest": digest, "rows": rows})
    only_last(_path(roots), MOST_KEPT)


def _path(roots: Sequence[Path]) -> Path:
    named = "\n".join(f"{os.path.abspath(root)} {shown(root)}" for root in roots).encode("utf-8", "surrogateescape")
    return cache_folder() / f"catalogue-{hashlib.sha256(named).hexdigest()[:16]}.json"


def _encoded(parts: tuple[Any, ...]) -> list[list[Any]]:
    """Objects as rows: the number of a class and what it holds; a whole number there is that of an earlier row."""
    rows: list[list[Any]] = []
    placed: dict[Any, int] = {}

    def place(value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (str, float, bool):
            return value
        key = (kind, value) if kind in (int, Stage, FlowState, Range, Flow, State) else id(value)
        if key not in placed:
            row = [_NUMBER[kind], *map(place, _held(value))]
            placed[key] = len(rows)
            rows.append(row)
        return placed[key]

    place(parts)
    return rows


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


def _decoded(rows: Sequence[Sequence[Any]]) -> Any:
    objects: list[Any] = []
    names = {number: tuple(kind.model_fields) for number, kind in enumerate(_CLASSES) if issubclass(kind, BaseModel)}
    for number, *row in rows:
        kind, held = _CLASSES[number], [objects[part] if type(part) is int else part for part in row]
        if number in names:
            set_ = set(held[0].split())
            made: Any = kind.model_construct(set_, **dict(zip(names[number], held[1:], strict=True)))
        elif kind is tuple:
            made = tuple(held)
        elif kind is dict:
            made = dict(zip(held[::2], held[1::2], strict=True))
        else:
            made = kind(*held)
        objects.append(made)
    return objects[-1]
