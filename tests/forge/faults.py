"""Everything that goes wrong with a call of GitHub, by name: each runs instead of the call, or after it took effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.forge.github import Fault, Refusal, Reset, Silence
from tests.forge.world import START

_LIMITS = {"X-RateLimit-Limit": "5000"}


def _raising(make: Callable[[], Exception]) -> Fault:
    def fault() -> None:
        raise make()

    return fault


def _limited(remaining: int, **more: str) -> dict[str, str]:
    return {**_LIMITS, "X-RateLimit-Remaining": str(remaining), **more}


PRIMARY = _limited(0, **{"X-RateLimit-Reset": str(int(START) + 40)})
SECONDARY = _limited(4999, **{"Retry-After": "17"})

PASSING: Mapping[str, Fault] = {
    "403 primary limit": _raising(lambda: Refusal(403, "API rate limit exceeded", PRIMARY)),
    "403 secondary limit": _raising(
        lambda: Refusal(403, "You have exceeded a secondary rate limit", SECONDARY)
    ),
    "429 with the time": _raising(lambda: Refusal(429, "Too many requests", SECONDARY)),
    "429 bare": _raising(lambda: Refusal(429, "Too many requests")),
    "500": _raising(lambda: Refusal(500, "Server Error")),
    "502 as a page": _raising(lambda: Refusal(502, "", page=True)),
    "503 with the time": _raising(lambda: Refusal(503, "Service unavailable", {"Retry-After": "23"})),
    "cut": _raising(Reset),
    "silent": _raising(Silence),
}
"""Nothing that a second try, or a second look, does not mend."""

REFUSING: Mapping[str, Fault] = {
    "401": _raising(lambda: Refusal(401, "Bad credentials")),
    "403": _raising(lambda: Refusal(403, "Resource not accessible by integration", _limited(4999))),
    "404": _raising(lambda: Refusal(404, "Not Found")),
    "409": _raising(lambda: Refusal(409, "Git Repository is empty.")),
    "422": _raising(lambda: Refusal(422, "Validation Failed")),
}
"""Nothing that is tried again at once, but for what a second look finds done."""

FAULTS = {**PASSING, **REFUSING}


class Always(dict[int, Fault]):
    """One fault for every call from `first` on."""

    def __init__(self, fault: Fault, first: int = 0) -> None:
        super().__init__()
        self._fault, self._first = fault, first

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and key >= self._first

    def pop(self, *_: object) -> Fault:
        """It stays."""
        return self._fault
