"""The README's code blocks run, in order, in one folder that holds the scenarios and nothing else."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    saved = re.findall(r"Save this as `([^`]+)`", README)
    written = [text for language, text in BLOCKS if language == "toml"]
    assert len(saved) == len(written) == 1
    for name, text in zip(saved, written, strict=True):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(command: list[str], folder: Path) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONUTF8": "1"}  # its blocks print what any UTF-8 terminal shows
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {language for language, _ in BLOCKS} == {"python", "console", "toml"}


@pytest.mark.parametrize("code", [text for language, text in BLOCKS if language == "python"])
def test_python_blocks_run(code: str, folder: Path) -> None:
    run([sys.executable, "-c", code], folder)


def test_console_lines_run_in_their_order(folder: Path) -> None:
    lines = [line for language, text in BLOCKS if language == "console" for line in text.splitlines()]
    for line in lines:
        assert line.startswith("$ lca ")
        assert run(shlex.split(line[2:]), folder).strip(), line


def test_the_first_python_example_is_short_and_writes_the_workbook(folder: Path) -> None:
    code = next(text for language, text in BLOCKS if language == "python")
    assert len(code.strip().splitlines()) <= 14
    run([sys.executable, "-c", code], folder)
    assert (folder / "digits.xlsx").stat().st_size > 10_000
