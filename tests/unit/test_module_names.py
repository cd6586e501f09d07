"""The import names of files, as their folders and the imports in the repository tell them."""

from __future__ import annotations

import pytest

from optimizer.discover.modules import ModuleNames, imported_names


def name(path: str, *others: str, imports: str = "") -> str:
    return ModuleNames([path, *others], imported_names([imports.encode()])).name(path)


@pytest.mark.parametrize(
    ("path", "others", "imports", "expected"),
    [
        ("a.py", (), "", "a"),
        ("pkg/a.py", ("pkg/__init__.py",), "", "pkg.a"),
        ("pkg/__init__.py", (), "", "pkg"),
        ("pkg/__main__.py", ("pkg/__init__.py",), "", "pkg.__main__"),
        ("pkg/sub/a.py", ("pkg/__init__.py", "pkg/sub/__init__.py"), "", "pkg.sub.a"),
        # A folder without __init__.py inside a package is a package of its own kind.
        ("pkg/sub/a.py", ("pkg/__init__.py",), "", "pkg.sub.a"),
        ("__init__.py", (), "", "__init__"),
        ("a.py", ("__init__.py",), "", "a"),
        # src layouts
        ("src/pkg/a.py", ("src/pkg/__init__.py",), "", "pkg.a"),
        ("src/a.py", (), "", "a"),
        ("src/ns/pkg/a.py", ("src/ns/pkg/__init__.py",), "", "ns.pkg.a"),
        ("packages/one/src/one/a.py", ("packages/one/src/one/__init__.py",), "", "one.a"),
        ("src/pkg/a.py", ("src/__init__.py", "src/pkg/__init__.py"), "", "src.pkg.a"),
        ("src/pkg/a.py", ("src/pkg/__init__.py",), "from src.pkg.a import f", "src.pkg.a"),
        # Folders of other kinds: what is imported tells.
        ("backend/app/a.py", ("backend/app/__init__.py",), "", "app.a"),
        ("backend/app/a.py", ("backend/app/__init__.py",), "import os, backend.app as app", "backend.app.a"),
        ("ns/pkg/a.py", ("ns/pkg/__init__.py",), "    from ns import pkg, other", "ns.pkg.a"),
        ("tools/helper.py", (), "", "helper"),
        ("tools/helper.py", (), "from tools.helper import (\n    x,\n)", "tools.helper"),
        ("tools/helper.py", (), "import helper", "helper"),
        ("my-tools/helper.py", (), "", "helper"),
        # Relative imports, and modules of the standard library of the same name, tell nothing.
        ("tools/helper.py", (), "from .tools import helper", "helper"),
        ("tools/json.py", (), "import json\nfrom tools.json import x", "tools.json"),
        ("my-script.py", (), "", "my-script"),
    ],
)
def test_names(path: str, others: tuple[str, ...], imports: str, expected: str) -> None:
    assert name(path, *others, imports=imports) == expected


def test_what_counts_as_imported() -> None:
    source = b"""
import a.b as c, d
from e.f import g as h, (i)
from . import j
from .k import l
# import m
    import n # import o
"""
    found = imported_names([source, b"\r\nimport p\r\n"])
    assert found >= {"a", "a.b", "d", "e", "e.f", "e.f.g", "n", "p"}
    assert not found & {"c", "h", "j", "k", "k.l", "m", "o", "b"}
