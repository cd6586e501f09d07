"""Two versions of a function in files of their own, with calls of it that count as recorded."""

from __future__ import annotations

import sys
from pathlib import Path

from optimizer.model import Subject


def pair(folder: Path, before: str, after: str, *, calls: str, module: str, name: str) -> Subject:
    """Write them below `folder`; `calls` are tuples of arguments, with commas between."""
    (folder / f"{module}.py").write_text(before)
    (folder / "calls.py").write_text(f"def inputs():\n    yield from [{calls}]\n")
    (folder / "scratch").mkdir()
    return Subject(
        file=str(folder / f"{module}.py"),
        module=module,
        qualnames=(name,),
        before=before,
        after=after,
        python=sys.executable,
        cwd=str(folder / "scratch"),
        sys_path=(str(folder),),
        inputs_file=str(folder / "calls.py"),
    )
