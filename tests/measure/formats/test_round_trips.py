"""Every importer brings an energy through the unit of its tool unchanged."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.measure.formats import export_record, import_record
from lca.measurement.record import Measurement
from lca.quantities import units
from lca.quantities.units import Amount

EMPTY = Catalogue({}, RequiredFlows(), None)  # type: ignore[arg-type]
JOULES = st.floats(1e-3, 1e12, allow_nan=False)
SECONDS = st.floats(0.5, 1e6, allow_nan=False)
PUE = st.floats(1.0, 3.0, allow_nan=False)


def to(unit: str, joules: float) -> float:
    return units.convert(Amount(joules, "J"), unit).number


def codecarbon(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    energy = to("kWh", joules) * PUE
    head = "timestamp,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,gpu_count,pue"
    return f"{head}\n2026-01-01T00:00:00,a,{seconds!r},0,0,{energy!r},0,{energy!r},1,{PUE!r}\n", {}


def zeus(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    return f"start_time,window_name,elapsed_time,gpu0_energy\n1700000000.0,a,{seconds!r},{joules!r}\n", {}


def carbontracker(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    stamp = "2026-01-01 00:00:00 - CarbonTracker: "
    clock = f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02d}:{seconds % 60:05.2f}"
    if clock.endswith("60.00"):
        clock = "1:00:00"
    return (
        f"{stamp}The following components were found: GPU with device(s) A.\n"
        f"{stamp}\nActual consumption for 1 epoch(s):\n\tTime:\t{clock}\n\tEnergy:\t{to('kWh', joules) * PUE!r} kWh\n"
    ), {"pue": PUE}


def boamps(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    measure = {
        "measurementMethod": "codecarbon",
        "powerConsumption": to("kWh", joules) * PUE,
        "measurementDuration": seconds,
        "measurementDateTime": "2026-01-01 00:00:00",
    }
    return json.dumps({"task": {}, "measures": [measure]}), {"pue": PUE, "covers": "gpu"}


def slurm(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    head = "JobID|ElapsedRaw|Start|ConsumedEnergyRaw"
    return f"{head}\n1|{seconds!r}|2026-01-01T00:00:00|{joules!r}\n", {"covers": "gpu"}


def dcgm(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    labels = {"__name__": "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "UUID": "GPU-a"}
    values = [[0.0, "0"], [seconds, repr(to("mJ", joules))]]
    data = {"resultType": "matrix", "result": [{"metric": labels, "values": values}]}
    return json.dumps({"status": "success", "data": data}), {}


def azure_ml(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    rows = [f"2026-01-01T00:0{minute}:00Z,GpuEnergyJoules,{joules / 2!r},PT1M\n" for minute in (0, 1)]
    return "TimeGenerated,MetricName,Total,TimeGrain\n" + "".join(rows), {}


def mlflow(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    ms = round(seconds * 1000)
    watts = joules / (ms / 1000)
    metric = {"key": "system/gpu_0_power_usage_watts", "value": watts, "timestamp": 0}
    return json.dumps({"metrics": [metric, {**metric, "timestamp": ms}]}), {}


def power_csv(joules: float, seconds: float, PUE: float) -> tuple[str, dict[str, Any]]:
    kilowatts = to("kWh", joules) / (seconds / 3600)
    return f"time,power (kW)\n1000000000,{kilowatts!r}\n{1e9 + seconds!r},{kilowatts!r}\n", {"covers": "gpu"}


WRITERS: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {
    "codecarbon": codecarbon,
    "zeus": zeus,
    "carbontracker": carbontracker,
    "boamps": boamps,
    "slurm": slurm,
    "dcgm": dcgm,
    "azure-ml": azure_ml,
    "mlflow": mlflow,
    "csv": power_csv,
}


def taken(format: str, text: str, options: dict[str, Any]) -> Measurement:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_text(text)
        return import_record(format, [path], catalogue=EMPTY, **options)


@pytest.mark.filterwarnings("ignore:the catalogue does not know")
@pytest.mark.parametrize("format", WRITERS)
@given(JOULES, SECONDS, PUE)
def test_joules_in_are_joules_out(format: str, joules: float, seconds: float, PUE: float) -> None:
    record = taken(format, *WRITERS[format](joules, seconds, PUE))
    (gpu,) = [entry for entry in record.energy if entry.component == "gpu"]
    tolerance = 1e-6 if format == "csv" else 1e-9  # the clock of the CSV counts from 1970 in floats
    energy = Amount(gpu.energy.amount, "kWh")
    assert units.convert(energy, "J").number == pytest.approx(joules, rel=tolerance)
    assert units.convert(energy, "mJ").number == pytest.approx(1000 * joules, rel=tolerance)
    assert gpu.energy.unit == "kWh_component"


@given(JOULES, SECONDS)
def test_joules_and_grams_out_are_those_of_the_record(joules: float, seconds: float) -> None:
    record = taken("zeus", *zeus(joules, seconds, 1.0))
    line = next(line for line in export_record("prometheus", record).splitlines() if "ai_lca_energy_joules{" in line)
    assert float(line.split(" ")[-1]) == pytest.approx(joules, rel=1e-9)
    card = export_record("model-card", record, intensity="0.25 kg/kWh")
    grams = float(next(line for line in card.splitlines() if line.startswith("  emissions:")).split(": ")[1])
    assert units.convert(Amount(grams, "g"), "kg").number == pytest.approx(to("kWh", joules) * 0.25, rel=1e-9)
    report = json.loads(export_record("boamps", record))
    assert report["measures"][0]["powerConsumption"] == pytest.approx(to("kWh", joules), rel=1e-9)
    assert report["measures"][0]["measurementDuration"] == pytest.approx(seconds, rel=1e-9)


@given(st.floats(1e-3, 1e6), st.integers(1, 10**6))
def test_watts_in_are_watts_out(watts: str, seconds: float) -> None:
    record = taken("csv", f"time,power\n1000000000,{watts!r}\n{10**9 + seconds},{watts!r}\n", {"covers": "gpu"})
    energy = Amount(record.energy[0].energy.amount, "kWh")
    assert units.convert(energy, "J").number / (record.duration.amount * 3600) == pytest.approx(watts, rel=1e-9)
    assert record.power[0].powers == (watts,)
