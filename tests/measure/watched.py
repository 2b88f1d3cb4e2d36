"""A source that says when it was read."""

from __future__ import annotations

from collections.abc import Mapping

from simulated import Processes


class Watched(Processes):
    """Simulated processes that say when they were read."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = list[str]()

    def start(self, now: float) -> None:
        self.calls.append("start")
        super().start(now)

    def read(self, now: float) -> Mapping[str, float]:
        self.calls.append("read")
        return super().read(now)

    def stop(self) -> None:
        self.calls.append("stop")
