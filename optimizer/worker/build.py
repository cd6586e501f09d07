"""Say how this interpreter was built, as far as that decides how fast it is."""

from __future__ import annotations

import platform
import shlex
import sysconfig


def run(payload, send):
    send(
        {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            "options": _options(str(sysconfig.get_config_var("CONFIG_ARGS") or "")),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
        }
    )


def _options(text):
    """What `configure` was told. Paths are left out: they say where, and maybe who, but not how fast."""
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return [word for word in words if "/" not in word]
