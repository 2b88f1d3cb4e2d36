"""Studies of two scenarios that differ by their electricity, on a catalogue of nine activities."""

from __future__ import annotations

import pytest
from small_study import CATEGORIES, FILES, MIXES, SOURCES, record, scenario

from lca.inventory.catalogue import Catalogue
from lca.study.assess import assess
from lca.study.study import Study


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Climate change complete; acidification partial (no nitrogen oxides); land use missing."""
    folder = tmp_path_factory.mktemp("inventories")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + SOURCES, encoding="utf-8")
    (folder / "electricity" / "mixes.csv").write_text(MIXES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lca.inventory.catalogue.folder", lambda name: folder)
        loaded = Catalogue.load()
    return loaded


@pytest.fixture
def complete(small_catalogue: Catalogue) -> Study:
    """France and Poland on stated energy."""
    base = scenario()
    return assess([base, base.vary(name="Poland", electricity="electricity-pl")], small_catalogue, CATEGORIES)


@pytest.fixture
def study(small_catalogue: Catalogue) -> Study:
    """France and Poland on a measured run whose memory is unmeasured: climate change is partial, its gap cancels."""
    base = scenario({"inference": record()})
    return assess([base, base.vary(name="Poland", electricity="electricity-pl")], small_catalogue, CATEGORIES)
