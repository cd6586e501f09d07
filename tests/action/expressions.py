"""The expressions of GitHub's workflows, as far as ours use them: paths, texts, calls, `!`, `==`, `!=`, `&&`, `||`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||[!=]=|[!(),]|[A-Za-z_][\w.-]*)")


def filled(text: str, context: Mapping[str, Any]) -> str:
    """`text` with each expression in it replaced by what it gives."""
    return _PLACE.sub(lambda found: as_text(evaluate(found[1], context)), text)


def holds(condition: str, context: Mapping[str, Any]) -> bool:
    """Whether a step with this `if:` is run; one that asks for no status also needs success."""
    inner = _PLACE.fullmatch(condition.strip())
    text = inner[1] if inner else condition
    asks = re.search(r"\b(success|failure|always|cancelled)\(", text)
    value = evaluate(text, context) if text.strip() else True
    return bool(value) and (bool(asks) or context["success"]())


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    tokens = _tokens(text)
    value = _any(tokens, context)
    assert not tokens, f"not understood: {tokens} in {text}"
    return value


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    rest = text.strip()
    while rest:
        token = _TOKEN.match(rest)
        assert token, f"not understood: {rest}"
        found.append(token[1])
        rest = rest[token.end() :].strip()
    return found


def _any(tokens: list[str], context: Mapping[str, Any]) -> Any:
    value = _all(tokens, context)
    while tokens[:1] == ["||"]:
        del tokens[0]
        other = _all(tokens, context)
        value = value or other
    return value


def _all(tokens: list[str], context: Mapping[str, Any]) -> Any:
    value = _compared(tokens, context)
    while tokens[:1] == ["&&"]:
        del tokens[0]
        other = _compared(tokens, context)
        value = other if value else value
    return value


def _compared(tokens: list[str], context: Mapping[str, Any]) -> Any:
    value = _one(tokens, context)
    if tokens[:1] in (["=="], ["!="]):
        equal = tokens.pop(0) == "=="
        return (as_text(value) == as_text(_one(tokens, context))) is equal
    return value


def _one(tokens: list[str], context: Mapping[str, Any]) -> Any:
    token = tokens.pop(0)
    if token == "!":
        return not _one(tokens, context)
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if tokens[:1] == ["("]:
        del tokens[0]
        arguments = [] if tokens[0] == ")" else [_any(tokens, context)]
        assert tokens.pop(0) == ")"
        function: Callable[..., Any] = json.dumps if token == "toJSON" else context[token]
        return function(*arguments)
    return _found(token, context)


def _found(path: str, context: Mapping[str, Any]) -> Any:
    value: Any = context
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
