"""The page as a program that listens on this machine alone."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from threading import Thread
from typing import Any

from lca.app import bring, browse, compare, write
from lca.app.assessing import Assessor
from lca.app.window import shipped, window
from lca.errors import MissingDependency, UsageError
from lca.inventory.catalogue import Catalogue
from lca.languages import Language, available, called, gettext, language, spoken

HOST = "127.0.0.1"
LARGEST = 30_000_000
"""Bytes of one request: what is dropped travels as text."""


_INDEX = """<!DOCTYPE html>
<html lang="LANGUAGE">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


class _Speaking:
    """A page of Dash, of which every callback answers in one language, whatever is spoken where it is called."""

    def __init__(self, made: Any, chosen: Language) -> None:
        self.clientside_callback = made.clientside_callback
        self._made, self._chosen = made, chosen

    def callback(self, *places: Any, **options: Any) -> Callable[[Callable[..., Any]], Any]:
        register = self._made.callback(*places, **options)

        def registered(answer: Callable[..., Any]) -> Any:
            @wraps(answer)
            def answered(*asked: Any) -> Any:
                with language(self._chosen):
                    return answer(*asked)

            return register(answered)

        return registered


def paths() -> Mapping[str, str]:
    """Where each language has its page: that which is spoken now at the root."""
    return {name: "/" if name == spoken().name else f"/{name}/" for name in (spoken().name, *available())}


def apps(assessor: Assessor) -> list[Any]:
    """The page in every language, of one program: a window has the language of its address.

    Raises MissingDependency where Dash or what the reports need is absent.
    """
    made: list[Any] = []
    where = paths()
    for name in where:
        with language("" if name == spoken().name else name):
            made.append(_app(assessor, where, made[0].server if made else True))
    return made


def _app(assessor: Assessor, where: Mapping[str, str], program: Any) -> Any:
    """The page, of Dash, in the language that is spoken."""
    try:
        import plotly  # noqa: F401 — the reports that are saved
        from dash import Dash, dcc, html
    except ImportError:
        raise MissingDependency(gettext("the page needs Dash: pip install 'ai-lca[app]'")) from None
    made = Dash(
        __name__,
        server=program,
        url_base_pathname=where[spoken().name],
        index_string=_INDEX.replace("LANGUAGE", spoken().name),
        title="ai-lca",
        update_title=None,
        assets_folder=str(Path(__file__).parent / "assets"),
        serve_locally=True,
        suppress_callback_exceptions=True,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "referrer", "content": "no-referrer"},
        ],
    )
    rooms = (compare, write, bring, browse)
    made.layout = html.Div(
        [
            dcc.Store(id="window", storage_type="session", data=window([])),
            dcc.Store(id="room", data="compare"),
            html.Header(
                [
                    html.H1("ai-lca"),
                    html.P(gettext("This page runs on this machine. Nothing that you write or drop leaves it.")),
                    html.Nav(
                        [html.Button(gettext(r.TITLE), id={"go": r.NAME}, className="go") for r in rooms],
                        **{"aria-label": gettext("Rooms")},
                    ),
                    html.Nav(
                        [_other(name, path) for name, path in where.items() if name != spoken().name],
                        className="languages",
                        **{"aria-label": gettext("Languages")},
                    ),
                ]
            ),
            html.Main([html.Section(r.layout(assessor), id={"room": r.NAME}, className="room") for r in rooms]),
        ]
    )
    speaking = _Speaking(made, spoken())
    for room in rooms:
        room.callbacks(speaking, assessor)
    _rooms(made)
    return made


def _other(name: str, path: str) -> Any:
    """The way to the page in another language: what the window holds stays in it."""
    from dash import html

    return html.A(called(name), href=path, lang=name, hrefLang=name)


def _rooms(made: Any) -> None:
    """One room is shown at a time."""
    from dash import ALL, Input, Output

    made.clientside_callback(
        "window.dash_clientside.lca.entered",
        Output("room", "data", allow_duplicate=True),
        Input({"go": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    made.clientside_callback(
        "window.dash_clientside.lca.shown",
        Output({"room": ALL}, "hidden"),
        Output({"go": ALL}, "aria-current"),
        Input("room", "data"),
    )


def guarded(made: Sequence[Any], port: int) -> Any:
    """The program that answers requests: only those that are meant for these pages, and with what they may do."""
    from flask import Response, redirect, request

    server, where = made[0].server, paths()
    hashes = dict.fromkeys(hash for page in made for hash in page.csp_hashes())
    server.config["MAX_CONTENT_LENGTH"] = LARGEST
    hosts = {f"{HOST}:{port}", f"localhost:{port}"}
    origins = {f"http://{host}" for host in hosts}
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )

    def meant() -> Any:
        """A name that leads here from a page elsewhere is another host; a request of that page has its origin.

        `/?language=fr` leads to the page of that language.
        """
        if request.host not in hosts:
            return Response("This page answers to 127.0.0.1 only.", 403)
        if request.headers.get("Origin", "") not in {"", *origins}:
            return Response("This request comes from another page.", 403)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return Response("This request comes from another page.", 403)
        asked = where.get(request.args.get("language", "")) if request.path in where.values() else None
        return redirect(asked) if asked else None

    def limited(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    server.before_request(meant)
    server.after_request(limited)
    return server


def serve(
    catalogue: Catalogue, port: int = 8050, browser: bool = True, ready: Callable[[str], None] = lambda address: None
) -> None:
    """Answer until interrupted, at the root in the language that is spoken. `port` 0 is any that is free; `ready` is
    called with the address.

    Raises UsageError where the port is taken, MissingDependency where Dash is absent.
    """
    assessor = Assessor(catalogue)
    made = apps(assessor)
    from werkzeug.serving import WSGIRequestHandler, make_server

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            gettext(
                "port {port} of {host} is taken ({error}): name another by --port",
                port=str(port),
                host=HOST,
                error=error.strerror,
            )
        ) from None
    port = listening.getsockname()[1]
    listening.listen(128)

    class Quiet(WSGIRequestHandler):  # type: ignore[misc]
        """Says nothing of what went well."""

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            pass

    answering = make_server(
        HOST, port, guarded(made, port), threaded=True, request_handler=Quiet, fd=listening.fileno()
    )
    address = f"http://{HOST}:{port}/"
    first = [shipped()[key].entry() for key in next(iter(compare.EXAMPLES.values()))]
    Thread(target=assessor.study, args=[first], daemon=True).start()  # the background is solved while the page is read
    ready(address)
    if browser:
        webbrowser.open(address)
    try:
        answering.serve_forever()
    finally:
        answering.server_close()
        listening.close()
