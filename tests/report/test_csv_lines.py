"""Tables as CSV: what pandas writes, but for what a spreadsheet would obey."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lca.report.csv_lines import csv_text, part

TABLE = pd.DataFrame(
    {
        "number": [1.0, -2.5e-300, np.nan, np.inf, 1 / 3, 1e22],
        "whole": [1, -2, 3, 4, 5, 2**53 + 1],
        "said": [True, False, True, True, False, True],
        "text": pd.Series(["plain", "a, b", 'said "so"', "two\nlines", None, "é"], dtype="str"),
        "mixed, name": pd.Series(["x", None, "", "y", "y", "z"], dtype=object),
    }
)


def test_a_table_is_written_as_pandas_does() -> None:
    assert csv_text(TABLE) == TABLE.to_csv(index=False, lineterminator="\n").replace('"two\nlines"', "two lines")


def test_parts_make_the_whole() -> None:
    first, second = part(TABLE.head(2)), part(TABLE.tail(4))
    assert (first.header + first.text + second.text).decode() == csv_text(TABLE)
    assert (len(first), len(second)) == (2, 4)


def test_no_text_is_a_formula() -> None:
    table = pd.DataFrame({"=1+1": ["=HYPERLINK(0)", "@x"], "number": [-1.0, 2.0]})
    assert csv_text(table) == "'=1+1,number\n'=HYPERLINK(0),-1.0\n'@x,2.0\n"
