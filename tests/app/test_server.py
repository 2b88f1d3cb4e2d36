"""The program: it answers to this machine alone, and says what its page may do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from workplace import Done

from lca.app import server, shown
from lca.app.assessing import Assessor
from lca.builtin import folder
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.languages import language, spoken

if os.environ.get("LCA_REQUIRE_ALL") != "1":
    pytest.importorskip("dash")
HERE = "127.0.0.1:8050"


@pytest.fixture(scope="module")
def client(built_in: Catalogue) -> Any:
    return server.guarded(server.apps(Assessor(built_in)), 8050).test_client()


def test_the_page_comes_with_a_policy_that_lets_nothing_in_or_out(client: Any) -> None:
    answer = client.get("/", headers={"Host": HERE})
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
        assert rule in policy
    assert "unsafe-eval" not in policy and "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert b"https://" not in answer.data and b"//cdn" not in answer.data
    assert b'<html lang="en">' in answer.data


def test_windows_of_two_languages_do_not_mix(client: Any) -> None:
    inputs = [{"id": "kind", "property": "value", "value": "hardware"}, {"id": "search", "property": "value"}]
    outputs = {"id": "activities-nodes", "property": "data"}
    asked = {"output": "activities-nodes.data", "outputs": outputs, "inputs": inputs, "changedPropIds": ["kind.value"]}
    said = ["more: search for them", "affinez la recherche"]
    for path, own, other in (("/", *said), ("/fr/", *reversed(said)), ("/", *said)):
        answer = client.post(f"{path}_dash-update-component", headers={"Host": HERE}, json=asked).get_data(as_text=True)
        assert own in answer and other not in answer
    assert b'<html lang="fr">' in client.get("/fr/", headers={"Host": HERE}).data
    layouts = [
        client.get(f"{path}_dash-layout", headers={"Host": HERE}).get_data(as_text=True) for path in ("/", "/fr/")
    ]
    assert ["Write a scenario" in layout for layout in layouts] == [True, False]
    assert client.get("/?language=fr", headers={"Host": HERE}).headers["Location"] == "/fr/"
    assert spoken().name == "en"


def test_the_language_that_is_spoken_has_the_root() -> None:
    with language("fr"):
        assert server.paths() == {"fr": "/", "en": "/en/"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "127.0.0.1:9", "127.0.0.1.evil.example:8050"])
def test_another_name_for_this_machine_gets_no_answer(host: str, client: Any) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_request_of_another_page_gets_no_answer(headers: dict[str, str], client: Any) -> None:
    assert client.post("/_dash-update-component", headers={"Host": HERE, **headers}, json={}).status_code == 403


def test_no_path_of_this_machine_is_shown() -> None:
    where = folder("inventories") / "hardware" / "server.toml"
    assert shown.clean(f"{where}:3: name") == "inventories/hardware/server.toml:3: name"


def test_a_port_that_is_taken_is_said(built_in: Catalogue) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"is taken .*: name another by --port"):
            server.serve(built_in, taken.getsockname()[1], browser=False)


def test_dash_is_loaded_by_the_page_alone(command: Callable[..., Done]) -> None:
    code = "import sys, lca, lca.cli, lca.app.server; assert not {'dash', 'flask', 'werkzeug'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
