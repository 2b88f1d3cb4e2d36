"""A stated range as the parameters of a distribution, in the fields that Brightway and stats_arrays share."""

from __future__ import annotations

from math import log

from lca.engine.distributions import HIGH, LOW, Z, triangle
from lca.quantities.values import Range

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
            scale = log(high / low) / (2 * Z)
            return {"uncertainty type": _LOGNORMAL, "loc": log(abs(amount)), "scale": scale, "negative": amount < 0}
        case "normal":
            return {"uncertainty type": _NORMAL, "loc": (low + high) / 2, "scale": (high - low) / (2 * Z)}
        case "uniform":
            beyond = (high - low) * LOW / (HIGH - LOW)
            return {"uncertainty type": _UNIFORM, "minimum": low - beyond, "maximum": high + beyond}
        case "triangular":
            least, mode, most = triangle(low, amount, high)
            return {"uncertainty type": _TRIANGULAR, "minimum": least, "loc": mode, "maximum": most}
