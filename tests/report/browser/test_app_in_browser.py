"""The local page in a real browser, with real clicks: what a first-time visitor does with it, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from window import _size, wide

from lca.app.window import shipped
from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.report import words
from lca.study.assess import assess
from lca.study.layers import layers
from lca.system.scenario import Scenario

pytestmark = pytest.mark.browser
ROOMS = ("Compare", "Write a scenario", "Bring a file", "Catalogue")


@pytest.fixture(scope="module")
def address(built_in: Catalogue) -> str:
    """Of a page that answers while the tests last."""
    if os.environ.get("LCA_REQUIRE_ALL") != "1":
        pytest.importorskip("dash")
    from lca.app.server import serve

    ready: Queue[str] = Queue()
    Thread(target=serve, args=[built_in, 0, False, ready.put], daemon=True).start()
    return ready.get(timeout=120)


class Visitor:
    """Somebody at the page, who counts clicks."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser, self.clicks = browser, 0
        browser.get(address)
        self.shown("#examples button")

    def wait(self, ready: Callable[[], Any]) -> Any:
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.browser, 120, ignored_exceptions=[Exception]).until(lambda _: ready())

    def widths(self) -> list[int]:
        """Of the page, and of the window."""
        return list(self.browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]"))

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def shown(self, selector: str) -> Any:
        return self.wait(lambda: next(part for part in self.all(selector) if part.is_displayed()))

    def click(self, selector: str, text: str = "", exactly: bool = False) -> None:
        """Click what is visible and has this text."""

        def found() -> Any:
            shown = (part for part in self.all(selector) if part.is_displayed())
            return next(part for part in shown if (part.text == text if exactly else text in part.text))

        self.wait(lambda: found().click() or True)
        self.clicks += 1

    def text(self, selector: str) -> str:
        return self.shown(selector).text

    def until_text(self, selector: str, pattern: str) -> str:
        return self.wait(lambda: re.search(pattern, self.text(selector)) and self.text(selector))

    def value(self, id: str) -> str:
        return str(self.browser.find_element("id", id).get_attribute("value"))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]


@pytest.fixture
def visitor(browser: Any, address: str) -> Visitor:
    browser.get(address)
    browser.execute_script("sessionStorage.clear()")
    return Visitor(browser, address)


def chosen(visitor: Visitor, name: str, id: str = "add") -> None:
    """Choose from a list, by typing what is searched and clicking it."""
    visitor.click(f"#{id}")
    visitor.shown(".dash-dropdown-search").send_keys(name)
    visitor.click("[role=option]", name, exactly=True)


def test_a_first_time_visitor_has_a_compared_result_in_under_ten_clicks(visitor: Visitor) -> None:
    chosen(visitor, "Handwritten digits, one million images, France")
    visitor.until_text("#chosen", "France")
    chosen(visitor, "Handwritten digits, one million images, Poland")
    answer = visitor.until_text("#answer", r"Poland against France: .*higher in \d")
    assert visitor.clicks < 10
    assert "of 16 categories" in answer
    rows = visitor.wait(lambda: len(visitor.all("#numbers tbody tr")) == 16 and visitor.all("#numbers tbody tr"))
    assert all(re.search(r"known", row.text) for row in rows)
    assert visitor.complaints() == []


