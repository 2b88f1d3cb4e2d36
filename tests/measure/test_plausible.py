from __future__ import annotations

from typing import Any

import pytest

from lca.measure.plausible import doubted, implausible
from lca.measurement.record import SCHEMA, Measurement


def record(energy: str = "0.1 kWh", ended: str = "2026-03-01T01:00:00", **facts: Any) -> Measurement:
    """One hour on two cards."""
    entry = {"component": "gpu", "energy": {"value": energy}, "origin": "imported", "method": "a tool"}
    return Measurement.model_validate(
        {
            "schema": SCHEMA,
            "name": "run",
            "phase": "training",
            "started": "2026-03-01T00:00:00",
            "ended": ended,
            "duration": {"value": "1 h"},
            "energy": (entry,),
            "devices": ({"kind": "gpu", "name": "Card Processor", "count": 2},),
            **facts,
        }
    )


@pytest.fixture
def known(make_cpu: Any, make_catalogue: Any) -> Any:
    return make_catalogue(make_cpu("Card", "100 W", 8))


def test_what_fits_is_not_doubted(known: Any) -> None:
    assert doubted(record("0.2 kWh"), known) == record("0.2 kWh")


def test_mean_power_above_what_the_devices_can_draw(known: Any) -> None:
    """Two cards of 100 W: milliwatts taken for watts, or one card's count too low."""
    with pytest.warns(UserWarning, match="mean power of the gpu, 400 W, is more than the 200 W"):
        comment = doubted(record("0.4 kWh", comment="before"), known).comment
    assert comment is not None and comment.startswith("before; the mean power of the gpu, 400 W")
    assert list(implausible(record("0.4 kWh"), None)) == []


def test_a_device_that_is_not_known_says_nothing(known: Any) -> None:
    devices = ({"kind": "gpu", "name": "Card Processor", "count": 2}, {"kind": "gpu", "name": "Other", "count": 1})
    assert list(implausible(record("9 kWh", devices=devices), known)) == []


def test_duration_beyond_the_interval(known: Any) -> None:
    (doubt,) = implausible(record(ended="2026-03-01T00:30:00"), known)
    assert doubt == "it lasted 1 h, and 0.5 h lie between its start and its end"
    assert list(implausible(record(ended="2026-03-01T05:00:00"), known)) == []  # parts with gaps between them


def test_energy_against_its_own_power_over_time(known: Any) -> None:
    power = ({"component": "gpu", "times": (1800.0, 3600.0), "powers": (100.0, 100.0)},)
    assert list(implausible(record("0.1 kWh", power=power), known)) == []
    (doubt,) = implausible(record("0.01 kWh", power=power), known)
    assert doubt == "the energy of the gpu, 0.01 kWh, is not its power over time, 0.1 kWh"
