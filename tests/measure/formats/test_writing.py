from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from lca.errors import UsageError
from lca.measure.formats import export_record
from lca.measure.formats.codecarbon import COLUMNS
from lca.measurement.record import Measurement

BASE = {
    "schema": 1,
    "name": "a run",
    "phase": "training",
    "started": datetime(2026, 3, 1, tzinfo=UTC),
    "ended": datetime(2026, 3, 1, 1, tzinfo=UTC),
    "duration": "1 h",
}
GPU = {"component": "gpu", "energy": "2 kWh", "origin": "counter", "method": "m"}
CPU = {
    "component": "cpu",
    "origin": "modelled",
    "method": "m",
    "energy": {"value": "1 kWh", "low": "0.8 kWh", "high": "1.25 kWh", "distribution": "lognormal"},
}
EVIL = "=cmd|'/c calc'!A1\n---\n\"x\": \\ \x07"


def record(**fields: object) -> Measurement:
    return Measurement.model_validate({**BASE, "energy": [GPU, CPU], **fields})


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_codecarbon_has_its_columns_and_a_pue_of_1() -> None:
    (row,) = rows(export_record("codecarbon", record(devices=[{"kind": "gpu", "name": "NVIDIA A100", "count": 2}])))
    assert tuple(row) == COLUMNS and len(COLUMNS) == 38
    assert (row["gpu_energy"], row["cpu_energy"], row["energy_consumed"], row["pue"]) == ("2.0", "1.0", "3.0", "1.0")
    assert (row["duration"], row["gpu_power"], row["timestamp"]) == ("3600.0", "2000.0", "2026-03-01T01:00:00")
    assert (row["gpu_model"], row["gpu_count"]) == ("2 x NVIDIA A100", "2")
    unknown = ("emissions", "ram_energy", "wue", "country_iso_code", "run_id", "codecarbon_version", "ram_total_size")
    assert {row[column] for column in unknown} == {""}


def test_codecarbon_s_own_file_has_these_columns(fixtures: Path) -> None:
    head = (fixtures / "codecarbon/emissions-gpu.csv").read_text().splitlines()[0]
    assert export_record("codecarbon", record()).splitlines()[0] == head


def test_codecarbon_leaves_what_is_not_measured_empty() -> None:
    gap = {"component": "gpu", "reason": "one of two"}
    (row,) = rows(export_record("codecarbon", record(unmeasured=[gap])))
    assert (row["gpu_energy"], row["cpu_energy"], row["energy_consumed"]) == ("", "1.0", "")


def test_codecarbon_s_columns_cannot_hold_a_node() -> None:
    with pytest.raises(UsageError, match="at its plug"):
        export_record("codecarbon", record(energy=[], it_energy="3 kWh"))


def test_a_formula_in_a_text_gets_an_apostrophe() -> None:
    (row,) = rows(export_record("codecarbon", record(name=EVIL, location={"region": "@SUM(A1)", "country": "FR"})))
    assert row["project_name"].startswith("'=cmd|") and "\n" not in row["project_name"]
    assert (row["region"], row["country_iso_code"]) == ("'@SUM(A1)", "FR")
    for lead in "+-":
        assert rows(export_record("codecarbon", record(name=f"{lead}1")))[0]["project_name"] == f"'{lead}1"


def test_boamps_has_its_required_fields() -> None:
    made = record(
        phase="inference",
        task="chat",
        model="m",
        model_parameters=8_000_000_000,
        amount="40 inference",
        quality={"accuracy": 0.9},
        utilisation={"gpu": 0.7, "cpu-process": 0.1},
        devices=[{"kind": "gpu", "name": "NVIDIA A100", "count": 2, "memory": "80 GB"}],
        location={"country": "FR", "provider": "ovh"},
        software={"python": "3.11", "ai-lca": "0.1.0"},
    )
    report = json.loads(export_record("boamps", made))
    task = report["task"]
    assert (task["taskStage"], task["taskFamily"], task["nbRequest"], task["measuredAccuracy"]) == (
        "inference",
        "chat",
        40.0,
        0.9,
    )
    assert task["algorithms"] == [{"algorithmName": "m", "parametersNumber": 8.0}]
    assert task["dataset"] == [{"dataUsage": "input", "dataType": "other", "dataQuantity": 40.0}]
    (measure,) = report["measures"]
    assert measure["powerConsumption"] == 3.0 and measure["measurementDuration"] == 3600.0
    assert (
        measure["measurementMethod"] == "ai-lca (gpu counter, cpu modelled)" and measure["averageUtilizationGpu"] == 0.7
    )
    assert measure["measurementDateTime"] == "2026-03-01 00:00:00" and "averageUtilizationCpu" not in measure
    part = {"componentType": "gpu", "componentName": "NVIDIA A100", "nbComponent": 2, "memorySize": 80}
    assert report["infrastructure"] == {"infraType": "publicCloud", "cloudProvider": "ovh", "components": [part]}
    assert report["environment"] == {"country": "FR"} and report["header"]["reportDatetime"] == "2026-03-01 01:00:00"


def test_boamps_of_an_unknown_machine_claims_nothing() -> None:
    report = json.loads(export_record("boamps", record()))
    assert report["infrastructure"] == {
        "infraType": "other",
        "components": [{"componentType": "not stated", "nbComponent": 1}],
    }
    assert report["task"]["taskFamily"] == "not stated" and "environment" not in report and "quality" not in report


