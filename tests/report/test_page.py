from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jinja2 import UndefinedError
from page_study import compressed as pruned
from page_study import hostile, repeated
from plotly.graph_objects import Figure
from small_study import CATEGORIES, HOSTILE, record, scenario

from lca.errors import MissingDependency
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import PowerSeries
from lca.methods.categories import Category
from lca.quantities.sources import Source
from lca.report.excel.cells import inert
from lca.report.html.answer import LAYOUTS, picture
from lca.report.html.breakeven import break_even_charts, compressed
from lca.report.html.charts import ESTIMATED, MOST_POINTS, by_part, power, safe, stages, thin
from lca.report.html.page import charts_and_trees, page
from lca.report.html.rendering import environment, is_web_address, render
from lca.report.html.text import share
from lca.report.palette import CIVIDIS, HATCHES, OKABE_ITO, ink, step
from lca.report.view import View, apart, rows
from lca.report.words import NOT_REVIEWED, answer, break_even, interval, number, rebound
from lca.study.assess import assess, score
from lca.study.comparison.breakeven import break_evens
from lca.study.coverage import Coverage, OpenItem
from lca.study.layers import layers
from lca.study.rows import Columns
from lca.study.study import Study
from lca.system.parts import Gap, ProductSystem

LARGEST = 6_000_000  # bytes


