"""The sheet Costs: money by run, by phase and in all, of scenarios that state prices."""

from __future__ import annotations

from lca.languages import gettext, gettexts, named
from lca.report.excel.cells import ABSENT, UNKNOWN, Cell, Style, place
from lca.report.excel.sheet import Book
from lca.report.view import View
from lca.report.words import unpriced
from lca.study import cost
from lca.study.cost import CostItem, Money
from lca.study.study import Study
from lca.vocabulary import Costed

_UNITS = {Costed.DEVICE_TIME: "h", Costed.ELECTRICITY: "kWh"}
_MONEY, _CURRENCY = 6, 7
"""Columns."""


def has_prices(study: Study) -> bool:
    """Whether any scenario states a price."""
    return bool(cost.costs(study))


def costs(book: Book, view: View) -> None:
    """Costs: an item a row, then sums over these rows."""
    items = cost.costs(view.study)
    sheet = book.sheet(
        "Costs",
        gettext("Costs"),
        gettext(
            "Money per functional unit, by the prices that the scenarios state. Electricity is that at the building's "
            "meter, PUE and idle time in it; an hour with a price holds its electricity, unless that has a price of "
            "its own. What has no price is in no sum."
        ),
        *filter(None, (unpriced(i for i in items if i.scenario == name) for name in view.study.names)),
    )
    columns = gettexts("scenario", "phase", "run", "of", "amount", "unit", "money", "currency")
    first, last = sheet.table(columns, [_row(view, item) for item in items])
    sheet.row += 1
    sheet.section(gettext("Sums"))
    scenario, phase, money, currency = gettexts("scenario", "phase", "money", "currency")
    sheet.head((scenario, phase, "", "", "", "", money, currency))
    for summed in cost.sums(items):
        sheet.rows([_sum(view, summed, first, last, sheet.row)])
    sheet.finish()


def _row(view: View, item: CostItem) -> list[Cell | str]:
    return [
        view.labels[item.scenario],
        named(item.phase),
        item.run,
        named(item.of),
        UNKNOWN if item.amount is None else Cell(item.amount),
        _UNITS.get(item.of, ABSENT),
        UNKNOWN if item.money is None else Cell(item.money),
        item.currency or ABSENT,
    ]


def _sum(view: View, summed: Money, first: int, last: int, row: int) -> list[Cell | str]:
    """A sum over the items that agree with its own row: of a scenario, a currency and, but for the total, a phase."""
    of_phase = summed.phase is not None
    agreeing = "*".join(f"({_column(n, first, last)}={place(row, n)})" for n in (0, 1, _CURRENCY) if n != 1 or of_phase)
    formula = f"=SUMPRODUCT({agreeing},{_column(_MONEY, first, last)})"
    style: Style = "text" if of_phase else "total"
    money = Cell(summed.money, formula, style=style)
    phase = named(summed.phase) if summed.phase else gettext("all phases")
    return [view.labels[summed.scenario], phase, "", "", "", "", money, summed.currency]


def _column(number: int, first: int, last: int) -> str:
    return f"{place(first, number, fixed=True)}:{place(last, number, fixed=True)}"
