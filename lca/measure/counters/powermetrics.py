"""Apple's chips by macOS' powermetrics, which root may run: the energy of CPU, GPU and neural engine, second by second.

Each sample is the mean power over the time elapsed since the one before, so that they add up like a counter whose last
second is still to come. Header after Mozilla's documentation of the tool, power as published parsers read it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from lca.measure.counters.sensors import Found, Sensor

SAMPLE = re.compile(
    r"\*+ Sampled system activity \(\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}) ([+-])(\d\d)(\d\d)\)"
    r" \((\d+\.?\d*)ms elapsed\) \*+"
)
"""Month, day, time, year, zone and milliseconds."""
POWER = re.compile(r"(CPU|GPU|ANE) Power: (\S+) (mW|W)\s*")
_PARTS = {"CPU": "cpu", "GPU": "gpu", "ANE": "other"}
_NAMES = {"CPU": "CPU", "GPU": "GPU", "ANE": "neural engine"}
_SECOND = 1.0
_COMMAND = ("/usr/bin/powermetrics", "-s", "cpu_power,gpu_power,ane_power", "-i", "1000")
_ROOT = "macOS lets only root run powermetrics: `sudo lca measure ...` reads the chip's own counters"


class ChipSamples:
    """What the lines of powermetrics add up to so far, in joules by part."""

    def __init__(self) -> None:
        self.joules: dict[str, float] = {}
        self.first = threading.Event()
        self.ended = ""
        """Why no more will come."""
        self._elapsed = 0.0
        self._said: set[str] = set()

    def take(self, line: str) -> None:
        """One line; a second mention of a power in a sample is passed over."""
        if match := SAMPLE.fullmatch(line.strip()):
            if self._said:
                self.first.set()
            self._elapsed, self._said = float(match[10]) / 1000, set()
        elif (match := POWER.fullmatch(line)) and self._elapsed and match[1] not in self._said:
            with suppress(ValueError):
                watts = float(match[2]) * (1e-3 if match[3] == "mW" else 1.0)
                self.joules[match[1]] = self.joules.get(match[1], 0.0) + watts * self._elapsed
                self._said.add(match[1])

    def follow(self, lines: Iterable[str]) -> None:
        """All lines, as they come."""
        for line in lines:
            self.take(line)
        self.ended = "powermetrics ended"
        self.first.set()

    def of(self, part: str) -> float:
        """Joules of a part. Raises OSError once no more come."""
        if self.ended:
            raise OSError(self.ended)
        return self.joules[part]


def powermetrics(
    system: str = sys.platform,
    root: Callable[[], bool] = lambda: hasattr(os, "geteuid") and os.geteuid() == 0,
    start: Callable[..., subprocess.Popen[str]] = subprocess.Popen,
    patience: float = 3.0,
) -> Found:
    """The parts of the chip, followed from now on; why not, on a Mac where that cannot be."""
    if system != "darwin":
        return Found()
    if not root():
        return Found(absent=(("cpu", _ROOT), ("gpu", _ROOT)))
    try:
        child = start(_COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
    except OSError as error:
        return Found(absent=(("cpu", what := f"powermetrics cannot be run: {error.strerror}"), ("gpu", what)))
    samples = ChipSamples()
    assert child.stdout
    threading.Thread(target=samples.follow, args=(child.stdout,), name="lca-powermetrics", daemon=True).start()

    def end() -> None:
        with suppress(OSError):
            child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)

    samples.first.wait(patience)
    if not samples.joules:
        end()
        what = samples.ended or "it stated no power"
        return Found(absent=(("cpu", f"powermetrics: {what}"), ("gpu", f"powermetrics: {what}")))
    sensors = tuple(_sensor(samples, part) for part in samples.joules)
    return Found(sensors, let_go=(end,))


def _sensor(samples: ChipSamples, part: str) -> Sensor:
    return Sensor(
        _PARTS[part],  # type: ignore[arg-type]
        f"{_NAMES[part]} of the Apple chip",
        f"apple-{part.lower()}",
        f"powermetrics {part} Power",
        True,
        lambda: samples.of(part),
        refresh=_SECOND,
        note="its sums are a second old at most",
    )
