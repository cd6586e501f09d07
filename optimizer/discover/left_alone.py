"""Why a file is left alone by default: tests, vendored and generated code, docs, examples, benchmarks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FOLDERS = {
    "test code": {"test", "tests"},
    "vendored code": {
        "vendor",
        "vendored",
        "_vendor",
        "_vendored",
        "third_party",
        "third-party",
        "thirdparty",
        "3rdparty",
        "extern",
        "_extern",
        "externals",
        "node_modules",
        "site-packages",
        "bower_components",
    },
    "documentation": {"doc", "docs"},
    "an example": {"example", "examples"},
    "a benchmark": {"benchmark", "benchmarks", "asv_bench"},
}
_FILES = {
    "test code": ("test_*.py", "*_test.py", "conftest.py", "tests.py"),
    "vendored code": ("versioneer.py", "ez_setup.py"),
    "generated code": ("*_pb2.py", "*_pb2_grpc.py", "parsetab.py", "lextab.py"),
    "a build script": ("setup.py", "noxfile.py"),
}

_FIRST_LINES = 40
_FIRST_CHARACTERS = 1_000
# What a generator writes. Plain "generated" must begin a line: a file may well speak of what other
# programs have generated.
_GENERATED = re.compile(
    r"@generated\b|\bdo not edit\b"
    r"|^[\s#]*(?:(?:this|the) )?(?:file |module |code )?(?:(?:is|was|has been) )?"
    r"(?:(?:auto|automatically)[ -]?generated|generated (?:by|from|with|using))\b",
    re.IGNORECASE | re.MULTILINE,
)


def reasons_by_path(path: str) -> Iterator[tuple[str, int]]:
    """Why `path` should be left alone, each with the index of the part (folder or file) that says so."""
    *folders, file = PurePosixPath(path).parts
    for index, folder in enumerate(folders):
        yield from ((reason, index) for reason, names in _FOLDERS.items() if folder.lower() in names)
    for reason, patterns in _FILES.items():
        if any(fnmatchcase(file, pattern) for pattern in patterns):
            yield reason, len(folders)


def is_generated(text: str, tree: ast.Module) -> bool:
    """Whether the comments in the first lines say that the file is generated, or the docstring there."""
    first_lines = text.split("\n", _FIRST_LINES)[:_FIRST_LINES]
    comments = "\n".join(line for line in first_lines if line.lstrip().startswith("#"))
    docstring = ast.get_docstring(tree, clean=False) or ""
    return any(_GENERATED.search(said) for said in (comments, docstring[:_FIRST_CHARACTERS]))
