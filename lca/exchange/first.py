"""First scenarios: a commented file of one of five kinds, with an analyst's answers in it, that assesses as it is.

The same texts are the examples of the manual, so that what it shows is what loads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.quantities.documents import Document
from lca.quantities.outputs import write_text
from lca.quantities.records import ID, near
from lca.quantities.units import WHITELIST
from lca.system.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for a place `<key>` of a text."""

    key: str
    asks: str
    usual: str
    """What stands there without an answer."""


_HEAD = """\
schema = 2
name = "<name>"
# What is delivered: every number below is shared among this amount, or per unit of it.
functional_unit = { amount = "<amount>", service = "<service>", period = "1 year" }
electricity = "<electricity>"  # `lca list electricity`
facility = "<facility>"  # `lca list facilities`; its PUE, WUE and building; "none": outside any data centre
"""
_TAIL = """
[sources.answers]
title = "Answers of the analyst"
confidence = "assumption"
note = "Replace by the source of each number: a record, an invoice, a data sheet."
"""
_COMMON = (
    Question("name", "Name of the scenario", "My service"),
    Question("amount", "Amount of service in a year", "1e6 inference"),
    Question("service", "The service in words", "answer of a model"),
    Question("electricity", "Electricity", "electricity-fr"),
    Question("facility", "Facility", "facility-colocation"),
)
_SERVER = (
    Question("server", "Server", "server-dgx-h100"),
    Question("count", "Servers beside each other", "1"),
    Question("power", "Mean power of each server at its plug, while allocated", "5 kW"),
    Question("hours", "Hours for which each server was allocated", "100 h"),
    Question("utilisation", "Allocated over powered hours of the server", "40 %"),
)
_RUN = """\
it_power = { value = "<power>", source = "answers" }
power_of = "server"  # or "accelerator", or "run": what draws that power
device_time = { value = "<hours>", source = "answers" }  # of each server
count = <count>  # 16 accelerators in servers of 8: count = 2
server = "<server>"
utilisation = { value = "<utilisation>", source = "answers" }  # 1 where the power is a mean with idle time in it
"""
_TEXTS: Mapping[str, tuple[str, tuple[Question, ...]]] = {
    "training": (
        f"""{_HEAD}
[training]
{_RUN}serves = "<serves>"  # all that the trained model will ever serve: the training is shared among it

# What went before it, as a part of the training; or run by run, as [[experiments]]; or none = "why there was none".
[development]
factor = {{ value = "<development> 1", source = "answers" }}
{_TAIL}""",
        (
            *_COMMON,
            *_SERVER,
            Question("serves", "All that the trained model will serve", "1e8 inference"),
            Question("development", "Effort of experiments and failed runs, over that of the training", "1"),
        ),
    ),
    "serving": (
        f"""{_HEAD}
[inference]
{_RUN}serves = "<amount>"

# What the answers take on their way.
[network]
transfer = {{ network = "network-fixed-2020", data = {{ value = "<bytes>", source = "answers" }} }}
serves = "<amount>"
{_TAIL}""",
        (*_COMMON, *_SERVER, Question("bytes", "Data that pass through the network in all", "1 GB")),
    ),
    "fleet": (
        f"""{_HEAD}
[end_user_device]
serves = "<amount>"
# server = "board-raspberry-pi-4b"  # the device, where the catalogue has it; else its making is a named gap

[end_user_device.fleet]
devices = {{ value = "<devices> 1", source = "answers" }}
active = {{ value = "<active>", source = "answers" }}
period = {{ value = "1 year", source = "answers" }}
active_power = {{ value = "<active_power>", source = "answers" }}  # of one device at its plug
standby_power = {{ value = "<standby_power>", source = "answers" }}
share = {{ value = "<share> 1", source = "answers" }}  # of the device and its standby
share_by = "time"  # or "energy", or "device" for one that serves nothing else
{_TAIL}""",
        (
            *_COMMON,
            Question("devices", "Devices", "1e6"),
            Question("active", "Time at work for this service", "20 min/day"),
            Question("active_power", "Power of a device at work", "3 W"),
            Question("standby_power", "Power of a device that waits", "500 mW"),
            Question("share", "Part of the device that is this service's", "0.1"),
        ),
    ),
    "federated": (
        f"""{_HEAD}
[sites.clients]
electricity = "<client_electricity>"
facility = "none"

[[training]]
name = "clients"
site = "clients"
serves = "<serves>"
# Each client computes for rounds × its part of the rounds × time of a round; write a run for each country.
[training.fleet]
devices = {{ value = "<clients> 1", source = "answers" }}
active = {{ value = "<active>", source = "answers" }}
period = {{ value = "1 day", source = "answers" }}
active_power = {{ value = "<active_power>", source = "answers" }}
standby_power = {{ value = "0 W", source = "answers" }}
share = {{ value = "0 1", source = "answers" }}  # the device is there without it
share_by = "time"

[[training]]
name = "aggregation in the data centre"
it_energy = {{ value = "<aggregation>", source = "answers" }}
serves = "<serves>"

[network]
# Rounds × clients that take part × (model down + model up).
transfer = {{ network = "network-fixed-2020", data = {{ value = "<bytes>", source = "answers" }} }}
serves = "<serves>"
{_TAIL}""",
        (
            *_COMMON,
            Question("client_electricity", "Electricity of the clients", "electricity-de"),
            Question("clients", "Clients", "100"),
            Question("active", "Time that a client computes, in all", "10 min/day"),
            Question("active_power", "Power of a client at work", "10 W"),
            Question("aggregation", "Energy of the aggregation", "0.1 kWh"),
            Question("bytes", "Data down and up, of all rounds", "400 MB"),
            Question("serves", "All that the trained model will serve", "1e8 inference"),
        ),
    ),
    "record": (
        f"""{_HEAD}
[<phase>]
measurement = "<record>"  # its energy, duration and what it delivered
serves = "<serves>"
server = "<server>"  # the equipment: the machine of the record, or one like it
utilisation = {{ value = "<utilisation>", source = "answers" }}
{_TAIL}""",
        (
            *_COMMON,
            Question("record", "Record of a measurement, in this folder or below", "run.json"),
            Question("phase", "Phase: training, compression or inference", "inference"),
            Question("serves", "What the run is shared among", "1e6 inference"),
            Question("server", "Server", "server-1x-a100"),
            Question("utilisation", "Allocated over powered hours of the server", "40 %"),
        ),
    ),
}
KINDS = tuple(_TEXTS)
"""Kinds of first scenarios."""


