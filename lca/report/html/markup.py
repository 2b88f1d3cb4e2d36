"""HTML in which every text is escaped: only what `element` made is markup."""

from __future__ import annotations

import html

from lca.report.excel.cells import inert

_VOID = ("br", "input", "meta")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str | bool) -> Html:
    """`<name attributes>content</name>`; a plain string is escaped, and so is every attribute.

    A trailing underscore of an attribute is dropped, others become hyphens; False leaves it out, True has no value.
    """
    written = ""
    for key, value in attributes.items():
        if value is not False:
            key = key.rstrip("_").replace("_", "-")
            written += f" {key}" if value is True else f' {key}="{html.escape(inert(str(value)))}"'
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(*content)}</{name}>")


def joined(*content: str) -> Html:
    """Parts after each other, plain strings escaped."""
    return Html("".join(part if isinstance(part, Html) else html.escape(inert(part)) for part in content))


def address(url: str) -> Html:
    """A link, where the text is an address of the web; else the text."""
    if url.startswith(("https://", "http://")) and not any(c.isspace() for c in url):
        return element("a", url, href=url, rel="noopener noreferrer")
    return joined(url)
