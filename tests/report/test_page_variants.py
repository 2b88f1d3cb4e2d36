from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.graph_objects import Figure
from small_study import CATEGORIES, HOSTILE, scenario
from variants_study import PROFILE, compressing, served, variant, variants_study

from lca.inventory.catalogue import Catalogue
from lca.report.excel.cells import inert
from lca.report.html.page import charts_and_trees, page
from lca.report.html.variants import variant_charts
from lca.report.view import View
from lca.report.words import number
from lca.study.assess import assess
from lca.study.comparison.energies import of_compression, of_inference
from lca.study.comparison.variants import variants as described
from lca.study.study import Study


@pytest.fixture
def compared(small_catalogue: Catalogue) -> Study:
    return variants_study(small_catalogue)


def chart(study: Study, category: str = "climate-change") -> dict[str, Any]:
    return variant_charts(View.of(study))["variants-0"][category]


def traces(drawn: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in drawn["traces"]}


def section(study: Study, folder: Path) -> str:
    """The markup of the section of models and variants."""
    text = page(study, folder / "page.html").read_text(encoding="utf-8")
    start = text.index('<section id="variants">')
    return text[start : text.index("</section>", start)]


def test_a_study_without_compressed_models_has_no_such_section(study: Study, tmp_path: Path) -> None:
    text = page(study, tmp_path / "page.html").read_text(encoding="utf-8")
    assert variant_charts(View.of(study)) == {}
    assert 'id="variants"' not in text and 'href="#variants"' not in text


