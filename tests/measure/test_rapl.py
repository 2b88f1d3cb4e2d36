from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lca.measure.rapl import Rapl

LARGEST = 262_143_328_850  # µJ


class Tree:
    """A powercap tree as Linux shows it: nested folders, and a flat folder of links to all of them."""

    def __init__(self, root: Path) -> None:
        self.real, self.flat = root / "devices/intel-rapl", root / "class"
        self.flat.mkdir()

    def zone(self, id: str, name: str, energy: int = 0) -> None:
        *_, last = id.split("/")
        folder = self.real / id
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{LARGEST}\n")
        (self.flat / last).symlink_to(folder)
        self.set(last, energy)

    def set(self, id: str, energy: int) -> None:
        (self.flat / id / "energy_uj").write_text(f"{energy}\n")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path)
    made.zone("intel-rapl:0", "package-0", 1_000_000)
    return made


def energies(source: Rapl) -> dict[str, float]:
    source.stop()
    return {finding.component: finding.energy.amount for finding in source.results()}  # type: ignore[union-attr]


def started(tree: Tree) -> Rapl:
    source = Rapl(tree.flat)
    source.start()
    return source


def test_energy_is_the_difference_of_the_edges(tree: Tree) -> None:
    source = started(tree)
    tree.set("intel-rapl:0", 3_601_000_000)  # 3600 J more
    assert energies(source) == {"cpu": pytest.approx(0.001)}


def test_packages_and_memory_count_once_and_nothing_inside_or_around_them(tree: Tree) -> None:
    tree.zone("intel-rapl:0/intel-rapl:0:0", "core")
    tree.zone("intel-rapl:0/intel-rapl:0:1", "dram")
    tree.zone("intel-rapl:1", "package-1")
    tree.zone("intel-rapl:2", "psys")
    tree.zone("intel-rapl-mmio:0", "package-0")
    (tree.flat / "intel-rapl:00").symlink_to(tree.real / "intel-rapl:0")
    source = started(tree)
    for zone in tree.flat.glob("intel-rapl*:*"):
        tree.set(zone.name, 3_600_000_000 + (1_000_000 if zone.resolve().name == "intel-rapl:0" else 0))
    assert energies(source) == {"cpu": pytest.approx(0.002), "memory": pytest.approx(0.001)}


def test_a_counter_that_starts_again(tree: Tree) -> None:
    tree.set("intel-rapl:0", LARGEST - 600_000_000)
    source = started(tree)
    tree.set("intel-rapl:0", 3_000_000_000)
    assert energies(source) == {"cpu": pytest.approx(0.001)}


def test_every_turn_seen_by_a_sample_counts(tree: Tree) -> None:
    source = started(tree)
    for _ in range(3):
        for energy in (LARGEST - 1, 1_000_000):
            tree.set("intel-rapl:0", energy)
            source.sample()
    assert energies(source) == {"cpu": pytest.approx(3 * LARGEST / 3.6e12)}


def test_it_is_a_counter_of_the_whole_package(tree: Tree) -> None:
    source = started(tree)
    tree.set("intel-rapl:0", 2_000_000)
    source.stop()
    [entry] = source.results()
    assert (entry.origin, entry.energy.low) == ("counter", None)  # type: ignore[union-attr]
    assert "intel-rapl:0" in entry.method and "whichever process" in entry.method  # type: ignore[union-attr]


def unreadable(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """The superuser may read everything, so the refusal is simulated."""
    read = Path.read_text

    def refused(path: Path, *args: Any, **kwargs: Any) -> str:
        if path.name == "energy_uj":
            raise error
        return read(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", refused)


def test_a_counter_for_root_only_says_what_to_do(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.zone("intel-rapl:0/intel-rapl:0:0", "dram")
    unreadable(monkeypatch, PermissionError())
    source = started(tree)
    source.stop()
    findings = list(source.results())
    assert [finding.component for finding in findings] == ["cpu", "memory"]  # type: ignore[union-attr]
    assert f"`sudo chmod a+r {tree.flat}/intel-rapl:*/energy_uj`" in findings[0].reason  # type: ignore[union-attr]


def test_a_counter_that_vanishes_is_unmeasured(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    source = started(tree)
    unreadable(monkeypatch, OSError("no such device"))
    source.stop()
    [finding] = source.results()
    assert finding.reason == "the RAPL counters could no longer be read: no such device"  # type: ignore[union-attr]


@pytest.mark.parametrize("folder", ["class", "absent"])
def test_no_powercap_is_nothing(tmp_path: Path, folder: str) -> None:
    Tree(tmp_path)
    source = Rapl(tmp_path / folder)
    source.start()
    source.sample()
    source.stop()
    assert list(source.results()) == []
