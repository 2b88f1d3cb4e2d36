"""Arithmetic as text: floats, arrays and what is printed agree, and nothing else is evaluated."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.errors import UnsafeFormula
from lca.quantities.arithmetic import ATOM, evaluate, rendered

NAMES: Mapping[str, float] = {"a": 2.0, "b": -3.0, "c": 0.5}

expressions = st.recursive(
    st.sampled_from([*NAMES, "1", "2.5"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("(-{})".format, inner),
        st.builds("({})**{}".format, inner, st.integers(0, 4)),
        st.builds("exp(min({}, 3))".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
    ),
    max_leaves=8,
)


def number(expression: str, names: Mapping[str, float]) -> float | None:
    try:
        return float(evaluate(expression, names))
    except (ZeroDivisionError, OverflowError):
        return None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b * c", 0.5),
        ("-a**2", -4.0),
        ("(a - b) / c", 10.0),
        ("exp(0 * a)", 1.0),
        ("min(a, b, c)", -3.0),
        ("max(a, 7)", 7.0),
    ],
)
def test_by_hand(expression: str, value: float) -> None:
    assert evaluate(expression, NAMES) == value


@given(expressions)
def test_an_array_is_its_elements(expression: str) -> None:
    rows: list[Mapping[str, float]] = [NAMES, {"a": 1.5, "b": 0.25, "c": -2.0}]
    alone = [number(expression, names) for names in rows]
    if None not in alone:
        arrays = {name: np.array([names[name] for names in rows]) for name in NAMES}
        with np.errstate(all="ignore"):
            together = np.broadcast_to(evaluate(expression, arrays), (2,))
        assert together.tolist() == pytest.approx(alone, rel=1e-12, nan_ok=True)


@given(expressions)
def test_what_is_printed_means_the_same(expression: str) -> None:
    printed, _ = rendered(expression, lambda name: (name, ATOM))
    read = printed.replace("−", "-").replace("×", "*").replace("^", "**")
    expected = number(expression, NAMES)
    if expected is not None:
        assert number(read, NAMES) == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("a - (b - c)", "a − (b − c)"),
        ("a - b - c", "a − b − c"),
        ("a / (b * c)", "a / (b × c)"),
        ("(a + b) * c", "(a + b) × c"),
        ("-(a + b)", "−(a + b)"),
        ("(-a)**2", "(−a)^2"),
        ("1 - exp(-a * b)", "1 − exp(−a × b)"),
        ("(a**2)**3", "(a^2)^3"),
    ],
)
def test_brackets_stand_where_they_are_needed(expression: str, printed: str) -> None:
    assert rendered(expression, lambda name: (name, ATOM))[0] == printed


@pytest.mark.parametrize(
    "expression", ["a.real", "a[0]", "open('x')", "a**b", "a**9", "a**-1", "True", "a if b else c", "exp()"]
)
def test_nothing_else_is_evaluated(expression: str) -> None:
    with pytest.raises(UnsafeFormula):
        evaluate(expression, NAMES)


def test_a_name_that_there_is_not_is_told() -> None:
    with pytest.raises(UnsafeFormula, match="unknown parameter 'd'"):
        evaluate("a + d", NAMES)


def test_the_exponential_is_that_of_each_element() -> None:
    found = evaluate("exp(a)", {"a": np.array([0.0, 1.0])})
    assert found.tolist() == pytest.approx([1.0, math.e])
