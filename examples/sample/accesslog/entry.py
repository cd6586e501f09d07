"""One request, as the log tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Optional


@dataclass
class Entry:
    host: str
    user: str
    when: datetime
    method: str
    target: str
    status: int
    size: int
    referrer: str = ""
    agent: str = ""
    seconds: Optional[float] = None

    @property
    def path(self) -> str:
        """The target without its query string."""
        return self.target.partition("?")[0]

    @property
    def is_error(self) -> bool:
        return self.status >= 400
