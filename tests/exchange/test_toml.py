"""A file's content as TOML: what is read back is what was written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.exchange.toml import toml

SCALARS: Any = st.text(st.characters(codec="utf-8")) | st.integers(-(2**63), 2**63 - 1) | st.booleans()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
LINES = st.dictionaries(NAMES, SCALARS | NUMBERS | st.lists(SCALARS, max_size=3), max_size=4)
TABLES = LINES | st.dictionaries(NAMES, SCALARS | LINES, max_size=4)


@given(st.dictionaries(NAMES, SCALARS | NUMBERS | TABLES | st.lists(TABLES, min_size=1, max_size=3), max_size=5))
def test_what_is_written_is_read_back(content: dict[str, Any]) -> None:
    assert tomllib.loads(toml(content)) == content


def test_tables_stand_under_headings_and_quantities_in_a_line() -> None:
    content = {
        "inference": {"serves": "1 inference", "utilisation": {"value": 0.4, "source": "a"}},
        "name": "n",
        "training": None,
        "functional_unit": {"amount": "1 inference", "service": "s"},
        "sources": {"a": {"title": "A"}},
    }
    assert toml(content) == (
        'name = "n"\nfunctional_unit = { amount = "1 inference", service = "s" }\n\n[inference]\n'
        'serves = "1 inference"\nutilisation = { value = 0.4, source = "a" }\n\n[sources.a]\ntitle = "A"\n'
    )


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="nan is not finite"):
        toml({"a": float("nan")})
