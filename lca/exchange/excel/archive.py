"""A workbook from somebody else, opened only where nothing in it acts, reaches out or swells."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from lca.errors import ActiveContent, Fault, InvalidData, NotAWorkbook, TooLarge, Unreadable
from lca.languages import gettext, gettext_noop
from lca.quantities.documents import must_be_file, problem

LARGEST, LARGEST_INFLATED, MOST_PARTS = 20_000_000, 100_000_000, 500
_ACTS = {
    "xl/vbaproject": gettext_noop("macros"),
    "xl/externallinks/": gettext_noop("links to other files"),
    "xl/connections": gettext_noop("connections to data"),
    "xl/querytables/": gettext_noop("connections to data"),
    "xl/embeddings/": gettext_noop("embedded files"),
    "xl/activex/": gettext_noop("controls"),
    "xl/ctrlprops/": gettext_noop("controls"),
    "xl/macrosheets/": gettext_noop("macros"),
    "customdata/": gettext_noop("connections to data"),
}
"""Beginning of the name of a part → what it would do."""


def opened(path: Path, shown: str) -> Any:
    """The workbook, of openpyxl, to be read row by row; its formulas as they are written. Raises InvalidData."""
    import openpyxl

    try:
        must_be_file(path)
        if path.stat().st_size > LARGEST:
            raise TooLarge(
                gettext("{size:,} bytes; at most {limit:,} are read", size=path.stat().st_size, limit=LARGEST)
            )
        _check(path)
        return openpyxl.load_workbook(path, read_only=True, keep_links=False)
    except Fault as fault:
        raise InvalidData([problem(shown, 0, (), fault)]) from None
    except (zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise InvalidData(
            [problem(shown, 0, (), NotAWorkbook(gettext("no workbook that can be read ({error})", error=error)))]
        ) from None
    except OSError as error:
        raise InvalidData([problem(shown, 0, (), Unreadable(error.strerror or str(error)))]) from None


def _check(path: Path) -> None:
    """Raise a Fault for what is too large when unpacked, or not plain cells; no part is held in memory."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise TooLarge(gettext("{count:,} parts; a workbook of scenarios has some ten", count=len(parts)))
        if (size := sum(part.file_size for part in parts)) > LARGEST_INFLATED:
            raise TooLarge(
                gettext("{size:,} bytes when unpacked; at most {limit:,} are read", size=size, limit=LARGEST_INFLATED)
            )
        if len({part.filename for part in parts}) < len(parts):
            raise NotAWorkbook(gettext("two of its parts have the same name"))
        for part in parts:
            name = part.filename.lower()
            acts = next((what for start, what in _ACTS.items() if name.startswith(start)), None)
            if acts:
                raise ActiveContent(
                    gettext("the workbook holds {acts} ({filename})", acts=gettext(acts), filename=part.filename[:80])
                )
            if name.endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    head = stream.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
                        raise ActiveContent(
                            gettext("{filename} declares a document type of its own", filename=part.filename[:80])
                        )
        if "[Content_Types].xml" not in archive.namelist():
            raise NotAWorkbook(gettext("a zip file, but no workbook"))
