"""What is dropped: records, logs of other tools, scenarios, workbooks; and what is none of these."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lca.app import bring
from lca.app.assessing import Assessor
from lca.builtin import folder
from lca.errors import LcaError
from lca.exchange.excel.writing import template
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Location, Measurement
from lca.vocabulary import Phase

CODECARBON = (
    "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
    "gpu_energy,ram_energy,energy_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,os,"
    "python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,"
    "tracking_mode,on_cloud,pue\n"
    "2024-05-02T10:00:00,digits,0b1,3600,0.01,0.00001,40,0,10,0.04,0,0.01,0.05,France,FRA,,,,Linux,3.11,2.4.1,8,"
    "Some CPU,0,,,,16,machine,N,1.0\n"
)


def sent(data: bytes) -> str:
    return f"data:;base64,{base64.b64encode(data).decode()}"


def test_a_record_is_assessed_for_what_its_run_delivered(built_in: Catalogue) -> None:
    path = folder("scenarios") / "runs" / "digits-inference.json"
    brought = bring.read("run.json", sent(path.read_bytes()), built_in)
    assert brought.record and brought.record.phase == Phase.INFERENCE
    kept = brought.record.model_dump(mode="json", by_alias=True, exclude_none=True)
    entry = bring.of_record(kept, "electricity-fr", "facility-colocation", "server-1x-a100", 0.5)
    study = Assessor(built_in).study([entry])
    assert study.scores().set_index("category")["score"]["climate-change"] > 0
    assert entry.content["functional_unit"]["amount"] == str(brought.record.amount)


def test_a_file_of_codecarbon_is_assessed_where_somebody_says_it_ran(built_in: Catalogue) -> None:
    brought = bring.read("emissions.csv", sent(CODECARBON.encode()), built_in)
    assert brought.record and brought.record.imported and brought.record.imported.tool == "CodeCarbon"
    assert bring.guessed(brought.record, built_in) == (None, None)  # "FRA" is no code of a place: nothing is guessed
    kept = brought.record.model_dump(mode="json", by_alias=True, exclude_none=True)
    entry = bring.of_record(kept, "electricity-fr", None, None, None)
    names = Assessor(built_in).study([entry]).gaps()["gap"]
    assert any("equipment, allocated for" in gap for gap in names)  # not stated: a gap, and no guess


def test_a_record_that_names_its_country_has_its_place(built_in: Catalogue) -> None:
    record = Measurement.load(folder("scenarios") / "runs" / "digits-inference.json")
    known = record.model_copy(update={"location": Location(country="FR")})
    assert bring.guessed(known, built_in)[0] == "electricity-fr"


def test_scenarios_and_workbooks_are_taken_as_they_are(built_in: Catalogue, tmp_path: Path) -> None:
    text = (folder("scenarios") / "digits-france.toml").read_bytes()
    [entry] = bring.read("my own.toml", sent(text), built_in).scenarios
    assert entry.scenario().file.name == "Handwritten digits, one million images, France"
    book = template(tmp_path / "t.xlsx", built_in).read_bytes()
    [entry] = bring.read("t.xlsx", sent(book), built_in).scenarios
    assert entry.scenario().file.name == "My first scenario"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", sent(b"name = "), "a.toml:1: "),
        ("a.xlsx", sent(b"PK"), "a.xlsx: no workbook that can be read"),
        ("a.json", sent(b'{"schema": 1}'), "a.json:1: "),
        ("../../etc/a.csv", sent(b"x,y\n1,2\n"), "a.csv"),
        ("a.csv", "data:;base64,***", "the file did not arrive whole"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_a_folder_of_this_machine(
    name: str, content: str, message: str, built_in: Catalogue
) -> None:
    with pytest.raises(LcaError) as refused:
        bring.read(name, content, built_in)
    assert message in str(refused.value)
    assert "/tmp" not in str(refused.value) and "etc" not in str(refused.value)
