"""Files that want to do harm, or were harmed: refused with the file, the line or byte, and the reason."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from importing import Refused, Written
from test_formats import SAMPLES

from lca.errors import LcaError
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.measure.formats import IMPORTERS, import_record
from lca.measure.formats.foreign import LARGEST
from lca.measurement.record import Measurement

FIXTURES = Path(__file__).with_name("fixtures")
EMPTY = Catalogue({}, RequiredFlows(), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", IMPORTERS)
def test_a_gigabyte_is_refused_before_it_is_read(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    path = tmp_path / "huge.csv"
    path.touch()
    os.truncate(path, 10**9)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    problem = refused(format, path)
    assert problem.what == f"1,000,000,000 bytes; at most {LARGEST:,} are read"


@pytest.mark.parametrize("format", IMPORTERS)
def test_what_is_no_text_is_refused_by_byte(refused: Refused, written: Written, format: str) -> None:
    problem = refused(format, written("x.csv", b"time,power\n0,\xff\n"))
    assert (problem.line, problem.field, problem.what) == (2, "byte 13", "not UTF-8 text")
    problem = refused(format, written("x.csv", b"time,power\n0,1\x00\n"))
    assert (problem.line, problem.field, problem.what) == (2, "byte 14", "not text: it holds a zero")
    for nothing in (b" \n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"):
        assert refused(format, written("x.csv", nothing)).what == "the file is empty"


def test_text_of_another_encoding_is_refused(refused: Refused, written: Written) -> None:
    assert refused("csv", written("x.csv", "time,power\n0,1\n".encode("utf-16"))).field == "byte 3"


@pytest.mark.parametrize(
    "format", ["codecarbon", "zeus", "slurm", "azure-ml", "nvidia-smi", "wandb", "amd-smi", "xpu", "alumet", "csv"]
)
def test_a_million_columns_are_refused(refused: Refused, written: Written, format: str) -> None:
    delimiter = "|" if format == "slurm" else ","
    lead = "GpuEnergyJoules" if format == "azure-ml" else "start_time"
    options = {"covers": "node"} if format == "slurm" else {}
    problem = refused(format, written("x.csv", delimiter.join([lead, *["c"] * 10**6]) + "\n"), **options)
    assert (problem.line, problem.what) == (1, "1,000,001 columns; at most 1,000 are read")


def test_a_million_cells_under_two_columns_are_refused(refused: Refused, written: Written) -> None:
    problem = refused("csv", written("x.csv", "time,power\n" + "1," * 10**6 + "1\n"))
    assert (problem.line, problem.what) == (2, "1,000,001 cells under 2 columns")


def test_a_cell_without_end_is_refused(refused: Refused, written: Written) -> None:
    problem = refused("csv", written("x.csv", 'time,power\n0,"' + "1" * 200_000 + "\n"))
    assert problem.line == 2 and "field larger than field limit" in problem.what


def test_a_line_without_end_is_refused(refused: Refused, written: Written) -> None:
    problem = refused("dcgm", written("x.prom", "# " + "x" * 200_000 + "\n"))
    assert (problem.line, problem.what) == (1, "the line has 200,003 characters; at most 100,000")


@pytest.mark.parametrize("format", ["boamps", "dcgm", "azure-ml", "mlflow"])
@pytest.mark.parametrize(
    "text, what",
    [
        ('{"a":' + "[" * 100_000, "nested"),
        ('{"a": ' * 40 + "1" + "}" * 40, "nested"),
        ('{"a": 1', "no JSON"),
        ('{"a": NaN}', "NaN is not finite"),
        ('{"a": ' + "9" * 5000 + "}", "no JSON"),
    ],
)
def test_json_is_refused_by_line(refused: Refused, written: Written, format: str, text: str, what: str) -> None:
    problem = refused(format, written("x.json", text))
    assert problem.line == 1 and what in problem.what


@pytest.mark.parametrize("cell", ["=1+1", '=cmd|"/c calc"!A1', "@SUM(A1)", "=HYPERLINK(0)"])
@pytest.mark.parametrize(
    "sample, number",
    [
        (0, "0.0007007372272559997"),
        (1, "3.543593585491181e-05"),
        (2, "4.29708671281613e-06"),
        (3, "750.2179999999998"),
        (4, "0.000325870289"),
        (5, "0.0006439333721437042"),
        (6, "7200000"),
        (7, "15152422938"),
        (8, "2500000"),
        (9, "12000"),
        (10, "12000"),
        (11, "250.0"),
        (12, "250.0"),
        (13, "100.00 W"),
        (20, ",300.0,"),
        (22, ",200"),
        (27, ";30.0;"),
        (28, ",100,"),
        (29, ",100"),
    ],
)
def test_a_formula_in_place_of_a_number_is_refused(
    refused: Refused, tmp_path: Path, sample: Any, number: Any, cell: str
) -> None:
    format, files, options = SAMPLES[sample]
    text = (FIXTURES / files[0]).read_text()
    assert number in text
    path = tmp_path / files[0]
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(number, number.replace(number.strip(",;"), cell), 1))
    problem = refused(format, path, *files[1:], **options)
    assert problem.line > 0 and problem.what


def test_a_fault_in_a_long_answer_is_found_without_an_index_of_it(refused: Refused, written: Written) -> None:
    values = ",".join(f'[{i},"1"]' for i in range(200_000))
    series = '{"metric":{"__name__":"DCGM_FI_DEV_POWER_USAGE"},"values":[' + values + ',[0,"1"]]}'
    text = '{"status":"success","data":{"resultType":"matrix","result":[' + series + "]}}"
    problem = refused("dcgm", written("r.json", text))
    assert (problem.line, problem.field) == (1, "data.result[0].values[200000]")


def harmed(format: str, files: list[str], content: bytes, options: dict[str, object]) -> Measurement | None:
    """The record of a file that was changed, or None where it was refused as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(files[0]).relative_to(files[0].split("/")[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        try:
            return import_record(
                format,
                [path, *(FIXTURES / file for file in files[1:])],
                catalogue=EMPTY,
                **options,  # type: ignore[arg-type]
            )
        except LcaError as error:
            assert error.exit_code in (2, 3)
            return None


@pytest.mark.filterwarnings("ignore")
@given(st.sampled_from(SAMPLES), st.data())
def test_a_file_cut_off_anywhere_is_refused_or_whole(sample: Any, data: Any) -> None:
    format, files, options = sample
    content = (FIXTURES / files[0]).read_bytes()
    cut = data.draw(st.integers(0, len(content) - 1))
    record = harmed(format, files, content[:cut], options)
    by_line = (files[0].endswith(".csv") and format != "zeus") or content[:cut].endswith(b"\n")
    if record and not by_line and content[:cut].strip() != content.strip():
        pytest.fail(f"{files[0]} cut at byte {cut} was taken")


LOGS = [sample for sample in SAMPLES if sample[0] in ("nvidia-smi", "ptdaemon")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sample", LOGS)
def test_a_log_cut_off_within_a_line_is_refused(sample: Any) -> None:
    """At the end of a line a log is a whole one of fewer rows, which nothing can tell from a shorter run."""
    format, files, options = sample
    content = (FIXTURES / files[0]).read_bytes()
    for cut in random.Random(20260301).sample(range(len(content)), 40):
        if harmed(format, files, content[:cut], options):
            assert content[cut - 1 : cut] == b"\n"


@pytest.mark.filterwarnings("ignore")
@given(st.sampled_from(SAMPLES), st.data())
def test_changed_bytes_never_break_anything(sample: Any, data: Any) -> None:
    format, files, options = sample
    content = bytearray((FIXTURES / files[0]).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 1] = data.draw(
            st.sampled_from([b"", b"\x00", b"\xff", b"9" * 30, b"-", b"=", b"\n", b'"', b",", b"e9"])
        )
    record = harmed(format, files, bytes(content), options)
    if record:
        assert 0 < record.duration.amount < 1e6
        assert all(0 < entry.energy.amount < 1e15 for entry in record.energy)
