from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from page_study import hostile
from small_study import CATEGORIES, HOSTILE, scenario

from lca.errors import MissingDependency
from lca.inventory.catalogue import Catalogue
from lca.report.palette import OKABE_ITO, colour_of_stage
from lca.report.pictures.figures import figures
from lca.report.pictures.plots import by_phase, by_stage, contributions
from lca.report.view import View
from lca.report.words import number
from lca.study.assess import assess, score
from lca.study.study import Study

NAMES = ("summary", "by-stage", "by-phase", "contributions")
PNG = b"\x89PNG\r\n\x1a\n"


def texts(path: Path) -> str:
    """The text of an SVG, in the order in which it is drawn."""
    root = ElementTree.parse(path).getroot()
    return " ".join(" ".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))


def bars(figure: Figure) -> list[tuple[float, float, str]]:
    """Place, length and colour of every bar."""
    return [(bar.get_y(), bar.get_width(), to_hex(bar.get_facecolor()).upper()) for bar in figure.axes[0].patches]


def test_every_figure_is_a_picture_and_a_drawing_with_its_caption(study: Study, tmp_path: Path) -> None:
    written = figures(study, tmp_path / "figures")
    assert written == [tmp_path / "figures" / f"{n}.{kind}" for n in NAMES for kind in ("png", "svg")] + [
        tmp_path / "figures" / "captions.md"
    ]
    assert sorted(written) == sorted((tmp_path / "figures").iterdir())
    for name in NAMES:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes().startswith(PNG)
        text = " ".join(texts(tmp_path / "figures" / f"{name}.svg").split())
        for said in ("Functional unit: 1,000,000 inference; digit read", "3 partial, 1 missing", "Not reviewed", "≥"):
            assert said in text
        assert f"**{name}.**" in written[-1].read_text(encoding="utf-8")


def test_the_same_study_gives_the_same_bytes(study: Study, tmp_path: Path) -> None:
    for first, second in zip(figures(study, tmp_path / "a"), figures(study, tmp_path / "b"), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_shares_of_a_known_score_sum_to_one_and_a_missing_one_has_no_bar(study: Study) -> None:
    for figure in (by_stage(View.of(study)), by_phase(View.of(study))):
        sums: dict[float, float] = {}
        for place, length, _ in bars(figure):
            sums[place] = sums.get(place, 0.0) + length
        assert len(sums) == 3 * len(study.names)  # land use is missing
        assert list(sums.values()) == pytest.approx([1.0] * len(sums))
        said = [text.get_text() for text in figure.axes[0].texts]
        assert said.count("missing") == len(study.names)


def test_contributions_sum_to_the_score_in_the_colours_of_the_stages(study: Study) -> None:
    figure = contributions(View.of(study), "climate-change")
    scores = study.scores().set_index(["scenario", "category"])["score"]
    total = sum(length for _, length, _ in bars(figure))
    assert total == pytest.approx(sum(scores[name, "climate-change"] for name in study.names))
    assert {colour for *_, colour in bars(figure)} == {colour_of_stage("production"), colour_of_stage("use")}
    assert colour_of_stage("production") == OKABE_ITO[0]


def test_others_are_one_bar(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lca.report.pictures.plots.MOST_ACTIVITIES", 2)
    figure = contributions(View.of(study), "climate-change")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 3 * len(study.names)
    assert labels[2].startswith("2 others")
    scores = study.scores().set_index(["scenario", "category"])["score"]
    assert sum(length for _, length, _ in bars(figure)) == pytest.approx(
        sum(scores[name, "climate-change"] for name in study.names)
    )


def test_the_summary_says_the_score_and_never_a_number_for_a_missing_one(study: Study, tmp_path: Path) -> None:
    figures(study, tmp_path)
    text = texts(tmp_path / "summary.svg")
    scores = study.scores().set_index(["scenario", "category"])
    assert number(scores["score"]["Poland", "climate-change"], "≥") in text
    assert text.count("missing") >= 2
    assert not re.search(r"\bnan\b", text)


def test_hostile_text_is_inert(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = hostile(small_catalogue)
    figures(study, tmp_path)
    for name in NAMES:
        root = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        assert not {node.tag.rpartition("}")[2] for node in root.iter()} & {"script", "a", "image", "foreignObject"}
    text = " ".join(texts(tmp_path / "summary.svg").split())
    assert HOSTILE["markup"][:16] in text
    assert "5 more scenarios not shown" in text
    captions = (tmp_path / "captions.md").read_text(encoding="utf-8")
    assert "<script" not in captions.replace("\\<script", "")


def test_a_dollar_sign_is_one(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = assess([scenario(name=r"$\frac{1}{0$ _x_")], small_catalogue, CATEGORIES)
    figures(study, tmp_path)
    assert r"$\frac{1}{0$" in texts(tmp_path / "summary.svg")


def test_a_single_activity_has_figures_and_nothing_known_has_no_contributions(
    small_catalogue: Catalogue, tmp_path: Path
) -> None:
    assert len(figures(score("server", 2.0, small_catalogue, CATEGORIES), tmp_path / "a")) == 9
    missing = figures(score("server", 2.0, small_catalogue, ("land-use",)), tmp_path / "b")
    assert "contributions.png" not in {path.name for path in missing}


def test_without_matplotlib_the_extra_is_named(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r"ai-lca\[figures\]"):
        figures(study, tmp_path)
    assert not list(tmp_path.iterdir())
