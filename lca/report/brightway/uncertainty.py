"""A stated range as the parameters of a distribution, in the fields that Brightway and stats_arrays share."""

from __future__ import annotations

from math import log, sqrt

from lca.quantities.values import Range

LOW, HIGH = 0.025, 0.975
_Z = 1.959963984540054  # standard normal quantile of HIGH
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
            scale = log(high / low) / (2 * _Z)
            return {"uncertainty type": _LOGNORMAL, "loc": log(abs(amount)), "scale": scale, "negative": amount < 0}
        case "normal":
            return {"uncertainty type": _NORMAL, "loc": (low + high) / 2, "scale": (high - low) / (2 * _Z)}
        case "uniform":
            beyond = (high - low) * LOW / (HIGH - LOW)
            return {"uncertainty type": _UNIFORM, "minimum": low - beyond, "maximum": high + beyond}
        case "triangular":
            least, mode, most = triangle(low, amount, high)
            return {"uncertainty type": _TRIANGULAR, "minimum": least, "loc": mode, "maximum": most}


def triangle(low: float, median: float, high: float) -> tuple[float, float, float]:
    """Least value, mode and greatest value of the triangle with these 2.5 %, 50 % and 97.5 % quantiles.

    On a base of length one the mode decides the ratio of the two half-widths, and the ratio rises with it: bisection.
    """

    def quantile(share: float, mode: float) -> float:
        """Of the triangle from 0 to 1; the inverse of its cumulative distribution, which is quadratic on each side."""
        return sqrt(share * mode) if share <= mode else 1 - sqrt((1 - share) * (1 - mode))

    wanted = (median - low) / (high - low)
    left, right = 0.0, 1.0
    for _ in range(60):
        mode = (left + right) / 2
        ends = quantile(LOW, mode), quantile(HIGH, mode)
        if (quantile(0.5, mode) - ends[0]) / (ends[1] - ends[0]) < wanted:
            left = mode
        else:
            right = mode
    base = (high - low) / (ends[1] - ends[0])
    least = low - base * ends[0]
    return least, least + base * mode, least + base
