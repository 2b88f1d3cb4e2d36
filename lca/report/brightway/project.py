"""A study as a real Brightway 2.5 project, or in one, which plain bw2data and bw2calc solve without this package.

The only importer of bw2data and bw2io, and only when called: importing bw2data creates a default project in
Brightway's data folder. Amounts are stored by bw2data with 24 bits, so scores agree to about 1e-7.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.methods.library import Flow, Library
from lca.quantities.outputs import abandoned, locked
from lca.report.brightway import nodes
from lca.report.brightway.nodes import OURS, Key, Names, Writer, plain
from lca.report.brightway.parameters import NamedNumbers
from lca.study.study import Study

_STANDARD = Names().biosphere
"""The database of elementary flows that bw2io makes."""
_EMPTY_PICKLE = 16
"""Bytes; Brightway's file of calculation setups is smaller while it holds none."""


_ASIDE = ", being written by process "
_LOCK = "being-written"
"""File in the folder of a project that is locked while its export lives."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and where."""

    project: str
    folder: Path
    """Folder of the project."""
    functional_units: tuple[Key, ...]
    """Database and code of the activity that delivers the functional unit of each scenario, in their order."""
    methods: tuple[tuple[str, ...], ...]
    """Names, in the order of the study's categories."""
    activities: int
    absent: tuple[str, ...] = ()
    """Elementary flows that the project's biosphere does not have: they are written beside the published values."""


def export_project(
    study: Study,
    project: str,
    base_dir: str | Path | None = None,
    overwrite: bool = False,
    removing: Callable[[Sequence[str]], None] = lambda what: None,
    estimates: bool = False,
    parameters: bool = False,
) -> Exported:
    """Write a study as a Brightway project: databases, methods, one activity per scenario tagged `functional_unit`.

    `base_dir` becomes Brightway's data folder for the rest of the process; by default it stays Brightway's own. A
    project of this name is replaced only with `overwrite`, only where all in it is what this function wrote, and only
    once the new one is complete; `removing` is told before what will go. Categories whose score is missing are zero
    there: the tagged activity says under `completeness` which ones. `estimates`: what the gaps probably hold goes into
    a database of its own, and counts in a second method of each category; the study must have its layers.
    `parameters`: stated numbers of the foreground are activity parameters, and its amounts formulas of them.
    Raises UsageError where the project exists, or holds what was not written here.
    """
    if not project.strip():
        raise UsageError(gettext("a project needs a name"))
    if estimates and study.layers is None:
        raise UsageError(gettext("the study has no estimates: assess it with samples"))
    names, removing = Names(estimates=estimates, parameters=parameters), _aloud(removing)
    with quiet():
        bd = brightway(base_dir)
        with _built_aside(bd, project, overwrite, removing) as folder:
            importlib.import_module("bw2io").create_default_biosphere3()
            absent = _write(bd, study, names)
    return _exported(study, project, folder, names, absent)


def export_into(
    study: Study,
    project: str,
    names: Names,
    base_dir: str | Path | None = None,
    overwrite: bool = False,
    removing: Callable[[Sequence[str]], None] = lambda what: None,
) -> Exported:
    """Write a study into a project that exists: databases and methods of these names beside what is there.

    Elementary flows are those of the project's own biosphere, by code, else by name, compartment and unit; the methods
    have their factors on these. Databases of these names are replaced only with `overwrite`, and only where they were
    written here. On an error what was written is taken back.
    Raises UsageError where there is no such project or biosphere, or a database of one of the names.
    """
    removing = _aloud(removing)
    with quiet():
        bd = brightway(base_dir)
        dataset = next((known for known in bd.projects if known.name == project), None)
        if dataset is None:
            raise UsageError(
                gettext(
                    "no Brightway project {project!r} in {parent}: it is made without --into",
                    project=project,
                    parent=str(bd.projects.dir.parent),
                )
            )
        _replaceable(dataset.dir, names, overwrite, removing)
        before = bd.projects.current
        bd.projects.set_current(project, update=False)
        try:
            if names.biosphere not in bd.databases:
                there = ", ".join(repr(name) for name in bd.databases) or "none"
                raise UsageError(
                    gettext(
                        "no database {biosphere!r} in {project!r}; there are: {there}",
                        biosphere=names.biosphere,
                        project=project,
                        there=there,
                    )
                )
            try:
                absent = _write(bd, study, names)
            except BaseException:
                _remove(bd, names)
                raise
            folder = bd.projects.dir
        finally:
            bd.projects.set_current(before, update=False)
    return _exported(study, project, folder, names, absent)


