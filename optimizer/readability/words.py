"""Text that readers lose: long names that become short, comments, one statement on a line."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from optimizer.readability.scene import Scene
from optimizer.readability.source import Source

_HOUSE_STYLE = 2
_INDEX_NAMES = frozenset({"i", "j", "k", "n"})
_COUNTERS = frozenset({"range", "enumerate", "count", "zip"})
_EMPTY_NAMES = frozenset(
    {"acc", "arr", "buf", "cnt", "cur", "dct", "idx", "it", "kv", "lst", "nxt", "num", "obj", "prv", "ptr"}
    | {"res", "ret", "tmp", "tot", "val", "var"}
)
_DIRECTIVE = re.compile(
    r"(noqa|type: ignore|pragma|pylint|fmt|isort|nosec|mypy|pyright|ruff|flake8)\b", re.IGNORECASE
)
_REWORDED = 0.6
_SHORT, _ABBREVIATIONS = 3, 2


def name_objections(before: Scene, after: Scene, elsewhere: Counter[str]) -> Iterator[str]:
    """New one-letter names, and shortened ones. `elsewhere` counts names in the rest of the file."""
    old, new = _bound(before), _bound(after)
    own_style = sum(_is_one_letter(name) for name in old) > 1
    lost = old - new
    for name in sorted(filter(_is_one_letter, new - old)):
        usual = own_style or elsewhere[name] >= _HOUSE_STYLE or _conventional(after, name, lost=lost)
        if not usual:
            yield f"It adds the one-letter name `{name}`."
    if "_" in new and _reads_underscore(after) and not _reads_underscore(before):
        yield "It gives a value that it reads the name `_`."
    empty = sorted((new - old) & _EMPTY_NAMES)
    if len(empty) >= _ABBREVIATIONS and len({name for name in lost if len(name) > _SHORT}) >= len(empty):
        yield f"It gives values names that say nothing, like `{empty[0]}`."
    pairs = [
        (long, short) for short in sorted(new - old) for long in sorted(lost) if _abbreviates(short, long)
    ]
    if len({short for _, short in pairs}) >= _ABBREVIATIONS:
        long, short = pairs[0]
        yield f"It shortens names, like `{long}` to `{short}`."


def bound_names(nodes: Sequence[ast.AST]) -> Counter[str]:
    """How often each name is bound."""
    return Counter(name for node in nodes for name in _binds(node))


def comment_objections(
    before: Source, after: Source, file_before: Source, file_after: Source
) -> Iterator[str]:
    """Comments gone from the file, unless one that reads alike has come; directives go with their line."""
    come = list((after.comments - before.comments).elements())
    words = set(re.findall(r"\w+", " ".join(come).lower()))
    gone = (before.comments - after.comments) & (file_before.comments - file_after.comments)
    for comment in gone.elements():
        reworded = next((other for other in come if _reads_alike(comment, other)), None)
        if reworded is not None:
            come.remove(reworded)
        elif not (_DIRECTIVE.match(comment) or _stands_in(comment, words)):
            yield f"It drops the comment “{_clipped(comment)}”."


def line_objections(before: Source, after: Source) -> Iterator[str]:
    """Semicolons, and bodies that stand in the line of their `if`, unless the file does it twice already."""
    if after.semicolons > before.semicolons and before.semicolons < _HOUSE_STYLE:
        yield "It puts several statements into one line with semicolons."
    if after.crowded > before.crowded and before.crowded < _HOUSE_STYLE:
        yield "It puts a body into the line of its `if` or loop."


def _bound(scene: Scene) -> set[str]:
    return set(bound_names(scene.nodes))


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(asname=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name


def _is_one_letter(name: str) -> bool:
    """One letter, also when it is repeated, numbered or underscored: `x`, `_x`, `x1`, `xx`."""
    core = name.strip("_0123456789")
    return len(set(core)) == 1


def _reads_underscore(scene: Scene) -> bool:
    """Whether `_` is read; where it is called it is the function that translates texts."""
    called = {node.func for node in scene.nodes if isinstance(node, ast.Call)}
    return any(
        isinstance(node, ast.Name)
        and node.id == "_"
        and isinstance(node.ctx, ast.Load)
        and node not in called
        for node in scene.nodes
    )


def _conventional(scene: Scene, name: str, *, lost: set[str]) -> bool:
    """Whether every binding of `name` is one where a reader expects a letter.

    An index over a range, the key and value of `items()`, a file in `with open`, an error, a type
    variable; and x in a short expression that replaces no better name.
    """
    bindings = [node for node in scene.nodes if name in _binds(node)]
    return all(_conventional_binding(scene, node, name, lost=lost) for node in bindings)


def _conventional_binding(scene: Scene, node: ast.AST, name: str, *, lost: set[str]) -> bool:
    if isinstance(node, ast.ExceptHandler):
        return name == "e"
    above = next(above for above in scene.ancestors(node) if not isinstance(above, ast.Tuple))
    match above:
        case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
            return _fits_loop(iterable, name, lost=lost)
        case ast.withitem(context_expr=ast.Call(func=func)):
            return name == "f" and "open" in ast.unparse(func)
        case ast.arguments() if isinstance(scene.parents[above], ast.Lambda):
            return name == "x" and not lost
    return isinstance(above, ast.Assign) and ast.unparse(above.value).startswith(("TypeVar(", "ParamSpec("))


def _fits_loop(iterable: ast.expr, name: str, *, lost: set[str]) -> bool:
    match iterable:
        case ast.Call(func=ast.Name(id=function)) if function in _COUNTERS:
            return name in _INDEX_NAMES
        case ast.Call(func=ast.Attribute(attr="items")):
            return name in {"k", "v"} and not lost
    return name == "x" and not lost


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` is `long` with most of its letters left out: `ent` for `entry`."""
    if not 1 < len(short) <= _SHORT or len(long) < 2 * len(short) or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def _reads_alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio() >= _REWORDED


def _stands_in(comment: str, words: set[str]) -> bool:
    """Whether most words of `comment` are in the new comments: a paragraph may be set anew."""
    own = set(re.findall(r"\w+", comment.lower()))
    return len(own & words) >= _REWORDED * len(own)


def _clipped(comment: str, limit: int = 60) -> str:
    return comment if len(comment) <= limit else comment[: limit - 1] + "…"
