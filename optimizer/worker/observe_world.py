"""Move the world between two calls: files come and go, the environment changes, random numbers go on elsewhere.

A version that keeps a result which depended on any of that gives an old answer to the second call.
"""

from __future__ import annotations

import contextlib
import os
import types

from .observe_process import seed_randomness

_OTHER_SEED = 54_321
_LONGEST_NAME = 100
_MOST_VALUES = 40
_NOT_OURS = ("PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LANG", "TZ", "SHELL", "PWD", "USER")
_PREFIXES_NOT_OURS = ("PYTHON", "LD_", "LC_", "DYLD_", "OPENBLAS", "OMP_", "MKL_")


def move_world(folder, values, function):
    """Change what `function` may look at besides its arguments; `values` may name files in `folder`."""
    for name in _names(values):
        with contextlib.suppress(OSError, ValueError):
            _come_or_go(folder, name)
    for name in [*os.environ, *_variables(function)]:
        if name not in _NOT_OURS and not name.startswith(_PREFIXES_NOT_OURS):
            os.environ[name] = os.environ.get(name, "") + "1"
    seed_randomness(_OTHER_SEED)


def _come_or_go(folder, name):
    path = os.path.abspath(os.path.join(folder, name))
    if os.path.dirname(path) != os.path.abspath(folder):
        return
    if os.path.lexists(path):
        os.unlink(path)
    else:
        with open(path, "w") as stream:
            stream.write("made in between\n")


def _names(values):
    """Texts and paths among the arguments and the items of lists and tuples."""
    found = []
    for value in values:
        items = [value, *value[:_MOST_VALUES]] if type(value) in (list, tuple) else [value]
        for item in items:
            if isinstance(item, str) or (
                isinstance(item, os.PathLike) and type(item).__module__.partition(".")[0] == "pathlib"
            ):
                name = str(item)
                if 0 < len(name) <= _LONGEST_NAME and "\0" not in name:
                    found.append(name)
    return list(dict.fromkeys(found))[:_MOST_VALUES]


def _variables(function):
    """What looks like names of environment variables among the constants of a function."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        return []
    texts = [part for part in code.co_consts if isinstance(part, str)]
    return [text for text in texts if text.isupper() and text.replace("_", "").isalnum()]
