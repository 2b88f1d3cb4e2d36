"""Which rooms may import which packages: what is allowed is listed, so that neither a room nor a package escapes.

That imports between rooms go down only is import-linter's contract in pyproject.toml, which every room must be in.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import lca

PACKAGE = Path(lca.__file__).parent

ALLOWED = {
    "babel": "languages",
    "SALib": "study/sobol.py",
    "amdsmi": "measure/counters/amdsmi.py",
    "bw2calc": "engine",
    "bw2data": "backgrounds/formats.py report/brightway",
    "bw2io": "backgrounds/formats.py report/brightway",
    "dash": "app",
    "flask": "app/server.py",
    "werkzeug": "app/server.py",
    "bw_processing": "backgrounds/formats.py engine report/brightway",
    "jinja2": "report/html/rendering.py",
    "markupsafe": "report/html/rendering.py",
    "distributed": "engine/distribute.py",
    "matplotlib": "report/pictures",
    "openpyxl": "exchange",
    "numpy": "app backgrounds engine estimate quantities/arithmetic.py quantities/kept.py report study system validate "
    "workloads",
    "pandas": "api.py cli/sweeps.py engine inventory/catalogue.py report study",
    "pyarrow": "cli/sweeps.py",
    "pint": "quantities/units.py",
    "platformdirs": "builtin.py",
    "plotly": "app/server.py report/html",
    "prometheus_client": "measure/formats",
    "psutil": "measure",
    "pydantic": "backgrounds campaign inventory measure measurement methods quantities study system validate",
    "pydantic_core": "quantities",
    "pynvml": "measure/counters/nvml.py",
    "rich": "cli progress.py report/terminal",
    "scipy": "backgrounds engine estimate study",
    "stats_arrays": "backgrounds",
    "sklearn": "workloads",
    "torch": "campaign compress measure workloads",
    "torch_pruning": "compress",
    "torchao": "compress",
    "threadpoolctl": "engine/distribute.py",
    "tree_sitter": "quantities/positions.py",
    "typer": "cli",
    "xlsxwriter": "exchange report/excel",
}
"""Third-party package → the rooms, or single files, that may import it."""
LAZY = {"import_module", "needed", "package"}
"""Functions that import the module they are given by name."""
BROUGHT_ALONG = {"amdsmi"}
"""No dependency: it comes with the driver of the hardware that it reads (ROCm)."""
VAGUE = {"found", "mine", "this", "that", "these", "those"}
"""Names of variables that say nothing of what they hold."""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> Iterator[str]:
    """Packages that a file imports, at its head, inside a function, or by name."""
    for node in nodes(path):
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.partition(".")[0]
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]) if called(function) in LAZY:
                yield module.partition(".")[0]


def called(function: ast.expr) -> str:
    """The name of a function that is called; of a method only where it is importlib's."""
    match function:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="importlib"), attr=name):
            return name
    return ""


@cache
def third_party() -> set[tuple[str, str]]:
    """(package, file) of every import of what is neither Python's own nor ours."""
    return {
        (package, path.relative_to(PACKAGE).as_posix())
        for path in PACKAGE.rglob("*.py")
        for package in imported(path)
        if package not in sys.stdlib_module_names and package != "lca"
    }


def test_every_package_is_imported_where_it_is_allowed_only() -> None:
    astray = [
        f"{file} imports {package}"
        for package, file in sorted(third_party())
        if not any(file == room or file.startswith(f"{room}/") for room in ALLOWED.get(package, "").split())
    ]
    assert astray == []


def test_the_list_of_what_is_allowed_names_nothing_that_is_not_used() -> None:
    used = third_party()
    idle = [
        f"{package} in {room}"
        for package, rooms in ALLOWED.items()
        for room in rooms.split()
        if not any(name == package and (file == room or file.startswith(f"{room}/")) for name, file in used)
    ]
    assert idle == []


def test_every_package_that_is_imported_is_declared() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[\[<>=]", line)[0].strip().replace("-", "_") for line in declared}
    distribution = {"sklearn": "scikit_learn", "pynvml": "nvidia_ml_py", "pydantic_core": "pydantic"}
    missing = {package for package, _ in third_party()} - BROUGHT_ALONG
    assert sorted(package for package in missing if distribution.get(package, package) not in names) == []


@pytest.mark.parametrize(
    "source, found",
    [
        ("import bw2calc.lca", "bw2calc"),
        ("needed('torch.nn')", "torch"),
        ("def f():\n    from pint import Unit", "pint"),
    ],
)
def test_an_import_is_seen_however_it_is_written(source: str, found: str, tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text(source, encoding="utf-8")
    assert list(imported(file)) == [found]


def test_no_private_member_of_the_writer_of_workbooks_is_used() -> None:
    """They may be others in its next release."""
    rooms = [PACKAGE / room for room in ALLOWED["xlsxwriter"].split()]
    private = [
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}: {ast.unparse(node)}"
        for room in rooms
        for path in sorted(room.rglob("*.py"))
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr) and ast.unparse(node.value) != "self"
    ]
    assert private == []


def test_private_names_of_torch_stand_where_there_is_no_public_one() -> None:
    """Compiling by inductor with frozen weights, multiplying int8 matrices, the
    kinds of convolution as one, and walking through nested answers.
    """
    private = re.compile(r"torch(\.\w+)*\._[a-zA-Z]")
    files = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if private.search(path.read_text("utf-8"))
    }
    places = ("counting", "modules", "narrow", "packages", "quantise", "running")
    assert sorted(files) == [f"compress/{place}.py" for place in places]
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "torch>=2.13,<2.14" in project["optional-dependencies"]["compress"]


def test_a_class_name_is_used_once() -> None:
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_name_says_what_it_holds() -> None:
    vague = [
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in nodes(path)
        for name in [node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""]
        if name in VAGUE
    ]
    assert vague == []


def test_every_room_is_described() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()]
    rooms += [path.name for path in PACKAGE.glob("[a-z]*.py")]
    assert [room for room in sorted(rooms) if f"`{room}`" not in text] == []


def test_every_place_for_a_change_is_there() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^## Where a change goes\n\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    places = [place for place in re.findall(r"`([^`]+)`", table) if "/" in place]
    assert len(places) > 9
    roots = (PACKAGE, PACKAGE.parent)
    assert [place for place in places if not any((root / place).exists() for root in roots)] == []


def test_no_two_test_files_share_a_name() -> None:
    """pytest takes the second for the first, and collects neither."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name, files in names.items() if files > 1] == []
