"""Linux' hardware monitors: cards of AMD and Intel, the rails of Jetson boards, the meter of a node.

AMD: `power1_average`, `power1_input` of amdgpu (https://docs.kernel.org/gpu/amdgpu/thermal.html), which on a processor
with graphics hold the CPU too and are left out there. Intel: `energy1_input` of i915 and xe, microjoules since the
driver was loaded (Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon and -xe-hwmon). Jetson: the INA3221 on the
module (https://docs.kernel.org/hwmon/ina3221.html), millivolts and milliamperes; before JetPack 5 milliwatts in iio.
Node: ACPI's power meter (https://docs.kernel.org/hwmon/acpi_power_meter.html), microwatts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from lca.measure.counters.sensors import Found, Sensor
from lca.measure.counters.sysfs import number, reading, text

_MICRO, _MILLI = 1e-6, 1e-3
_WHOLE = ("VDD_IN", "POM_5V_IN")
"""Rails of all that enters a Jetson module."""
_RAILS = (("GPU", "gpu"), ("CPU", "cpu"))
_DRIVERS = {"amdgpu": "AMD", "i915": "Intel", "xe": "Intel"}
_INTEGRATED = "0000:00:02.0"
"""Where Intel's processors have their own graphics, which RAPL counts with the package."""


def hwmon(root: Path = Path("/")) -> Found:
    """Sensors of cards and rails, and cards that have none."""
    sensors = [sensor for folder in _folders(root) for sensor in _of(folder)]
    sensors += _iio(root)
    rails = [sensor for sensor in sensors if sensor.whole]
    if rails:  # the other rails branch off from it
        sensors = [sensor for sensor in sensors if sensor.whole or not sensor.what.startswith("INA3221")]
    return Found(tuple(sensors), tuple(_without(root, {sensor.id for sensor in sensors})))


def node_meter(root: Path = Path("/")) -> Callable[[], float] | None:
    """Reads the watts of the node by its own power meter; None: it has none."""
    for folder in _folders(root):
        if text(folder / "name") == "power_meter":
            for file in ("power1_average", "power1_input"):
                if (folder / file).exists():
                    return reading(folder / file, _MICRO)
    return None


def _folders(root: Path) -> list[Path]:
    return sorted(root.glob("sys/class/hwmon/hwmon*"))


def _of(folder: Path) -> Iterator[Sensor]:
    match text(folder / "name"):
        case "amdgpu":
            yield from _amd(folder)
        case "i915" | "xe" as driver:
            yield from _intel(folder, driver)
        case "ina3221":
            yield from _rails(folder)


def _amd(folder: Path) -> Iterator[Sensor]:
    device = (folder / "device").resolve()
    if _with_processor(device, folder):
        return
    files = (("energy1_input", True), ("power1_average", False), ("power1_input", False))
    for file, counts in files:
        if (folder / file).exists():
            yield Sensor(
                "gpu",
                text(device / "product_name") or f"AMD GPU {text(device / 'device')}",
                device.name,
                f"amdgpu {file}",
                counts,
                reading(folder / file, _MICRO),
                number(folder / "power1_cap", _MICRO),
                memory=number(device / "mem_info_vram_total"),
            )
            return


def _with_processor(device: Path, folder: Path) -> bool:
    """Whether the card is part of a processor, whose power its sensor holds as well.

    The third byte of gpu_metrics is its layout's number: 1 of cards, 2 and more of processors with graphics.
    """
    with suppress(OSError):
        head = (device / "gpu_metrics").read_bytes()[:4]
        if len(head) == 4:
            return head[2] > 1
    return not (folder / "power1_cap").exists()


def _intel(folder: Path, driver: str) -> Iterator[Sensor]:
    device = (folder / "device").resolve()
    counters = {text(file.with_name(file.name.replace("input", "label"))): file for file in _energies(folder)}
    file = counters.get("card") or counters.get("pkg") or counters.get("")
    if file is None:
        return
    limits = [number(folder / name, _MICRO) for name in ("power1_max", "power1_rated_max")]
    name = f"Intel GPU {text(device / 'device')}"
    yield Sensor("gpu", name, device.name, f"{driver} {file.name}", True, reading(file, _MICRO), max(limits))


def _energies(folder: Path) -> list[Path]:
    return sorted(folder.glob("energy[1-9]_input"))


def _rails(folder: Path) -> Iterator[Sensor]:
    for channel in (1, 2, 3):
        name = text(folder / f"in{channel}_label")
        volts, amperes = folder / f"in{channel}_input", folder / f"curr{channel}_input"
        if name and volts.exists() and amperes.exists():
            yield from _rail(name, _product(volts, amperes))


def _product(volts: Path, amperes: Path) -> Callable[[], float]:
    return lambda: float(volts.read_text()) * _MILLI * float(amperes.read_text()) * _MILLI


def _iio(root: Path) -> Iterator[Sensor]:
    for folder in sorted(root.glob("sys/bus/i2c/drivers/ina3221x/*/iio:device*")):
        for channel in (0, 1, 2):
            name, file = text(folder / f"rail_name_{channel}"), folder / f"in_power{channel}_input"
            if name and file.exists():
                yield from _rail(name, reading(file, _MILLI))


def _rail(name: str, read: Callable[[], float]) -> Iterator[Sensor]:
    what = f"INA3221 {name}"
    if name in _WHOLE:
        note = "all that enters the module, without the carrier board, whichever process used it"
        yield Sensor("other", "Jetson module", name, what, False, read, whole=True, note=note)
    elif part := next((part for word, part in _RAILS if word in name), None):
        note = "rails of other parts of the module are not counted, as one may branch off from another"
        yield Sensor(part, f"Jetson rail {name}", name, what, False, read, note=note)  # type: ignore[arg-type]


def _without(root: Path, known: set[str]) -> Iterator[tuple[str, str]]:
    """Cards of AMD and Intel whose driver is at work and which have no sensor."""
    for device in sorted(root.glob("sys/bus/pci/devices/*")):
        driver = (device / "driver").resolve().name if (device / "driver").exists() else ""
        kind, address = text(device / "class"), device.name
        if driver not in _DRIVERS or not kind.startswith(("0x03", "0x12")) or address in known:
            continue
        if not _inside_processor(driver, device.resolve()):
            yield (
                "gpu",
                f"a GPU of {_DRIVERS[driver]} is present, and its driver {driver} shows neither energy nor power; a"
                " newer kernel, or for AMD the Python package amdsmi of ROCm, may",
            )


def _inside_processor(driver: str, device: Path) -> bool:
    monitors = sorted(device.glob("hwmon/hwmon*"))
    if driver == "amdgpu":
        return bool(monitors) and _with_processor(device, monitors[0])
    return device.name == _INTEGRATED
