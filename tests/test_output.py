"""Text on its way out: terminals of any encoding, names that hold control characters, and outputs that take nothing."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import Workplace

from lca.cli.output import spelled
from lca.errors import Problem, visible

ROOT = Path(__file__).parents[1]
ASSESS = ("assess", "scenario.toml", "-i", "inventory", "--categories", "climate-change,land-use")


def lca(folder: Path, *arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, with a redirection by the shell."""
    kept = {key: value for key, value in os.environ.items() if key not in ("LC_ALL", "LANG", "PYTHONUTF8")}
    command = ["sh", "-c", f'"$@" {shell}', "sh", sys.executable, "-m", "lca", *arguments]
    return subprocess.run(command, cwd=folder, env={**kept, **environment}, capture_output=True)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda environment: next(iter(environment.values())),
)
def test_what_an_encoding_lacks_is_written_in_ascii(environment: dict[str, str], tiny: Workplace) -> None:
    done = lca(tiny.folder, *ASSESS, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Known >=: what inventories" in done.stdout
    parsed = lca(tiny.folder, *ASSESS, "--json", **environment)
    exact = lca(tiny.folder, *ASSESS, "--json", PYTHONIOENCODING="utf-8")
    assert json.loads(parsed.stdout) == json.loads(exact.stdout)


@pytest.mark.parametrize(("text", "ascii"), [("≥ 2 × 3 – 4 → é ﬁ 木", ">= 2 x 3 - 4 -> e fi ?"), ("\ud800", "?")])
def test_spelled(text: str, ascii: str) -> None:
    assert spelled(text) == ascii


@given(st.text())
def test_visible_text_is_one_line_without_control_characters(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert not any((ord(character) < 32 and character != "\t") or 127 <= ord(character) < 160 for character in shown)
    assert visible(shown) == shown


def test_no_text_forges_a_problem() -> None:
    problem = Problem("a\n.toml", 1, "k\n\x1b[2J", "what\rever", "do")
    assert str(problem) == r"a\n.toml:1: k\n\x1b[2J: what\rever; do"


NAME = r"\u001b]0;owned\u0007\u009b2J"
"""Sets the title of a terminal and clears it."""


def test_control_characters_reach_no_stream(tiny: Workplace) -> None:
    name = next(line for line in tiny.read("scenario.toml").splitlines() if line.startswith("name ="))
    tiny.edit("scenario.toml", name, f'name = "{NAME}"')
    tiny.write("bad.toml", f'"{NAME}" = 1\n"a\\nscenario.toml:3: name: forged; do evil" = 2\n')
    good, bad = lca(tiny.folder, *ASSESS), lca(tiny.folder, "assess", "bad.toml", "-i", "inventory")
    absent = lca(tiny.folder, "assess", "\x1b[2J\n.toml", "-i", "inventory")
    assert (good.returncode, bad.returncode, absent.returncode) == (0, 3, 3)
    assert b"owned" in good.stdout and b"owned" in bad.stderr
    for text in (good.stdout, good.stderr, bad.stderr, absent.stderr):
        assert b"\x1b" not in text and b"\x07" not in text and "\x9b".encode() not in text
    assert all(line.startswith("bad.toml:") for line in bad.stderr.decode().splitlines())
    assert len(absent.stderr.splitlines()) == 1


def test_a_terminal_gets_plain_text_too(tiny: Workplace) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "lca", *ASSESS]
    with subprocess.Popen(command, cwd=tiny.folder, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    assert b"climate-change" in text and b"\x1b" not in text and rb"\x1b" not in text


def test_output_that_takes_nothing_is_one_line(tiny: Workplace) -> None:
    closed = lca(tiny.folder, *ASSESS, shell=">&-")
    assert (closed.returncode, len(closed.stderr.splitlines())) == (1, 1)
    assert closed.stderr.startswith(b"standard output: it is closed; ")
    nobody = lca(tiny.folder, *ASSESS, shell=">&- 2>&-")
    assert (nobody.returncode, nobody.stdout, nobody.stderr) == (1, b"", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_output_is_one_line(tiny: Workplace) -> None:
    done = lca(tiny.folder, *ASSESS, shell="> /dev/full")
    assert (done.returncode, done.stderr) == (1, b"standard output: No space left on device\n")


def test_without_a_home_nothing_is_kept_and_all_works(tiny: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_cache_path", homeless)
    assert len(tiny.catalogue().activities) > 5
