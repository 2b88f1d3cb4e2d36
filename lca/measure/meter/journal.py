"""The journal beside the record: one JSON line per reading, on disk before the next one, so that a kill loses a second.

The first line says what runs; a reading is a list: seconds since the start, then a number for each of the latest
names. A last line that was torn by the end of the program is not read.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from lca.errors import Fault, InvalidData, MissingKey, NewerSchema, NotFinite, Problem, Syntax, Unreadable, WrongType
from lca.languages import gettext
from lca.measure.counters.counter import Reading, Span
from lca.measure.meter.timeline import Ran, Timeline

VERSION = 1
REPORTED = ("described", "facts", "notes", "software")
"""Fields of a run that a line holds where they have changed."""
_RENAMED = re.compile(" doubt$")  # as journals had it before the error of a counter was named so
LONGEST_LINE = 1_000_000  # bytes; of a longer line the rest counts as one more, and neither is JSON


class Journal:
    """Appends to a new file; a disk that is full ends the journal, not the run."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, FileExistsError among others."""
        self.path, self.fault = path, ""
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
        self._names: list[str] = []

    @classmethod
    def beside(cls, output: Path) -> Journal:
        """`run.json.journal`, or `run.json.2.journal` where that is left of a run that was killed. Raises OSError."""
        output.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            try:
                return cls(output.with_name(f"{output.name}{f'.{number}' if number > 1 else ''}.journal"))
            except FileExistsError:
                number += 1

    def write(self, line: Mapping[str, Any], reading: Reading | None = None, sync: bool = False) -> None:
        """Append a line, with a reading; `sync`: and wait until it is on disk."""
        content = dict(line)
        if reading:
            if (names := list(reading.used)) != self._names:
                self._names = content["names"] = names
            content["reading"] = [reading.time, *reading.used.values()]
        if self.fault:
            return
        try:
            os.write(self._file, (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode())
            if sync:
                os.fsync(self._file)
        except (OSError, ValueError) as error:
            self.fault = f"the journal {self.path.name} ended early: {error}"

    def remove(self) -> None:
        """The record is saved."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        os.close(self._file)


def replayed(path: Path) -> Ran:
    """The run of a journal, up to its last reading. Raises InvalidData."""
    lines = _lines(path)
    number, head = next(lines, (1, {}))
    if "journal" not in head:
        raise _invalid(path, number, MissingKey(gettext("this is no journal of a run")))
    if head["journal"] != VERSION:
        raise _invalid(
            path,
            number,
            NewerSchema(
                gettext("the journal has version {stated!r}, not {version}", stated=head["journal"], version=VERSION)
            ),
        )
    try:
        return _replayed(path, head, chain([(number, head)], lines))
    except (KeyError, TypeError, AttributeError) as error:
        raise _invalid(
            path,
            number,
            MissingKey(gettext("the journal lacks something that it must hold: {error}", error=str(error))),
        ) from None


def _replayed(path: Path, head: Mapping[str, Any], lines: Iterable[tuple[int, Any]]) -> Ran:
    baseline = Span(head["baseline"][0], head["baseline"][1]) if head.get("baseline") else None
    ran: Ran | None = None
    names: list[str] = []
    for number, line in lines:
        if "names" in line:
            names = [_RENAMED.sub(" error", name) for name in line["names"]]
        reading = _reading(path, number, line["reading"], names)
        if ran is None:
            ran = Ran(head["header"], {}, Timeline(reading, head["spacing"]), baseline=baseline, interrupted=True)
        elif reading.time < ran.timeline.last.time:
            raise _invalid(path, number, WrongType(gettext("the times of the readings do not ascend")))
        if "open" in line:
            ran.timeline.open(line["open"], line["window"], reading)
        elif "close" in line:
            ran.timeline.close(line["close"], reading)
        elif ran.timeline.first is not reading:
            ran.timeline.sample(reading)
        ran.described = line.get("described", ran.described)
        ran.facts = line.get("facts", ran.facts)
        ran.notes = line.get("notes", ran.notes)
        ran.software = line.get("software", ran.software)
    if ran is None or ran.timeline.span.duration <= 0:
        raise _invalid(
            path, 1, MissingKey(gettext("the run was cut off before its first sample: there is nothing to recover"))
        )
    ran.timeline.end(ran.timeline.last)
    return ran


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of each line but a torn last one. Raises InvalidData."""
    from lca.quantities.documents import must_be_file  # here, for it takes time that a run would be charged for

    torn: InvalidData | None = None
    try:
        must_be_file(path)
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
                if torn:
                    raise torn
                try:
                    yield number, _content(path, number, line)
                except InvalidData as error:
                    torn = error
    except OSError as error:
        raise _invalid(path, 0, Unreadable(error.strerror or str(error))) from None
    except Unreadable as fault:
        raise _invalid(path, 0, fault) from None


def _content(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _invalid(path, number, Syntax(gettext("not a line of JSON: {error}", error=str(error)))) from None
    if not isinstance(content, dict):
        raise _invalid(path, number, WrongType(gettext("not a table of keys and values")))
    return content


def _reading(path: Path, number: int, values: Any, names: list[str]) -> Reading:
    if not isinstance(values, list) or len(values) != len(names) + 1:
        raise _invalid(path, number, WrongType(gettext("a reading is a time and {count} numbers", count=len(names))))
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        raise _invalid(path, number, NotFinite(gettext("a reading holds what is no finite number")))
    return Reading(values[0], dict(zip(names, values[1:], strict=True)))


def _invalid(path: Path, line: int, fault: Fault) -> InvalidData:
    return InvalidData([Problem(str(path), line, "", str(fault), fault.remedy)])
