"""Control groups on simulated trees, after https://docs.kernel.org/admin-guide/cgroup-v2.html."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import simulated
from simulated import Clock

from lca.inventory.catalogue import Catalogue
from lca.measure.counters.container import Container, ControlGroup
from lca.measure.counters.counter import Span
from lca.measure.entries.counted import cpu_energies
from lca.measure.entries.modelled import Model
from lca.measurement.record import Unmeasured


@pytest.fixture
def files(tmp_path: Path) -> Callable[[dict[str, str]], ControlGroup]:
    def make(contents: dict[str, str], environment: dict[str, str] | None = None) -> ControlGroup:
        for name, content in contents.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        return ControlGroup(tmp_path, environment or {})

    return make


def test_a_machine_without_limits_is_no_container(files: Callable[..., ControlGroup]) -> None:
    group = files({"proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n"})
    assert group.surrounds() is None and group.used() == 0.0


def test_the_narrowest_limit_of_all_groups_holds(files: Callable[..., ControlGroup]) -> None:
    pod = "kubepods.slice/kubepods-pod12.slice"
    group = files(
        {
            "proc/self/cgroup": f"0::/{pod}/cri-containerd-34.scope\n",
            f"sys/fs/cgroup/{pod}/cpu.max": "150000 100000\n",
            f"sys/fs/cgroup/{pod}/memory.max": "4000000000\n",
            f"sys/fs/cgroup/{pod}/cri-containerd-34.scope/cpu.max": "400000 100000\n",
            f"sys/fs/cgroup/{pod}/cri-containerd-34.scope/memory.max": "max\n",
            f"sys/fs/cgroup/{pod}/cri-containerd-34.scope/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
        }
    )
    container = group.surrounds()
    assert container == Container("Kubernetes pod", 1.5, 4e9)
    assert container.words() == "in a Kubernetes pod, limited to 1.5 logical processors and 4 GB of memory"
    assert group.used() == 2.5


@pytest.mark.parametrize(
    ("contents", "environment", "kind"),
    [
        ({".dockerenv": ""}, {}, "container"),
        ({"run/.containerenv": ""}, {}, "container"),
        ({"proc/self/cgroup": "0::/\n"}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "Kubernetes pod"),
        ({"proc/self/cgroup": "4:cpu:/docker/12\n"}, {}, "container"),
        ({"proc/self/cgroup": "0::/x\n", "sys/fs/cgroup/x/cpu.max": "50000 100000\n"}, {}, "control group"),
    ],
)
def test_what_it_is(
    files: Callable[..., ControlGroup], contents: dict[str, str], environment: dict[str, str], kind: str
) -> None:
    container = files(contents, environment).surrounds()
    assert container and container.kind == kind


def test_version_1(files: Callable[..., ControlGroup]) -> None:
    group = files(
        {
            "proc/self/cgroup": "9:memory:/docker/12\n4:cpu,cpuacct:/docker/12\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        }
    )
    assert group.surrounds() == Container("container", 2.0, None)


def test_the_modelled_cpu_says_where_it_ran(catalogue: Catalogue) -> None:
    machine = simulated.Processes().described() | {"container": {"kind": "container", "processors": 2.0}}
    span = Span(10.0, {"cpu own": 6.0, "cpu group": 12.0, "memory": 1e9})
    entry, *_ = Model(machine, lambda: catalogue).energies(span)
    assert not isinstance(entry, Unmeasured)
    assert "in a container, limited to 2 logical processors; of its CPU time the run had 50%" in entry.entry.method


def test_a_container_that_sees_only_its_own_cpu_time_has_no_part_of_rapl(
    tmp_path: Path, clock: Clock, files: Callable[..., ControlGroup]
) -> None:
    container = files({".dockerenv": "", "proc/self/mounts": "lxcfs /proc/stat fuse.lxcfs rw 0 0\n"}).surrounds()
    assert container and container.masked
    rapl = {"fault": "", "psys": False, "zones": [{"component": "cpu", "name": "z", "package": "p", "limit": 1.0}]}
    span = Span(1.0, {"rapl 0": 1e6, "rapl 0 own": 1e6})
    [found] = cpu_energies(rapl, "node", span, masked=container.masked)
    assert isinstance(found, Unmeasured) and "lxcfs" in found.reason
    [whole] = cpu_energies(rapl, "node", span, whole=True, masked=True)
    assert not isinstance(whole, Unmeasured)
