"""Arithmetic as text: what templates and equations may write, its value, and how people read it.

Numbers, names, + - * / and whole powers below 5, exp, min and max of a syntax tree; nothing else is ever evaluated. The
names may be floats, arrays over variants or draws, or pint's quantities.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any

from lca.errors import UnsafeFormula
from lca.languages import gettext

_LONGEST_SHOWN = 80
_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS: Mapping[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", 1),
    ast.Sub: ("−", 1),
    ast.Mult: ("×", 2),
    ast.Div: ("/", 2),
}
_NEGATIVE, _POWER = 2, 3
ATOM = 4
"""How tightly a name or a number holds together; a sum holds at 1."""


def exponential(number: Any) -> Any:
    """Of a float, or of each element of an array."""
    if isinstance(number, float):
        return math.exp(number)
    import numpy as np

    return np.exp(number)


def least(*numbers: Any) -> Any:
    """Of floats, or element by element where there is an array."""
    return _chosen(min, "minimum", numbers)


def greatest(*numbers: Any) -> Any:
    """Of floats, or element by element where there is an array."""
    return _chosen(max, "maximum", numbers)


def _chosen(choose: Callable[..., Any], ufunc: str, numbers: tuple[Any, ...]) -> Any:
    if all(isinstance(number, float) for number in numbers):
        return choose(numbers)
    import numpy as np

    return reduce(getattr(np, ufunc), numbers)


def at_most_one(number: Any) -> Any:
    """Of each element: NaN where it is more."""
    import numpy as np

    return np.where(number <= 1, number, np.nan)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {"exp": exponential, "min": least, "max": greatest}


def evaluate(
    expression: str,
    names: Mapping[str, Any],
    constant: Callable[[float], Any] = float,
    functions: Mapping[str, Callable[..., Any]] = FUNCTIONS,
) -> Any:
    """The value of an expression; `constant` and `functions`: for other numbers than floats and arrays.

    Raises UnsafeFormula for what is no such arithmetic or names what there is not; SyntaxError, RecursionError and
    whatever the operators raise.
    """

    def value(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return constant(number)
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Name(id=name):
                raise UnsafeFormula(
                    gettext("unknown parameter {name!r} in {expression!r}", name=name, expression=expression)
                )
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as exponent)) if abs(exponent) < 5:
                return value(left) ** exponent
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.Call(func=ast.Name(id="exp"), args=[argument], keywords=[]):
                return functions["exp"](value(argument))
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_] as arguments, keywords=[]):
                return functions[name](*map(value, arguments))
        raise _no_arithmetic(expression)

    return value(_parsed(expression))


def rendered(expression: str, name: Callable[[str], tuple[str, int]]) -> tuple[str, int]:
    """An expression as people read it, and how tightly it holds together; `name` gives that of each name."""

    def text(node: ast.AST) -> tuple[str, int]:
        match node:
            case ast.Constant(value=int() | float() as number):
                return f"{number:g}", ATOM
            case ast.Name(id=id):
                return name(id)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"−{_bracketed(text(operand), _NEGATIVE + 1)}", _NEGATIVE
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as exponent)):
                return f"{_bracketed(text(left), ATOM)}^{exponent}", _POWER
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
                sign, strength = _SIGNS[type(op)]
                strict = isinstance(
                    op, ast.Sub | ast.Div
                )  # a − (b − c) and a / (b × c) are not a − b − c and a / b × c
                second = _bracketed(text(right), strength + 1 if strict else strength)
                return f"{_bracketed(text(left), strength)} {sign} {second}", strength
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return f"{function}({', '.join(text(argument)[0] for argument in arguments)})", ATOM
        raise _no_arithmetic(expression)

    return text(_parsed(expression))


def _bracketed(text: tuple[str, int], needed: int) -> str:
    return text[0] if text[1] >= needed else f"({text[0]})"


def _no_arithmetic(expression: str) -> UnsafeFormula:
    return UnsafeFormula(
        gettext("{expression!r} is not a formula that a template may hold", expression=expression[:_LONGEST_SHOWN])
    )


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body
