"""`--json FILE`: the whole run for programs."""

from __future__ import annotations

import secrets
from pathlib import Path

from optimizer.errors import UsageError
from optimizer.model import Run
from optimizer.report.data import dumps, run_data


def write_json(run: Run, file: Path) -> None:
    """Write `run` to `file`, whole or not at all; raises UsageError when that is not possible there."""
    text = dumps(run_data(run))
    place = file.resolve()
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    # A device or a pipe cannot be replaced, and is what the person asked for.
    special = place.exists() and not place.is_file()
    try:
        (place if special else draft).write_text(text, encoding="ascii")
        if not special:
            draft.replace(place)
    except OSError as error:
        draft.unlink(missing_ok=True)
        message = f"Cannot write {file}: {error.strerror}; give another --json FILE."
        raise UsageError(message) from error