def test_the_page_has_the_section_and_a_link_to_it(compared: Study, tmp_path: Path) -> None:
    text = page(compared, tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count('<section id="variants">') == text.count('href="#variants"') == 1
    assert text.index('id="variants"') < text.index('id="break-even"')
    assert set(charts_and_trees(View.of(compared))["charts"]["variants-0"]) == set(CATEGORIES)


def test_every_variant_is_a_point_of_its_kind(compared: Study) -> None:
    scores = compared.scores().set_index(["scenario", "category"])["score"]
    found = traces(chart(compared))
    places = {name: (trace["x"], trace["y"], trace["text"]) for name, trace in found.items() if "text" in trace}
    climate = {name: scores[name, "climate-change"] for name in compared.names}
    assert places == {
        "on the front": ([0.98, 0.975], [climate["As trained"], climate["Pruned"]], ["1", "2"]),
        "behind another": ([0.972], [climate["Zeroed"]], ["3"]),
        "excluded": ([0.9], [climate["Distilled"]], ["4"]),
    }


def test_the_front_is_the_least_score_for_a_quality(compared: Study) -> None:
    line = traces(chart(compared))["front"]
    assert line["x"] == [0.975, 0.98] and line["y"] == sorted(line["y"]) and line["line"]["shape"] == "vh"


def test_a_front_that_gaps_leave_open_is_said_and_not_drawn(compared: Study) -> None:
    drawn = chart(compared, "acidification")
    found = traces(drawn)
    assert "front" not in found and found["on the front, if gaps allow"]["text"] == ["2"]
    standing = {row[0]: row[-1] for row in drawn["table"]}
    assert standing["2 \u2068Pruned\u2069"] == "on the front, unless gaps put it behind \u2068As trained\u2069"


def test_the_table_of_the_chart_has_all_its_numbers(compared: Study) -> None:
    head, *rows = chart(compared)["table"]
    assert head == ["variant", "accuracy", "score, kg CO2-Eq", "per right result, kg CO2-Eq", "standing"]
    scores = compared.scores().set_index(["scenario", "category"])["score"]
    score = scores["Pruned", "climate-change"]
    assert rows[1][1:] == ["0.975", number(score), number(score / 975_000), "on the front"]
    assert rows[3][-1] == "left out: excluded"


def test_without_scores_or_quality_there_is_no_chart_but_the_reason(
    small_catalogue: Catalogue, compared: Study
) -> None:
    assert chart(compared, "land-use")["empty"] == "No chart: of no variant both accuracy and the score are known."
    unit = {"amount": "1e6 inference", "service": "text"}
    blind = [variant(name, served(accuracy=None), functional_unit=unit) for name in "ab"]
    assert "no quality is known" in chart(assess(blind, small_catalogue, CATEGORIES))["empty"]


def test_equal_variants_share_one_label_and_leave_room_around_it(small_catalogue: Catalogue) -> None:
    drawn = chart(assess([variant(name, served()) for name in "abc"], small_catalogue, CATEGORIES))
    assert traces(drawn)["on the front"]["text"] == ["1, 2, 3", "", ""]
    for axis, value in (("xaxis", 0.98), ("yaxis", traces(drawn)["on the front"]["y"][0])):
        low, high = drawn["layout"][axis]["range"]
        assert low < value < high and (low + high) / 2 == pytest.approx(value)


def test_every_chart_has_words_and_plotly_understands_it(compared: Study) -> None:
    for drawn in variant_charts(View.of(compared))["variants-0"].values():
        if "empty" not in drawn:
            assert len(drawn["alt"]) > 40
            Figure({"data": drawn["traces"], "layout": drawn["layout"]})


def test_the_table_of_models_says_what_each_is(compared: Study, tmp_path: Path) -> None:
    text = section(compared, tmp_path)
    row = text[text.index("2 <bdi>Pruned</bdi>") : text.index("3 <bdi>Zeroed</bdi>")]
    for said in (
        "half the channels",
        "0.975",
        "floor 0.97",
        "10,000",
        "60.0 % zero",
        "25.0 % of 1",
        "0.0400",
        "500,000",
        ">1.80<",
        "1.62 to 1.98 in 3 repeats",
        "modelled",
        "50.0 % of 1",
        ">36,000<",
        "250 inference/s",
        "p50 4.00 ms, p99 9.00 ms",
        "batch 32, float32",
        "2,000 MB on the",
    ):
        assert said in row
    assert "excluded: accuracy 0.9 is below 0.97" in text
    assert "Zeroed</bdi>: computation: torch&#39;s counter cannot see into the model" in text


def test_text_of_records_is_inert(small_catalogue: Catalogue, tmp_path: Path) -> None:
    scenarios = [
        variant(text, served(dtype=text, profile={**PROFILE, "steps": [text]}), compressing())
        for text in HOSTILE.values()
    ]
    study = assess(scenarios, small_catalogue, CATEGORIES)
    html, drawn = section(study, tmp_path), chart(study)
    assert "<script" not in html and "<r>" not in html and "\u202e" not in html
    assert inert(HOSTILE["emoji"]) in html
    shown = json.dumps([(t["name"], t.get("customdata"), t.get("text")) for t in drawn["traces"]])
    assert "<script" not in shown and "<t>" not in shown and "\\u202e" not in shown


positive = st.floats(1e-6, 1e3)


@given(st.lists(positive, min_size=2, max_size=7), st.floats(0.1, 10))
def test_energy_per_inference_is_the_median_of_the_repeats(repeats: list[float], factor: float) -> None:
    def energy(parts: list[float]) -> tuple[float, float, float]:
        found = of_inference(variant("a", served(parts)), "inference")
        assert found and found.amount is not None and found.least is not None and found.most is not None
        return found.amount, found.least, found.most

    found = energy(repeats)
    assert found[1] <= found[0] <= found[2]
    assert found[1:] == pytest.approx((min(repeats) / 1e5, max(repeats) / 1e5))
    assert energy(repeats[::-1]) == pytest.approx(found)
    assert energy([factor * each for each in repeats]) == pytest.approx([factor * each for each in found])


def test_a_repeat_that_does_not_know_a_component_is_none() -> None:
    run = served()
    blind = run.windows[0].model_copy(update={"energy": ()})
    found = of_inference(variant("a", run.model_copy(update={"windows": (blind, *run.windows[1:])})), "inference")
    assert found and found.repeats == 2 and found.amount == pytest.approx(1.05e-6)


def test_a_shared_compression_counts_by_its_part(small_catalogue: Catalogue) -> None:
    effort = {
        "component_energy": {"value": "8 kWh", "source": "a"},
        "serves": "1e9 inference",
        "allocation": {"value": "25 %", "source": "a"},
    }
    shared = scenario(compression=effort)
    [found] = described(assess([shared], small_catalogue, CATEGORIES))
    energy = of_compression(shared, found)
    assert energy and (energy.amount, energy.origin) == (2.0, "stated")
