"""Numbers that a machine or a site does not state, as such machines and sites have them: for estimates alone."""

from __future__ import annotations

from dataclasses import dataclass

from lca.inventory.catalogue import Catalogue
from lca.inventory.files.typical import Typical
from lca.quantities.records import Quantity
from lca.quantities.values import Value, stated
from lca.system.numbers import Numbers


@dataclass(frozen=True, slots=True)
class Probable:
    """Typical numbers on their way into the equations; each is None where nobody states them."""

    catalogue: Catalogue
    numbers: Numbers

    @property
    def _typical(self) -> Typical | None:
        return self.catalogue.typical

    def of(self, key: str) -> Value | None:
        """A property: `PUE`, `rest_of_node`, `annual_replacement_rate`."""
        if self._typical is None:
            return None
        return self.numbers.of_activity(self._typical.activity, key, f"typical {key.replace('_', ' ')}")

    @property
    def idle_share(self) -> Value | None:
        return self._stated(self._typical.idle_share, "idle_share") if self._typical else None

    @property
    def development(self) -> Value | None:
        """Effort of development over effort of the training."""
        return self._stated(self._typical.development, "development") if self._typical else None

    def _stated(self, quantity: Quantity | None, key: str) -> Value | None:
        if quantity is None or self._typical is None:
            return None
        place, name = self._typical.activity, f"typical {key.replace('_', ' ')}"
        return self.numbers.known(stated(quantity, name, place.sources, place.file, f"typical.{key}"))

    @property
    def building(self) -> str:
        """Id of what a data centre is made of; empty: the catalogue has none."""
        if self._typical is None or self._typical.building not in self.catalogue.activities:
            return ""
        return self._typical.building
