from __future__ import annotations

import pytest

from lca.equations import ComponentEnergy
from lca.measure.counters import nvml
from lca.measure.entries.constants import Figures, entry, factor, give_or_take


def test_the_figures_are_those_of_their_sources() -> None:
    figures = Figures.load()
    assert figures.memory.amount == pytest.approx(0.284e-12)  # kW/byte
    assert factor(figures.memory) == pytest.approx(1.25 / 0.284)
    assert factor(figures.processor_load) == 3.2
    assert factor(figures.nvml_reading) == 1.05
    assert "BoaviztAPI" in figures.titles(figures.memory)
    assert figures.nvml_refresh.amount == nvml.REFRESH == 0.1
    assert figures.rapl_refresh.amount == pytest.approx(0.001)


def test_an_entry_has_a_range_by_its_spread() -> None:
    made = entry("cpu", ComponentEnergy(2.0), "modelled", "", 2.0)
    assert made.energy.low and made.energy.high
    assert (made.energy.amount, made.energy.low.number, made.energy.high.number) == (2.0, 1.0, 4.0)
    assert made.energy.distribution == "lognormal"
    assert made.model_dump(mode="json")["energy"]["value"] == "2.0 kWh"


def test_an_entry_without_a_range_has_none() -> None:
    made = entry("cpu", ComponentEnergy(2.0), "counter", "")
    assert give_or_take(made, 0.0) == made
    assert (made.energy.low, made.energy.distribution) == (None, None)


@pytest.mark.parametrize(("half", "low", "high", "shape"), [(0.5, 1.5, 2.5, "normal"), (3.0, 0.0, 5.0, "triangular")])
def test_give_or_take(half: float, low: float, high: float, shape: str) -> None:
    made = give_or_take(entry("cpu", ComponentEnergy(2.0), "counter", ""), half)
    assert made.energy.low and made.energy.high
    assert (made.energy.low.number, made.energy.high.number, made.energy.distribution) == (low, high, shape)


def test_an_error_lost_in_the_digits_of_the_energy_is_no_range() -> None:
    """60 J with an error of 1e-15 J: the range would have no width, and the record would be refused."""
    plain = entry("cpu", 1.6666666666666664e-05, "counter", "test")
    assert give_or_take(plain, 1e-25) == plain
    assert entry("cpu", 1.0, "modelled", "test", spread=1 + 1e-17).energy.low is None
