"""The table of what came of hostile input, printed below the tests."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes runs only where `-m` names it."""
    if "fuzz" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("fuzz")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    found = [value for report in reports for key, value in report.user_properties if key == "fuzz"]
    if not found:
        return
    classes = sorted({kind for _, counts in found for kind in counts})
    terminalreporter.section("hostile input, by way in and outcome")
    total: Counter[str] = Counter()
    terminalreporter.write_line(f"{'':22}{'n':>6}  " + "  ".join(classes))
    for name, counts in found:
        total.update(counts)
        terminalreporter.write_line(_row(name, counts, classes))
    terminalreporter.write_line(_row("all", total, classes))


def _row(name: str, counts: dict[str, int], classes: list[str]) -> str:
    cells = "  ".join(f"{counts.get(kind, 0):>{len(kind)}}" for kind in classes)
    return f"{name:22}{sum(counts.values()):>6}  {cells}"
