from __future__ import annotations

from typing import Any

import pytest
from importing import Changed, Refused, Take


@pytest.mark.parametrize(
    "file, kwh, begin, seconds",
    [
        ("azure-ml/rest.json", 0.01, "2026-03-15T20:01:00+00:00", 120),
        ("azure-ml/AzureMetrics.csv", 0.01, "2026-03-15T20:01:00+00:00", 120),
        ("azure-ml/az-endpoint.json", 15000 / 3.6e6, "2026-03-15T20:00:00+00:00", 120),
    ],
)
def test_joules_though_the_unit_says_count(take: Take, file: str, kwh: Any, begin: Any, seconds: float) -> None:
    record = take("azure-ml", file)
    assert record.energy[0].energy.amount == pytest.approx(kwh, rel=1e-12)
    assert record.started.isoformat() == begin and record.duration.amount * 3600 == pytest.approx(seconds)
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]


def test_runs_are_listed_and_one_is_chosen(take: Take, refused: Refused, changed: Changed) -> None:
    path = changed("azure-ml/rest.json", '"run-a"', '"run-b"', 1)
    assert "run-b, run-a" in refused("azure-ml", path).what
    assert take("azure-ml", path, run="run-b").energy[0].energy.amount == pytest.approx(30000 / 3.6e6)


def test_an_hour_is_an_hour(take: Take, changed: Changed) -> None:
    record = take("azure-ml", changed("azure-ml/AzureMetrics.csv", "PT1M", "PT1H"))
    assert record.duration.amount * 3600 == pytest.approx(3660)


@pytest.mark.parametrize(
    "file, old, new, field, what",
    [
        ("rest.json", "12000", "-12000", "value[0].timeseries[0].data[1].total", "greater than or equal"),
        ("rest.json", '"total": 12000', '"total": NaN', "", "not finite"),
        ("rest.json", "PT1M", "P1M", "interval", "no interval"),
        ("rest.json", "20:02:00Z", "20:01:00Z", "value[0].timeseries[0].data[2].timeStamp", "not after"),
        ("rest.json", '"value": "GpuEnergyJoules"', '"value": "GpuUtilization"', "value", "no metric"),
        ("az-endpoint.json", '"0:01:00"', '"0:05:00"', "value[0].timeseries[0].data[0]", "a mean"),
        ("AzureMetrics.csv", ",GpuEnergyJoules,12000,", ",GpuEnergyJoules,=12000,", "", "formula"),
        ("AzureMetrics.csv", ",GpuEnergyJoules,12000,", ",GpuEnergyJoules,-12000,", "Total", "outside"),
        ("AzureMetrics.csv", "12000,PT1M", "12000,PT5M", "TimeGrain", "2 lengths"),
        ("AzureMetrics.csv", "2026-03-15T20:02:00Z", "3/15/2026", "TimeGenerated", "not a time"),
        ("AzureMetrics.csv", "GpuEnergyJoules,", "GpuUtilization,", "TimeGrain", "no lengths"),
    ],
)
def test_refused_by_field(
    refused: Refused, changed: Changed, file: str, old: str, new: str, field: str, what: str
) -> None:
    problem = refused("azure-ml", changed(f"azure-ml/{file}", old, new))
    assert problem.field == field and what in problem.what
