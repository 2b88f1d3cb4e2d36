"""Power of the whole node by its own meter, asked for by name: ACPI's, IPMI's or Redfish's, in place of its parts.

`hwmon`: ACPI's power meter. `ipmi`: `ipmitool dcmi power reading` and its line `Instantaneous power reading: 9 Watts`.
An address: a Redfish resource with PowerControl and PowerConsumedWatts (Power), or PowerWatts and Reading
(EnvironmentMetrics), by HTTPS or on this machine; LCA_REDFISH_USER and LCA_REDFISH_PASSWORD sign in.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.languages import gettext
from lca.measure.counters.hwmon import node_meter
from lca.measure.counters.integral import widest

EVERY = 1.0
"""Seconds between two readings: management controllers have no newer value."""
HIGHEST = 1e6
"""Watts of one node."""
LARGEST = 1_000_000  # bytes of an answer
PATIENCE = 5.0  # seconds for an answer
_DCMI = re.compile(r"Instantaneous power reading:\s*(\d+(?:\.\d+)?)\s*Watts")
_OFF = re.compile(r"Power reading state is:\s*deactivated")
_COMMAND = ("ipmitool", "dcmi", "power", "reading")
_LOCAL = ("127.0.0.1", "localhost", "::1")
Ask = Callable[[], float]


class Held:
    """Power over time, each reading held until the next one comes or has been missing for too long."""

    def __init__(self, every: float) -> None:
        self.error = 0.0
        """Joules: what the steps between readings can hide."""
        self._longest = widest(every)
        self._joules = self._seconds = 0.0
        self._last: tuple[float, float] | None = None

    def add(self, now: float, watts: float) -> None:
        if self._last:
            self._joules, self._seconds = self.until(now)
            self.error += abs(watts - self._last[1]) * min(now - self._last[0], self._longest)
        self._last = (now, watts)

    def until(self, now: float) -> tuple[float, float]:
        """Joules up to now, and the seconds that they are of."""
        if not self._last:
            return 0.0, 0.0
        held = min(max(now - self._last[0], 0.0), self._longest)
        return self._joules + held * self._last[1], self._seconds + held


class NodeMeter:
    """Asks for the node's power every second, in a thread of its own, as an answer may take its time."""

    name = "node"

    def __init__(
        self, what: str, ask: Ask, clock: Callable[[], float] = time.perf_counter, every: float = EVERY
    ) -> None:
        self._what, self._ask, self._clock, self._every = what, ask, clock, every
        self._held, self._lock, self._over = Held(every), threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._readings = 0
        self._fault = ""

    def start(self, now: float) -> None:
        self.ask()
        if self._every < float("inf"):
            self._thread = threading.Thread(target=self._follow, name="lca-node", daemon=True)
            self._thread.start()

    def expect(self, interval: float) -> None:
        """It keeps its own time."""

    def ask(self) -> None:
        """One reading."""
        try:
            watts = self._ask()
            if not 0 <= watts <= HIGHEST:
                raise ValueError(f"{watts:g} W is the power of no node")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._fault = self._fault or _reason(error)
            return
        with self._lock:
            self._readings += 1
            self._held.add(self._clock(), watts)

    def read(self, now: float) -> Mapping[str, float]:
        with self._lock:
            joules, seconds = self._held.until(now)
            return {"node": joules, "node seen": seconds, "node error": self._held.error}

    def stop(self) -> None:
        self._over.set()
        if self._thread:
            self._thread.join(2 * PATIENCE)

    def described(self) -> dict[str, Any]:
        return {"what": self._what, "fault": self._fault, "readings": self._readings}

    def samples_power(self) -> bool:
        return False

    def _follow(self) -> None:
        while not self._over.wait(self._every):
            self.ask()


