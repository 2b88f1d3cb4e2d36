"""A study written as a real Brightway 2.5 project, which plain bw2data and bw2calc solve without this package.

The only importer of bw2data and bw2io, and only when called: importing bw2data creates a default project in
Brightway's data folder. Amounts are stored by bw2data with 24 bits, so scores agree to about 1e-7.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.methods.categories import CATEGORIES
from lca.methods.library import Library
from lca.report.brightway import nodes
from lca.report.brightway.nodes import BACKGROUND, BIOSPHERE, FOREGROUND, METHODS, PUBLISHED, Key, Model, plain


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


def export_project(study: Model, project: str, base_dir: str | Path | None = None, overwrite: bool = False) -> Exported:
    """Write a study as a Brightway project: databases, methods, one activity per scenario tagged `functional_unit`.

    `base_dir` becomes Brightway's data folder for the rest of the process; by default it stays Brightway's own. A
    project of this name is replaced only with `overwrite`, and only once the new one is complete. Categories whose
    score is missing are zero there: the tagged activity says under `completeness` which ones.
    Raises UsageError where the project exists.
    """
    if not project.strip():
        raise UsageError("a project needs a name")
    with _quiet():
        bd = _bw2data(base_dir)
        with _built_aside(bd, project, overwrite) as folder:
            _write(bd, study)
    return Exported(
        project,
        folder,
        tuple((FOREGROUND, system.name) for system in study.systems),
        tuple(method_name(category) for category in study.categories),
        len(study.activities),
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep bw2data's and bw2io's progress off stdout, which may be read by a program, and off ours on stderr."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _bw2data(base_dir: str | Path | None) -> Any:
    """The module, on the data folder asked for: it reads BRIGHTWAY2_DIR when it is imported, and then never again."""
    if base_dir is None:
        try:
            return importlib.import_module("bw2data")
        except OSError as error:  # BRIGHTWAY2_DIR names no folder, or there is no home to write to
            raise UsageError(f"Brightway has no data folder: {error}") from None
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


@contextlib.contextmanager
def _built_aside(bd: Any, project: str, overwrite: bool) -> Iterator[Path]:
    """Switch to a project of another name, renamed to `project` once the block has ended well, else removed."""
    from bw_processing import safe_filename

    before, aside = bd.projects.current, f"{project}, being written by process {os.getpid()}"
    target = bd.projects.dir.parent / safe_filename(project, full=False)
    if not overwrite and (project in bd.projects or target.exists()):
        raise UsageError(f"a Brightway project {project!r} exists, or its data do: choose another name, or overwrite")
    try:
        bd.projects.set_current(aside)
        yield target
        written, logs = bd.projects.dir, bd.projects.logs_dir
        bd.projects.set_current("default" if before == project else before)  # closes the files of the new one
        if project in bd.projects:
            bd.projects.delete_project(project, delete_dir=True)
        shutil.rmtree(target, ignore_errors=True)  # data of a project deleted without them
        shutil.rmtree(logs, ignore_errors=True)
        written.rename(target)
        dataset = next(found for found in bd.projects if found.name == aside)
        dataset.name = project
        dataset.save()
    except BaseException:  # an interrupt leaves no half of a project
        bd.projects.set_current(before)
        if aside in bd.projects:
            bd.projects.delete_project(aside, delete_dir=True)
        raise


def _write(bd: Any, study: Model) -> None:
    bw2io = importlib.import_module("bw2io")
    bw2io.create_default_biosphere3()
    results = {nodes.pseudo_flow(r): r for a in study.activities.values() for r in nodes.admitted(a, study.categories)}
    scenarios = {scenario.name: scenario for scenario in study.scenarios}
    content = {
        PUBLISHED: {key: nodes.published(result) for key, result in sorted(results.items())},
        BACKGROUND: {(BACKGROUND, id): nodes.activity(a, study.categories) for id, a in study.activities.items()},
        FOREGROUND: {
            (FOREGROUND, s.name): nodes.functional_unit(s, scenarios.get(s.name), study) for s in study.systems
        },
    }
    for name, data in content.items():
        database = bd.Database(name)
        database.register(write_empty=False, made_by="ai-lca", provenance=dict(study.provenance))
        database.write(plain(data))
    ids = {(node["database"], node["code"]): node.id for name in (BIOSPHERE, PUBLISHED) for node in bd.Database(name)}
    for id in study.categories:
        factors = [(ids[BIOSPHERE, code], factor) for code, factor in Library.load().factors[id].items()]
        factors += [(ids[key], 1.0) for key, result in results.items() if result.category == id]
        method = bd.Method(method_name(id))
        method.register(unit=CATEGORIES[id].unit, category=id)
        method.write(factors)


def method_name(category: str) -> tuple[str, ...]:
    """Name of the method that a category becomes."""
    return (METHODS, *CATEGORIES[category].name)
