"""A stated range as the parameters of a distribution, in the fields that Brightway and stats_arrays share."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt
from typing import Any

import numpy as np

from lca.engine.distributions import HIGH, LOW, Z, triangle
from lca.engine.sampling import Block, key
from lca.quantities import arithmetic
from lca.quantities.values import Range, Value

_LOGNORMAL, _NORMAL, _UNIFORM, _TRIANGULAR = 2, 3, 4, 5  # ids of stats_arrays


def fields(amount: float, spread: Range | None) -> dict[str, float | bool]:
    """Fields for an exchange of this median; none where no range is stated.

    The distribution has the range's ends as its 2.5 % and 97.5 % quantiles. Its median is the amount; a triangle
    cannot be as skewed as a range may be: then the ends are kept, and the median moves.
    """
    if spread is None:
        return {}
    low, high = spread.low, spread.high
    match spread.distribution:
        case "lognormal":
            scale = abs(log(high / low)) / (2 * Z)
            return {"uncertainty type": _LOGNORMAL, "loc": log(abs(amount)), "scale": scale, "negative": amount < 0}
        case "normal":
            return {"uncertainty type": _NORMAL, "loc": (low + high) / 2, "scale": (high - low) / (2 * Z)}
        case "uniform":
            beyond = (high - low) * LOW / (HIGH - LOW)
            return {"uncertainty type": _UNIFORM, "minimum": low - beyond, "maximum": high + beyond}
        case "triangular":
            least, mode, most = triangle(low, amount, high)
            return {"uncertainty type": _TRIANGULAR, "minimum": least, "loc": mode, "maximum": most}


DRAWS = 8
"""Blocks by which the range of an amount that was calculated is found."""


def calculated_range(value: Value) -> Range | None:
    """The range of an amount by those of the stated numbers in it, drawn together; None: none of them has one.

    Lognormal where all draws have one sign, else normal. That two exchanges share a number is not said: Brightway
    draws each of them for itself.
    """
    leaves = {key(leaf): leaf for leaf in value.leaves() if leaf.range}
    if not leaves or not value.number:
        return None
    drawn = np.concatenate([_evaluated(value, _draws(leaves, Block(0, n))) for n in range(DRAWS)])
    low, high = (float(end) for end in np.quantile(drawn, (LOW, HIGH)))
    if not low < high:
        return None
    middle = value.number
    if (drawn > 0).all() or (drawn < 0).all():
        wide = sqrt(high / low) if low > 0 else sqrt(low / high)
        low, high = sorted((middle / wide, middle * wide))
        return Range(low, high, "lognormal")
    half = (high - low) / 2
    return Range(middle - half, middle + half, "normal")


def _draws(leaves: Mapping[str, Value], block: Block) -> Mapping[str, Any]:
    """Those of a share that is at most one stay at most one."""
    drawn: dict[str, Any] = {}
    for name, leaf in leaves.items():
        if leaf.range:
            numbers = block.drawn(name, leaf.range, leaf.number)
            drawn[name] = np.minimum(numbers, 1.0) if leaf.unit == "1" and leaf.range.high <= 1 else numbers
    return drawn


def _evaluated(value: Value, drawn: Mapping[str, Any]) -> Any:
    if not value.expression:
        return drawn.get(key(value), value.number)
    names = {name: _evaluated(input, drawn) for name, input in value.inputs.items()}
    return arithmetic.evaluate(value.expression, names)
