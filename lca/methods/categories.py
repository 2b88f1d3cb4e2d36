"""The impact categories this package knows, under the ids that files and commands use."""

from __future__ import annotations

from dataclasses import dataclass

from lca.errors import UsageError
from lca.languages import gettext, pgettext


@dataclass(frozen=True, slots=True)
class Category:
    """An impact category of bw2io's implementation, by its exact name there."""

    id: str
    name: tuple[str, ...]
    unit: str

    @property
    def title(self) -> str:
        """In the reader's language."""
        return pgettext("impact category", self.name[1])

    @property
    def method(self) -> str:
        return self.name[0]


_EF = "EF v3.1"
_GWP = "global warming potential (GWP100)"
_CTU = "comparative toxic unit for"
_RECIPE = "ReCiPe 2016 v1.03, midpoint (H)"
_CED = "Cumulative Energy Demand (CED)"

# id, name of the category, name of the indicator, unit; the 16 of EF v3.1, not its nine sub-indicators
_ROWS = (
    (_EF, "climate-change", "climate change", _GWP, "kg CO2-Eq"),
    (_EF, "acidification", "acidification", "accumulated exceedance (AE)", "mol H+-Eq"),
    (_EF, "ecotoxicity-freshwater", "ecotoxicity: freshwater", f"{_CTU} ecosystems (CTUe)", "CTUe"),
    (
        _EF,
        "energy-resources-non-renewable",
        "energy resources: non-renewable",
        "abiotic depletion potential (ADP): fossil fuels",
        "MJ, net calorific value",
    ),
    (
        _EF,
        "eutrophication-freshwater",
        "eutrophication: freshwater",
        "fraction of nutrients reaching freshwater end compartment (P)",
        "kg P-Eq",
    ),
    (
        _EF,
        "eutrophication-marine",
        "eutrophication: marine",
        "fraction of nutrients reaching marine end compartment (N)",
        "kg N-Eq",
    ),
    (_EF, "eutrophication-terrestrial", "eutrophication: terrestrial", "accumulated exceedance (AE)", "mol N-Eq"),
    (_EF, "human-toxicity-carcinogenic", "human toxicity: carcinogenic", f"{_CTU} human (CTUh)", "CTUh"),
    (_EF, "human-toxicity-non-carcinogenic", "human toxicity: non-carcinogenic", f"{_CTU} human (CTUh)", "CTUh"),
    (
        _EF,
        "ionising-radiation",
        "ionising radiation: human health",
        "human exposure efficiency relative to u235",
        "kBq U235-Eq",
    ),
    (_EF, "land-use", "land use", "soil quality index", "dimensionless"),
    (
        _EF,
        "material-resources",
        "material resources: metals/minerals",
        "abiotic depletion potential (ADP): elements (ultimate reserves)",
        "kg Sb-Eq",
    ),
    (_EF, "ozone-depletion", "ozone depletion", "ozone depletion potential (ODP)", "kg CFC-11-Eq"),
    (_EF, "particulate-matter", "particulate matter formation", "impact on human health", "disease incidence"),
    (
        _EF,
        "photochemical-oxidant-formation",
        "photochemical oxidant formation: human health",
        "tropospheric ozone concentration increase",
        "kg NMVOC-Eq",
    ),
    (
        _EF,
        "water-use",
        "water use",
        "user deprivation potential (deprivation-weighted water consumption)",
        "m3 world eq. deprived",
    ),
    ("IPCC 2021", "ipcc-2021/climate-change", "climate change", _GWP, "kg CO2-Eq"),
    (
        _RECIPE,
        "recipe-2016/acidification",
        "acidification: terrestrial",
        "terrestrial acidification potential (TAP)",
        "kg SO2-Eq",
    ),
    (_RECIPE, "recipe-2016/climate-change", "climate change", "global warming potential (GWP1000)", "kg CO2-Eq"),
    (
        _RECIPE,
        "recipe-2016/ecotoxicity-freshwater",
        "ecotoxicity: freshwater",
        "freshwater ecotoxicity potential (FETP)",
        "kg 1,4-DCB-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/ecotoxicity-marine",
        "ecotoxicity: marine",
        "marine ecotoxicity potential (METP)",
        "kg 1,4-DCB-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/ecotoxicity-terrestrial",
        "ecotoxicity: terrestrial",
        "terrestrial ecotoxicity potential (TETP)",
        "kg 1,4-DCB-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/energy-resources-fossil",
        "energy resources: non-renewable, fossil",
        "fossil fuel potential (FFP)",
        "kg oil-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/eutrophication-freshwater",
        "eutrophication: freshwater",
        "freshwater eutrophication potential (FEP)",
        "kg P-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/eutrophication-marine",
        "eutrophication: marine",
        "marine eutrophication potential (MEP)",
        "kg N-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/human-toxicity-carcinogenic",
        "human toxicity: carcinogenic",
        "human toxicity potential (HTPc)",
        "kg 1,4-DCB-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/human-toxicity-non-carcinogenic",
        "human toxicity: non-carcinogenic",
        "human toxicity potential (HTPnc)",
        "kg 1,4-DCB-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/ionising-radiation",
        "ionising radiation",
        "ionising radiation potential (IRP)",
        "kg Co-60-Eq",
    ),
    (_RECIPE, "recipe-2016/land-use", "land use", "agricultural land occupation (LOP)", "m2*a crop-Eq"),
    (
        _RECIPE,
        "recipe-2016/material-resources",
        "material resources: metals/minerals",
        "surplus ore potential (SOP)",
        "kg Cu-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/ozone-depletion",
        "ozone depletion",
        "ozone depletion potential (ODPinfinite)",
        "kg CFC-11-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/particulate-matter",
        "particulate matter formation",
        "particulate matter formation potential (PMFP)",
        "kg PM2.5-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/photochemical-oxidant-formation-human",
        "photochemical oxidant formation: human health",
        "photochemical oxidant formation potential: humans (HOFP)",
        "kg NOx-Eq",
    ),
    (
        _RECIPE,
        "recipe-2016/photochemical-oxidant-formation-ecosystems",
        "photochemical oxidant formation: terrestrial ecosystems",
        "photochemical oxidant formation potential: ecosystems (EOFP)",
        "kg NOx-Eq",
    ),
    (_RECIPE, "recipe-2016/water-use", "water use", "water consumption potential (WCP)", "cubic meter"),
    (_CED, "ced/total", "total", "energy content (HHV)", "MJ-Eq"),
    (_CED, "ced/non-renewable", "energy resources: non-renewable", "energy content (HHV)", "MJ-Eq"),
    (_CED, "ced/renewable", "energy resources: renewable", "energy content (HHV)", "MJ-Eq"),
)


class Categories(dict[str, Category]):
    """Those of bw2io; by id also those of the user's own files that this process has read, which are not listed."""

    def __missing__(self, id: str) -> Category:
        return _OWN[id]

    def known(self, id: str) -> bool:
        """Whether bw2io or a file of the user's own has a category of this id."""
        return id in self or id in _OWN


_OWN: dict[str, Category] = {}


def learn(category: Category) -> None:
    """Let CATEGORIES know a category of the user's own. Raises UsageError where its id is that of another unit."""
    known = _OWN.get(category.id, category)
    if known.unit != category.unit:
        raise UsageError(
            gettext(
                "the category {id!r} was read in {unit!r} before, and now in {other!r}: give one of the files another "
                "name",
                id=category.id,
                unit=known.unit,
                other=category.unit,
            )
        )
    _OWN[category.id] = category


CATEGORIES = Categories(
    {id: Category(id, (method, name, indicator), unit) for method, id, name, indicator, unit in _ROWS}
)
"""Every category by id. bw2io labels ReCiPe's climate change GWP1000, but its factors are those of GWP100."""

EF = tuple(id for id, category in CATEGORIES.items() if category.method == _EF)
"""The ids of the 16 EF v3.1 categories: the default of every command."""
