"""The process that reads one database: `python -m lca.backgrounds.worker`, its request as JSON on stdin.

It writes the compiled background into a folder, and the last line of stdout is what became of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from lca.backgrounds.compiled import factorised
from lca.backgrounds.datasets import compiled
from lca.backgrounds.formats import DatabaseSource, datasets, format_of
from lca.errors import Fault, LcaError
from lca.languages import gettext, language
from lca.methods.library import Library

MOST_MEMORY = 6_000_000_000
"""Bytes of address space; reading 20,000 activities takes a third of it."""


def main() -> None:
    """Read, compile, check, write."""
    request = json.load(sys.stdin)
    answer = sys.stdout
    with language(request["language"]), contextlib.redirect_stdout(sys.stderr):  # importers print
        outcome = _outcome(request)
    print(json.dumps(outcome), file=answer)


def _outcome(request: dict[str, Any]) -> dict[str, Any]:
    _bounded()
    try:
        source = DatabaseSource(Path(request["path"]), request["database"])
        read = datasets(source, Path(request["workspace"]))
        result, report = compiled(read, Library.load(), request["providers"])
        factorised(result.matrix, result.products)
        result.save(Path(request["folder"]))
        return {
            "format": format_of(source),
            "activities": len(result.products),
            "flows": len(result.flows),
            **report.to_json(),
        }
    except Fault as fault:
        return {"fault": str(fault), "remedy": fault.remedy}
    except LcaError as error:
        return {"fault": str(error), "remedy": ""}
    except (MemoryError, RecursionError):
        return {
            "fault": gettext("it is too large or too deep to be read"),
            "remedy": gettext("check that it is the file you meant"),
        }
    except Exception as error:  # of an importer, on a file it was not made for
        what = gettext("the importer of bw2io fails: {kind}: {error}", kind=type(error).__name__, error=str(error))[
            :500
        ]
        return {"fault": what, "remedy": gettext("check that the file is whole and of the kind that its name says")}


def _bounded() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    os.environ["BRIGHTWAY_NO_STRUCTLOG"] = "1"


if __name__ == "__main__":
    main()