def node(where: str, root: Path = Path("/"), clock: Callable[[], float] = time.perf_counter) -> NodeMeter:
    """The node's meter: `hwmon`, `ipmi`, or the address of a Redfish resource. Raises UsageError."""
    if where == "hwmon":
        read = node_meter(root)
        if read is None:
            raise UsageError(
                gettext("this node has no power meter under /sys/class/hwmon (name power_meter): try --node ipmi")
            )
        return NodeMeter("ACPI's power meter", read, clock)
    if where == "ipmi":
        return NodeMeter("IPMI (DCMI power reading)", ipmi, clock)
    return NodeMeter("Redfish", redfish(where), clock)


def ipmi(run: Callable[..., Any] = subprocess.run) -> float:
    """Watts by `ipmitool`, which needs root or the group of /dev/ipmi0. Raises OSError or ValueError."""
    done = run(_COMMAND, capture_output=True, text=True, timeout=2 * PATIENCE, stdin=subprocess.DEVNULL)
    match = _DCMI.search(done.stdout)
    if done.returncode or not match:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise OSError(f"ipmitool states no power: {said[0][:100] if said else f'exit code {done.returncode}'}")
    if _OFF.search(done.stdout):
        raise OSError("the power reading of DCMI is not activated")
    return float(match[1])


def redfish(address: str, opener: Any = None) -> Ask:
    """Asks a Redfish service. Raises UsageError for an address that is neither HTTPS nor this machine's."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)):
        raise UsageError(
            gettext("--node is hwmon, ipmi, or the https:// address of a Redfish resource (http:// on 127.0.0.1 only)")
        )
    if parts.username or parts.password:
        raise UsageError(
            gettext("an address with a password in it stays in histories: set LCA_REDFISH_USER and _PASSWORD")
        )
    opener = opener or _opener()

    def ask() -> float:
        return _watts(_answer(opener, parts._replace(fragment="").geturl()), parts.fragment)

    return ask


def _answer(opener: Any, address: str) -> Any:
    from urllib.request import Request

    request = Request(address, headers={"Accept": "application/json"})
    if (user := os.environ.get("LCA_REDFISH_USER")) is not None:
        pair = f"{user}:{os.environ.get('LCA_REDFISH_PASSWORD', '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    with opener.open(request, timeout=PATIENCE) as answer:
        body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise OSError(f"the answer has more than {LARGEST:,} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise OSError("the answer is not JSON") from None


def _watts(content: Any, member: str) -> float:
    """Of PowerControl the only member that states a power, or the one that the address names behind its #."""
    if not isinstance(content, dict):
        raise OSError("the answer is no resource")
    reading = content.get("PowerWatts")
    if isinstance(reading, dict) and (watts := _number(reading.get("Reading"))) is not None:
        return watts
    controls = content.get("PowerControl")
    powers = {
        str(index): watts
        for index, control in enumerate(controls if isinstance(controls, list) else [])
        if isinstance(control, dict) and (watts := _number(control.get("PowerConsumedWatts"))) is not None
    }
    wanted = member.rsplit("/", 1)[-1]
    if wanted:
        powers = {index: watts for index, watts in powers.items() if index == wanted}
    if len(powers) != 1:
        which = f"; {len(powers)} members do: name one, ADDRESS#/PowerControl/0" if powers else ""
        raise OSError(f"no PowerControl with PowerConsumedWatts, nor PowerWatts{which}")
    return next(iter(powers.values()))


def _number(value: Any) -> float | None:
    """JSON's number, or one in quotes, as some services write it."""
    with suppress(ValueError):
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    return None


def _opener() -> Any:
    """Without proxies, and without following a service elsewhere, where it would be given the password."""
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Stays(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    return build_opener(ProxyHandler({}), Stays())


def _reason(error: Exception) -> str:
    """In words, without the address or the name of the node."""
    if isinstance(error, FileNotFoundError):
        return "the program ipmitool is not installed"
    if isinstance(error, subprocess.TimeoutExpired | TimeoutError):
        return "it did not answer in time"
    if code := getattr(error, "code", None):
        return f"it answered with HTTP status {code}"
    if reason := getattr(error, "reason", None):
        return f"it cannot be reached: {type(reason).__name__}"
    return str(error)[:200]
