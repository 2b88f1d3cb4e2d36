"""The equations of the foreground: one function, one equation, a unit in every annotation.

They lie below `inventory` because the losses of a mix and the system's energy chain use the same ones. The three
energies are three types: a PUE applied twice, or to component energy, is refused by mypy and by the tests' pint.
"""

from __future__ import annotations

from typing import Annotated, NewType

ComponentEnergy = NewType("ComponentEnergy", float)
"""What NVML and RAPL see."""
ITEnergy = NewType("ITEnergy", float)
"""At the plug of the node."""
Electricity = NewType("Electricity", float)
"""At the meter of the building, or further upstream."""


def it_energy(
    component_energy: Annotated[ComponentEnergy, "kWh_component"],
    rest_of_node: Annotated[float, "kWh_it/kWh_component"],
) -> Annotated[ITEnergy, "kWh_it"]:
    """IT energy = component energy × rest-of-node factor, which is the ratio of the two by definition."""
    return ITEnergy(component_energy * rest_of_node)


def delivered_electricity(
    it_energy: Annotated[ITEnergy, "kWh_it"], PUE: Annotated[float, "kWh/kWh_it"]
) -> Annotated[Electricity, "kWh"]:
    """Electricity at the building's meter = IT energy × PUE.

    PUE is the building's energy over the energy of its IT equipment (ISO/IEC 30134-2), so it applies once.
    """
    return Electricity(it_energy * PUE)


def generated_electricity(
    delivered: Annotated[Electricity, "kWh"], loss: Annotated[float, "1"]
) -> Annotated[Electricity, "kWh"]:
    """Generated = delivered / (1 − loss).

    The loss is the share of what is generated that does not arrive (World Bank EG.ELC.LOSS.ZS: per cent of output):
    delivered = generated − loss × generated.
    """
    return Electricity(delivered / (1 - loss))


def component_energy(
    power: Annotated[float, "kW_component"], device_time: Annotated[float, "h"]
) -> Annotated[ComponentEnergy, "kWh_component"]:
    """Energy = mean power × time."""
    return ComponentEnergy(power * device_time)


def plug_energy(power: Annotated[float, "kW_it"], device_time: Annotated[float, "h"]) -> Annotated[ITEnergy, "kWh_it"]:
    """Energy at the plug = mean power at the plug × time."""
    return ITEnergy(power * device_time)


def energy_within(
    electricity: Annotated[Electricity, "kWh"], PUE: Annotated[float, "kWh/kWh_it"]
) -> Annotated[ITEnergy, "kWh_it"]:
    """IT energy = electricity at the building's meter / PUE: what delivered_electricity gives, solved for the other."""
    return ITEnergy(electricity / PUE)


def transformer_computation(
    per_parameter_and_token: Annotated[float, "FLOP/token"],
    parameters: Annotated[float, "1"],
    tokens: Annotated[float, "token"],
) -> Annotated[float, "FLOP"]:
    """Computation of a transformer = operations per parameter and token × parameters × tokens.

    Two operations, a multiplication and an addition, for each parameter that a token meets on its way forward, and
    twice as many on the way back: 6 in training, 2 in inference (Kaplan et al. 2020, arXiv:2001.08361). What attention
    does beside its parameters is left out.
    """
    return per_parameter_and_token * parameters * tokens


def computing_time(
    computation: Annotated[float, "FLOP"],
    speed: Annotated[float, "FLOP/h"],
    utilisation: Annotated[float, "1"],
    accelerators: Annotated[float, "1"],
) -> Annotated[float, "h"]:
    """Time = computation / (speed of one accelerator × part of it that is reached × accelerators side by side)."""
    return computation / (speed * utilisation * accelerators)


def fleet_time(
    devices: Annotated[float, "1"], part_of_day: Annotated[float, "1"], period: Annotated[float, "h"]
) -> Annotated[float, "h"]:
    """Hours of all devices together = devices × part of the day × period."""
    return devices * part_of_day * period


def standby_time(
    devices: Annotated[float, "1"],
    powered: Annotated[float, "1"],
    active: Annotated[float, "1"],
    period: Annotated[float, "h"],
    share: Annotated[float, "1"],
) -> Annotated[float, "h"]:
    """Hours in standby that a service carries = devices × (powered − active part of the day) × period × its share."""
    return devices * (powered - active) * period * share


def charged(energy: Annotated[ITEnergy, "kWh_it"], efficiency: Annotated[float, "1"]) -> Annotated[ITEnergy, "kWh_it"]:
    """Energy at the charger's plug = energy out of the battery / efficiency of charging and discharging."""
    return ITEnergy(energy / efficiency)


