"""What a reader gets of a study: a workbook, tables on the terminal. Nothing is loaded before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca.report.excel import workbook

__all__ = ["workbook"]


def __getattr__(name: str) -> Any:
    if name == "workbook":
        from lca.report.excel import workbook

        return workbook
    raise AttributeError(f"module 'lca.report' has no attribute {name!r}")
