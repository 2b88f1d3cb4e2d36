"""The demo: what it says of a machine, and how it ends."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

from lca.builtin import folder
from lca.demo import each_warning_once
from lca.inventory.catalogue import Catalogue
from lca.measure.identified import identified
from lca.measurement.record import Device
from lca.report.terminal.ending import ending, three_sentences
from lca.study.assess import assess
from lca.study.layers import layers
from lca.system.scenario import Scenario


def test_an_unknown_processor_is_warned_of_once(built_in: Catalogue) -> None:
    processor = Device(kind="cpu", name="A processor of 2031", count=1)
    with pytest.warns(UserWarning) as told, each_warning_once():
        for _ in range(8):
            identified(processor, built_in)
        warnings.warn("another", stacklevel=1)
    assert len(told) == 2 and "A processor of 2031" in str(told[0].message)


def test_the_answer_in_three_sentences_stands_before_the_table(
    built_in: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    study = assess(pair, built_in, ("climate-change", "water-use"))
    study = replace(study, layers=layers(study, built_in, 50))
    ending(study)
    printed = capsys.readouterr().out
    sentences = list(three_sentences(study))
    assert len(sentences) == 3 and sentences[0].startswith("Poland against France: higher in 1")
    assert "\n".join(sentences) in printed
    assert printed.index(sentences[2]) < printed.rindex("water-use")
