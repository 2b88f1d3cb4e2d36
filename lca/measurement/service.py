"""What a run says of itself, and what that cannot be: the service it delivers, the quality it reaches.

Read while a run is measured, so that nothing is refused at its end: it imports neither pydantic nor pint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lca.errors import OutOfRange
from lca.languages import gettext
from lca.quantities.units import Amount

_SHARE = re.compile(r"accuracy|precision|recall|f1|iou|map|dice|auc|auroc", re.IGNORECASE)
"""A word of the name of a quality that is a share from 0 to 1."""


def delivered(amount: Amount) -> Amount:
    """An amount of service, which is more than none. Raises OutOfRange."""
    if amount.number <= 0:
        raise OutOfRange(gettext("{amount} is no service that was delivered: it is above 0", amount=amount))
    return amount


def reached(quality: Mapping[str, float]) -> Mapping[str, float]:
    """Qualities, of which those that are shares can be shares, or percents of one. Raises OutOfRange."""
    for name in _shares(quality):
        if not 0 <= quality[name] <= 100:
            raise OutOfRange(
                gettext(
                    "the quality {name!r} is {quality:g}, and a share from 0 to 1", name=name, quality=quality[name]
                )
            )
    return quality


def in_percent(quality: Mapping[str, float]) -> list[str]:
    """What is written in percent where a share is compared, in words: it counts as unknown."""
    return [
        gettext("the quality {name!r} is {quality:g}, no share from 0 to 1", name=name, quality=quality[name])
        for name in _shares(quality)
        if quality[name] > 1
    ]


def _shares(quality: Mapping[str, float]) -> list[str]:
    return [name for name in quality if any(_SHARE.fullmatch(word) for word in re.split(r"[\W_]+", name))]
