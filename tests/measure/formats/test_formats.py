"""What holds for every format: recognition, options, and the record's own fields."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from importing import Refused, Take, Written

from lca.errors import InvalidData, UsageError
from lca.measure.formats import EXPORTERS, IMPORTERS, export_record, guess, import_record
from lca.measure.formats.draft import option
from lca.measurement.record import Measurement

AT = {"started": datetime(2026, 3, 1, tzinfo=UTC), "ended": datetime(2026, 3, 1, 1, tzinfo=UTC)}
SAMPLES = [
    ("codecarbon", ["codecarbon/emissions-gpu.csv"], {}),
    ("codecarbon", ["codecarbon/emissions-2.3.5.csv"], {}),
    ("codecarbon", ["codecarbon/emissions_base_3a39afd0-2d5e-4764-8f82-97689c21691d.csv"], {"pue": 1.3}),
    ("zeus", ["zeus/windows.csv"], {}),
    ("carbontracker", ["carbontracker/both_carbontracker_output.log", "carbontracker/both_carbontracker.log"], {}),
    ("boamps", ["boamps/codecarbon.json"], {"pue": 1.25}),
    ("slurm", ["slurm/sacct.txt"], {"covers": "node"}),
    ("dcgm", ["dcgm/before.prom", "dcgm/after.prom"], AT),
    ("dcgm", ["dcgm/range.json"], {}),
    ("azure-ml", ["azure-ml/rest.json"], {}),
    ("azure-ml", ["azure-ml/AzureMetrics.csv"], {}),
    ("mlflow", ["mlflow/system/gpu_0_power_usage_watts", "mlflow/system/gpu_1_power_usage_watts"], {}),
    ("mlflow", ["mlflow/history.json"], {}),
    ("nvidia-smi", ["nvidia-smi/query.csv"], {}),
    ("nvidia-smi", ["nvidia-smi/dmon.txt"], {}),
    ("ptdaemon", ["ptdaemon/spl.txt"], {}),
    ("tegrastats", ["tegrastats/log.txt"], {}),
    ("powermetrics", ["powermetrics/log.txt"], {}),
    ("kepler", ["kepler/before.prom", "kepler/after.prom"], AT),
    ("kepler", ["kepler/before-0.9.prom", "kepler/after-0.9.prom"], AT),
    ("wandb", ["wandb/system.csv"], {}),
    ("optimum", ["optimum/benchmark_report.json"], {**AT, "run": "decode"}),
    ("amd-smi", ["amd-smi/monitor.csv"], {}),
    ("xpu", ["xpu/dump.csv"], {"started": AT["started"]}),
    ("turbostat", ["turbostat/out.txt"], {}),
    ("perf", ["perf/stat.txt"], {"started": AT["started"]}),
    ("scaphandre", ["scaphandre/report.json"], {}),
    ("alumet", ["alumet/output.csv"], {}),
    ("csv", ["csv/wattmeter.csv"], {}),
    ("csv", ["csv/seconds.csv"], {"started": AT["started"]}),
    ("boamps", ["boamps/flat.csv"], {"pue": 1.25}),
    ("amd-smi", ["amd-smi/metric.json"], {}),
    ("rocm-smi", ["rocm-smi/before.csv", "rocm-smi/after.csv"], AT),
    ("rocm-smi", ["rocm-smi/powers.csv"], AT),
    ("perf", ["perf/stat-x.csv"], {"started": AT["started"]}),
]


@pytest.mark.parametrize("format, files, options", SAMPLES)
def test_auto_recognises_it_and_only_it(take: Take, fixtures: Path, format: str, files: Any, options: Any) -> None:
    assert guess([fixtures / file for file in files]) == format
    assert take("auto", *files, **options) == take(format, *files, **options)


@pytest.mark.parametrize("format, files, options", SAMPLES)
def test_the_record_says_where_it_comes_from_and_survives_its_file(
    take: Take, fixtures: Path, tmp_path: Path, format: str, files: Any, options: Any
) -> None:
    record = take(format, *files, **options)
    assert record.imported.tool == IMPORTERS[format].TOOL
    assert record.imported.file == ", ".join(file.split("/")[-1] for file in files)
    hashes = [hashlib.sha256((fixtures / file).read_bytes()).hexdigest() for file in files]
    assert record.imported.sha256 == ", ".join(hashes)
    assert {entry.origin for entry in record.energy} <= {"imported", "integrated"}
    assert all(entry.energy.amount > 0 and entry.method for entry in record.energy)
    known = {entry.component for entry in record.energy} | {gap.component for gap in record.unmeasured}
    assert record.it_energy or "other" in known or "gpu" in known or len(known) == 2
    record.save(tmp_path / "record.json")
    assert Measurement.load(tmp_path / "record.json") == record


@pytest.mark.parametrize("format, files, options", SAMPLES)
def test_the_user_s_words_come_first(take: Take, format: str, files: Any, options: Any) -> None:
    record = take(format, *files, **options, name="mine", phase="compression", amount="50 inference")
    assert (record.name, record.phase, str(record.amount)) == ("mine", "compression", "50.0 inference")
    assert record.throughput.value.number == pytest.approx(50 / (record.duration.amount * 3600))


@pytest.mark.parametrize("format", IMPORTERS)
def test_an_option_that_a_format_has_no_use_for_is_refused(take: Take, format: str) -> None:
    files = next(files for name, files, _ in SAMPLES if name == format)
    everything = {"pue": 1.2, "run": "1", "covers": "node", "devices": ["0"], "columns": ["a", "b"], **AT}
    for name in set(everything) - IMPORTERS[format].USES:
        with pytest.raises(UsageError, match=f"no use for {option(name)}$"):
            take(format, *files, **{name: everything[name]})


def test_content_of_no_format_is_refused(refused: Refused, written: Written) -> None:
    problem = refused("auto", written("a.txt", "nothing of this kind\n"))
    assert "none of the formats codecarbon, zeus" in problem.what


def test_content_of_two_formats_is_refused(refused: Refused, written: Written) -> None:
    """A table of the one with a word of the other."""
    problem = refused("auto", written("a.csv", "time,power,MetricName\n0,1,GpuEnergyJoules\n"))
    assert "azure-ml and csv" in problem.what


def test_names_of_formats() -> None:
    with pytest.raises(UsageError, match="no format 'clearml': one of codecarbon, zeus"):
        import_record("clearml", [__file__])
    with pytest.raises(UsageError, match="no file"):
        import_record("auto", [])
    with pytest.raises(UsageError, match="twice"):
        import_record("auto", [__file__, __file__])
    assert list(EXPORTERS) == ["boamps", "model-card", "codecarbon", "prometheus"]


def test_a_file_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    problem = refused("zeus", tmp_path / "absent.csv")
    assert problem.what == "no such file" and problem.file.endswith("absent.csv")
    assert refused("zeus", tmp_path).what == "no such file"


def test_a_device_that_the_catalogue_knows_has_its_id(fixtures: Path, make_cpu: Any, make_catalogue: Any) -> None:
    known = make_catalogue(make_cpu("Intel(R) Xeon(R)", "100 W", 8), make_cpu("NVIDIA A100-SXM4", "1 W", 1))
    with pytest.warns(
        UserWarning, match="does not know the gpu 'NVIDIA A100-SXM4-80GB'; nearest: NVIDIA A100-SXM4 Proc"
    ):
        record = import_record("codecarbon", [fixtures / "codecarbon/emissions-gpu.csv"], catalogue=known)
    cpu, gpu, memory = record.devices
    assert cpu.id == "Intel(R) Xeon(R)" and gpu.id is None and memory.id is None
    assert gpu.nearest == ("NVIDIA A100-SXM4 Processor",)


def test_a_catalogue_in_error_leaves_devices_without_id(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*folders: object) -> None:
        raise InvalidData([])

    monkeypatch.setattr("lca.measure.formats.Catalogue.load", broken)
    with pytest.warns(UserWarning, match="cannot be read"):
        record = import_record("codecarbon", [fixtures / "codecarbon/emissions-gpu.csv"])
    assert [device.id for device in record.devices] == [None, None, None]


def test_export_and_import_agree(take: Take, tmp_path: Path) -> None:
    """Boundary of a format: energies as they are, PUE 1."""
    record = take("codecarbon", "codecarbon/emissions-gpu.csv")
    path = tmp_path / "emissions.csv"
    path.write_text(export_record("codecarbon", record))
    again = take("codecarbon", path)
    assert [e.energy.amount for e in again.energy] == pytest.approx([e.energy.amount for e in record.energy], rel=1e-12)
    assert again.duration.amount == pytest.approx(record.duration.amount, rel=1e-12) and again.imported.PUE == 1.0
    assert [(d.kind, d.name, d.count) for d in again.devices] == [(d.kind, d.name, d.count) for d in record.devices]
    path = tmp_path / "report.json"
    path.write_text(export_record("boamps", record))
    (entry,) = take("boamps", path).energy
    assert entry.component == "other"
    assert entry.energy.amount == pytest.approx(sum(e.energy.amount for e in record.energy), rel=1e-12)
