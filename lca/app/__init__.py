"""The local page, for people who do not use a terminal: `lca app`.

What somebody has chosen or written is held by the window of the browser and sent with every question; the server keeps
values that are nobody's: the catalogue, what is solved of it, and answers by the content of their question. So windows
do not mix. It listens on 127.0.0.1 alone and asks nobody for anything.
"""