def battery_wear(
    energy: Annotated[ITEnergy, "kWh_it"], capacity: Annotated[float, "kWh_it"], cycles: Annotated[float, "1"]
) -> Annotated[float, "1"]:
    """Batteries worn = energy out of them / (capacity × full discharges over a life)."""
    return energy / (capacity * cycles)


def transfer_energy(
    data: Annotated[float, "byte"], energy_per_byte: Annotated[float, "kWh_it/byte"]
) -> Annotated[ITEnergy, "kWh_it"]:
    """Energy of a network for data = data × energy per byte: the network's average, not what one byte more adds."""
    return ITEnergy(data * energy_per_byte)


def storage_energy(
    data: Annotated[float, "byte"],
    copies: Annotated[float, "1"],
    power_per_byte: Annotated[float, "kW_it/byte"],
    period: Annotated[float, "h"],
) -> Annotated[ITEnergy, "kWh_it"]:
    """Energy of keeping data = data × copies × power per byte × time."""
    return ITEnergy(data * copies * power_per_byte * period)


def media_worn(
    data: Annotated[float, "byte"],
    copies: Annotated[float, "1"],
    capacity: Annotated[float, "byte"],
    filled: Annotated[float, "1"],
    period: Annotated[float, "h"],
    lifetime: Annotated[float, "h"],
) -> Annotated[float, "1"]:
    """Drives that data takes = data × copies / (capacity × part of it that is filled) × time / life of a drive."""
    return data * copies / (capacity * filled) * period / lifetime


def unserved(reach: Annotated[float, "1"]) -> Annotated[float, "1"]:
    """Trained models that are never served, for each that is = 1 / (part that reaches production) − 1."""
    return 1 / reach - 1


def part_of_record(
    processed: Annotated[float, "service"], delivered: Annotated[float, "service"]
) -> Annotated[float, "1"]:
    """How many times a measured run = service processed / service that the record delivered."""
    return processed / delivered


def trapezoid_error(
    change: Annotated[float, "kW_component"], interval: Annotated[float, "h"], age: Annotated[float, "h"]
) -> Annotated[float, "kWh_component"]:
    """Error of a trapezoid over sampled power ≤ |change| × ((interval + age) / 2 + 2 × age).

    Between two samples power lies between their values if it is monotone there, so that the trapezoid over the instants
    that were really seen, up to interval + age apart as a sample may be `age` old, is wrong by at most half the
    rectangle that they span; either of its edges may lie `age` off, by at most |change| × age each. The same for any
    other sampled quantity in its own unit.
    """
    return abs(change) * ((interval + age) / 2 + 2 * age)


def idle_energy(
    idle_power: Annotated[float, "kW_it"], utilisation: Annotated[float, "1"], allocated: Annotated[float, "h"]
) -> Annotated[ITEnergy, "kWh_it"]:
    """Idle energy = idle power × (1/utilisation − 1) × allocated hours.

    Utilisation is allocated over powered hours, so allocated/utilisation hours are powered and allocated hours of
    them are not idle.
    """
    return ITEnergy(idle_power * (1 / utilisation - 1) * allocated)


def equipment_share(
    allocated: Annotated[float, "h"], lifetime: Annotated[float, "h"], utilisation: Annotated[float, "1"]
) -> Annotated[float, "1"]:
    """Share of a piece of equipment = allocated hours / (lifetime × utilisation).

    Over its life it is allocated for lifetime × utilisation hours; each of them carries the same share.
    """
    return allocated / (lifetime * utilisation)


def reserved_fraction(reserved: Annotated[float, "item"], installed: Annotated[float, "item"]) -> Annotated[float, "1"]:
    """Part of a server's shared equipment that a job carries = accelerators reserved / accelerators installed."""
    return reserved / installed


def replacements(annual_rate: Annotated[float, "1/h"], lifetime: Annotated[float, "h"]) -> Annotated[float, "1"]:
    """Units manufactured per unit in place = 1 + replacement rate × life: the first one and those that replace it."""
    return 1 + annual_rate * lifetime


def rest_energy(
    component_energy: Annotated[ComponentEnergy, "kWh_component"],
    rest_of_node: Annotated[float, "kWh_it/kWh_component"],
    counted: Annotated[float, "kWh_it/kWh_component"],
) -> Annotated[ITEnergy, "kWh_it"]:
    """Energy of a node beyond what is counted = component energy × (rest-of-node factor − the factor counted)."""
    return ITEnergy(component_energy * (rest_of_node - counted))


