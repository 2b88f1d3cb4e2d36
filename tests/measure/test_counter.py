from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.measure.counters.counter import PEAK, SETTLED, Allotment, Reading, Span
from lca.measure.counters.integral import Integral

times = st.lists(st.floats(0, 1e5), min_size=2, max_size=50).map(sorted)


@given(times, st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_straight_line_is_integrated_exactly(samples: list[float], slope: float, offset: float) -> None:
    integral = Integral()
    for time in samples:
        integral.add(time, slope * time + offset)
    first, last = samples[0], samples[-1]
    exact = slope * (last**2 - first**2) / 2 + offset * (last - first)
    assert integral.total == pytest.approx(exact, rel=1e-9, abs=1e-3)
    assert integral.covered == pytest.approx(last - first)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=50).map(sorted))
def test_the_error_bounds_that_of_a_monotone_curve(samples: list[float]) -> None:
    integral = Integral()
    for time in samples:
        integral.add(time, time**3)
    exact = (samples[-1] ** 4 - samples[0] ** 4) / 4
    assert abs(integral.total - exact) <= integral.error * (1 + 1e-9) + 1e-9


def test_a_constant_leaves_no_error() -> None:
    integral = Integral()
    for time in (0.0, 1.0, 4.0):
        integral.add(time, 5.0)
    assert (integral.total, integral.error) == (20.0, 0.0)


def test_one_sample_is_no_integral() -> None:
    integral = Integral()
    integral.add(1.0, 5.0)
    assert (integral.total, integral.covered) == (0.0, 0.0)


def test_what_a_break_hides_is_not_counted() -> None:
    integral = Integral()
    integral.add(0.0, 5.0)
    integral.add(1.0, 5.0)
    integral.break_off()
    integral.add(10.0, 5.0)
    integral.add(12.0, 5.0)
    assert (integral.total, integral.covered) == (15.0, 3.0)


def test_a_span_is_a_difference_and_of_peaks_the_last() -> None:
    span = Span.between(
        Reading(1.0, {"a": 2.0, f"{PEAK}b": 7.0}), Reading(4.0, {"a": 5.0, f"{PEAK}b": 9.0, "new": 1.0})
    )
    assert span == (3.0, {"a": 3.0, f"{PEAK}b": 9.0, "new": 1.0})
    assert (span.of("a"), span.of("absent")) == (3.0, 0.0)


def test_energy_is_allotted_by_work() -> None:
    allotted = Allotment()
    allotted.add(0.0, 0.0, 0.0, 0.0)
    allotted.add(1.0, 100.0, 1.0, 4.0)
    assert allotted.own == 25.0
    allotted.add(2.0, 150.0, 2.0, 5.0)  # alone in the second interval
    assert allotted.own == 75.0
    allotted.add(3.0, 180.0, 2.0, 5.0)  # no process works: allotted to none
    assert allotted.own == 75.0
    allotted.add(4.0, 200.0, 4.0, 6.0)  # the machine counts coarser than the process
    assert allotted.own == 95.0


def test_a_ratio_over_a_moment_is_corrected_by_the_next() -> None:
    allotted = Allotment()
    allotted.add(0.0, 0.0, 0.0, 0.0)
    allotted.add(SETTLED / 4, 10.0, 0.05, 0.0)  # the kernel has not counted its hundredth yet
    assert allotted.own == 10.0
    allotted.add(SETTLED, 40.0, 0.2, 0.4)
    assert allotted.own == 20.0
