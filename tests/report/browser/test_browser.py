"""The page in a real browser: it draws, asks nobody, obeys its policy, is read on a phone, by keyboard, on paper."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_study import hostile
from small_study import CATEGORIES, record, scenario
from window import as_wide_as, narrow, opened, wide

from lca.inventory.catalogue import Catalogue
from lca.report.html.page import page
from lca.study.assess import assess
from lca.study.layers import layers
from lca.study.study import Study

pytestmark = pytest.mark.browser
SHOWN = "return document.querySelectorAll('#stages .barlayer .trace').length"


@pytest.fixture
def shown(browser: Any, study: Study, tmp_path: Path) -> Any:
    """A desktop browser with the page of a small study open."""
    return opened(browser, page(study, tmp_path / "page.html"))


def complaints(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]


def asked(browser: Any) -> list[str]:
    """The address of everything that the browser has asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


def all_texts(browser: Any, selector: str) -> list[str]:
    return [found.text for found in browser.find_elements("css selector", selector)]


def test_the_page_draws_without_a_complaint_and_asks_nobody(shown: Any) -> None:
    assert shown.execute_script(SHOWN) > 0
    assert shown.execute_script("return document.querySelectorAll('#flows .sankey-link').length") > 5
    assert shown.execute_script("return document.querySelectorAll('#branches details').length") > 3
    assert complaints(shown) == []
    asked_for = asked(shown)
    assert asked_for and {url.split(":")[0] for url in asked_for} <= {"file", "data", "blob"}
    assert [url for url in asked_for if url.startswith("file")] == [shown.current_url]


def test_a_key_of_the_legend_takes_a_part_out_and_puts_it_back(shown: Any) -> None:
    before = shown.execute_script(SHOWN)
    key = next(k for k in shown.find_elements("css selector", ".legend button") if k.text == "inference, use")
    key.click()
    assert shown.execute_script(SHOWN) == before - 1
    assert key.get_attribute("aria-pressed") == "false"
    key.click()
    assert shown.execute_script(SHOWN) == before


def test_what_is_chosen_changes_every_chart(shown: Any) -> None:
    choose(shown, "category", "acidification")
    assert "mol H+-Eq" in shown.find_element("css selector", "#stages .xtitle").text
    assert branches(shown).startswith("≥ 0.00396 mol H+-Eq acidification of France")
    choose(shown, "scenario", "1")
    assert "acidification of Poland" in branches(shown)
    choose(shown, "category", "land-use")
    assert "No chart: every score is missing" in shown.find_element("css selector", "#stages .note").text
    assert not shown.find_element("css selector", "#stages .chart").is_displayed()
    assert complaints(shown) == []


def branches(browser: Any) -> str:
    """The tree, without the marks that keep a name's direction of writing to itself."""
    return re.sub("[\u2068\u2069]", "", browser.find_element("id", "branches").text)


def choose(browser: Any, select: str, value: str) -> None:
    browser.find_element("css selector", f"#{select} option[value='{value}']").click()


def test_the_policy_holds(shown: Any) -> None:
    shown.execute_script(
        """const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'window.ran = true');
        image.src = 'https://x.invalid/a.png';
        document.body.append(image);"""
    )
    evaluated = """const done = arguments[0];
        setTimeout(() => { try { new Function('window.ran = true')(); } catch (error) { done(error.name); } });"""
    assert shown.execute_async_script(evaluated) == "EvalError"  # in a call of its own: the driver may evaluate
    fetched = "const done = arguments[0]; fetch('https://x.invalid/').then(() => done('sent'), () => done('refused'))"
    assert shown.execute_async_script(fetched) == "refused"
    assert shown.execute_script("return window.ran") is None
    assert len([text for text in complaints(shown) if "Content Security Policy" in text]) >= 3


def test_the_tree_opens_down_to_the_source(shown: Any) -> None:
    for _ in range(4):  # part, exchange, activity, flow
        shown.execute_script(
            "document.querySelectorAll('#branches details:not([open])').forEach(d => { d.open = true; })"
        )
        shown.execute_async_script("setTimeout(arguments[0], 50)")
    text = shown.find_element("id", "branches").text
    assert "× PUE 1.5 kWh/kWh" in text
    assert "1 kg/kWh × 1 kg CO2-Eq/kg" in text
    assert "coal.toml" in text
    cited = shown.find_element("partial link text", "source 1")
    shown.execute_script("arguments[0].click()", cited)
    assert shown.find_element("id", "source-1").is_displayed()


