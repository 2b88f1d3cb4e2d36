"""The command line: a verb parses its words, makes one library call with the same words, and prints."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import NoReturn

import typer

from lca.cli import backgrounds, exchanges, inventories, pages, records, reports, runs, scenarios, sweeps
from lca.cli.help import asked_for, speak_typer, translated_help
from lca.cli.output import plain_output
from lca.cli.shared import translated
from lca.languages import ENGLISH, language, spoken

app = typer.Typer(
    name="lca",
    help="Life-cycle assessment of AI workloads, from a measured PyTorch run to an Excel report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (scenarios, sweeps, reports, inventories, backgrounds, runs, records, exchanges, pages):
    room.add(app)
translated(app)
speak_typer()


INTERRUPTED = 130
_OBJECTS = 200_000
"""New ones between two searches for rubbish: a catalogue is many objects and no rubbish, and a command ends soon."""


def main() -> NoReturn:
    """Run the command line; exits 0 ok, 1 failed, 2 usage, 3 invalid data, 4 missing dependency, 130 interrupted."""
    warnings.showwarning = _warn  # type: ignore[assignment]
    gc.set_threshold(_OBJECTS)
    try:
        with language(asked_for(sys.argv[1:])):
            _run()
    finally:
        gc.freeze()  # the system takes all memory back: Python need not search it for rubbish first


def _run() -> NoReturn:
    command = typer.main.get_command(app)
    if spoken() is not ENGLISH:
        translated_help(command)
    try:
        with plain_output():
            code = command(prog_name="lca", standalone_mode=False) or 0
        if code == INTERRUPTED:  # typer has made an exit of it
            _stop("interrupted", INTERRUPTED)
        sys.exit(code)
    except KeyboardInterrupt:
        _stop("interrupted", INTERRUPTED)
    except Exception as error:
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    from lca.errors import Fault, LcaError, visible

    if isinstance(error, typer.Abort):
        _stop("interrupted", INTERRUPTED)
    show = getattr(error, "show", None)  # typer carries its own copy of click, whose classes it does not export
    if callable(show):
        show()
        sys.exit(getattr(error, "exit_code", 2))
    if isinstance(error, LcaError):
        _stop(str(error), error.exit_code)
    if isinstance(error, Fault):
        _stop(visible(f"{error}; {error.remedy}"), 3)
    if isinstance(error, BrokenPipeError):
        sys.exit(1)
    if isinstance(error, OSError):
        _stop(visible(f"{error.filename or 'file'}: {error.strerror or error}"), 1)
    raise error


def _warn(message: Warning | str, *where: object) -> None:
    """A warning as a sentence, without the place in the code."""
    from lca.errors import visible
    from lca.languages import gettext

    print(visible(gettext("warning: {message}", message=str(message))), file=sys.stderr)


def _stop(message: str, code: int) -> NoReturn:
    from lca.errors import visible

    print("\n".join(map(visible, message.split("\n"))), file=sys.stderr)
    sys.exit(code)