@pytest.mark.parametrize(
    "low, high, gaps, quality",
    [
        ("0.9 kWh", "1.1 kWh", (), "high"),
        ("0.8 kWh", "1.2 kWh", (), "medium"),
        ("0.5 kWh", "1.5 kWh", (), "low"),
        ("0.4 kWh", "1.6 kWh", (), None),
        ("0.9 kWh", "1.1 kWh", ("gpu",), None),
    ],
)
def test_boamps_quality_is_the_range(low: Any, high: Any, gaps: Any, quality: Any) -> None:
    energy = {"value": "1 kWh", "low": low, "high": high, "distribution": "normal"}
    unmeasured = [{"component": gap, "reason": "r"} for gap in gaps]
    made = record(energy=[{**CPU, "energy": energy}], unmeasured=unmeasured)
    assert json.loads(export_record("boamps", made)).get("quality") == quality


def test_a_model_card_without_intensity_states_energy_only() -> None:
    text = export_record("model-card", record(unmeasured=[{"component": "memory", "reason": "r"}]))
    assert text.splitlines()[0] == text.splitlines()[-1] == "---"
    assert all(line.startswith("#") for line in text.splitlines()[1:-1])
    assert "# energy: 3 kWh (gpu counter, cpu modelled; not measured: memory)" in text


def test_a_model_card_is_in_grams_and_says_what_it_counts() -> None:
    made = record(
        devices=[{"kind": "gpu", "name": "NVIDIA A100", "count": 2}], location={"country": "NO", "region": "Oslo"}
    )
    text = export_record("model-card", made, intensity="0.05 kg/kWh", training_type="fine-tuning", source="mix of 2025")
    assert text == (
        "---\n"
        "# energy: 3 kWh (gpu counter, cpu modelled)\n"
        "co2_eq_emissions:\n"
        "  emissions: 150.0\n"
        '  source: "ai-lca: energy of components (gpu counter, cpu modelled) × 0.05 kg/kWh, without the rest of'
        ' the node, PUE and the making of the hardware; mix of 2025"\n'
        '  training_type: "fine-tuning"\n'
        '  geographical_location: "Oslo, NO"\n'
        '  hardware_used: "2 x NVIDIA A100"\n'
        "---\n"
    )
    assert "  emissions: 1500.0\n" in export_record("model-card", made, emissions="1.5 kg", source="study")


def test_a_model_card_takes_no_guess() -> None:
    for options, what in (
        ({"intensity": "0.05"}, "no unit"),
        ({"intensity": "50 W"}, "'W' where 'g/kWh' belongs"),
        ({"intensity": "50 g/kWh", "emissions": "1 kg"}, "not both"),
    ):
        with pytest.raises(UsageError, match=what):
            export_record("model-card", record(), **options)
    with pytest.raises(UsageError, match="no use for"):
        export_record("boamps", record(), intensity="50 g/kWh")


def test_text_cannot_leave_its_quotes() -> None:
    made = record(
        name=EVIL,
        devices=[{"kind": "gpu", "name": 'x"\n---\nevil: yes', "count": 1}],
        location={"region": "a\u2028b\x85c"},
    )
    card = export_record("model-card", made, intensity="50 g/kWh", source='"\n---\nevil: 1')
    assert card.count("\n---\n") == 1 and "\nevil" not in card and '\\"' in card
    assert '"a b c"' in card
    text = export_record("prometheus", made)
    assert all(line.startswith(("# ", "ai_lca_")) for line in text.splitlines())
    assert {sample.labels["run"] for sample in samples(text)} == {"=cmd|'/c calc'!A1 --- \"x\": \\"}
    assert json.loads(export_record("boamps", made))["task"]["taskDescription"] == "=cmd|'/c calc'!A1 --- \"x\": \\"


def test_prometheus_has_joules_and_no_zero_for_what_is_missing() -> None:
    gap = {"component": "memory", "reason": "r"}
    text = export_record("prometheus", record(unmeasured=[gap], energy=[GPU, GPU, CPU]))
    assert all(sample.labels["run"] == "a run" and sample.labels["phase"] == "training" for sample in samples(text))
    assert {(s.name, s.labels.get("component"), s.labels.get("origin"), s.value) for s in samples(text)} == {
        ("ai_lca_energy_joules", "gpu", "counter", 14_400_000.0),
        ("ai_lca_energy_joules", "cpu", "modelled", 3_600_000.0),
        ("ai_lca_energy_low_joules", "cpu", "modelled", 2_880_000.0),
        ("ai_lca_energy_high_joules", "cpu", "modelled", 4_500_000.0),
        ("ai_lca_energy_missing", "memory", None, 1.0),
        ("ai_lca_duration_seconds", None, None, 3600.0),
        ("ai_lca_end_timestamp_seconds", None, None, 1772326800.0),
    }


def test_prometheus_has_no_bound_where_one_entry_has_none() -> None:
    without = {**CPU, "energy": {"value": "1 kWh"}}
    names = {sample.name for sample in samples(export_record("prometheus", record(energy=[CPU, without])))}
    assert not names & {"ai_lca_energy_low_joules", "ai_lca_energy_high_joules"}


def test_a_record_without_energy_has_nothing_to_export() -> None:
    empty = record(energy=[], unmeasured=[{"component": "gpu", "reason": "r"}])
    for format in ("boamps", "model-card"):
        with pytest.raises(UsageError, match="knows no energy"):
            export_record(format, empty)
    assert "ai_lca_energy_missing" in export_record("prometheus", empty)
    with pytest.raises(UsageError, match="no format 'pdf'"):
        export_record("pdf", empty)
