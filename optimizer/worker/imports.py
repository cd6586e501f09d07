"""Import modules of the project, and say which cannot be imported and why."""

from __future__ import annotations

import importlib


def run(payload, send):
    for name in payload["modules"]:
        try:
            importlib.import_module(name)
        except BaseException as error:
            send({"module": name, "why": type(error).__name__ + ": " + str(error)[:300]})
