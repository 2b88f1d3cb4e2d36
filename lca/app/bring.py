"""The room into which a file is dropped: a record, another tool's log, a scenario or a workbook of scenarios."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lca.app import shown
from lca.app.assessing import Assessor
from lca.app.nodes import Node, filled, node, place
from lca.app.window import Entry, added, entries, window
from lca.builtin import folder
from lca.errors import Fault, InvalidData, LcaError, UsageError
from lca.exchange.excel.reading import read_workbook
from lca.exchange.excel.writing import choices
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext, gettext_noop, named
from lca.measure.formats import IMPORTERS, import_record
from lca.measurement.record import Measurement
from lca.quantities.documents import Document
from lca.quantities.units import Amount
from lca.report import words
from lca.report.words import number
from lca.system.scenario import PHASES, Scenario

NAME, TITLE = "bring", gettext_noop("Bring a file")
LARGEST = 20_000_000
"""Bytes of a file."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file holds: scenarios, or the record of one run."""

    scenarios: tuple[Entry, ...] = ()
    record: Measurement | None = None
    remarks: tuple[str, ...] = field(default=())
    """What its reader doubts."""


def layout(assessor: Assessor) -> Any:
    from dash import dcc, html

    ids = choices(assessor.catalogue)
    return [
        html.H2(gettext(TITLE)),
        html.P(
            gettext(
                "A measurement record, a file of {tools}, a scenario (TOML) or a workbook of scenarios. It is read on "
                "this machine.",
                tools=", ".join(IMPORTERS),
            )
        ),
        dcc.Upload(
            html.Div([gettext("Drop a file here, or"), " ", html.Button(gettext("choose one"))]),
            id="dropped",
            className="drop",
            max_size=LARGEST,
        ),
        *place("brought", role="status"),
        dcc.Store(id="record"),
        html.Div(
            [
                html.Div(
                    [
                        html.Label(gettext("Where did it run? Electricity of"), htmlFor="ran-on"),
                        dcc.Dropdown(
                            ids["electricity"], id="ran-on", placeholder=gettext("choose a place"), maxHeight=300
                        ),
                    ],
                    className="field",
                ),
                html.Div(
                    [
                        html.Label(gettext("In which building?"), htmlFor="ran-in"),
                        dcc.Dropdown(
                            ids["facility"], id="ran-in", placeholder=gettext("not stated: a gap"), maxHeight=300
                        ),
                    ],
                    className="field",
                ),
                html.Div(
                    [
                        html.Label(gettext("On which equipment?"), htmlFor="ran-with"),
                        dcc.Dropdown(
                            ids["server"], id="ran-with", placeholder=gettext("not stated: a gap"), maxHeight=300
                        ),
                    ],
                    className="field",
                ),
                html.Div(
                    [
                        html.Label(gettext("Its utilisation: allocated over powered hours"), htmlFor="ran-for"),
                        dcc.Input(id="ran-for", type="number", value=0.4, min=0.01, max=1, step="any"),
                    ],
                    className="field",
                ),
                html.Div([html.Button(gettext("Assess it"), id="assess", className="first")], className="buttons"),
            ],
            id="asked",
            className="fields",
            hidden=True,
        ),
        *place("bring-problems", role="alert"),
    ]


def callbacks(made: Any, assessor: Assessor) -> None:
    from dash import Input, Output, State, ctx, no_update

    filled(made, "brought", "bring-problems")

    def dropped(content: Any, name: Any, held: Any) -> Any:
        """What the file is; scenarios are compared at once, a record asks where it ran."""
        unchanged: list[Any] = [no_update] * 4
        if not content:
            return [], no_update, True, [], *unchanged
        try:
            brought = read(str(name), content, assessor.catalogue)
            if brought.record is None:
                present = entries(held)
                for entry in brought.scenarios:
                    present = added(present, entry)
                assessor.study(present)
                return [], None, True, [], None, None, window(present), "compare"
        except (LcaError, Fault) as error:
            wrong = error if isinstance(error, LcaError) else UsageError(f"{error}; {error.remedy}")
            return [], None, True, shown.problems(wrong), *unchanged
        record = brought.record
        place, server = guessed(record, assessor.catalogue)
        kept = record.model_copy(update={"power": ()}).model_dump(mode="json", by_alias=True, exclude_none=True)
        return _told(record, brought.remarks), kept, False, [], place, server, no_update, no_update

    made.callback(
        Output("brought-nodes", "data"),
        Output("record", "data"),
        Output("asked", "hidden"),
        Output("bring-problems-nodes", "data"),
        Output("ran-on", "value"),
        Output("ran-with", "value"),
        Output("window", "data", allow_duplicate=True),
        Output("room", "data", allow_duplicate=True),
        Input("dropped", "contents"),
        State("dropped", "filename"),
        State("window", "data"),
        prevent_initial_call=True,
    )(dropped)

    def assessed(clicked: Any, record: Any, place: Any, building: Any, server: Any, used: Any, held: Any) -> Any:
        if not record or not ctx.triggered_id:
            return no_update, no_update, no_update
        try:
            if not place:
                raise UsageError(gettext("choose where it ran: the electricity of a place"))
            entry = of_record(record, place, building, server, used)
            present = added(entries(held), entry)
            assessor.study(present)
        except LcaError as error:
            return shown.problems(error), no_update, no_update
        return [], window(present), "compare"

    made.callback(
        Output("bring-problems-nodes", "data", allow_duplicate=True),
        Output("window", "data", allow_duplicate=True),
        Output("room", "data", allow_duplicate=True),
        Input("assess", "n_clicks"),
        State("record", "data"),
        State("ran-on", "value"),
        State("ran-in", "value"),
        State("ran-with", "value"),
        State("ran-for", "value"),
        State("window", "data"),
        prevent_initial_call=True,
    )(assessed)


