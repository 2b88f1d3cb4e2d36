"""The section of compressed models in a real browser: it draws, changes with the category, and fits paper and phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from variants_study import variants_study
from window import narrow, opened

from lca.inventory.catalogue import Catalogue
from lca.report.html.page import page

pytestmark = pytest.mark.browser
BROKEN = """
  const broken = [];
  for (const cell of document.querySelectorAll('#variants [aria-label=Models] :is(th, td)')) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  }
  return broken;
"""
"""Words of the table of models that stand on two lines."""


@pytest.fixture
def path(small_catalogue: Catalogue, tmp_path: Path) -> Path:
    return page(variants_study(small_catalogue), tmp_path / "page.html")


def test_the_variants_are_drawn_for_the_chosen_category(browser: Any, path: Path) -> None:
    opened(browser, path)
    points = "return document.querySelectorAll('#variants .scatterlayer .point').length"
    assert browser.execute_script(points) == 4
    browser.find_element("css selector", "#category option[value='land-use']").click()
    note = browser.find_element("css selector", "#variants figure .note").text
    assert note == "No chart: of no variant both accuracy and the score are known."
    browser.find_element("css selector", "#category option[value='acidification']").click()
    assert browser.execute_script(points) == 4
    assert [entry["message"] for entry in browser.get_log("browser")] == []


@pytest.fixture
def printing(browser: Any, path: Path) -> Iterator[Any]:
    """A browser that shows the page as on A4, put back afterwards."""
    opened(browser, path)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    paper = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", paper)
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_no_word_of_the_models_is_broken_on_paper(printing: Any) -> None:
    assert printing.execute_script(BROKEN) == []
    fits = "return document.querySelector('#variants [aria-label=Models] table').offsetWidth <= window.innerWidth"
    assert printing.execute_script(fits)


def test_a_phone_scrolls_the_tables_and_not_the_page(browser: Any, path: Path) -> None:
    narrow(browser)
    opened(browser, path)
    widths = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1] == 390
