"""Say which of some distributions this interpreter has, and in which version ("" for one that is not there)."""

from __future__ import annotations

from importlib import metadata


def run(payload, send):
    send({"has": {name: _version(name) for name in payload["names"]}})


def _version(name):
    try:
        return metadata.version(name) or ""
    except metadata.PackageNotFoundError:
        return ""
