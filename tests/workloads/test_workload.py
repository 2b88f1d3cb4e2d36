"""What there is, what there is not, and what is needed for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lca.errors import MissingDependency, UsageError
from lca.workloads.workload import NAMES, SIZES, workload


def test_names_and_sizes() -> None:
    assert NAMES == ("digits", "shapes", "segmentation", "detection")
    assert SIZES == ("small", "medium", "large")
    assert [workload(name).metric for name in NAMES] == ["accuracy", "accuracy", "IoU", "mAP"]
    assert [workload(name).correct for name in NAMES] == ["accuracy", "accuracy", None, None]


def test_what_does_not_exist_is_named_with_what_does() -> None:
    with pytest.raises(UsageError) as wrong:
        workload("imagenet", "huge")
    assert str(wrong.value) == (
        "no workload 'imagenet': use one of digits, shapes, segmentation, detection, text, text-generation, "
        "shapes-source, shapes-few; "
        "no size 'huge': use one of small, medium, large"
    )


def test_without_torch_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependency, match=r"the workloads need torch.*ai-lca\[torch\]"):
        workload("shapes")


def test_importing_the_entrances_loads_neither_torch_nor_numpy() -> None:
    program = (
        "import sys, lca.workloads.workload, lca.workloads.training;"
        "print([m for m in ('torch', 'sklearn', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
