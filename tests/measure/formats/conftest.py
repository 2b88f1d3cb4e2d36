"""Imports of the fixtures, and the one problem of a refused file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from importing import Changed, Refused, Take, Written

from lca.errors import InvalidData, Problem
from lca.inventory.catalogue import Catalogue
from lca.measure.formats import import_record
from lca.measurement.record import Measurement

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture
def take(empty: Catalogue) -> Take:
    """`take("codecarbon", "codecarbon/emissions.csv", pue=1.0)`: the record, with a catalogue that knows nothing."""

    def run(format: str, *files: str | Path, **options: Any) -> Measurement:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_record(format, [FIXTURES / file for file in files], catalogue=empty, **options)

    return run


@pytest.fixture
def refused(take: Take) -> Refused:
    """The one problem for which files are refused."""

    def run(format: str, *files: str | Path, **options: Any) -> Problem:
        with pytest.raises(InvalidData) as error:
            take(format, *files, **options)
        assert error.value.exit_code == 3
        assert len(error.value.problems) == 1
        return error.value.problems[0]

    return run


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A file of this name and content."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def changed(fixtures: Path, written: Written) -> Changed:
    """A copy of a fixture with one text replaced by another; the text must be there."""

    def change(file: str, old: str, new: str, count: int = -1) -> Path:
        text = (fixtures / file).read_text()
        assert old in text
        return written(Path(file).name, text.replace(old, new, count))

    return change
