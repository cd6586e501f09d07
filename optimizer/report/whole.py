"""Write a file that was asked for on the command line, whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path

from optimizer.errors import UsageError


def write_whole(text: str, file: Path, *, option: str) -> None:
    """Write `text` as UTF-8; raises UsageError, which names `option`, when that is not possible there."""
    place = file.resolve()
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    # A device or a pipe cannot be replaced, and is what the person asked for.
    special = place.exists() and not place.is_file()
    try:
        (place if special else draft).write_text(text, encoding="utf-8", errors="replace", newline="")
        if not special:
            draft.replace(place)
    except OSError as error:
        draft.unlink(missing_ok=True)
        message = f"Cannot write {file}: {error.strerror}; give another {option} FILE."
        raise UsageError(message) from error
