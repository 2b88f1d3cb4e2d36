"""What of each score comes from a background of the user's own."""

from __future__ import annotations

from lca.languages import gettext
from lca.report import words
from lca.report.terminal.table import table
from lca.report.view import documented
from lca.study.study import Study


def origins(study: Study) -> None:
    """Category × scenario: the part of the known score that a background documents; nothing where none is used."""
    name, shares = documented(study)
    if not name:
        return
    rows = [
        [id, *(gettext("{percent:.1f} %", percent=100 * shares[scenario, id]) for scenario in study.names)]
        for id in study.categories
    ]
    print()
    table((gettext("category"), *study.names), rows, gettext(words.DOCUMENTED, name=name), right=study.names)