def test_one_click_on_a_question_compares_and_nobody_is_asked_for_anything(
    visitor: Visitor, address: str, built_in: Catalogue
) -> None:
    visitor.click("#examples button", "France and in Poland")
    visitor.until_text("#answer", "Poland against France")
    visitor.shown("#because details")
    events = [json.loads(entry["message"])["message"] for entry in visitor.browser.get_log("performance")]
    asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert asked and {url for url in asked if not url.startswith((address, "data:", "blob:", "chrome:"))} == set()
    page = visitor.browser.page_source
    assert str(folder("inventories").parent) not in page
    study = assess([Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")])
    row = layers(study, built_in).scores.to_dict("records")[0]
    assert words.estimate(row) in visitor.text("#numbers tbody tr") and words.interval(row) in visitor.text(
        "#numbers tr td"
    )


def test_a_slider_moves_every_category_at_once_and_then_the_numbers(visitor: Visitor, built_in: Catalogue) -> None:
    from selenium.webdriver.common.keys import Keys

    visitor.click("#examples button", "France and in Poland")
    visitor.shown("#lever-utilisation")
    visitor.until_text("#numbers", "climate change")
    points = "return [...document.querySelector('#chart .js-plotly-plot').data[1].x]"
    before = visitor.wait(lambda: visitor.browser.execute_script(points))
    number = visitor.text("#numbers tbody tr")

    def pressed() -> bool:
        """To 0.6, from wherever the slider stands."""
        slider = visitor.shown("#lever-utilisation")
        for _ in range(round((0.6 - float(slider.get_attribute("value"))) / 0.01)):
            slider.send_keys(Keys.ARROW_RIGHT)
        return visitor.text("output[data-of=utilisation]") == "0.6"

    after = visitor.wait(lambda: pressed() and (now := visitor.browser.execute_script(points)) != before and now)
    assert len(after) == len(before) and all(a != b for a, b in zip(after, before, strict=True))
    chosen_ = {"value": 0.6, "source": "assumption"}
    poland = Scenario.load(folder("scenarios") / "digits-poland.toml")
    moved = poland.vary(training={"utilisation": chosen_}, inference={"utilisation": chosen_})
    france = Scenario.load(folder("scenarios") / "digits-france.toml")
    study = assess([france, moved], built_in, ["climate-change"])
    known = study.scores().set_index("scenario")["score"][moved.name]
    settled = words.number(known, "≥", short=True)  # that of the last step, once the slider rests
    assert settled not in number
    visitor.wait(lambda: pressed() and settled in visitor.text("#numbers tbody tr"))
    assert visitor.complaints() == []


def test_why_is_answered_down_to_the_source(visitor: Visitor) -> None:
    visitor.click("#examples button", "France and in Poland")
    visitor.click("#numbers button.because", "acidification")
    visitor.until_text("#because", "acidification of Handwritten digits")
    opened = "document.querySelectorAll('#because details:not([open])').forEach(d => { d.open = true; })"
    visitor.browser.execute_script(opened)
    text = visitor.text("#because")
    assert "inventories/" in text and "sources" in text and "× PUE" in text
    link = visitor.shown("#because a[href^='https://']")
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_two_windows_do_not_mix(visitor: Visitor, address: str) -> None:
    visitor.click("#examples button", "France and in Poland")
    visitor.until_text("#chosen", "Poland")
    first = visitor.browser.current_window_handle
    visitor.browser.switch_to.new_window("window")
    try:
        second = Visitor(visitor.browser, address)
        assert second.all("#chosen li") == []
        second.click("#examples button", "camera")
        second.until_text("#chosen", "ResNet-50")
        visitor.browser.switch_to.window(first)
        assert "ResNet-50" not in visitor.text("#chosen") and "Poland" in visitor.text("#chosen")
        visitor.browser.refresh()
        visitor.until_text("#chosen", "Poland")  # a window keeps what is its own
    finally:
        for handle in visitor.browser.window_handles:
            if handle != first:
                visitor.browser.switch_to.window(handle)
                visitor.browser.close()
        visitor.browser.switch_to.window(first)


def test_a_scenario_is_written_refused_in_the_words_of_the_file_and_compared(visitor: Visitor) -> None:
    visitor.click("nav button", "Write a scenario")
    field = visitor.shown("[id='field-inference.utilisation']")
    field.clear()
    field.send_keys("1.5")
    visitor.click("#done-with-form button", "Check it")
    message = visitor.until_text("#form-problems", "outside")
    assert re.fullmatch(r"my-scenario\.toml:\d+: inference\.utilisation: 1\.5 is outside > 0 and <= 1; .*", message)
    assert "1.5 is outside" in visitor.text("#form .fault")
    field = visitor.shown("[id='field-inference.utilisation']")
    field.clear()
    field.send_keys("0.5")
    visitor.click("#done-with-form button", "Compare it")
    visitor.until_text("#chosen", "My first scenario")
    assert visitor.text("nav button[aria-current=page]") == "Compare"
    assert visitor.complaints() == []


def test_a_dropped_record_is_assessed(visitor: Visitor) -> None:
    visitor.click("nav button", "Bring a file")
    file = visitor.browser.find_element("css selector", "#dropped input[type=file]")
    file.send_keys(str(folder("scenarios") / "runs" / "digits-inference.json"))
    assert "not stated" not in visitor.until_text("#brought", "Delivered").rpartition("Delivered")[2]
    visitor.click("#assess")
    visitor.until_text("#bring-problems", "choose where it ran")
    chosen(visitor, "electricity-fr", "ran-on")
    visitor.click("#assess")
    visitor.until_text("#answer", "categories")


def test_the_catalogue_says_how_complete_a_thing_is_and_who_says_so(visitor: Visitor) -> None:
    visitor.click("nav button", "Catalogue")
    search = visitor.shown("#search")
    search.send_keys("server one gpu a100")
    visitor.until_text("#activities", r"^\d found")
    visitor.click("#activities button")
    text = visitor.until_text("#activity", "Cites")
    assert re.search(r"With all that it needs: .* of 16 categories", text) and "climate change" in text
    assert len(visitor.all("#activity tbody tr")) == 16


def test_what_is_saved_is_read_again(visitor: Visitor, tmp_path: Path) -> None:
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    visitor.browser.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    visitor.click("#examples button", "France and in Poland")
    visitor.click("#keep button", "TOML")
    visitor.wait(lambda: (tmp_path / "scenarios.zip").exists())
    with zipfile.ZipFile(io.BytesIO((tmp_path / "scenarios.zip").read_bytes())) as archive:
        archive.extractall(tmp_path / "kept")
    for key in ("digits-france", "digits-poland"):
        kept, own = Scenario.load(tmp_path / "kept" / f"{key}.toml"), shipped()[key].entry().scenario()
        assert (kept.file, kept.measurements) == (own.file, own.measurements)
    visitor.click("#keep button", "Workbook")
    visitor.wait(lambda: (tmp_path / "study.xlsx").exists() and zipfile.is_zipfile(tmp_path / "study.xlsx"))


def test_no_room_scrolls_sideways_from_a_phone_to_a_wall(visitor: Visitor) -> None:
    visitor.click("#examples button", "France and in Poland")
    visitor.shown("#because details")
    for width, height in ((360, 740), (1280, 900), (2560, 1300)):
        _size(visitor.browser, width, height, width < 500)
        for room in ROOMS:
            visitor.click("nav button", room)
            visitor.wait(lambda room=room: visitor.text("nav button[aria-current=page]") == room)
            visitor.wait(lambda width=width: visitor.widths()[1] == width)  # a phone's view settles late
            widths = visitor.widths()
            assert widths[0] <= widths[1], (room, widths)
    wide(visitor.browser)


def test_the_policy_of_the_page_holds(visitor: Visitor) -> None:
    fetched = "const done = arguments[0]; fetch('https://x.invalid/').then(() => done('sent'), () => done('refused'))"
    assert visitor.browser.execute_async_script(fetched) == "refused"
    visitor.browser.execute_script(
        """const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);"""
    )
    assert visitor.browser.execute_script("return window.ran") is None
    assert len([text for text in visitor.complaints() if "Content Security Policy" in text]) >= 2
