"""What of each score comes from a background of the user's own."""

from __future__ import annotations

from lca.languages import gettext
from lca.report.terminal.table import table
from lca.study.study import Study


def origins(study: Study) -> None:
    """Category × scenario: the part of the known score that a background documents; nothing where none is used."""
    documented = study.documented()
    if not len(documented):
        return
    [name] = documented["background"].unique()
    shares = documented.set_index(["category", "scenario"])["share"].to_dict()
    rows = []
    for category in study.categories:
        rows.append(
            [
                category,
                *(gettext("{percent:.1f} %", percent=100 * shares.get((category, name), 0.0)) for name in study.names),
            ]
        )
    print()
    columns = (gettext("category"), *study.names)
    table(
        columns,
        rows,
        gettext("Of the known score as {name} documents, the rest from our inventories", name=name),
        right=study.names,
    )
