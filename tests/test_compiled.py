"""A catalogue that was kept is the one that its files say, or it is read again."""

import json
from pathlib import Path

import pytest

from lca import Catalogue
from lca.errors import InvalidData
from lca.inventory import compiled
from lca.inventory.catalogue import DEFINED

ACTIVITY = """
name = "A board"
product = "board"
unit = "item"
location = "GLO"
exchanges = [{ input = "steel-cold-rolled", amount = "2 kg", source = "s" }]
pedigree = { reliability = 1, completeness = 1, temporal = 1, geographical = 1, technological = 1 }
sources.s = { title = "A book", year = 2020, authors = "A", licence = "figures cited" }
"""


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "cache")
    file = tmp_path / "mine" / "hardware" / "board.toml"
    file.parent.mkdir(parents=True)
    file.write_text(ACTIVITY, encoding="utf-8")
    return file


def test_the_built_in_catalogue_comes_back_to_the_last_digit(built_in: Catalogue) -> None:
    parts = tuple(getattr(built_in, name) for name in DEFINED)
    written = json.dumps(compiled._encoded(parts), allow_nan=False)
    again = compiled._decoded(json.loads(written))
    assert again == parts
    assert repr(again) == repr(parts)


def test_what_is_kept_is_of_these_files_alone(board: Path) -> None:
    roots = [board.parents[1]]
    first = compiled.digest(roots, "flows")
    compiled.keep_parts(roots, first, ("kept", 1.5))
    assert compiled.kept_parts(roots, first) == ("kept", 1.5)
    assert compiled.digest(roots, "other flows") != first
    board.write_text(ACTIVITY.replace("2 kg", "3 kg"), encoding="utf-8")
    second = compiled.digest(roots, "flows")
    assert second != first
    assert compiled.kept_parts(roots, second) is None
    (board.parent / "another.toml").symlink_to(board)
    assert compiled.digest(roots, "flows") == ""  # where a link leads is looked at each time
    assert compiled.kept_parts(roots, "") is None


def test_a_damaged_file_is_as_good_as_none(board: Path) -> None:
    roots = [board.parents[1]]
    compiled.keep_parts(roots, "digest", ("kept", 1.5))
    kept = compiled._path(roots)
    kept.write_text(kept.read_text(encoding="utf-8").replace("1.5", "2.5"), encoding="utf-8")
    with pytest.warns(UserWarning, match="damaged"):
        assert compiled.kept_parts(roots, "digest") is None


def test_no_more_than_the_last_catalogues_are_kept(board: Path) -> None:
    for number in range(compiled.MOST_KEPT + 2):
        compiled.keep_parts([board.parents[1] / str(number)], "digest", ())
    assert len(list(compiled._path([]).parent.iterdir())) == compiled.MOST_KEPT


def test_a_file_that_changed_is_checked(board: Path) -> None:
    folder = board.parents[1]
    for _ in range(2):  # the first time it is new
        assert Catalogue.load(folder).activity("board").inputs[0].amount == 2.0
    assert compiled._path([Path()]).parent.is_dir()
    assert Catalogue.load(folder).activity("board").inputs[0].amount == 2.0
    board.write_text(ACTIVITY.replace("2 kg", "2 L"), encoding="utf-8")
    with pytest.raises(InvalidData, match="exchanges"):
        Catalogue.load(folder)
