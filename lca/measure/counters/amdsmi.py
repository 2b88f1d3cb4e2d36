"""AMD's GPUs by amdsmi, the Python package of ROCm: the energy counter, or else the socket's power.

`energy_accumulator × counter_resolution` is in microjoules, powers are in watts: py-interface/README.md of
https://github.com/ROCm/amdsmi. It is no dependency: it comes with ROCm, under /opt/rocm/share/amd_smi.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lca.measure.counters.sensors import Found, Sensor
from lca.measure.counters.sysfs import text

_AMD = "0x1002"
_UNKNOWN = (65535, 4294967295)  # what older versions answer for a power that the card does not tell


def amdsmi(api: Any = None, root: Path = Path("/")) -> Found:
    """The cards that it shows; nothing where there is no card of AMD or no package."""
    api = api or (_package() if _present(root) else None)
    if api is None:
        return Found()
    try:
        api.amdsmi_init()
    except api.AmdSmiException as error:
        return Found(absent=(("gpu", f"a GPU of AMD is present, and amdsmi does not start: {error}"[:200]),))

    def last() -> None:
        with suppress(api.AmdSmiException):
            api.amdsmi_shut_down()

    try:
        sensors = tuple(_sensor(api, handle) for handle in api.amdsmi_get_processor_handles())
    except api.AmdSmiException as error:
        return Found(absent=(("gpu", f"amdsmi does not tell of the GPUs: {error}"[:200]),), let_go=(last,))
    return Found(tuple(sensor for sensor in sensors if sensor), let_go=(last,))


def _sensor(api: Any, handle: Any) -> Sensor | None:
    bdf = str(api.amdsmi_get_gpu_device_bdf(handle)).lower()
    name = _told(api, lambda: api.amdsmi_get_gpu_asic_info(handle)["market_name"]) or "AMD GPU"
    memory = _told(api, lambda: api.amdsmi_get_gpu_vram_usage(handle)["vram_total"] * 2**20) or 0.0
    power = _told(api, lambda: api.amdsmi_get_power_info(handle)) or {}
    limit = float(next(_watts(power, "power_limit"), 0.0))
    limit = limit * 1e-6 if limit > 1e5 else limit  # microwatts in older versions
    ways: tuple[tuple[Callable[[], float], bool, str], ...] = (
        (lambda: _joules(api, handle), True, "amdsmi_get_energy_count"),
        (lambda: _power(api, handle), False, "amdsmi_get_power_info"),
    )
    for read, counts, what in ways:
        with suppress(OSError):
            read()
            return Sensor("gpu", str(name), bdf, what, counts, read, limit, memory=float(memory))
    return None


def _joules(api: Any, handle: Any) -> float:
    try:
        told = api.amdsmi_get_energy_count(handle)
        counter = told["energy_accumulator"] if "energy_accumulator" in told else told["power"]
        return float(counter) * float(told["counter_resolution"]) * 1e-6
    except (api.AmdSmiException, KeyError, TypeError) as error:
        raise OSError(f"amdsmi: {error}") from None


def _power(api: Any, handle: Any) -> float:
    try:
        return next(_watts(api.amdsmi_get_power_info(handle), "current_socket_power", "average_socket_power"))
    except (api.AmdSmiException, StopIteration, TypeError) as error:
        raise OSError(f"amdsmi: {error or 'it states no power of the socket'}") from None


def _watts(told: dict[str, Any], *names: str) -> Iterator[float]:
    """Those of these powers that are known; a socket that draws nothing is none."""
    for name in names:
        value = told.get(name)
        if isinstance(value, int | float) and value > 0 and value not in _UNKNOWN:
            yield float(value)


def _told(api: Any, ask: Callable[[], Any]) -> Any:
    with suppress(api.AmdSmiException, KeyError, TypeError):
        return ask()
    return None


def _package() -> Any:
    with suppress(ImportError, OSError, AttributeError, KeyError):  # its library may be absent, or another version
        return importlib.import_module("amdsmi")
    return None


def _present(root: Path) -> bool:
    """Whether a card of AMD is on the PCI bus with its driver at work."""
    return any(
        text(device / "vendor") == _AMD and (device / "driver").resolve().name == "amdgpu"
        for device in root.glob("sys/bus/pci/devices/*")
    )