class Read(HTMLParser):
    """Tags with their attributes, the text between them, and the content of scripts by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.inside = dict(attrs).get("id") or "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == "script" else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[self.inside] = self.scripts.get(self.inside, "") + data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def data(self) -> Any:
        return json.loads(self.unpacked("data"))

    def unpacked(self, id: str) -> str:
        return gzip.decompress(base64.b64decode(self.scripts[id])).decode()

    def policy(self) -> str:
        return next(a["content"] or "" for t, a in self.tags if a.get("http-equiv") == "Content-Security-Policy")


@pytest.fixture
def read(study: Study, tmp_path: Path) -> Read:
    return Read(page(study, tmp_path / "page.html").read_text(encoding="utf-8"))


def test_the_page_is_small_and_always_the_same(study: Study, tmp_path: Path) -> None:
    first = page(study, tmp_path / "a.html").read_bytes()
    assert len(first) < LARGEST
    assert page(study, tmp_path / "b.html").read_bytes() == first


def test_the_page_asks_for_nothing(read: Read) -> None:
    assert not [tag for tag, a in read.tags if {"src", "srcset", "data", "poster", "background", "action"} & set(a)]
    assert not [tag for tag, _ in read.tags if tag in ("link", "iframe", "object", "embed", "img", "base", "form")]
    assert not [a["http-equiv"] for _, a in read.tags if a.get("http-equiv") not in (None, "Content-Security-Policy")]
    assert not any(key.startswith("on") or key == "style" for _, a in read.tags for key in a)


def test_the_policy_lets_the_two_scripts_run_by_their_hashes(read: Read) -> None:
    policy = read.policy()
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy and "http" not in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src "))
    assert "unsafe-inline" not in scripts
    for script in (read.scripts["script"], read.unpacked("bundle")):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in scripts
    assert scripts.count("sha256-") == 2


def test_scores_stand_in_the_page_with_their_marks(read: Read) -> None:
    text = " ".join(read.text.split())
    assert NOT_REVIEWED in text
    assert "Functional unit: 1,000,000 inference; digit read; accuracy >= 0.97" in text
    assert "missing" in text and "≥" in text
    assert "indeterminate" in text


def test_every_chart_and_every_tree_is_in_the_data(read: Read, study: Study) -> None:
    data = read.data
    keys = {f"{n} {id}" for n in range(2) for id in CATEGORIES}
    assert data["trees"].keys() == data["charts"]["flows"].keys() == keys
    assert data["charts"]["stages"].keys() == set(CATEGORIES)
    assert "missing" in data["charts"]["stages"]["land-use"]["empty"]
    assert "break-even" not in data["charts"] and "power-0" not in data["charts"]
    ids = {a["id"] for _, a in read.tags if "id" in a}
    links = {(a["href"] or "")[1:] for t, a in read.tags if t == "a" and (a["href"] or "").startswith("#")}
    assert links <= ids and not {"break-even", "power"} & links


def test_the_bars_sum_to_the_score(study: Study) -> None:
    scores = study.scores().set_index(["scenario", "category"])["score"]
    for id in ("climate-change", "acidification", "water-use"):
        chart = stages(View.of(study), id, by_part(study))
        for n, name in enumerate(study.names):
            total = sum(trace["x"][n] or 0.0 for trace in chart["traces"])
            assert total == pytest.approx(scores[name, id], rel=1e-12)
        table = {row[0]: row[1:] for row in chart["table"]}
        assert table["score"] == [number(scores[n, id], study.coverage[n, id].mark) for n in study.names]
    assert table["training, production"] == ["missing", "missing"]
    assert all(trace["x"] != [0.0, 0.0] for trace in chart["traces"])  # what is missing has no bar of zero


def test_the_legend_has_a_key_for_every_trace(read: Read) -> None:
    keys = [a for tag, a in read.tags if tag == "button"]
    traces = read.data["charts"]["stages"]["climate-change"]["traces"]
    assert [key["data-trace"] for key in keys] == [str(n) for n in range(len(traces))]
    assert {key["aria-pressed"] for key in keys} == {"true"}


def test_every_chart_has_words_for_who_cannot_see_it(read: Read) -> None:
    for variants in read.data["charts"].values():
        for chart in variants.values():
            assert "empty" in chart or len(chart["alt"]) > 40
    places = [a for _, a in read.tags if a.get("role") == "img"]
    assert len(places) == 2


def test_hostile_text_is_inert(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = hostile(small_catalogue)
    read = Read(page(study, tmp_path / "page.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in read.tags].count("script") == 3
    assert {a["href"] for tag, a in read.tags if tag == "a" and not (a["href"] or "").startswith("#")} <= {
        "https://x.invalid/figures",
        "http://x.invalid/a",
    }
    for name, text in HOSTILE.items():
        assert name == "long" or " ".join(inert(text).split()) in " ".join(read.text.split())
    assert inert(HOSTILE["long"]).strip() in read.text  # whole, where the scenarios are described
    for variants in read.data["charts"].values():
        for chart in variants.values():
            for trace in chart.get("traces", ()):
                drawn = json.dumps([trace.get("y"), trace.get("name"), trace.get("customdata")])
                assert "<script" not in drawn and "<r>" not in drawn and "<t>" not in drawn
    assert "\u202e" not in read.text and "\u202e" not in json.dumps(read.data, ensure_ascii=False)


def test_a_study_that_takes_nothing_is_a_page(tmp_path: Path) -> None:
    gap = OpenItem("equipment", "missing", 1.0, "h", ("equipment",))
    system = ProductSystem("France", (), (Gap("training", "equipment", 1.0, "h"),), (), {}, frozenset(), ())
    columns = ["scenario", "category", "phase", "stage", "role", "input", "activity", "score", "published"]
    cover = {("France", "climate-change"): Coverage("missing", (gap,), 0.0, True)}
    empty = pd.DataFrame(columns=columns).astype({"score": float, "published": bool})
    study = Study((scenario(),), (system,), ("climate-change",), Columns.of(empty), cover, {}, {})
    read = Read(page(study, tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "empty" in read.data["charts"]["stages"]["climate-change"]


def test_a_single_activity_is_a_page(small_catalogue: Catalogue, tmp_path: Path) -> None:
    text = page(score("server", 2.0, small_catalogue, CATEGORIES), tmp_path / "page.html").read_text(encoding="utf-8")
    assert "the stated amount of one product" in text


def test_another_functional_unit_has_no_share_in_the_heat_map(small_catalogue: Catalogue, tmp_path: Path) -> None:
    base = scenario()
    study = assess(
        [base, base.vary(name="Half", functional_unit={"amount": "5e5 inference"})], small_catalogue, CATEGORIES
    )
    read = Read(page(study, tmp_path / "page.html").read_text(encoding="utf-8"))
    assert read.text.count("another functional unit") > len(CATEGORIES)
    assert "Half: 500,000 inference" in read.text


def test_plotly_understands_every_chart(study: Study) -> None:
    for variants in charts_and_trees(View.of(study))["charts"].values():
        for chart in variants.values():
            if "traces" in chart:
                Figure({"data": chart["traces"], "layout": chart["layout"]})  # refuses what it does not know


@pytest.mark.parametrize("module", ["plotly.offline", "jinja2"])
def test_without_what_a_page_needs_the_extra_is_named(
    module: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=r"ai-lca\[report\]"):
        page(study, tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_the_power_of_a_run_is_drawn_with_its_origin(small_catalogue: Catalogue, tmp_path: Path) -> None:
    times = [float(n) for n in range(10 * MOST_POINTS)]
    powers = [100.0 + n % 7 for n in range(len(times))]
    powers[1234] = 900.0
    run = record(power=[{"component": "cpu", "times": times, "powers": powers}])
    study = assess([scenario({"inference": run})], small_catalogue, CATEGORIES)
    read = Read(page(study, tmp_path / "page.html").read_text(encoding="utf-8"))
    chart = read.data["charts"]["power-0"][""]
    (line,) = chart["traces"]
    assert line["name"] == "cpu (modelled)"
    assert len(line["x"]) <= MOST_POINTS and line["x"] == sorted(line["x"])
    assert max(line["y"]) == 900.0 and min(line["y"]) == 100.0
    assert "was not measured" in chart["note"] and "least and the most" in chart["note"]
    assert ("section", "power") in [(t, a.get("id")) for t, a in read.tags]
    assert f"{run.name} ({run.phase})" in [a.get("aria-label") for _, a in read.tags]  # no markup is read aloud


def test_a_short_series_is_drawn_whole() -> None:
    assert thin([0.0, 1.0], [5.0, 6.0]) == ([0.0, 1.0], [5.0, 6.0])
    series = PowerSeries(component="gpu", times=(0.0, 1.0), powers=(5.0, 6.0))
    chart = power(record(power=[series.model_dump()]))
    assert chart["traces"][0]["name"] == "gpu"


def test_the_break_even_of_a_compressed_variant_is_where_its_lines_meet(small_catalogue: Catalogue) -> None:
    study = pruned(small_catalogue, "0.05 kWh")
    pair = next(row for row in rows(break_evens(study)) if row.category == "climate-change")
    phases = {(r.scenario, r.phase): float(r.score) for r in rows(study.contributions("climate-change", "phase"))}
    once, each = phases["France", "training"] * 1e7 / 1e6, phases["France", "inference"] / 1e6
    extra = phases["Pruned", "compression"] * 1e9 / 1e6
    charts = break_even_charts(View.of(study))
    chart = charts["climate-change"]
    drawn = {trace["name"]: trace["y"] for trace in chart["traces"]}
    end = chart["traces"][0]["x"][1]
    assert end == pytest.approx(2 * pair.amount)
    assert drawn["France"] == pytest.approx([once, once + each * end])
    assert drawn["Pruned"] == pytest.approx([once + extra, once + extra + phases["Pruned", "inference"] / 1e6 * end])
    assert drawn["France"][0] < drawn["Pruned"][0] and drawn["France"][1] > drawn["Pruned"][1]
    assert chart["table"][1][:3] == ["Pruned", "France", break_even(pair)] and break_even(pair).startswith(
        "lower from "
    )
    assert chart["table"][1][3:] == [number(pair.extra), number(pair.saving), "not known", rebound(pair)]
    assert break_even(pair) in chart["alt"]
    assert chart["layout"]["shapes"] == [] and "Shaded" not in chart["note"]
    assert "empty" in charts["land-use"]


def test_the_interval_of_a_break_even_is_shaded(small_catalogue: Catalogue) -> None:
    study = repeated(small_catalogue)
    pair = next(row for row in rows(break_evens(study)) if row.category == "climate-change")
    chart = break_even_charts(View.of(study))["climate-change"]
    (band,) = chart["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (pair.low, pair.high)
    assert band["x0"] < pair.amount < band["x1"] < chart["traces"][0]["x"][1]
    assert "Shaded" in chart["note"]
    assert chart["table"][1][5] == f"{number(pair.saving_low)} to {number(pair.saving_high)}"


def test_only_a_study_of_a_compressed_variant_has_break_evens(study: Study, small_catalogue: Catalogue) -> None:
    assert not compressed(View.of(study))
    assert compressed(View.of(pruned(small_catalogue, "0.05 kWh")))
    made = pruned(small_catalogue, "0.05 kWh").scenarios
    unlike = made[1].vary(functional_unit={"amount": "2e6 inference"})
    assert not compressed(View.of(assess([made[0], unlike], small_catalogue, CATEGORIES)))
    assert not compressed(View.of(assess(made, small_catalogue, ("land-use",))))
    assert compressed(View.of(assess(made[::-1], small_catalogue, CATEGORIES)))


def test_a_page_of_a_compressed_variant_has_the_section(small_catalogue: Catalogue, tmp_path: Path) -> None:
    read = Read(page(pruned(small_catalogue, "0.05 kWh"), tmp_path / "page.html").read_text(encoding="utf-8"))
    assert ("section", "break-even") in [(t, a.get("id")) for t, a in read.tags]
    assert "indeterminate" in read.data["charts"]["break-even"]["water-use"]["table"][1][2]


@pytest.mark.parametrize(
    ("value", "mark", "expected"),
    [
        (0.0, "", "0"),
        (0.0, "≥", "≥ 0"),
        (1.0, "", "1.00"),
        (123456.0, "≥", "≥ 123,000"),
        (9.999, "", "10.0"),
        (0.00109, "incomplete, sign unknown", "? 0.00109"),
        (2.224e-4, "", "2.22 × 10⁻⁴"),
        (-1.5e12, "", "-1.50 × 10¹²"),
        (float("nan"), "", "missing"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, mark: str, expected: str) -> None:
    assert number(value, mark) == expected


def test_shares() -> None:
    assert [share(1.0, 4.0), share(1e-6, 1.0), share(0.0, 1.0), share(1.0, 0.0)] == ["25.0 %", "< 0.1 %", "0.0 %", "–"]


def source(**fields: str) -> Source:
    return Source.model_validate({"title": "A <b> & \u202eb", "year": 2026, "confidence": "read", **fields})


def test_templates_escape_every_text_and_keep_its_direction() -> None:
    made = render("sources.html", cited={source(note='"<i>"'): ['a"<.toml']})
    assert "<bdi>A &lt;b&gt; &amp; \ufffdb (2026) [read]</bdi>" in made
    assert "&#34;&lt;i&gt;&#34; Licence: not stated. Cited by a&#34;&lt;.toml." in made


def test_only_an_address_of_the_web_is_a_link() -> None:
    assert not is_web_address("javascript:alert(1)") and not is_web_address("https://x.invalid/a b")
    made = render("sources.html", cited={source(url="https://x.invalid/?a=1&b"): ["a.toml"]})
    address = "https://x.invalid/?a=1&amp;b"
    assert f'<a href="{address}" rel="noopener noreferrer">{address}</a>' in made


def test_a_text_in_an_attribute_stays_in_it() -> None:
    category = Category('"><script>', ("EF", "<i>", "i"), "kg")
    made = render(
        "controls.html", categories=[category], first_category="", several_methods=True, drawn_labels=["</b>"]
    )
    assert '<option value="&#34;&gt;&lt;script&gt;">&lt;i&gt;, EF</option>' in made
    assert '<option value="0">&lt;/b&gt;</option>' in made


def test_a_value_that_a_template_lacks_is_an_error_and_not_empty() -> None:
    with pytest.raises(UndefinedError, match="cited"):
        render("sources.html")


def test_text_of_a_chart_is_inert() -> None:
    assert safe("<b>$&") == "&lt;b&gt;$&amp;"


def test_the_palette_is_readable() -> None:
    assert [step(x) for x in (0.0, 0.099, 0.1, 0.55, 1.0, -1.0)] == [0, 0, 1, 5, 9, 9]
    assert len(CIVIDIS) == 10 and len(HATCHES) == 7 and len(set(OKABE_ITO)) == 8
    assert (ink("#FEE838"), ink("#00224E")) == ("#000000", "#FFFFFF")
    css = (Path(__file__).parents[2] / "lca" / "report" / "html" / "page.css").read_text(encoding="utf-8")
    assert {int(n) for n in re.findall(r"\.hatch-(\d)", css)} == set(range(1, len(HATCHES)))


def test_the_answer_comes_first_with_a_dot_and_a_range_for_every_score(
    study: Study, small_catalogue: Catalogue, tmp_path: Path
) -> None:
    layered = replace(study, layers=layers(study, small_catalogue, 100))
    shown = Read(page(layered, tmp_path / "page.html").read_text(encoding="utf-8"))
    assert layered.layers
    text = " ".join(shown.text.split())
    sentence = answer(list(layered.layers.judgements), apart(layered.names))
    assert text.index("The answer") < text.index(sentence) < text.index("Known scores", text.index(sentence))
    both = [drawn for layout in LAYOUTS if (drawn := picture(View.of(layered), layout))]
    marks = [(mark, row, drawn) for drawn in both for row in drawn.rows for mark in row.marks]
    assert len(both) == 2
    assert len([tag for tag, a in shown.tags if tag == "circle" and "cx" in a and a["r"] == "4"]) == len(marks)
    for mark, row, drawn in marks:
        assert drawn.layout.axis <= mark.low <= mark.x <= mark.high <= drawn.layout.width
        assert not drawn.layout.above or mark.y >= row.y + drawn.layout.above
    for row in layered.layers.scores.to_dict("records"):
        assert interval(row) in text
    assert picture(View.of(study)) is None
    category = layered.categories[0]
    chart = stages(View.of(layered), category, by_part(layered))
    grey = chart["traces"][-1]
    parts = layered.layers.parts[layered.layers.parts["category"] == category].groupby("scenario")["estimated"].sum()
    assert grey["name"] == ESTIMATED and grey["x"] == pytest.approx([parts[name] for name in layered.names])
    assert ESTIMATED in text and ESTIMATED not in {t["name"] for t in stages(View.of(study), category, {})["traces"]}


def test_the_answer_of_hostile_names_is_inert(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = hostile(small_catalogue)
    text = page(replace(study, layers=layers(study, small_catalogue, 20)), tmp_path / "page.html").read_text("utf-8")
    assert "<script>alert(1)" not in text
