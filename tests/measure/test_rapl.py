from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import simulated
from simulated import RAPL_TURN, Clock, constant

from lca.measure.counters.counter import Reading, Span
from lca.measure.counters.processes import Processes
from lca.measure.counters.rapl import Rapl
from lca.measure.entries.constants import PacedEntry
from lca.measure.entries.counted import cpu_energies
from lca.measurement.record import Unmeasured


class Bench:
    """A powercap tree, its source, and the readings of it."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.clock, self.processes = clock, simulated.Processes()
        self.tree = simulated.Rapl(root, clock)
        self.source = Rapl(self.processes, self.tree.flat)  # type: ignore[arg-type]
        self.first = Reading(0.0, {})

    def start(self) -> None:
        self.processes.start(self.clock.now)
        self.source.start(self.clock.now)
        self.first = self.read(self.clock.now)

    def read(self, now: float) -> Reading:
        self.clock.now = now
        self.tree.tick()
        self.processes.read(now)
        return Reading(now, self.source.read(now))

    def findings(self, last: Reading, whole: bool = False) -> list[PacedEntry | Unmeasured]:
        return list(cpu_energies(self.source.described(), "node", Span.between(self.first, last), whole))

    def energies(self, last: Reading) -> dict[str, float]:
        """Joules by component."""
        return {
            f.entry.component: f.entry.energy.amount * 3.6e6 for f in self.findings(last) if isinstance(f, PacedEntry)
        }


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    made = Bench(tmp_path, clock)
    made.tree.zone("intel-rapl:0", "package-0", constant(100.0), before=1.0)
    return made


def test_energy_is_the_difference_of_the_edges(bench: Bench) -> None:
    bench.start()
    assert bench.energies(bench.read(36.0)) == {"cpu": pytest.approx(3600)}


def test_packages_and_memory_count_once_and_nothing_inside_or_around_them(bench: Bench) -> None:
    zone, tree = bench.tree.zone, bench.tree
    zone("intel-rapl:0/intel-rapl:0:0", "core", constant(50.0))
    zone("intel-rapl:0/intel-rapl:0:1", "dram", constant(10.0))
    zone("intel-rapl:1", "package-1", constant(200.0))
    zone("intel-rapl:2", "psys", constant(1000.0))
    zone("intel-rapl-mmio:0", "package-0", constant(100.0))
    (tree.flat / "intel-rapl:00").symlink_to(tree.real / "intel-rapl:0")
    bench.start()
    last = bench.read(10.0)
    assert bench.energies(last) == {"cpu": pytest.approx(3000), "memory": pytest.approx(100)}
    processor, memory = (f.entry for f in bench.findings(last) if isinstance(f, PacedEntry))
    assert (processor.devices, memory.devices) == (("node/package-0", "node/package-1"), ("node/package-0",))
    assert "psys, which contains them and more of the platform, is left out" in processor.method


def test_a_counter_that_turns(bench: Bench, tmp_path: Path) -> None:
    bench.tree.zone("intel-rapl:1", "package-1", constant(100.0), before=RAPL_TURN / 1e6 - 500)
    bench.start()
    assert bench.energies(bench.read(36.0)) == {"cpu": pytest.approx(7200)}


def test_every_turn_seen_by_a_sample_counts(bench: Bench) -> None:
    bench.start()
    for hour in range(1, 25):
        for now in range(3600 * (hour - 1), 3600 * hour, 600):
            last = bench.read(float(now))
    assert bench.energies(last) == {"cpu": pytest.approx(100.0 * last.time)}


def test_a_counter_that_was_reset_is_no_turn(bench: Bench) -> None:
    bench.tree.zone("intel-rapl:1", "package-1", constant(100.0), before=5e4, reset=10.5)
    bench.start()
    for now in range(1, 21):
        last = bench.read(float(now))
    [finding] = bench.findings(last)
    assert isinstance(finding, PacedEntry) and "reset 1 times" in finding.entry.method
    assert finding.entry.energy.high
    lost = 100 * 0.5
    assert finding.entry.energy.amount * 3.6e6 == pytest.approx(4000 - lost)
    assert finding.entry.energy.high.number * 3.6e6 >= 4000


def test_it_states_the_error_of_its_edges(bench: Bench) -> None:
    bench.start()
    [finding] = bench.findings(bench.read(36.0))
    assert isinstance(finding, PacedEntry)
    entry = finding.entry
    assert (entry.origin, entry.share) == ("counter", None)
    assert entry.energy.low and entry.energy.low.number * 3.6e6 == pytest.approx(3600 - 0.1)  # 1 ms at 100 W
    assert "intel-rapl:0" in entry.method and "busy CPU time, idle power included" in entry.method


def test_without_a_limit_the_mean_power_stands_in(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    bench.tree.zone("intel-rapl:0", "package-0", constant(100.0), limit=False)
    bench.start()
    [finding] = bench.findings(bench.read(36.0))
    assert isinstance(finding, PacedEntry) and "stays under 100 W" in finding.entry.method


def test_a_reserved_machine_is_the_runs_as_a_whole(bench: Bench) -> None:
    bench.processes._busy = lambda t: 4 * t
    bench.start()
    last = bench.read(36.0)
    shared, whole = (
        next(f.entry for f in bench.findings(last, whole) if isinstance(f, PacedEntry)) for whole in (False, True)
    )
    assert (shared.share, whole.share) == (pytest.approx(0.25), None)
    assert shared.energy.amount == pytest.approx(whole.energy.amount / 4)
    assert "stated to be reserved" in whole.method


def test_a_run_that_did_nothing_has_no_share(bench: Bench) -> None:
    bench.processes._own = lambda t: 0.0
    bench.start()
    [finding] = bench.findings(bench.read(36.0))
    assert isinstance(finding, Unmeasured) and "measure a longer run" in finding.reason


def unreadable(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """The superuser may read everything, so the refusal is simulated."""
    read = Path.read_text

    def refused(path: Path, *args: Any, **kwargs: Any) -> str:
        if path.name == "energy_uj":
            raise error
        return read(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", refused)


def test_a_counter_for_root_only_says_what_to_do(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.tree.zone("intel-rapl:0/intel-rapl:0:0", "dram", constant(10.0))
    unreadable(monkeypatch, PermissionError())
    bench.start()
    findings = bench.findings(bench.read(1.0))
    assert [f.component for f in findings if isinstance(f, Unmeasured)] == ["cpu", "memory"]
    assert isinstance(findings[0], Unmeasured)
    assert f"`sudo chmod a+r {bench.tree.flat}/intel-rapl:*/energy_uj`" in findings[0].reason


def test_a_counter_that_vanishes_is_unmeasured(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.start()
    unreadable(monkeypatch, OSError("no such device"))
    [finding] = bench.findings(bench.read(1.0))
    assert isinstance(finding, Unmeasured)
    assert finding.reason == "the RAPL counters could no longer be read: no such device"


@pytest.mark.parametrize("folder", ["class", "absent"])
def test_no_powercap_is_nothing(tmp_path: Path, clock: Clock, folder: str) -> None:
    simulated.Rapl(tmp_path, clock)
    source = Rapl(simulated.Processes(), tmp_path / folder)  # type: ignore[arg-type]
    source.start(0.0)
    source.stop()
    assert list(cpu_energies(source.described(), "node", Span(1.0, source.read(1.0)))) == []


def test_dies_that_show_one_counter_count_once(tmp_path: Path) -> None:
    """As of a Threadripper of the first generations; dies with counters of their own count each."""
    for name, counter in (("package-0-die-0", 30e9), ("package-0-die-1", 30e9 + 2e5), ("package-1-die-0", 7e9)):
        zone(tmp_path, name, counter)
    rapl = Rapl(Processes(), tmp_path)
    rapl.start(0.0)
    assert [each["package"] for each in rapl.described()["zones"]] == ["package-0-die-0", "package-1-die-0"]


def test_packages_with_equal_counters_count_each(tmp_path: Path) -> None:
    for name in ("package-0", "package-1"):
        zone(tmp_path, name, 0.0)
    rapl = Rapl(Processes(), tmp_path)
    rapl.start(0.0)
    assert len(rapl.described()["zones"]) == 2


def test_a_reset_is_seen_where_no_limit_is_known(tmp_path: Path) -> None:
    folder = zone(tmp_path, "package-0", 30e9)
    rapl = Rapl(Processes(), tmp_path)
    rapl.start(0.0)
    (folder / "energy_uj").write_text("15000000\n")
    used = rapl.read(1.0)
    assert (used["rapl 0"], used["rapl 0 resets"], used["rapl 0 error"]) == (15e6, 1.0, 1e9)


def zone(root: Path, name: str, counter: float) -> Path:
    """A zone without power limits."""
    folder = root / f"intel-rapl:{len(list(root.iterdir()))}"
    folder.mkdir()
    for file, text in (("name", name), ("max_energy_range_uj", "65532610987"), ("energy_uj", f"{counter:.0f}")):
        (folder / file).write_text(f"{text}\n")
    return folder
