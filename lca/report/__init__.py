"""What a reader gets of a study: workbook, page, figures, disclosures, explanations; each loaded when it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca.report.disclosures import disclosure
    from lca.report.excel import workbook
    from lca.report.explained import explain
    from lca.report.figures_files import figures
    from lca.report.page_file import page

__all__ = ["disclosure", "explain", "figures", "page", "workbook"]

_PLACES = {
    "disclosure": "lca.report.disclosures",
    "explain": "lca.report.explained",
    "figures": "lca.report.figures_files",
    "page": "lca.report.page_file",
    "workbook": "lca.report.excel",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'lca.report' has no attribute {name!r}")
