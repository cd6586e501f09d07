"""Where new module-level constants go."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence

from optimizer.propose.rewriting.expected import parsed_expression
from optimizer.propose.rewriting.leaves import comments_of
from optimizer.propose.rewriting.lines import last_line_of, margin, split_lines
from optimizer.propose.rewriting.names import bound_by, free_names
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.splice import Splice, blank_lines_above, top_line
from optimizer.propose.rewriting.style import Style, width, with_quotes
from optimizer.propose.rewriting.wrap import wrap
from optimizer.transform import Constant

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def constants_splice(
    tree: ast.Module,
    lines: Sequence[str],
    constants: Sequence[Constant],
    outer: ast.stmt,
    *,
    style: Style,
    imported: frozenset[str],
) -> Splice:
    """Put the constants above `outer`, with the blank lines that the file has there."""
    for constant in constants:
        _check(tree, lines, constant, outer, imported)
    top = top_line(outer, lines)
    blank = blank_lines_above(top, lines)
    above = _statement_above(tree, outer)
    before, after = _gaps(above, outer, blank, directly=_stands_above(above, top - blank))
    code = [
        line
        for constant in constants
        for line in (*constant.comments, *_assignment(constant, style, "".join(lines)))
    ]
    text = style.newline.join([*[""] * before, *code, *[""] * after, ""])
    return Splice(first=top - blank, last=top - 1, text=text, rank=1)


def _check(
    tree: ast.Module, lines: Sequence[str], constant: Constant, outer: ast.stmt, imported: frozenset[str]
) -> None:
    if any(re.search(rf"\b{re.escape(constant.name)}\b", line) for line in lines):
        message = f"the name {constant.name} is already used in this file"
        raise RewriteError(message)
    known = set(imported)
    for node in tree.body:
        if node is outer:
            break
        known.update(_certainly_bound(node))
    unknown = free_names(parsed_expression(constant.value)) - known
    own = {name for node in ast.walk(tree) for name in bound_by(node)}
    missing = sorted(name for name in unknown if name in own or not hasattr(builtins, name))
    if missing:
        message = f"{missing[0]} is not defined where the constant has to stand"
        raise RewriteError(message)


def _certainly_bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds whatever happens."""
    match node:
        case ast.Assign(targets=targets):
            return {name for target in targets for each in ast.walk(target) for name in bound_by(each)}
        case ast.AnnAssign(target=target, value=ast.expr()):
            return set(bound_by(target))
    return set(bound_by(node))


def _statement_above(tree: ast.Module, outer: ast.stmt) -> ast.stmt | None:
    index = tree.body.index(outer)
    return tree.body[index - 1] if index else None


def _stands_above(above: ast.stmt | None, line: int) -> bool:
    return above is not None and last_line_of(above) == line - 1


def _gaps(above: ast.stmt | None, outer: ast.stmt, blank: int, *, directly: bool) -> tuple[int, int]:
    """Blank lines before and after the constants, where `blank` lines stand now."""
    if not isinstance(outer, _Definition):
        return (min(blank, 1), min(blank, 1))
    after = blank if blank in {1, 2} else 2
    if above is None and not directly:
        return (blank and 1, after)
    if directly and _is_constant(above):
        return (0, after)
    return (after if directly and isinstance(above, _Definition) else 1, after)


def _is_constant(node: ast.stmt | None) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name.isupper() and node.lineno == node.end_lineno
    return False


def _assignment(constant: Constant, style: Style, seen: str) -> list[str]:
    """`NAME = value`, within the line length; a value that was laid out by hand keeps its lines."""
    code = with_quotes(f"{constant.name} = {constant.value.strip()}", style.quote, seen)
    lines = split_lines(code)
    if len(lines) == 1 and width(code) <= style.line_length:
        return [code]
    hanging = [line for line in lines[1:] if line.strip()]
    closes = bool(hanging) and hanging[-1].lstrip()[:1] in {")", "]", "}"}
    if closes or (hanging and comments_of(code)):
        least = margin(hanging[-1]) if closes else min(map(margin, hanging), key=len)
        if all(line.startswith(least) for line in hanging):
            return [lines[0].rstrip(), *_moved(lines[1:], least, "" if closes else style.unit)]
    return wrap(code, room=style.line_length, unit=style.unit).splitlines()


def _moved(lines: Sequence[str], old: str, new: str) -> list[str]:
    return [(new + line.removeprefix(old)).rstrip() if line.strip() else "" for line in lines]
