"""Places that an activity may lie in: a closed list, because Brightway evaluates a location that holds a bracket."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from lca.errors import UnknownLocation
from lca.languages import gettext

_ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ISO_3166.split())
"""ISO 3166-1 alpha-2."""
_USER_ASSIGNED = re.compile("AA|Q[M-Z]|X[A-Z]|ZZ")
"""Codes that ISO 3166-1 leaves to its users: Kosovo is XK by custom, a place of one's own may take another."""
REGIONS = frozenset(
    {
        "GLO",
        "RoW",
        "RER",
        "WEU",
        "RAF",
        "RAS",
        "RME",
        "RNA",
        "RLA",
        "OCE",
        "SAS",
        "UCTE",
        "ENTSO-E",
        "EU",
        "EU-27",
        "EU-28",
        "OECD",
        "Europe without Switzerland",
        "Europe without Switzerland and Austria",
        "Europe without Austria",
        "RER w/o CH",
        "North America without Quebec",
        "Canada without Quebec",
        "World without Europe",
    }
)
"""Regions of several countries, as life-cycle inventories name them."""
_SUBDIVISION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,5}")


def location(written: str) -> str:
    """The place as the catalogue writes it, without brackets. Raises UnknownLocation."""
    place = " ".join(inert(written).split())
    subdivision = _SUBDIVISION.fullmatch(place)
    country = subdivision[1] if subdivision else place
    if country in COUNTRIES or place in REGIONS or _USER_ASSIGNED.fullmatch(country):
        return place
    raise UnknownLocation(gettext("no place {written!r}", written=written[:80]))


def inert(written: str) -> str:
    """Without the brackets that make bw2data evaluate a location as Python."""
    return written.replace("(", "").replace(")", "")


def _known(written: str) -> str:
    return location(written) if written else ""


Location = Annotated[str, AfterValidator(location), WithJsonSchema({"type": "string"})]
"""ISO 3166 code of a country (`FR`) or of a part of one (`US-CA`), or a region of several (`GLO`, `RER`)."""
StatedLocation = Annotated[str, AfterValidator(_known)]
"""The same, or empty: not stated."""
