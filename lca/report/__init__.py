"""What a reader gets of a study: workbook, table, page, figures, disclosures, explanations; each loaded when used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca.report.disclosures import disclosure
    from lca.report.excel.data_file import data
    from lca.report.excel.workbook import workbook
    from lca.report.html.page import page
    from lca.report.pictures.figures import figures
    from lca.study.explanation import explain

__all__ = ["data", "disclosure", "explain", "figures", "page", "workbook"]

_PLACES = {
    "data": "lca.report.excel.data_file",
    "disclosure": "lca.report.disclosures",
    "explain": "lca.study.explanation",
    "figures": "lca.report.pictures.figures",
    "page": "lca.report.html.page",
    "workbook": "lca.report.excel.workbook",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'lca.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
