"""Scaphandre: the file of its JSON exporter, one report after the other, with the host's power in microwatts.

Reports follow each other with nothing between (1.0), or stand in an array; fields from its source, exporters/json.rs.
The host's power is what its RAPL domains add up to, which the file does not divide reliably among sockets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationError

from lca.errors import Fault
from lca.measure.formats.draft import Draft, Options, one_file
from lca.measure.formats.faults import Damaged
from lca.measure.formats.foreign import Answer, Foreign, since_1970
from lca.measure.formats.sampled import Sampled
from lca.vocabulary import Component

TOOL = "Scaphandre"
USES: frozenset[str] = frozenset()


class _Host(Answer):
    consumption: float = Field(ge=0, le=1e12)
    timestamp: float


class _Report(Answer):
    host: _Host


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text[:1_000_000]
    keys = ('"host"', '"consumption"', '"consumers"', '"sockets"')
    return len(files) == 1 and head.lstrip()[:1] in ("{", "[") and all(key in head for key in keys)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of the host, integrated."""
    file = one_file(files)
    sampled = Sampled(file)
    for line, report in _reports(file):
        try:
            sampled.add(line, "", since_1970(report.host.timestamp), report.host.consumption / 1e6)
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    first, start, end = sampled.interval()
    note = "; RAPL's domains of the whole host, not told apart"
    return Draft(
        started=first + timedelta(seconds=start),
        seconds=end - start,
        findings=list(sampled.findings(Component.OTHER, f"{TOOL}, power of the host", note)),
        facts={"comment": f"{TOOL}: from the first to the last report{note}"},
    )


def _reports(file: Foreign) -> Iterator[tuple[int, _Report]]:
    for line, content in file.values():
        yield line, _report(file, line, content)


def _report(file: Foreign, line: int, content: Any) -> _Report:
    try:
        return _Report.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise file.refusal(line, where, Damaged(str(first["msg"]))) from None