def questions(kind: str) -> tuple[Question, ...]:
    """What is asked for a kind. Raises UsageError with near kinds."""
    if kind not in _TEXTS:
        raise UsageError(
            gettext(
                "no first scenario {kind!r}{hint}; there are: {kinds}",
                kind=kind,
                hint=near(kind, KINDS),
                kinds=", ".join(KINDS),
            )
        )
    return _TEXTS[kind][1]


def text(kind: str, answers: Mapping[str, str]) -> str:
    """The file, with what is usual where there is no answer. Raises UsageError for an answer to no question."""
    asked = {question.key: question.usual for question in questions(kind)}
    if unknown := [key for key in answers if key not in asked]:
        raise UsageError(
            gettext(
                "nothing asks for {unknown!r}{hint}; there are: {asked}",
                unknown=unknown[0],
                hint=near(unknown[0], asked),
                asked=", ".join(asked),
            )
        )
    written = {key: json.dumps(value, ensure_ascii=False)[1:-1] for key, value in {**asked, **answers}.items()}
    return re.sub(r"<([a-z_]+)>", lambda place: written[place[1]], _TEXTS[kind][0])


def first_scenario(kind: str, id: str, folder: Path, answers: Mapping[str, str]) -> Path:
    """Write a first scenario, which nothing is written over; its path.

    Raises UsageError, and InvalidData for answers that no scenario can hold.
    """
    if not re.fullmatch(ID, id):
        raise UsageError(
            gettext("{id!r} is no name for a file: lower-case letters and digits, joined by hyphens", id=id)
        )
    path = folder / f"{id}.toml"
    if path.exists():
        raise UsageError(gettext("{path} exists: give another name", path=path))
    content = text(kind, _of_record(folder, answers) if kind == "record" else answers)
    Scenario.of(Document.parse(content, path, str(path)))
    write_text(path, content)
    return path


def _of_record(folder: Path, answers: Mapping[str, str]) -> Mapping[str, str]:
    """Answers, with what the record says of itself where the analyst said nothing."""
    path = folder / answers.get("record", "run.json")
    if not path.is_file():
        raise UsageError(
            gettext(
                "no record {path}: name one, `--set record=PATH`, in the folder of the scenario or below", path=path
            )
        )
    record = Measurement.load(path)
    stated: dict[str, Any] = {"name": record.name, "phase": str(record.phase).replace("-", "_").replace(" ", "_")}
    if record.amount and record.amount.unit in WHITELIST:
        stated |= {"amount": str(record.amount), "serves": str(record.amount)}
    if record.task:
        stated["service"] = record.task
    return {**stated, **answers}