def overhead(
    it_energy: Annotated[ITEnergy, "kWh_it"],
    PUE: Annotated[float, "kWh/kWh_it"],
    counted: Annotated[float, "kWh/kWh_it"],
) -> Annotated[Electricity, "kWh"]:
    """Electricity of a building beyond what is counted = IT energy × (PUE − the PUE counted)."""
    return Electricity(it_energy * (PUE - counted))


def facility_share(
    provisioned: Annotated[float, "kW_it"],
    powered: Annotated[float, "h"],
    lifetime: Annotated[float, "h"],
    occupancy: Annotated[float, "1"],
) -> Annotated[float, "kW_it"]:
    """Provisioned capacity carried = provisioned power × powered hours / (life × occupancy).

    Of each kW built, life × occupancy kilowatt-hours of capacity are let; a server occupies its power while powered.
    """
    return provisioned * powered / (lifetime * occupancy)


def powered_time(allocated: Annotated[float, "h"], utilisation: Annotated[float, "1"]) -> Annotated[float, "h"]:
    """Powered hours = allocated hours / utilisation, by the definition of utilisation."""
    return allocated / utilisation


def evaporated_water(
    it_energy: Annotated[ITEnergy, "kWh_it"], WUE: Annotated[float, "L/kWh_it"]
) -> Annotated[float, "L"]:
    """Water evaporated at the site = IT energy × WUE (ISO/IEC 30134-9), for a WUE that counts consumption."""
    return it_energy * WUE


def freight(packed_mass: Annotated[float, "kg"], distance: Annotated[float, "km"]) -> Annotated[float, "kg*km"]:
    """Freight = packed mass × distance."""
    return packed_mass * distance


def treated_mass(mass: Annotated[float, "kg"], collected: Annotated[float, "1"]) -> Annotated[float, "kg"]:
    """Mass that reaches treatment at the end of life = mass × share collected."""
    return mass * collected


def uncollected_mass(mass: Annotated[float, "kg"], collected: Annotated[float, "1"]) -> Annotated[float, "kg"]:
    """Mass that does not reach treatment = mass × (1 − share collected). What becomes of it is missing, not zero."""
    return mass * (1 - collected)


def virgin_in_production(
    recycled_content: Annotated[float, "1"], allocation: Annotated[float, "1"], quality: Annotated[float, "1"]
) -> Annotated[float, "1"]:
    """Virgin material per unit of material used = (1 − R1) + R1 × (1 − A) × Q.

    Circular footprint formula (Commission Recommendation (EU) 2021/2279, annex I, 4.4.8), material part: of the
    recycled content R1, the share 1 − A carries the virgin production it took the place of, at the quality ratio Q.
    A = 1 is the cut-off, A = 0 the avoided burden.
    """
    return (1 - recycled_content) + recycled_content * (1 - allocation) * quality


def recycled_in_production(
    recycled_content: Annotated[float, "1"], allocation: Annotated[float, "1"]
) -> Annotated[float, "1"]:
    """Recycling carried per unit of material used = R1 × A (circular footprint formula, as above)."""
    return recycled_content * allocation


def recycled_at_end(recovered: Annotated[float, "kg"], allocation: Annotated[float, "1"]) -> Annotated[float, "kg"]:
    """Recycling carried at the end of life = (1 − A) × material recovered (circular footprint formula, as above)."""
    return (1 - allocation) * recovered


def virgin_avoided(
    recovered: Annotated[float, "kg"], allocation: Annotated[float, "1"], quality: Annotated[float, "1"]
) -> Annotated[float, "kg"]:
    """Virgin material avoided at the end of life = (1 − A) × material recovered × Q (as above)."""
    return (1 - allocation) * recovered * quality


def recovered_mass(
    mass: Annotated[float, "kg"], collected: Annotated[float, "1"], recovery: Annotated[float, "1"]
) -> Annotated[float, "kg"]:
    """Material recovered from a product = mass of the material in it × share collected × share recovered of that."""
    return mass * collected * recovery


def service_share(delivered: Annotated[float, "service"], served: Annotated[float, "service"]) -> Annotated[float, "1"]:
    """Part of an effort that a functional unit carries = service it delivers / service the effort served.

    Served are, of a training, all inferences it will serve; of a measured run, those of the run. Of an effort that
    other services share (a teacher of several students) it is multiplied by the part that is this service's own.
    """
    return delivered / served