def read(name: str, content: str, catalogue: Catalogue) -> Brought:
    """What a dropped file holds; `content` is as a browser sends it. Raises InvalidData as the file's reader does."""
    try:
        data = base64.b64decode(content.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(gettext("the file did not arrive whole: drop it once more")) from None
    if len(data) > LARGEST:
        raise UsageError(gettext("{size:,} bytes; at most {most:,} are read", size=len(data), most=LARGEST))
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).name).strip(".-") or "file"
    with TemporaryDirectory() as made, warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        path = Path(made) / safe
        path.write_bytes(data)
        try:
            brought = _read(path, catalogue)
        except InvalidData as error:
            raise InvalidData([_without(problem, made) for problem in error.problems]) from None
        except LcaError as error:
            raise UsageError(str(error).replace(f"{made}/", "")) from None
    told = tuple(dict.fromkeys(str(remark.message) for remark in remarks if remark.category is UserWarning))
    return Brought(brought.scenarios, brought.record, told)


def _without(problem: Any, made: str) -> Any:
    from dataclasses import replace

    return replace(problem, file=problem.file.replace(f"{made}/", ""), what=problem.what.replace(f"{made}/", ""))


def _read(path: Path, catalogue: Catalogue) -> Brought:
    if path.suffix == ".toml":
        document = Document.parse(path.read_text("utf-8", "replace"), folder("scenarios") / path.name, path.name)
        Scenario.of(document)
        return Brought((Entry(path.stem, document.content),))
    if path.suffix in (".xlsx", ".xlsm"):
        scenarios = read_workbook(path, folder("scenarios"))
        return Brought(tuple(Entry(s.document.path.stem, s.document.content) for s in scenarios if s.document))
    if path.suffix == ".json" and "schema" in Document.read(path, path.name).content:
        return Brought(record=Measurement.load(path, path.name))
    return Brought(record=import_record("auto", [path], catalogue=catalogue))


def guessed(record: Measurement, catalogue: Catalogue) -> tuple[str | None, str | None]:
    """The electricity of the record's country, and a server that has its accelerator; None: not to be told."""
    country = (record.location.country or "").lower() if record.location else ""
    place = f"electricity-{country}"
    devices = [device.id for device in record.devices if device.id]
    servers = [id for id in choices(catalogue)["server"] if any(_holds(catalogue, id, device) for device in devices)]
    return place if place in catalogue.activities else None, servers[0] if len(servers) == 1 else None


def _holds(catalogue: Catalogue, server: str, device: str) -> bool:
    return any(input.activity == device for input in catalogue.activities[server].inputs)


def of_record(record: Mapping[str, Any], place: str, building: Any, server: Any, used: Any) -> Entry:
    """A scenario of one run: its service is what the run delivered, or the run itself. Raises InvalidData."""
    run = Measurement.model_validate(record)
    table = next((table for table, phase in PHASES.items() if phase == run.phase), "training")
    served = run.amount or Amount(1.0, "item")
    path = f"runs/{re.sub(r'[^a-z0-9]+', '-', run.name.lower()).strip('-')[:60] or 'run'}.json"
    effort: dict[str, Any] = {"measurement": path}
    content: dict[str, Any] = {
        "name": run.name,
        "functional_unit": {"amount": str(served), "service": run.task or f"one run of {run.name}"},
        "electricity": place,
        table: effort,
    }
    if run.amount is None:
        effort["serves"] = str(served)
    if building:
        content["facility"] = building
    if server:
        effort |= {"server": server, "utilisation": {"value": float(used or 0), "source": "stated"}}
        title = "Stated by hand in the page of lca app"
        content["sources"] = {"stated": {"title": title, "confidence": "assumption"}}
    return Entry(path.removeprefix("runs/").removesuffix(".json"), content, {path: dict(record)})


def _told(record: Measurement, remarks: Sequence[str]) -> list[Node]:
    """What a record says, before it is assessed."""

    energies = [
        f"{named(entry.component)} {number(entry.energy.amount)} kWh ({named(entry.origin)})" for entry in record.energy
    ]
    if record.it_energy:
        energies.append(gettext("at the plug {energy} kWh", energy=number(record.it_energy.amount)))
    unmeasured = [f"{named(m.component)} ({m.reason})" for m in record.unmeasured]
    said = {
        gettext("Run"): record.name,
        gettext("Tool"): record.imported.tool if record.imported else "lca",
        gettext("Phase"): named(record.phase),
        gettext("Duration"): f"{number(record.duration.amount)} h",
        gettext("Energy"): words.joined(energies) or gettext("none"),
        gettext("Not measured"): words.joined(unmeasured) or gettext("nothing"),
        gettext("Devices"): ", ".join(device.name for device in record.devices) or gettext("not stated"),
        gettext("Delivered"): str(record.amount or gettext("not stated: the service is the run itself")),
    }
    rows = [part for label, text in said.items() for part in (node("dt", label), node("dd", shown.clean(text)))]
    return [node("dl", rows), *(node("p", shown.clean(remark), class_="note") for remark in remarks)]
