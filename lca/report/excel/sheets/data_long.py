"""The sheet Data_Long: every contribution, in the order of `contribution_rows`."""

from __future__ import annotations

from lca.languages import gettext, gettexts
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.contribution_rows import KEYS
from lca.report.excel.sheet import Book
from lca.report.view import View


def data_long(book: Book, view: View) -> None:
    """Data_Long: every tagged foreground exchange × emitting activity, in every category."""
    sheet = book.sheet(
        "Data_Long",
        gettext("All contributions"),
        gettext(
            "One row: an exchange of the foreground × an activity that emits for it. The rows of a score sum to it."
        ),
    )
    if book.contributions is None:
        return
    table = book.contributions.table
    units = {id: CATEGORIES[id].unit for id in view.study.categories}
    said = {"phase": words.phase_word, "stage": words.stage_word, "role": words.role_word}
    columns = [
        [words_of[code] for code in table[key].tolist()]
        for key in KEYS
        for words_of in [{code: said[key](code) if key in said else str(code) for code in table[key].unique()}]
    ]
    yes, no = gettext("yes"), gettext("no")
    rows = (
        (f"L{number}", *texts, score, units[texts[1]], yes if published else no)
        for number, (texts, score, published) in enumerate(
            zip(zip(*columns, strict=True), table["score"].tolist(), table["published"].tolist(), strict=True), 1
        )
    )
    longest = min(max(map(len, view.study.names)), 60)
    columns_named = gettexts(
        "row", "scenario", "category", "phase", "stage", "role", "input", "activity", "score", "unit", "published"
    )
    sheet.long_table(
        columns_named, rows, len(table), dict(enumerate((9, longest + 2, 34, 14, 14, 14, 38, 38, 12, 26, 11)))
    )
