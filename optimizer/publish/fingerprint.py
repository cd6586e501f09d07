"""What a change is called over time: the same for the same rewrite of the same function, wherever that stands.

Comments, layout, docstrings and line numbers do not count, nor does the file.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import warnings
from collections.abc import Iterator, Sequence

from optimizer.model import Candidate

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LENGTH = 12


def fingerprint(candidate: Candidate) -> str:
    """A hash of the transform, the functions as they were, and which of their lines it replaces."""
    names = qualnames(candidate)
    before, after = _normal(candidate.before, names), _normal(candidate.after, names)
    return _hash(candidate.transform, *before, *_replaced(before, after))


def function_digest(text: str, names: Sequence[str]) -> str:
    """A hash of the functions of these qualified names ("" is the module level), "" if one is not in `text`."""
    try:
        return _hash(*_normal(text, names))
    except (KeyError, SyntaxError, ValueError, RecursionError):
        return ""


def qualnames(candidate: Candidate) -> tuple[str, ...]:
    """The qualified names of what the candidate changes."""
    return tuple(dict.fromkeys(target.qualname for target in candidate.targets))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _normal(text: str, names: Sequence[str]) -> list[str]:
    """The code of each name without comments, layout and docstrings; KeyError for one that is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    found = dict(_definitions(tree, ""))
    return [ast.unparse(_bare(found[name] if name else _top_level(tree))) for name in names]


def _definitions(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.AST]]:
    """Functions and classes by qualified name; of several the last, which is the one that counts."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Definition):
            name = f"{owner}.{child.name}" if owner else child.name
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, name)
        elif not isinstance(child, ast.expr):
            yield from _definitions(child, owner)


def _top_level(tree: ast.Module) -> ast.Module:
    kept = [each for each in tree.body if not isinstance(each, _Definition)]
    return ast.Module(body=kept, type_ignores=[])


def _bare(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
            ):
                node.body = rest or [ast.Pass()]
    return ast.fix_missing_locations(tree)


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Which lines of the old code are not in the new one; where something is put in between counts too."""
    for old, new in zip(before, after, strict=True):
        lines = old.split("\n")
        matcher = difflib.SequenceMatcher(a=lines, b=new.split("\n"), autojunk=False)
        for kind, first, last, _, _ in matcher.get_opcodes():
            if kind != "equal":
                yield f"{first}-{last}"