def _exported(study: Study, project: str, folder: Path, names: Names, absent: Sequence[Flow]) -> Exported:
    return Exported(
        project,
        folder,
        tuple((names.foreground, system.name) for system in study.systems),
        tuple(names.method(category) for category in study.categories),
        len(study.activities),
        tuple(f"{nodes.absent(flow)['name']} | {flow.compartment}" for flow in absent),
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep bw2data's and bw2io's progress off stdout, which may be read by a program, and off ours on stderr."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _aloud(say: Callable[[Sequence[str]], None]) -> Callable[[Sequence[str]], None]:
    """Let something be said as it would be now, also where it is quiet."""
    stdout, stderr = sys.stdout, sys.stderr

    def said(what: Sequence[str]) -> None:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            say(what)

    return said


def brightway(base_dir: str | Path | None) -> Any:
    """The module, on the data folder asked for: it reads BRIGHTWAY2_DIR when it is imported, and then never again."""
    if base_dir is None:
        try:
            return importlib.import_module("bw2data")
        except OSError as error:  # BRIGHTWAY2_DIR names no folder, or there is no home to write to
            raise UsageError(gettext("Brightway has no data folder: {error}", error=str(error))) from None
    folder = Path(base_dir).resolve()
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    if "bw2data" not in sys.modules:
        before = os.environ.get("BRIGHTWAY2_DIR")
        os.environ["BRIGHTWAY2_DIR"] = str(folder)
        try:
            return importlib.import_module("bw2data")
        finally:
            os.environ.pop("BRIGHTWAY2_DIR") if before is None else os.environ.update(BRIGHTWAY2_DIR=before)
    bd = importlib.import_module("bw2data")
    if bd.projects.dir.parent != folder:
        bd.projects.change_base_directories(folder, folder / "logs")
    return bd


def _remove_leftovers(bd: Any) -> None:
    """Remove the halves of projects that killed exports left."""
    from bw_processing import safe_filename

    for name in [project.name for project in bd.projects if _ASIDE in project.name]:
        if abandoned(bd.projects.dir.parent / safe_filename(name, full=False) / _LOCK):
            bd.projects.delete_project(name, delete_dir=True)


@contextlib.contextmanager
def _built_aside(bd: Any, project: str, overwrite: bool, removing: Callable[[Sequence[str]], None]) -> Iterator[Path]:
    """Switch to a project of another name, renamed to `project` once the block has ended well, else removed."""
    from bw_processing import safe_filename

    _remove_leftovers(bd)
    before, aside = bd.projects.current, f"{project}{_ASIDE}{os.getpid()}"
    target = bd.projects.dir.parent / safe_filename(project, full=False)
    known = project in bd.projects
    if (known or target.exists()) and not overwrite:
        raise UsageError(
            gettext(
                "a Brightway project {project!r} exists, or its data do: choose another name, or overwrite",
                project=project,
            )
        )
    if known:
        old = next(dataset for dataset in bd.projects if dataset.name == project).dir
        removing(_removable(old, project))
    elif target.exists():
        raise UsageError(
            gettext(
                "{target} holds data, but of no project {project!r}: choose another name, or move it away",
                target=str(target),
                project=project,
            )
        )
    try:
        bd.projects.set_current(aside)
        with locked(bd.projects.dir / _LOCK):
            yield target
        (bd.projects.dir / _LOCK).unlink()
        written = bd.projects.dir
        bd.projects.set_current("default" if before == project else before)  # closes the files of the new one
        if known:
            bd.projects.delete_project(project, delete_dir=True)
        written.rename(target)
        dataset = next(each for each in bd.projects if each.name == aside)
        shutil.rmtree(bd.projects._base_logs_dir / safe_filename(aside, full=False), ignore_errors=True)
        dataset.name = project
        dataset.save()
    except BaseException:  # an interrupt leaves no half of a project
        bd.projects.set_current(before)
        if aside in bd.projects:
            bd.projects.delete_project(aside, delete_dir=True)
        raise


def _removable(folder: Path, project: str) -> list[str]:
    """What lies in the folder of a project, read without opening it. Raises UsageError unless we wrote all of it."""
    databases = dict(_json(folder / "databases.json", {}))
    methods = ["|".join(name) for name, about in _json(folder / "methods.json", []) if about.get("made_by") != OURS]
    foreign = [f"the database {name!r}" for name, about in databases.items() if name != _STANDARD and not _ours(about)]
    foreign += [f"the method {name!r}" for name in methods if not name.startswith(f"{OURS}|")]
    foreign += [
        f"the database {name!r} as it was changed since" for name, about in databases.items() if _changed(about)
    ]
    setups = folder / "setups.pickle"
    if setups.is_file() and setups.stat().st_size > _EMPTY_PICKLE:
        foreign.append("calculation setups")
    if _parameters(folder / "parameters.db") != sum(about.get("parameters", 0) for about in databases.values()):
        foreign.append("parameters")
    if foreign or not any(_ours(about) for about in databases.values()):
        listed = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
        held = gettext("it holds {listed}", listed=listed) if foreign else gettext("it holds no database of ai-lca")
        raise UsageError(
            gettext(
                "the Brightway project {project!r} was not written by ai-lca alone, so it is not removed:"
                " {held}. Choose another name, write into it (--into), or delete it yourself",
                project=project,
                held=held,
            )
        )
    return [f"the database {name!r} with {about.get('number', 0)} activities" for name, about in databases.items()]


def _replaceable(folder: Path, names: Names, overwrite: bool, removing: Callable[[Sequence[str]], None]) -> None:
    """Raise UsageError unless the databases of these names are absent, or may be replaced."""
    databases = dict(_json(folder / "databases.json", {}))
    taken = {name: databases[name] for name in names.databases if name in databases}
    for name, about in taken.items():
        if not _ours(about) or _changed(about):
            raise UsageError(
                gettext("the database {name!r} is not as ai-lca wrote it: choose another --prefix", name=name)
            )
        if not overwrite:
            raise UsageError(gettext("the database {name!r} exists: choose another --prefix, or overwrite", name=name))
    if taken:
        removing([f"the database {name!r} with {about.get('number', 0)} activities" for name, about in taken.items()])


def _ours(about: dict[str, Any]) -> bool:
    return about.get("made_by") == OURS


def _changed(about: dict[str, Any]) -> bool:
    """Whether one of ours was edited after it was written."""
    return _ours(about) and "written" in about and about["written"] != about.get("modified")


def _parameters(path: Path) -> int:
    """How many parameters a project has."""
    if not path.is_file():
        return 0
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
        tables = {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
        wanted = tables & {"projectparameter", "databaseparameter", "activityparameter"}
        return sum(opened.execute(f"select count(*) from {name}").fetchone()[0] for name in wanted)


def _json(path: Path, absent: Any) -> Any:
    """Brightway's own lists. Raises UsageError where one cannot be read: nobody knows then what would be removed."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return absent
    except (OSError, ValueError) as error:
        raise UsageError(gettext("{path} cannot be read: {error}", path=str(path), error=str(error))) from None


def _write(bd: Any, study: Study, names: Names) -> tuple[Flow, ...]:
    """Write databases and methods into the current project; the flows that its biosphere does not have."""
    biosphere = {(node["database"], node["code"]): node for node in bd.Database(names.biosphere)}
    flows = _linked(Library.load(), names.biosphere, biosphere)
    used = {e.flow.code: e.flow for a in study.activities.values() for e in a.emissions}
    absent = tuple(flow for code, flow in sorted(used.items()) if code not in flows)
    write = Writer(study, names, flows)
    results = {
        nodes.pseudo_flow(r, names): r for a in study.activities.values() for r in nodes.admitted(a, study.categories)
    }
    guessed = {nodes.estimated_flow(row, names): row for row in nodes.estimated(study)} if names.estimates else {}
    content = {
        **({names.estimated: {key: nodes.estimate(row) for key, row in guessed.items()}} if guessed else {}),
        names.published: {
            **{key: nodes.published(result) for key, result in sorted(results.items())},
            **{write.flow(flow): nodes.absent(flow) for flow in absent},
        },
        names.background: {(names.background, id): write.activity(a) for id, a in study.activities.items()},
        names.foreground: {
            (names.foreground, name): write.functional_unit(system, study.scenario_by_name.get(name))
            for name, system in study.system_by_name.items()
        },
    }
    _remove(bd, names)
    for name, data in content.items():
        database = bd.Database(name)
        database.register(write_empty=False, made_by=OURS, provenance=dict(study.provenance))
        database.write(plain(data))
    ids = {key: node.id for key, node in biosphere.items()}
    apart = [names.published, *([names.estimated] if guessed else [])]
    ids |= {(node["database"], node["code"]): node.id for name in apart for node in bd.Database(name)}
    for id in study.categories:
        known = {write.flows.get(code, (names.published, code)): f for code, f in study.factors[id].items()}
        factors = [(ids[key], factor) for key, factor in known.items() if key in ids]
        factors += [(ids[key], 1.0) for key, result in results.items() if result.category == id]
        _method(bd, names.method(id), id, factors)
        if names.estimates:
            extra = [(ids[key], 1.0) for key, row in guessed.items() if row["category"] == id]
            _method(bd, names.method_with_estimates(id), id, [*factors, *extra])
    if names.parameters:
        _parameterise(bd, study, names)
    for name in content:  # the time of the last change by us: a later one is another's
        bd.databases[name]["written"] = bd.databases[name].get("modified")
    bd.databases.flush()
    return absent


def _parameterise(bd: Any, study: Study, names: Names) -> None:
    """Make the stated numbers parameters of the functional units, in a group each."""
    written = importlib.import_module("bw2data.parameters")
    total = 0
    for number, system in enumerate(study.systems, 1):
        group = f"{names.foreground} {number}"
        if stated := NamedNumbers(system).parameters(names.foreground, system.name):
            total += len(stated)
            bd.parameters.new_activity_parameters(stated, group)
            bd.parameters.add_exchanges_to_group(group, (names.foreground, system.name))
            written.ActivityParameter.recalculate_exchanges(group)
    bd.databases[names.foreground]["parameters"] = total


def _method(bd: Any, name: tuple[str, ...], category: str, factors: Sequence[tuple[int, float]]) -> None:
    method = bd.Method(name)
    method.register(unit=CATEGORIES[category].unit, category=category, made_by=OURS)
    method.write(factors)


def _linked(library: Library, database: str, biosphere: dict[Key, Any]) -> dict[str, Key]:
    """Code of an elementary flow → the one of the project: by code, else by name, compartment and unit."""
    normal = importlib.import_module("bw2io.units").normalize_units
    by_name: dict[tuple[str, str, str], Key] = {}
    for key, node in biosphere.items():
        compartment = "/".join(part for part in node.get("categories") or () if part != "unspecified")
        by_name[node.get("name", ""), compartment, normal(node.get("unit") or "")] = key
    dataset_of = {}
    for code, flow in library.flows.items():
        same = (database, code)
        place = same if same in biosphere else by_name.get((flow.name, flow.compartment, normal(flow.unit)))
        if place:
            dataset_of[code] = place
    return dataset_of


def _remove(bd: Any, names: Names) -> None:
    """Take away the databases and methods of these names that are ours."""
    for name in reversed(names.databases):
        if name in bd.databases:
            del bd.databases[name]
    for method in [method for method, about in bd.methods.items() if method[0] == names.prefix and _ours(about)]:
        del bd.methods[method]