def test_a_phone_scrolls_one_way_only(browser: Any, study: Study, tmp_path: Path) -> None:
    narrow(browser)
    opened(browser, page(study, tmp_path / "page.html"))
    widths = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1] == 390
    bars = browser.find_element("css selector", "#stages .main-svg").rect
    assert bars["width"] <= 390
    assert complaints(browser) == []


def test_the_keyboard_reaches_and_presses_everything(shown: Any) -> None:
    TAB, SPACE, ENTER = "\ue004", "\ue00d", "\ue007"
    shown.find_element("css selector", "body").send_keys(TAB)
    assert shown.switch_to.active_element.text == "To the summary"
    before = shown.execute_script(SHOWN)
    shown.find_elements("css selector", ".legend button")[-1].send_keys(SPACE)
    assert shown.execute_script(SHOWN) == before - 1
    branch = shown.find_element("css selector", "#branches details details summary")
    branch.send_keys(ENTER)
    assert shown.execute_script("return arguments[0].parentElement.open", branch)
    reached = (
        "return [...document.querySelectorAll('a[href], select, button, summary, .scroll')].every(e => e.tabIndex >= 0)"
    )
    assert shown.execute_script(reached.replace(".scroll", ".scroll[role]"))


def test_every_image_has_words_and_every_control_a_name(shown: Any) -> None:
    for place in shown.find_elements("css selector", "[role=img]"):
        assert len(place.get_attribute("aria-label")) > 40
    assert all(control.accessible_name for control in shown.find_elements("css selector", "select, button"))
    assert shown.execute_script("return document.documentElement.lang") == "en"


def test_the_page_prints_with_its_charts(shown: Any) -> None:
    printed = base64.b64decode(shown.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert printed.startswith(b"%PDF") and len(printed) > 20_000
    zoom = "return [...document.querySelectorAll('.js-plotly-plot')].map(place => place.style.zoom)"
    assert set(shown.execute_script(zoom)) == {"1"}  # put back


def test_hostile_text_is_inert_and_readable(browser: Any, small_catalogue: Catalogue, tmp_path: Path) -> None:
    opened(browser, page(hostile(small_catalogue), tmp_path / "page.html"))
    assert complaints(browser) == []
    assert {url.split(":")[0] for url in asked(browser)} <= {"file", "data", "blob"}
    assert browser.execute_script("return document.querySelectorAll('main script, svg a').length") == 0
    assert "<script>alert(1)</script>" in " ".join(all_texts(browser, "thead th"))
    names = browser.execute_script("return document.querySelector('#stages .yaxislayer-above').textContent")
    assert "<script>alert" in names and "=HYPERLINK" in names
    narrow(browser)
    opened(browser, tmp_path / "page.html")
    widths = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    wide(browser)


def test_power_and_break_even_are_drawn(browser: Any, small_catalogue: Catalogue, tmp_path: Path) -> None:
    base = scenario({"inference": record(power=[{"component": "cpu", "times": [0, 1, 2], "powers": [5, 6, 5]}])})
    effort = {"component_energy": {"value": "1 kWh", "source": "a"}, "serves": "1e9 inference"}
    study = assess([base, base.vary(name="Pruned", compression=effort)], small_catalogue, CATEGORIES)
    opened(browser, page(study, tmp_path / "page.html"))
    assert len(browser.find_elements("css selector", "#power .scatterlayer .trace")) == 1
    assert len(browser.find_elements("css selector", "#break-even .scatterlayer .trace")) == 2
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_the_answer_is_cut_off_on_no_screen(
    browser: Any, study: Study, small_catalogue: Catalogue, tmp_path: Path, width: int
) -> None:
    layered = replace(study, layers=layers(study, small_catalogue, 50))
    as_wide_as(browser, width)
    opened(browser, page(layered, tmp_path / "page.html"))
    widths = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1] == width
    assert browser.find_element("css selector", "#answer .answer").is_displayed()
    [chart] = [each for each in browser.find_elements("css selector", "#answer .ranges") if each.is_displayed()]
    ends = browser.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.left, r.right]", chart)
    assert 0 <= ends[0] < ends[1] <= width  # all of its dots are on the screen, without scrolling


def test_a_dark_screen_has_a_dark_page(browser: Any, study: Study, tmp_path: Path) -> None:
    made = page(study, tmp_path / "page.html")
    shades = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        opened(browser, made)
        shade = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        shades.append(sum(browser.execute_script(shade)))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert shades[0] == 3 * 255 and shades[1] < 3 * 64
