"""Every way in on damaged and hostile input: no traceback, no hang, no vague word, no other number.

A few per way in usually, some hundreds with `-m fuzz`. Each attempt is made of its way in and a number, which the line
of one that fails names, and of nothing else.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import shutil
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import entries
import pytest
from entries import Attempt, Entry
from workplace import TINY, Done

from lca.methods import library

sys.path.insert(0, str(Path(__file__).parent.parent / "measure/formats"))
from test_formats import SAMPLES

ENTRIES: dict[str, Entry] = {
    "scenario": entries.scenario,
    "inventory": entries.inventory,
    "mixes": entries.mixes,
    "record": entries.record,
    "journal": entries.journal,
    "study": entries.study,
    "campaign": entries.campaign,
    **{
        f"import {format}": entries.imports([sample for sample in SAMPLES if sample[0] == format])
        for format in dict.fromkeys(sample[0] for sample in SAMPLES)
    },
    "cache": entries.caches,
    "options": entries.options,
    "environment": entries.environment,
}
FEW, MANY = 6, 120
CPU_SECONDS = 60
"""Of one attempt; more is a hang. The longest takes two on a slow machine."""


class Hang(BaseException):
    """More processor time than any of these inputs is worth."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(done: Done, attempt: Attempt, expected: str) -> str:
    """The class of what a command ended with; those that begin with a capital are faults."""
    spoken = done.err.strip().splitlines()
    if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.out + done.err):
        return "CONTROL CHARACTER"
    if done.code == 0:
        if attempt.same and not _same(json.loads(done.out), json.loads(expected)):
            return "ANOTHER NUMBER"
        if "--json" in attempt.arguments and not _finite(json.loads(done.out)):
            return "NOT FINITE"
        return "accepted"
    if attempt.same and "environment" not in attempt.done and done.code == 3:
        return "REFUSED WHAT IS IN ORDER"
    if not spoken:
        return "SILENT"
    if done.code == 3:
        if "pydantic" in done.err or "Error" in spoken[0].split(":")[0]:
            return "VAGUE"
        return "refused, file and line" if re.match(r".+:\d+: ", spoken[-1]) else "refused, file or value"
    return {1: "failed", 2: "usage", 4: "dependency"}.get(done.code, f"EXIT {done.code}")


def _same(one: object, other: object) -> bool:
    """Whether two results are one, but for the last digits, in which a solution may differ from itself."""
    match one, other:
        case float(), float():
            return math.isclose(one, other, rel_tol=1e-9)
        case dict(), dict():
            return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _finite(content: object) -> bool:
    match content:
        case float():
            return math.isfinite(content)
        case dict():
            return all(map(_finite, content.values()))
        case list():
            return all(map(_finite, content))
    return True


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Done]) -> str:
    """What the tiny scenario scores; the caches, which are this test's own, are filled."""
    work = tmp_path / "good" / "work"
    shutil.copytree(TINY, work)
    (tmp_path / "nothing").mkdir()
    monkeypatch.setattr("lca.inventory.catalogue.folder", lambda name: tmp_path / "nothing")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "good"))
    monkeypatch.chdir(work)
    done = command("assess", "scenario.toml", "-i", "inventory", *entries.CLIMATE, "--json")
    assert done.code == 0
    return done.out


def result(
    entry: Entry, seed: str, folder: Path, expected: str, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Done]
) -> tuple[str, str]:
    """Make one attempt in a folder of its own: its class, and a line that tells a reader how it came about."""
    work = folder / "work"
    shutil.copytree(TINY, work)
    text = (work / "scenario.toml").read_text()
    (work / "scenario-2.toml").write_text(text.replace('name = "Answers"', 'name = "Others"'))
    with monkeypatch.context() as patch:
        patch.chdir(work)
        attempt = entry(work, Random(zlib.crc32(seed.encode())))
        for name, value in attempt.environment.items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        try:
            with bounded():
                done = command(*attempt.arguments)
            kind = outcome(done, attempt, expected)
            said = (done.err.strip() or done.out.strip())[:300]
        except Hang:
            kind, said = "HANG", ""
        except Exception as error:
            kind, said = "TRACEBACK", repr(error)[:300]
    return kind, f"{kind}: {seed}: lca {' '.join(attempt.arguments)[:200]!r} [{attempt.done[:120]}] {said!r}"


def attempts(
    name: str, number: int, tmp_path: Path, expected: str, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Done]
) -> tuple[Counter[str], list[str]]:
    """How often each class came out, and the lines of what was a fault."""
    counts: Counter[str] = Counter()
    faults = []
    folder, filled = tmp_path / "attempt", tmp_path / "filled"
    if name == "cache":  # filled in the folder of the attempts, whose name is its key; what is read anew is read once
        for part in ("_read_flows", "_read_factors"):
            monkeypatch.setattr(library, part, cache(_listed(getattr(library, part))))
        monkeypatch.setenv("XDG_CACHE_HOME", str(filled))
        library._load.cache_clear()
        result(entries.nothing, "", folder, expected, monkeypatch, command)
        shutil.rmtree(folder)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for seed in range(number):
        if name == "cache":
            shutil.copytree(filled, folder / "cache")
            library._load.cache_clear()
        kind, line = result(ENTRIES[name], f"{name} {seed}", folder, expected, monkeypatch, command)
        counts[kind] += 1
        if kind.isupper():
            faults.append(line)
        shutil.rmtree(folder, ignore_errors=True)
    if name == "cache":
        library._load.cache_clear()
    return counts, faults


def _listed(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """What is read, as a list where it is read bit by bit."""

    def whole(path: Path) -> Any:
        content = read(path)
        return content if isinstance(content, dict) else list(content)

    return whole


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ENTRIES)
def test_a_few(
    name: str,
    cached: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Callable[..., Done],
    record_property: Callable[[str, object], None],
) -> None:
    counts, faults = attempts(name, FEW, tmp_path, cached, monkeypatch, command)
    record_property("fuzz", (name, dict(counts)))
    assert faults == []


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ENTRIES)
def test_many(
    name: str,
    cached: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Callable[..., Done],
    record_property: Callable[[str, object], None],
) -> None:
    counts, faults = attempts(name, MANY, tmp_path, cached, monkeypatch, command)
    record_property("fuzz", (name, dict(counts)))
    assert faults == []
