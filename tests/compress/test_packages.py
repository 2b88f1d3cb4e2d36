from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import lca.compress
from lca.compress.packages import TESTED, check_version
from lca.compress.prune import channels
from lca.compress.quantise import dynamic_int8, static_int8, weights_int8
from lca.errors import MissingDependency

PUBLIC = ("compressed", "distil", "factorise", "few", "profile", "prune", "quantise", "transfer")


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def test_importing_loads_no_torch() -> None:
    imports = ", ".join(f"lca.compress.{name}" for name in PUBLIC)
    heavy = "('torch', 'torchao', 'torch_pruning', 'numpy', 'pandas')"
    assert run(f"import sys, {imports}; print([m for m in {heavy} if m in sys.modules])").stdout.strip() == "[]"


def test_every_module_is_public_or_imported_by_one() -> None:
    files = {path.stem for path in Path(lca.compress.__file__).parent.glob("*.py")} - {"__init__"}
    assert files - set(PUBLIC) == {"counting", "exported", "layers", "modules", "narrow", "packages", "running"}


@pytest.mark.parametrize(
    ("absent", "call"),
    [
        ("torchao", lambda model, x: weights_int8(model)),
        ("torchao", lambda model, x: dynamic_int8(model, x)),
        ("torchao", lambda model, x: static_int8(model, [x])),
        ("torch_pruning", lambda model, x: channels(model, 0.5, x)),
    ],
)
def test_what_is_missing_is_named_with_its_extra(
    absent: str, call: Callable[[nn.Module, torch.Tensor], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == absent]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, absent, None)
    monkeypatch.delitem(sys.modules, "lca.compress.exported", raising=False)
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    with pytest.raises(MissingDependency, match=rf"compression needs {absent}.*: pip install 'ai-lca\[compress\]'"):
        call(model, torch.ones(2, 4))


def test_torchao_is_imported_without_a_word_and_may_speak_afterwards() -> None:
    done = run(
        "import logging; from torch import nn; from lca.compress.quantise import weights_int8;"
        "weights_int8(nn.Linear(4, 4));"
        "print([logging.getLogger(name).filters for name in ('torchao', 'torch.utils._pytree')])"
    )
    assert done.stderr == "" and done.stdout.strip() == "[[], []]"


def test_compression_says_which_torch_it_needs() -> None:
    with pytest.raises(MissingDependency, match=r"needs torch 2\.13 or later, and 2\.4\.1\+cu121 is.*from 2\.2"):
        check_version("2.4.1+cu121")
    with pytest.warns(UserWarning, match=r"tested with torch 2\.13\.0, and 2\.14\.0 is installed"):
        check_version("2.14.0")
    assert check_version(TESTED) is None
