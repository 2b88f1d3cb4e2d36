"""Which GPUs, or slices of GPUs, CUDA shows to this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple


class Visible(NamedTuple):
    """A GPU, or a slice of one (MIG)."""

    card: Any
    """NVML's handle of the whole card, which has the power sensor."""
    slice: Any = None
    """NVML's handle of the slice; None: the whole card."""


def visible(api: Any, listed: str | None) -> list[Visible]:
    """What CUDA_VISIBLE_DEVICES (`listed`; None: unset) leaves visible, up to its first entry that names nothing.

    An entry is an index, the beginning of a UUID that no other GPU has, or the UUID of a slice. Indices count by PCI
    bus here; CUDA counts so only with CUDA_DEVICE_ORDER=PCI_BUS_ID, else fastest first, which differs on machines
    with unlike GPUs. Of a card in MIG mode that is named as a whole CUDA shows the first slice.
    """
    cards = [api.nvmlDeviceGetHandleByIndex(i) for i in range(api.nvmlDeviceGetCount())]
    if listed is None:
        return [_first_slice(api, card) for card in cards]
    uuids = [api.nvmlDeviceGetUUID(card) for card in cards]
    return list(_once(api, _named(api, listed, cards, uuids)))


def _named(api: Any, listed: str, cards: list[Any], uuids: list[str]) -> Iterator[Visible]:
    for item in (item.strip() for item in listed.split(",")):
        if item.startswith("MIG-"):
            try:
                handle = api.nvmlDeviceGetHandleByUUID(item)
                yield Visible(api.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle), handle)
            except api.NVMLError:
                return
            continue
        named = [i for i, uuid in enumerate(uuids) if item.startswith("GPU-") and uuid.startswith(item)]
        matches = named or [i for i in range(len(cards)) if item == str(i)]
        if len(matches) != 1:
            return
        yield _first_slice(api, cards[matches[0]])


def _first_slice(api: Any, card: Any) -> Visible:
    try:
        on, _ = api.nvmlDeviceGetMigMode(card)
    except api.NVMLError:  # a card that cannot be sliced
        return Visible(card)
    for index in range(api.nvmlDeviceGetMaxMigDeviceCount(card) if on else 0):
        with suppress(api.NVMLError):  # slices need not be numbered without gaps
            return Visible(card, api.nvmlDeviceGetMigDeviceHandleByIndex(card, index))
    return Visible(card)


def _once(api: Any, cards: Iterable[Visible]) -> Iterator[Visible]:
    seen = set()
    for one in cards:
        uuid = api.nvmlDeviceGetUUID(one.slice or one.card)
        if uuid not in seen:
            seen.add(uuid)
            yield one
