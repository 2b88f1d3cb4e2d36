"""How impact categories of the user's own and the inventories cover each other."""

from __future__ import annotations

from lca.report.words import coverage_of
from lca.study.study import Study


def own_methods(study: Study) -> None:
    """A line for each; nothing where none is used."""
    for method in study.methods:
        print(coverage_of(method))
