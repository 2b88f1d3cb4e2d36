"""What whoever begins a run states about it, checked before the run: its phase, the price, the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.vocabulary import Phase

_PRICE = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})(?:/h)?")
_PLACE = ("country", "region", "provider")


def settings(
    name: str,
    phase: str,
    task: str | None,
    model: str | None,
    exclusive: bool,
    wattmeter: str | Path | None,
    price: str | None,
    location: Mapping[str, str] | None,
) -> dict[str, Any]:
    """The same as JSON, for the header of the run. Raises UsageError."""
    if phase not in tuple(Phase):
        raise UsageError(f"no phase {phase!r}: one of {', '.join(Phase)}")
    if unknown := sorted(set(location or ()) - set(_PLACE)):
        raise UsageError(f"no {unknown[0]!r} in a location: give {', '.join(_PLACE)}")
    return {
        "name": name,
        "phase": phase,
        "task": task,
        "model": model,
        "exclusive": exclusive,
        "wattmeter": str(wattmeter) if wattmeter is not None else None,
        "price": _price(price) if price is not None else None,
        "location": dict(location) if location else None,
    }


def _price(text: str) -> dict[str, Any]:
    match = _PRICE.fullmatch(text)
    if not match:
        raise UsageError(f'{text!r} is no price per hour: write it as "3.20 USD", with the ISO 4217 code')
    return {"per_hour": float(match[1]), "currency": match[2]}
