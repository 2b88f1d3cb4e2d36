"""The equipment of one phase: the share of a server and of the building around it, opened into parts and stages."""

from __future__ import annotations

from collections.abc import Iterator

from lca.equations import equipment_share, facility_share, powered_time, replacements
from lca.errors import MissingKey
from lca.inventory.activity import Activity, Input
from lca.inventory.catalogue import Catalogue
from lca.system.energy import reserved
from lca.system.foreground import Foreground, ForegroundExchange, Gap, Run
from lca.vocabulary import Phase, Stage

ASSEMBLY = "assembly"
"""Technology of an activity that is opened into its inputs, so that each keeps its stage."""


def add_equipment(foreground: Foreground, run: Run) -> None:
    """Add the manufacture, delivery and end of life of the equipment that the run occupies."""
    effort = run.effort
    if not effort.server:
        known = f"{run.allocated:g} h" if run.allocated else "an unstated time"
        hours = (run.allocated or 1.0) * run.share
        foreground.gaps.append(
            Gap(run.phase, f"equipment, allocated for {known} of the run, is not stated", hours, "h")
        )
        return
    server = foreground.known(effort.server, run.table, "server")
    if server is None or effort.utilisation is None or run.allocated is None:
        return
    lifetime = effort.lifetime or server.properties.lifetime
    if lifetime is None:
        foreground.refuse(MissingKey(f"{server.id} states no lifetime: give one"), run.table, "lifetime")
        return
    fraction = reserved(foreground, run)
    share = equipment_share(run.allocated, lifetime.amount, effort.utilisation.amount) * fraction * run.share
    formula = (
        f"{run.allocated * run.share:.6g} h allocated / ({lifetime.amount:.6g} h of life × "
        f"utilisation {effort.utilisation.amount:g})" + (f" × {fraction:g} of the server" if fraction < 1 else "")
    )
    parts = Parts(foreground.catalogue, run.phase, "equipment", lifetime.amount)
    foreground.exchanges += parts.opened(Input(server.id, share, Stage.PRODUCTION), formula)
    if parts.unrated:
        gap = f"replacement of parts of {server.id} over its life: no rate for {', '.join(sorted(parts.unrated))}"
        foreground.gaps.append(Gap(run.phase, gap, share, "item"))
    _add_facility(foreground, run, server, powered_time(run.allocated, effort.utilisation.amount) * fraction)


def _add_facility(foreground: Foreground, run: Run, server: Activity, powered: float) -> None:
    chosen = foreground.scenario.file.facility
    facility = foreground.known(chosen, "facility") if isinstance(chosen, str) else None
    power = server.properties.plug_power
    if facility is None or power is None or not facility.properties.lifetime or not facility.properties.occupancy:
        why = f"{server.id} states no plug_power" if facility and not power else "the facility is not described"
        foreground.gaps.append(Gap(run.phase, f"building and its equipment: {why}", powered * run.share, "h"))
        return
    life, occupancy = facility.properties.lifetime.amount, facility.properties.occupancy.amount
    share = facility_share(power.amount, powered, life, occupancy) * run.share
    formula = (
        f"{power.amount:g} kW provisioned × {powered * run.share:.6g} h powered / "
        f"({life:.6g} h of life × occupancy {occupancy:g})"
    )
    parts = Parts(foreground.catalogue, run.phase, "facility", life)
    foreground.exchanges += parts.opened(Input(facility.id, share, Stage.PRODUCTION), formula)


class Parts:
    """Opens assemblies into parts; each part keeps its stage and carries its replacements over `lifetime` (h)."""

    def __init__(self, catalogue: Catalogue, phase: Phase, role: str, lifetime: float) -> None:
        self.catalogue, self.phase, self.role, self.lifetime = catalogue, phase, role, lifetime
        self.unrated: set[str] = set()
        """Parts for which no replacement rate is known."""

    def opened(
        self,
        part: Input,
        formula: str,
        stage: Stage = Stage.PRODUCTION,
        rated: bool = False,
        of: Activity | None = None,
    ) -> Iterator[ForegroundExchange]:
        """The part as an exchange, or the parts of an assembly.

        `rated`: a replacement rate already covers it; `of`: the assembly whose file states the amount of it.
        """
        activity = self.catalogue.activity(part.activity)
        stage = part.stage if part.stage != "production" else stage
        amount = part.amount
        rate = activity.properties.annual_replacement_rate
        if rate is not None and not rated and self.lifetime:
            factor = replacements(rate.amount, self.lifetime)
            amount *= factor
            formula += f" × {factor:.4g} with replacements"
        rated = rated or rate is not None
        if activity.technology == ASSEMBLY:
            for input in activity.inputs:
                bounds = {category: abs(bound * amount) for category, bound in input.negligible.items()}
                inner = Input(input.activity, amount * input.amount, input.stage, None, input.sources, "", bounds)
                unit = self.catalogue.activity(input.activity).unit
                yield from self.opened(inner, f"{formula} × {input.amount:.6g} {unit}", stage, rated, activity)
            return
        if not rated and stage == "production":
            self.unrated.add(activity.id)
        works = {id: of.sources[id] for id in part.sources if id in of.sources} if of else {}
        file = of.file if of else ""
        yield ForegroundExchange(
            self.phase,
            stage,
            self.role,
            activity.id,
            amount,
            activity.unit,
            formula,
            "",
            part.sources,
            works,
            file,
            part.negligible,
        )
