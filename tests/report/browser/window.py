"""The window of a browser: a desk, a phone, and a page in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def wide(chromium: Any) -> None:
    """A window of 1280 pixels."""
    _size(chromium, 1280, 900, False)


def narrow(chromium: Any) -> None:
    """A phone of 390 pixels."""
    _size(chromium, 390, 844, True)


def as_wide_as(chromium: Any, width: int) -> None:
    """A window of so many pixels; up to 500 a phone."""
    _size(chromium, width, 900, width <= 500)


def _size(chromium: Any, width: int, height: int, mobile: bool) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def opened(chromium: Any, path: Path) -> Any:
    """The page, opened from disk, with its charts drawn."""
    from selenium.webdriver.support.ui import WebDriverWait

    chromium.get(path.as_uri())
    ready = "return document.documentElement.dataset.ready === 'yes'"
    WebDriverWait(chromium, 30).until(lambda _: chromium.execute_script(ready))
    return chromium
