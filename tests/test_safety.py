"""What the package must not do, told from its source; and that no number loses its source on the way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lca
from lca.builtin import folder
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.quantities.documents import Document
from lca.quantities.records import Quantity
from lca.quantities.sources import ids

PACKAGE = Path(lca.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

UNSAFE = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code"}
NETWORK = {
    "socket",
    "socketserver",
    "ssl",
    "http",
    "urllib",
    "ftplib",
    "smtplib",
    "poplib",
    "imaplib",
    "telnetlib",
    "xmlrpc",
    "asyncio",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "websocket",
}
EXCEPTED = {
    "socket": {"app/server.py"},  # it listens on 127.0.0.1
    "urllib": {"measure/counters/node.py"},  # it asks the meter of a node at the address that the user gives
    "pickle": {"backgrounds/formats.py"},  # Brightway's databases hold pickles: read by a class that knows plain values
}
"""Of these, what a file may import."""
OUTERMOST = {"cli/__init__.py", "backgrounds/worker.py"}
"""Where a process ends, and says what it could not explain."""
OBEYING = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
HEAVY = [
    "pint",
    "pandas",
    "numpy",
    "scipy",
    "pydantic",
    "bw2data",
    "bw2io",
    "bw2calc",
    "bw_processing",
    "openpyxl",
    "xlsxwriter",
    "pynvml",
    "torch",
    "sklearn",
    "psutil",
    "tree_sitter",
    "rich",
]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in the source, also by importlib under a literal name."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield name


def calls(module: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module) if isinstance(node, ast.Call))


def test_the_source_is_found() -> None:
    shown = {str(path.relative_to(PACKAGE)) for path in FILES}
    assert {"cli/__init__.py", "quantities/units.py", "quantities/records.py"} <= shown
    assert {"xml.etree", "tomllib", "json"} <= {name for path in FILES for name in imported(tree(path))}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_runs_data_or_reaches_the_network(path: Path) -> None:
    module = tree(path)
    roots = {name.split(".")[0] for name in imported(module)}
    shown = path.relative_to(PACKAGE).as_posix()
    assert roots & (UNSAFE | NETWORK) == {root for root, files in EXCEPTED.items() if shown in files}
    assert {call.func.id for call in calls(module) if isinstance(call.func, ast.Name)} & OBEYING == set()
    called = {ast.unparse(call.func) for call in calls(module)}
    assert called & {"os.system", "os.popen", "pandas.eval", "pd.eval", "pandas.read_pickle", "numpy.load"} == set()
    assert called & {"pickle.load", "pickle.loads", "pickle.dump", "pickle.dumps"} == set()
    keywords = [(ast.unparse(call.func), k.arg, ast.unparse(k.value)) for call in calls(module) for k in call.keywords]
    assert [k for k in keywords if k[1] in ("shell", "allow_pickle") and k[1:] != ("allow_pickle", "False")] == []
    loads = [call for call in calls(module) if ast.unparse(call.func) == "np.load"]
    assert len(loads) == sum(k == ("np.load", "allow_pickle", "False") for k in keywords)
    if "subprocess" in roots:
        assert path.relative_to(PACKAGE).parts[0] in ("measure", "backgrounds", "campaign")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_broad_except_hides_an_error(path: Path) -> None:
    """What catches everything raises it again; the command line does so where it cannot explain an error."""
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    broad = [node for node in handlers if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")]
    hiding = [node.lineno for node in broad if not isinstance(node.body[-1], ast.Raise)]
    assert len(hiding) == (path.relative_to(PACKAGE).as_posix() in OUTERMOST)


@pytest.mark.parametrize(
    "program",
    [
        "import lca",
        "import lca; dir(lca); lca.__all__",
        "import lca.cli",
        "import sys; sys.argv = ['lca', '--help']\nfrom lca.cli import main\ntry: main()\nexcept SystemExit: pass",
    ],
)
def test_what_is_heavy_is_loaded_only_when_it_is_used(program: str, tmp_path: Path) -> None:
    program += f"\nimport sys\nprint('loaded', *sorted(set({HEAVY!r}) & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1].strip() == "loaded"


def test_rows_are_shown_without_what_a_study_needs(tmp_path: Path) -> None:
    program = "import sys; from lca.report.terminal.table import table; table(['id'], [['one']])\n"
    program += f"print('loaded', *sorted(set({HEAVY!r}) & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1].strip() == "loaded"


def cited(activity: Activity) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every number of an activity, and the sources that it cites."""
    for exchange in (*activity.inputs, *activity.emissions):
        name = exchange.activity if hasattr(exchange, "activity") else exchange.flow.name
        yield f"{activity.id}: {name}", exchange.sources
    for result in activity.results:
        yield f"{activity.id}: {result.category}", result.sources
    for name in type(activity.properties).model_fields:
        quantity = getattr(activity.properties, name)
        if isinstance(quantity, Quantity):
            yield f"{activity.id}: {name}", ids(quantity.source or ())


def test_every_number_of_the_loaded_catalogue_has_a_source_that_resolves(built_in: Catalogue) -> None:
    numbers = [(where, names, a.sources) for a in built_in.activities.values() for where, names in cited(a)]
    assert len(numbers) > 500
    assert [where for where, names, _ in numbers if not names] == []
    assert [(where, name) for where, names, known in numbers for name in names if name not in known] == []


def test_no_source_of_a_built_in_file_is_lost_or_changed(built_in: Catalogue) -> None:
    lost = []
    for activity in built_in.activities.values():
        file = Path(re.sub(r"\.csv:\d+$", ".toml", activity.file))
        shared_by_rows = Document.read(file).content.get("activities")
        for id, written in Document.read(file).content.get("sources", {}).items():
            if shared_by_rows and id not in activity.sources:
                continue  # a row holds what it cites
            if not written.items() <= activity.sources[id].model_dump(exclude_unset=True).items():
                lost.append((activity.file, id))
    assert lost == []


def test_every_built_in_source_can_be_found_by_a_reader() -> None:
    """A title, and unless the author assumed it himself: an address, a place in the work, or who wrote it and when."""
    vague = []
    for path in sorted(folder("inventories").rglob("*.toml")):
        for id, source in Document.read(path).content.get("sources", {}).items():
            found = source.get("url") or source.get("locator") or (source.get("authors") and source.get("year"))
            if not source["title"].strip() or not (found or source.get("confidence") == "assumption"):
                vague.append(f"{path.relative_to(folder('inventories'))}: {id}: {source['title']}")
    assert vague == []


def test_whoever_writes_a_csv_keeps_spreadsheets_from_obeying_its_texts() -> None:
    """`csv_cell` is asked where rows are written; a table of the package's own ids and numbers alone is excepted."""
    excepted = {"estimate/fit.py"}
    writers = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in FILES
        if re.search(r"csv\.(Dict)?[wW]riter\(|\.to_csv\(\w|def csv_text", path.read_text(encoding="utf-8"))
    }
    assert {"report/csv_lines.py", "campaign/table.py"} < set(writers)
    assert {name for name, text in writers.items() if not re.search("csv_cell", text)} == excepted
