"""Say in words what was seen: nodes as short Python-like text, differences as sentences, inputs as snippets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.verify.compare import Difference
from optimizer.verify.outcomes import OK, Outcome, Recipe

_LONGEST = 300
_PARTS = {
    "end": "how the call ends",
    "result": "the result",
    "error": "the exception",
    "arguments": "the arguments after the call",
    "arguments after reading on": "the arguments once the result is read",
    "events": "what was done to callbacks and to the outside, in order",
    "events after reading on": "what is done while the result is read",
    "inputs at the end": "what the inputs file's own objects saw",
    "inputs after reading on": "what the inputs file's own objects saw while the result is read",
    "iterators": "what reading on gives",
    "globals": "the module's data",
    "process": "the state of the process",
    "files": "the files that are written",
    "past python": "what is printed past Python's streams",
    "generator": "the generator when it is closed, thrown into or sent to",
    "functions": "what the returned function does",
    "functions after a change": "what the returned function does once the arguments were changed",
    "sequence": "what a sequence of uses gives",
    "use": "what using the instance gives",
    "use after a change": "what using the instance gives once its attributes were changed",
    "use of items": "what using the instances in the result gives",
    "use of items after a change": "what using the instances in the result gives once the arguments were changed",
    "same objects": "a second call on the same objects, after the caller changed them",
    "traits": "what kind of object the instance is",
    "again": "a second call with equal arguments, after the caller changed the first result,",
    "other calls": "a further call with one argument changed",
    "another world": "a second call after files, the environment and the random numbers have changed",
    "late": "what reading on gives after the caller changed the arguments",
    "held open": "how many descriptors are left open",
    "unclosed": "how many files and connections are not closed",
    "globals after next moves": "the module's data after the caller's next moves",
    "builtins": "the builtins",
    "async": "whether it must be awaited",
    "next moves": "what is done by the caller's next moves",
}


def shown(node: Any) -> str:
    """A node as short text."""
    text = _text(node)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _text(node: Any) -> str:
    if isinstance(node, str):
        return _scalar(node)
    if isinstance(node, dict):
        return _dict(node)
    if isinstance(node, list):
        return _list(node)
    return str(node)


def _scalar(node: str) -> str:
    tag, rest = node[:1], node[1:]
    match tag:
        case "i":
            return rest
        case "f":
            return _float(rest)
        case "s":
            return repr(rest)
        case "b":
            return f"bytes {rest}"
        case "N" | "T" | "F" | "E" if not rest:
            return {"N": "None", "T": "True", "F": "False", "E": "..."}[tag]
        case _:
            return node


def _float(text: str) -> str:
    try:
        return repr(float.fromhex(text))
    except ValueError:
        return "nan"


def _dict(node: Mapping[str, Any]) -> str:
    if "explicit" in node:
        error = f"{node['type'].removeprefix('builtins.')}({node.get('text', '')!r})"
        chain = node.get("chain")
        return error if chain is None else f"{error} with the {chain[0]} {_text(chain[1])}"
    if set(node) == {"value"}:
        return _text(node["value"])
    if set(node) == {"error"}:
        return "raises " + _text(node["error"])
    return "{" + ", ".join(f"{key}: {_text(value)}" for key, value in node.items()) + "}"


_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}


def _list(node: list[Any]) -> str:
    match node:
        case ["ref", str(place)]:
            return f"<the very object at {place}>"
        case [str(kind), list(items), *_] if kind in _BRACKETS:
            opened, closed = _BRACKETS[kind]
            return opened + ", ".join(map(_text, items)) + closed
        case ["dict", list(pairs)]:
            return "{" + ", ".join(f"{_text(key)}: {_text(value)}" for key, value in pairs) + "}"
        case ["function", str(name), *_]:
            return f"<function {name}>"
        case [str(kind), *parts, list(attributes)] if "{" in kind and all(map(_is_attribute, attributes)):
            named = [f"{name}={_text(value)}" for name, value in attributes]
            return f"{kind.split(' ')[0]}({', '.join([*map(_text, parts), *named])})"
        case [str(kind), *parts] if kind[:1] not in "sif":
            return f"{kind}({', '.join(map(_text, parts))})"
    return "[" + ", ".join(map(_text, node)) + "]"


def _is_attribute(node: Any) -> bool:
    """Whether a part of an instance is (name, value)."""
    match node:
        case [str(), _]:
            return True
    return False


def ending(outcome: Outcome) -> str:
    """How a call ended, as text."""
    if outcome.how != OK:
        return str(outcome.seen).removeprefix("it ")
    seen = outcome.seen
    if "error" in seen:
        return "raises " + shown(seen["error"])
    return "returns " + shown(seen.get("result", "N"))


def sides(before: Outcome, after: Outcome, difference: Difference | None) -> tuple[str, str]:
    """What either version does, as far as it is needed to see the difference."""
    if difference is None or difference.part in {"end", "error", "result"}:
        return ending(before), ending(after)
    if difference.part == "again":
        return _with_second_call(before), _with_second_call(after)
    what = _PARTS.get(difference.part, difference.part)
    return (
        f"{ending(before)}; {what}: {shown(difference.before)}",
        f"{ending(after)}; {what}: {shown(difference.after)}",
    )


def _with_second_call(outcome: Outcome) -> str:
    second = outcome.seen.get("again", {})
    return f"{ending(outcome)}; the second call {ending(Outcome(how=OK, seen=second))}"


def sentence(difference: Difference | None) -> str:
    """What differs, as the subject of a sentence."""
    if difference is None:
        return "how the call ends"
    return _PARTS.get(difference.part, difference.part)


def _steps(recipe: Recipe) -> Sequence[Any]:
    steps: Sequence[Any] = recipe.get("sequence", ())
    return steps
