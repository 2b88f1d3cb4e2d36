"""Devices as the catalogue knows them."""

from __future__ import annotations

import difflib
import warnings

from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.measurement.record import Device

OUTSIDE = 99
"""Frames up: a warning shows no line of this package."""


def identified(device: Device, catalogue: Catalogue) -> Device:
    """The device with its id in the catalogue; of one that has none, a warning and the nearest names. Not memory."""
    if device.kind == "memory":
        return device
    if known := catalogue.recognise(device.name):
        return device.model_copy(update={"id": known.id})
    names = [name for activity in catalogue.activities.values() for name in activity.models]
    nearest = tuple(difflib.get_close_matches(device.name, names, n=3))
    hint = gettext("; nearest: {nearest}", nearest=", ".join(nearest)) if nearest else ""
    warnings.warn(
        gettext("the catalogue does not know the {kind} {name!r}{hint}", kind=device.kind, name=device.name, hint=hint),
        stacklevel=OUTSIDE,
    )
    return device.model_copy(update={"nearest": nearest})
