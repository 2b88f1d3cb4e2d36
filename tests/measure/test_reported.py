from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import Clock, Processes

from lca.errors import OutOfRange, UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
NOTHING = Catalogue({}, None, None)  # type: ignore[arg-type]


def meter(count_flops: bool = False) -> EnergyMeter:
    clock = Clock()

    def ticking() -> float:
        clock.now += 1.0
        return clock.now

    return EnergyMeter(
        "x",
        catalogue=NOTHING,
        interval=math.inf,
        clock=ticking,
        count_flops=count_flops,
        sources=lambda: (Processes(),),
    )


def test_settings() -> None:
    with meter() as made:
        made.settings(dtype="bfloat16", batch=64, seed=0, framework="mine 1.0")
        made.settings(batch=128)
    record = made.measurement
    assert (record.dtype, record.batch, record.seed, record.framework) == ("bfloat16", 128, 0, "mine 1.0")


def test_a_torch_module_says_itself_what_it_is() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(10, 5).to(torch.bfloat16)
    with meter() as made:
        made.model(network)
    record = made.measurement
    assert (record.model, record.model_parameters, record.dtype) == ("Linear", 55, "bfloat16")
    assert record.framework == f"torch {torch.__version__}"


def test_the_flops_of_a_pass_are_two_per_multiply_add() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Linear(10, 20), torch.nn.Dropout(), torch.nn.Linear(20, 5))
    network[1].eval()
    before = [weight.clone() for weight in network.parameters()]
    with meter() as made:
        assert made.count_flops(network, torch.ones(4, 10), times=3) == 2 * 4 * (10 * 20 + 20 * 5)
        made.count_flops(network, torch.ones(1, 10))
    assert made.measurement.computation and made.measurement.computation.amount == 13 * 2 * (10 * 20 + 20 * 5)
    assert [module.training for module in network.modules()] == [True, True, False, True]
    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))
    assert all(weight.grad is None for weight in network.parameters())


def test_the_flops_of_a_block_include_the_backward_pass() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(10, 5)
    with meter(count_flops=True) as made:
        network(torch.ones(4, 10)).sum().backward()
    forward = 2 * 4 * 10 * 5
    assert (
        made.measurement.computation and made.measurement.computation.amount == 2 * forward
    )  # no gradient of the input
    with meter() as plain:
        network(torch.ones(4, 10))
    assert plain.measurement.computation is None


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300))
def test_latencies_are_right_to_half_a_per_cent(seconds: list[float]) -> None:
    with meter() as made:
        for answer in seconds:
            made.answered(answer)
    latency = made.measurement.latency
    assert latency and latency.p50 and latency.p99
    for quantile, share in ((latency.p50, 0.5), (latency.p99, 0.99)):
        exact = sorted(seconds)[math.ceil(share * len(seconds)) - 1]
        assert quantile.amount * 3600 == pytest.approx(exact, rel=0.00501)


def test_a_block_is_one_answer_and_a_failed_one_none() -> None:
    with meter() as made:
        with pytest.raises(ZeroDivisionError), made.latency():
            1 / 0  # noqa: B018
        with made.latency():
            pass
    assert made.measurement.latency and made.measurement.latency.p99
    assert 0 < made.measurement.latency.p99.amount * 3600 < 1
    assert sum(made._latencies.values()) == 1


def test_without_answers_there_is_no_latency() -> None:
    with meter() as made:
        pass
    assert made.measurement.latency is None
    with made:
        made.answered(1.0)
    with made:
        pass
    assert made.measurement.latency is None  # of the run before


def test_throughput_is_service_over_time() -> None:
    with meter() as made:
        made.delivers("500 token")
    record = made.measurement
    assert record.throughput and record.throughput.unit == "token/s"
    assert record.throughput.amount == pytest.approx(500 / (record.duration.amount * 3600))


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_quality_that_is_no_number_is_refused_at_once(number: float) -> None:
    with meter() as made:
        with pytest.raises(UsageError, match="finite number or leave it out"):
            made.quality(accuracy=number)
        made.quality(loss=0.5)
    assert made.measurement.quality == {"loss": 0.5}


def test_what_a_run_cannot_reach_or_deliver_is_refused_at_once() -> None:
    with meter() as made:
        with pytest.raises(OutOfRange, match="is 970, and a share"):
            made.quality(accuracy=970.0)
        for amount in ("0 inference", "-5 inference", "-0.5 1/inference"):
            with pytest.raises(OutOfRange, match="is no service that was delivered"):
                made.delivers(amount)
    assert (made.measurement.quality, made.measurement.amount) == ({}, None)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_latency_that_is_no_time_is_refused(seconds: float) -> None:
    with meter() as made, pytest.raises(UsageError, match="time from request to answer"):
        made.answered(seconds)
