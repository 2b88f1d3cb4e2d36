from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.errors import UsageError
from lca.measure.ranks.repeats import joined
from lca.measurement.record import Measurement

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(joules: float = 10.0, seconds: float = 2.0, amount: str = "100 inference", **changes: Any) -> Measurement:
    energy = {"value": f"{joules!r} J", "low": f"{joules / 2!r} J", "high": f"{joules * 2!r} J"}
    entry = {"component": "cpu", "origin": "modelled", "method": "m", "energy": {**energy, "distribution": "lognormal"}}
    return Measurement.model_validate(
        {
            "name": "x",
            "phase": "inference",
            "started": START,
            "ended": START + timedelta(seconds=seconds),
            "duration": f"{seconds!r} s",
            "amount": amount,
            "energy": [entry],
            **changes,
        }
    )


def joules(record: Measurement) -> tuple[float, float, float]:
    energy = record.energy[0].energy
    assert energy.low and energy.high
    return tuple(3.6e6 * each.number for each in (energy.low, energy.value, energy.high))  # type: ignore[return-value]


def test_two_runs_add_up_and_are_its_repeats() -> None:
    record = joined([run(10, 2, "100 inference"), run(30, 3, "150 inference")], "cell")
    assert record.name == "cell"
    assert joules(record) == pytest.approx((20, 40, 80))
    assert record.duration.amount * 3600 == pytest.approx(5)
    assert str(record.amount) == "250.0 inference"
    assert record.throughput and record.throughput.amount == pytest.approx(50)
    assert [window.name for window in record.windows] == ["repeat 1", "repeat 2"]
    assert [str(window.amount) for window in record.windows] == ["100.0 inference", "150.0 inference"]
    assert [window.start.amount * 3600 for window in record.windows] == pytest.approx([0, 2])
    assert [window.energy[0].energy.amount * 3.6e6 for window in record.windows] == pytest.approx([10, 30])
    assert Measurement.model_validate(record.model_dump(mode="json", by_alias=True, exclude_none=True)) == record


def test_a_component_that_one_run_does_not_know_is_not_known_of_the_whole() -> None:
    blind = run(energy=[], unmeasured=[{"component": "cpu", "reason": "no time was counted"}])
    record = joined([run(), blind], "cell")
    assert record.energy == ()
    assert [(gap.component, gap.reason) for gap in record.unmeasured] == [("cpu", "no time was counted")]


def test_latency_memory_and_utilisation() -> None:
    runs = [
        run(
            seconds=1, latency={"p50": "1 ms", "p99": "2 ms"}, peak_memory={"memory": "5 MB"}, utilisation={"cpu": 0.2}
        ),
        run(
            seconds=3, latency={"p50": "3 ms", "p99": "8 ms"}, peak_memory={"memory": "4 MB"}, utilisation={"cpu": 1.0}
        ),
    ]
    record = joined(runs, "cell")
    assert record.latency and record.latency.p50 and record.latency.p99
    assert record.latency.p50.amount * 3.6e6 == pytest.approx(2)
    assert record.latency.p99.amount * 3.6e6 == pytest.approx(5)
    assert record.peak_memory["memory"].amount == 5e6
    assert record.utilisation == {"cpu": pytest.approx(0.8)}
    assert joined([runs[0], run()], "cell").latency is None


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([], "no runs to join"),
        ([run(), run(batch=4)], "cell: the runs differ in batch"),
        ([run(), run(amount="3 token")], "every run must say what it delivered, in one unit"),
        ([run(), run().model_copy(update={"amount": None})], "every run must say what it delivered"),
    ],
)
def test_what_is_not_of_one_thing_is_refused(runs: list[Measurement], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        joined(runs, "cell")


@given(st.lists(st.tuples(st.floats(0.1, 1e6), st.floats(0.1, 1e4), st.integers(1, 10**6)), min_size=1, max_size=6))
def test_the_whole_is_the_sum_of_its_repeats(found: list[tuple[float, float, int]]) -> None:
    record = joined([run(energy, seconds, f"{amount} inference") for energy, seconds, amount in found], "cell")
    assert joules(record)[1] == pytest.approx(sum(energy for energy, _, _ in found))
    assert record.duration.amount * 3600 == pytest.approx(sum(seconds for _, seconds, _ in found))
    assert record.amount and record.amount.number == sum(amount for _, _, amount in found)
    assert sum(w.energy[0].energy.amount for w in record.windows) == pytest.approx(record.energy[0].energy.amount)
