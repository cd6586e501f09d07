"""Texts for people, as they were agreed on.

A text is compared with a file of this folder. When a change of a text is meant, `RENEW_GOLDEN=1 scripts/test tests/unit`
writes the files anew; read their diff before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent
RENEW = "RENEW_GOLDEN"


def agreed(text: str, name: str) -> bool:
    """Whether `text` is that of the file `name`, to the byte; writes the file instead when that is asked for."""
    file = FOLDER / name
    if os.environ.get(RENEW):
        assert not os.environ.get("CI"), f"{RENEW} is for people, who then read what has changed"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
    return file.read_bytes() == text.encode("utf-8")
