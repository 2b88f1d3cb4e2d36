"""What is written replaces nothing of others, and is there whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workplace import Done, Workplace

import lca
from lca.builtin import folder, named
from lca.errors import UsageError
from lca.quantities.outputs import all_or_none, begins, remove_leftovers, write_json, write_text, written_aside


def test_what_was_written_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_json(path, {"a": "é"})
    assert path.read_text(encoding="utf-8") == '{\n "a": "é"\n}\n'
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(failure: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(failure), written_aside(path) as aside:
        aside.write_text("half of the n")
        raise failure
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_is_named_by_what_was_to_be_written(tmp_path: Path) -> None:
    """As the system says it, without any file."""
    with pytest.raises(OSError) as error, written_aside(tmp_path / "a.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert error.value.filename == str(tmp_path / "a.csv")


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ValueError):
        write_json(path, {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "a scenario"\n', '{"schema": 2, "kind": "ai-lca study"}'),
        ("time,power\n0,1\n", '{"schema": 1, "name": "x"}'),
        ('{"mine": 1, "schema": 2}', '{"schema": 2, "kind": "ai-lca study"}'),
        ("# My own notes\n", "# Sources of the figures\n"),
        ("<!doctype html><p>mine", "<!doctype html><p>ai-lca"),
        ("PK\x03\x04 of another", "PK"),
    ],
)
def test_what_others_wrote_stays(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(old)
    with pytest.raises(UsageError, match="did not write it"):
        write_text(path, new)
    assert path.read_text() == old and len(list(tmp_path.iterdir())) == 1
    write_text(path, new, own=True)
    assert path.read_text() == new


def test_what_this_package_wrote_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for name in ("one", "two"):
        write_json(path, {"schema": 1, "name": name})
    assert '"two"' in path.read_text()
    path.write_text("")
    write_text(path, "anything")


@pytest.mark.parametrize("name", ["", ".", "/", "folder", "link", "dangling", "pipe", "file/a", "a" * 300, "a\0b"])
def test_what_is_no_file_is_not_written_over(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").write_text("mine")
    Path("link").symlink_to("file")
    Path("dangling").symlink_to("nothing")
    os.mkfifo("pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError):
        write_text(Path(name), "x")
    assert sorted(tmp_path.iterdir()) == before and Path("file").read_text() == "mine"


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    write_text(tmp_path / ("a" * 255), "x")


def test_several_outputs_are_there_together_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), all_or_none():
        write_text(tmp_path / "a", "x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="named for two outputs"), all_or_none():
        write_text(tmp_path / "a", "x")
        write_text(tmp_path / "." / "a", "y")
    assert list(tmp_path.iterdir()) == []
    with all_or_none():
        write_text(tmp_path / "a", "x")
        write_text(tmp_path / "b", "y")
        assert not (tmp_path / "a").exists()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "x", "b": "y"}


KILLED = """
import os, signal, sys
from pathlib import Path
from lca.quantities.outputs import written_aside
with written_aside(Path(sys.argv[1]) / "a") as aside:
    aside.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with written_aside(tmp_path / "b") as aside:
        aside.write_text("x")
        remove_leftovers(tmp_path)
        assert list(tmp_path.iterdir()) == [aside]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_workbook_is_told_by_its_properties(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no archive")
    assert begins(tmp_path / "a.xlsx") == ("archive",)


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "scenario.toml"),
        ("--excel", "scenario.toml"),
        ("--excel", "x", "--html", "x"),
        ("-o", "both", "--excel", "both"),
        ("-o", ""),
        ("--html", "/"),
    ],
)
def test_no_command_loses_what_it_was_given(
    words: tuple[str, ...], tiny: Workplace, command: Callable[..., Done]
) -> None:
    before = {path.name: path.read_bytes() for path in tiny.folder.iterdir() if path.is_file()}
    done = command("assess", "scenario.toml", "-i", "inventory", "--categories", "climate-change", *words)
    assert done.code == 2 and "Traceback" not in done.err
    assert {path.name: path.read_bytes() for path in tiny.folder.iterdir() if path.is_file()} == before


def test_merging_does_not_replace_a_part(tiny: Workplace, command: Callable[..., Done]) -> None:
    done = command("record", "merge", "runs/run.json", "-o", "runs/run.json")
    assert (done.code, done.err[:70].strip()) == (
        2,
        "runs/run.json is one of the records to merge: give the record of all a",
    )


def test_a_table_of_contributions_is_told_from_another_parquet_file(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    for name, column in (("ours", "row"), ("again", "row"), ("other", "person")):
        pandas.DataFrame({column: [1], "score": [2.0]}).to_parquet(tmp_path / f"{name}.parquet")
    assert begins(tmp_path / "ours.parquet") == begins(tmp_path / "again.parquet") == ("parquet", "row")
    assert begins(tmp_path / "other.parquet") == ("parquet", "person")


def test_no_output_names_a_folder_of_the_machine(
    tiny: Workplace, command: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study, a workbook and a page of files that are given by their whole paths, made in another folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    outputs = ("-o", "study.json", "--excel", "book.xlsx", "--html", "page.html")
    where = (str(tiny.folder / "scenario.toml"), "-i", str(tiny.folder / "inventory"))
    done = command("assess", *where, "--categories", "climate-change", *outputs)
    assert done.code == 0
    with zipfile.ZipFile("book.xlsx") as book:
        texts = {name: book.read(name).decode(errors="replace") for name in book.namelist()}
    texts |= {name: Path(name).read_text(encoding="utf-8") for name in ("study.json", "page.html")}
    folders = (str(tiny.folder), str(Path(lca.__file__).parent.parent))
    assert [name for name, text in texts.items() if any(folder in text for folder in folders)] == []


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        ("inventories/hardware/a.toml", "inventories/hardware/a.toml"),
        ("/home/me/secret-client/scenario.toml", "secret-client/scenario.toml"),
        ("../me/plans/x/mixes.csv:3", "x/mixes.csv:3"),
        ("/a.toml", "a.toml"),
        (f"{folder('inventories')}/estimates/typical.toml", "inventories/estimates/typical.toml"),
    ],
)
def test_how_outputs_name_a_file(shown: str, output: str) -> None:
    assert named(shown) == output
