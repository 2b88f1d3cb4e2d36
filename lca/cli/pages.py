"""The verb that opens the local page: app."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lca.cli.shared import Inventory, load
from lca.languages import gettext


def add(app: typer.Typer) -> None:
    """Add the verb of this room."""
    app.command("app")(local_page)


def local_page(
    port: Annotated[int, typer.Option(help="Port of 127.0.0.1; 0: any that is free.", min=0, max=65535)] = 8050,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Choose, write, change and compare scenarios in a page of this machine's browser; nothing leaves it.

    Example: lca app --port 8050
    """
    from lca.app.server import serve

    serve(
        load(inventory),
        port,
        browser,
        lambda address: print(gettext("{address} (stop with Ctrl+C)", address=address), file=sys.stderr),
    )
