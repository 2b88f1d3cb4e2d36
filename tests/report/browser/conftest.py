"""A headless Chromium that keeps a log of what it asks for and what it complains about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from window import wide

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
)


def _absent(what: str) -> None:
    if os.environ.get("LCA_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required here and is not installed")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser, through selenium; nothing is downloaded to find it."""
    try:
        from selenium import webdriver
    except ImportError:
        _absent("selenium")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        _absent("Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """The browser with empty logs and the window of a desk."""
    wide(chromium)
    chromium.get_log("browser"), chromium.get_log("performance")
    yield chromium
    chromium.get("about:blank")
