from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.equations import ComponentEnergy
from lca.measure.source import Figures, Integral, entry, factor

times = st.lists(st.floats(0, 1e5), min_size=2, max_size=50).map(sorted)


@given(times, st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_straight_line_is_integrated_exactly(samples: list[float], slope: float, offset: float) -> None:
    integral = Integral()
    for time in samples:
        integral.add(time, slope * time + offset)
    first, last = samples[0], samples[-1]
    exact = slope * (last**2 - first**2) / 2 + offset * (last - first)
    assert integral.total == pytest.approx(exact, rel=1e-9, abs=1e-3)
    assert integral.samples == len(samples)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=50).map(sorted))
def test_the_doubt_bounds_the_error_of_a_monotone_curve(samples: list[float]) -> None:
    integral = Integral()
    for time in samples:
        integral.add(time, time**3)
    exact = (samples[-1] ** 4 - samples[0] ** 4) / 4
    assert abs(integral.total - exact) <= integral.doubt * (1 + 1e-9) + 1e-9


def test_a_constant_leaves_no_doubt() -> None:
    integral = Integral()
    for time in (0.0, 1.0, 4.0):
        integral.add(time, 5.0)
    assert (integral.total, integral.doubt) == (20.0, 0.0)


def test_one_sample_is_no_integral() -> None:
    integral = Integral()
    integral.add(1.0, 5.0)
    assert (integral.total, integral.samples) == (0.0, 1)


def test_the_figures_are_those_of_their_sources() -> None:
    figures = Figures.load()
    assert figures.memory.amount == pytest.approx(0.284e-12)  # kW/byte
    assert factor(figures.memory) == pytest.approx(1.25 / 0.284)
    assert factor(figures.processor_load) == 3.2
    assert factor(figures.nvml_reading) == 1.05
    assert "BoaviztAPI" in figures.titles(figures.memory)


def test_an_entry_has_the_range_it_is_given() -> None:
    made = entry("cpu", ComponentEnergy(2.0), "modelled", "", (1.0, 4.0))
    assert made.energy.low and made.energy.high
    assert (made.energy.amount, made.energy.low.number, made.energy.high.number) == (2.0, 1.0, 4.0)
    assert made.energy.distribution == "lognormal"
    assert made.model_dump(mode="json")["energy"]["value"] == "2.0 kWh"


@pytest.mark.parametrize("bounds", [None, (2.0, 2.0)])
def test_an_entry_without_a_range_has_none(bounds: tuple[float, float] | None) -> None:
    made = entry("cpu", ComponentEnergy(2.0), "counter", "", bounds)
    assert (made.energy.low, made.energy.distribution) == (None, None)
