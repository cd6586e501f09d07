"""Say what the project's interpreter has that matters for running its tests."""

from __future__ import annotations

import importlib
import os
import sys


def run(payload, send):
    send({"pytest": _version("pytest"), "roots": _roots_in(payload["root"])})


def _version(name):
    """The installed version, "" when the package is not there or does not import."""
    try:
        return str(getattr(importlib.import_module(name), "__version__", "unknown"))
    except BaseException:
        return ""


def _roots_in(root):
    """Folders inside `root` that this interpreter imports from (editable installs), relative to it."""
    root = os.path.join(os.path.realpath(root), "")
    folders = [os.path.realpath(entry) for entry in sys.path if entry] + list(_mapped())
    inside = [os.path.join(folder, "") for folder in folders]
    found = [os.path.relpath(folder, root) for folder in inside if folder.startswith(root)]
    own = os.path.relpath(os.path.realpath(sys.prefix), root)
    return [
        folder for folder in dict.fromkeys(found) if folder != own and not folder.startswith(own + os.sep)
    ]


def _mapped():
    """The folders of packages that an editable install serves through a finder of its own."""
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", None) or "")
        mapping = getattr(module, "MAPPING", None)
        if isinstance(mapping, dict):
            for path in mapping.values():
                if isinstance(path, str):
                    yield os.path.dirname(os.path.realpath(path))
