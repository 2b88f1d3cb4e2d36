"""What a scenario costs, as a table on the terminal."""

from __future__ import annotations

from lca.languages import gettext, named
from lca.report.terminal.table import table
from lca.report.words import number, unpriced
from lca.study.cost import costs as items_of
from lca.study.cost import sums
from lca.study.study import Study


def costs(study: Study) -> None:
    """Money by run, by phase and in all, per functional unit; nothing where no scenario states a price."""
    items = items_of(study)
    if not items:
        return
    rows = [
        (i.scenario, named(i.phase), i.run, named(i.of), number(i.money), i.currency)
        for i in items
        if i.money is not None
    ]
    rows += [
        (s.scenario, named(s.phase) if s.phase else gettext("all phases"), "", "", number(s.money), s.currency)
        for s in sums(items)
    ]
    money = gettext("money")
    columns = (gettext("scenario"), gettext("phase"), gettext("run"), gettext("of"), money, gettext("currency"))
    print()
    table(columns, rows, gettext("Costs per functional unit, of what has a price"), right=(money,))
    for name in study.names:
        if without := unpriced(item for item in items if item.scenario == name):
            print(without)
