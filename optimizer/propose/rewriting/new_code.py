"""An edit's new code as libcst nodes: unchanged statements keep their layout, the rest is laid out anew."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import fields

import libcst as cst

from optimizer.propose.rewriting.expected import dump, parsed_statements
from optimizer.propose.rewriting.leaves import leaves_of, render
from optimizer.propose.rewriting.lines import split_lines
from optimizer.propose.rewriting.opened import Opened, open_piece
from optimizer.propose.rewriting.parse import parse_quietly
from optimizer.propose.rewriting.plan import Statement
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.style import Style, width, with_quotes
from optimizer.propose.rewriting.wrap import wrap


def new_expression(code: str, style: Style, seen: str) -> cst.BaseExpression:
    """The new code of an expression, on one line."""
    flat = with_quotes(_flattened(code), style.quote, seen)
    flat = f"({flat}\n)" if "\n" in flat or flat.startswith("yield") else flat
    try:
        return cst.parse_expression(flat, style.config)
    except cst.ParserSyntaxError as error:
        message = "the new code cannot be opened by libcst"
        raise RewriteError(message) from error


def new_statements(
    code: str,
    *,
    originals: dict[str, list[Statement]],
    style: Style,
    indent: str,
    seen: str,
) -> list[Statement]:
    """The new statements; those in `originals` (by what they parse to) stay as they are in the file."""
    text = with_quotes(textwrap.dedent(code).strip("\n") + "\n", style.quote, seen)
    text = style.newline.join(text.split("\n"))
    lines = split_lines(text)
    opened = open_piece(lines, first_line=1, unit=style.unit, newline=style.newline)
    left = {key: list(nodes) for key, nodes in originals.items()}
    kept = dict(_reused(opened, parsed_statements(text), left))
    body = [each for each in opened.module.body if isinstance(each, Statement)]
    if body and opened.module.header and body[0] not in kept:
        above = [line for line in opened.module.header if line.comment]
        body[0] = body[0].with_changes(leading_lines=[*above, *body[0].leading_lines])
    return [_laid_out(each, kept, style, indent) for each in body]


def _reused(
    opened: Opened, statements: Sequence[ast.stmt], originals: dict[str, list[Statement]]
) -> Iterator[tuple[cst.CSTNode, Statement]]:
    """Pairs of a new statement and the old one that says the same; each old one is taken once."""
    for statement in statements:
        old = originals.get(dump([statement]))
        new = opened.whole_statement(statement)
        if old and new is not None:
            yield new, old.pop(0)
            continue
        for child in ast.iter_child_nodes(statement):
            inner = [child] if isinstance(child, ast.stmt) else getattr(child, "body", [])
            nested = [each for each in inner if isinstance(each, ast.stmt)] if isinstance(inner, list) else []
            yield from _reused(opened, nested, originals)


def _laid_out(node: Statement, kept: dict[cst.CSTNode, Statement], style: Style, indent: str) -> Statement:
    """The statement at its indentation: kept ones as they were, new ones within the line length."""
    if node in kept:
        return kept[node]
    if isinstance(node, cst.SimpleStatementLine):
        return fitted(node, style, indent)
    deeper = _Blocks(kept, style, indent + style.unit)
    visited = node.visit(deeper)
    return fitted(visited, style, indent) if isinstance(visited, Statement) else node


class _Blocks(cst.CSTTransformer):
    """Lays out the statements of the nearest blocks under a compound statement."""

    def __init__(self, kept: dict[cst.CSTNode, Statement], style: Style, indent: str) -> None:
        super().__init__()
        self.kept, self.style, self.indent = kept, style, indent

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        del node
        return False

    def leave_IndentedBlock(  # noqa: N802 - as above
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        body = [
            _laid_out(each, self.kept, self.style, self.indent)
            for each in original_node.body
            if isinstance(each, Statement)
        ]
        return updated_node.with_changes(body=body, indent=None)


def fitted(node: Statement, style: Style, indent: str) -> Statement:
    """The statement (of a compound one: its first line) wrapped when it is longer than a line may be."""
    code = head_code(node)
    if code is None or not _too_long(code, style.room(indent)):
        return node
    room = style.room(indent)
    wrapped = wrap(code, room=room, unit=style.unit)
    if wrapped == code:
        return node
    return _with_head(node, wrapped, style) or node


def head_code(node: Statement) -> str | None:
    """The text of a simple statement, or of a compound one up to its colon; None when there is none."""
    empty = cst.Module(body=[])
    if isinstance(node, cst.SimpleStatementLine):
        return empty.code_for_node(
            node.with_changes(leading_lines=[], trailing_whitespace=cst.TrailingWhitespace())
        ).rstrip("\r\n")
    if not isinstance(node, cst.If | cst.While | cst.For | cst.With):
        return None
    stub = cst.SimpleStatementSuite(body=[cst.Pass()], leading_whitespace=cst.SimpleWhitespace(" "))
    bare = node.with_changes(
        body=stub, leading_lines=[], **({"orelse": None} if hasattr(node, "orelse") else {})
    )
    return empty.code_for_node(bare).rstrip("\r\n").removesuffix(" pass")


def _too_long(code: str, room: int) -> bool:
    return "\n" in code or width(code) > room


def _with_head(node: Statement, wrapped: str, style: Style) -> Statement | None:
    """`node` with its first line laid out as in `wrapped`; None when that would say something else."""
    ending = "" if isinstance(node, cst.SimpleStatementLine) else " pass"
    text = style.newline.join(wrapped.split("\n")) + ending + style.newline
    try:
        same = ast.dump(parse_quietly(text)) == ast.dump(parse_quietly(f"{head_code(node)}{ending}\n"))
        (new,) = cst.parse_module(text, style.config).body
    except (SyntaxError, cst.ParserSyntaxError):
        return None
    if not same or type(new) is not type(node):
        return None
    if isinstance(node, cst.SimpleStatementLine):
        return node.with_changes(body=new.body)
    kept = {"body", "orelse", "leading_lines"}
    names = [each.name for each in fields(node) if each.name not in kept]
    return node.with_changes(**{name: getattr(new, name) for name in names})


def _flattened(code: str) -> str:
    """An expression on one line, where it has no comment and no string over several lines."""
    text = textwrap.dedent(code).strip()
    if "\n" not in text:
        return text
    leaves = leaves_of(f"({text}\n)")
    return render(leaves[1:-1]) if leaves else text
