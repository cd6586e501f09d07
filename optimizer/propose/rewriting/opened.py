"""A piece of source opened in libcst, with its nodes found by the positions that `ast` gives.

A piece that is indented stands under a line `if 1:`, so that no line of it moves: the text between
the quotes of a long string stays what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from optimizer.propose.rewriting.lines import character_column, margin
from optimizer.propose.rewriting.refused import RewriteError

_Place = tuple[int, int]
_Span = tuple[_Place, _Place]
_Statement = cst.BaseSmallStatement | cst.BaseCompoundStatement


@dataclass(slots=True, kw_only=True)
class Opened:
    """One parsed piece. `shift` is what to take from a line of the file to get a line of the piece."""

    module: cst.Module
    lines: Sequence[str]
    shift: int
    wrapped: bool
    statements: dict[_Place, _Statement] = field(default_factory=dict)
    expressions: dict[_Span, cst.BaseExpression] = field(default_factory=dict)
    lines_of: dict[cst.CSTNode, cst.SimpleStatementLine] = field(default_factory=dict)
    """The line of each small statement that has a line to itself."""

    def statement(self, node: ast.stmt) -> _Statement:
        """The libcst node of a statement."""
        found = self.statements.get(self._place(node.lineno, node.col_offset))
        if found is None:
            message = f"the statement on line {node.lineno} cannot be found again"
            raise RewriteError(message)
        return found

    def expression(self, node: ast.expr) -> cst.BaseExpression:
        """The libcst node of an expression."""
        start = self._place(node.lineno, node.col_offset)
        end = self._place(node.end_lineno or node.lineno, node.end_col_offset or 0)
        found = self.expressions.get((start, end))
        if found is None:
            message = f"the expression on line {node.lineno} cannot be found again"
            raise RewriteError(message)
        return found

    def whole_statement(self, node: ast.stmt) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
        """The statement with the lines above it and its end of line; None if it shares a line with others."""
        found = self.statement(node)
        return found if isinstance(found, cst.BaseCompoundStatement) else self.lines_of.get(found)

    def code(self, module: cst.Module) -> str:
        """The text of a changed `module`, without the line that was put above the piece."""
        text = module.code
        return (
            text[text.index(module.default_newline) + len(module.default_newline) :] if self.wrapped else text
        )

    def _place(self, line: int, byte_column: int) -> _Place:
        text = self.lines[line - self.shift - 1 - self.wrapped]
        return (line - self.shift, character_column(text, byte_column))


def open_piece(lines: Sequence[str], *, first_line: int, unit: str, newline: str) -> Opened:
    """Parse `lines`, which start at line `first_line` of their file."""
    wrapped = bool(lines) and margin(lines[0]) != ""
    text = "".join(lines)
    whole = f"if 1:{newline}{text}" if wrapped else text
    config = cst.PartialParserConfig(default_indent=unit, default_newline=newline)
    try:
        module = cst.parse_module(whole, config)
    except (cst.ParserSyntaxError, RecursionError) as error:
        message = "this part of the file cannot be opened by libcst"
        raise RewriteError(message) from error
    if module.code != whole:
        message = "this part of the file does not survive being opened by libcst"
        raise RewriteError(message)
    shift = first_line - 1 - wrapped
    opened = Opened(module=module, lines=lines, shift=shift, wrapped=wrapped)
    _index(opened)
    return opened


def _index(opened: Opened) -> None:
    positions = MetadataWrapper(opened.module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node, place in positions.items():
        span = _span(place, place)
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
            opened.lines_of[node.body[0]] = node
        elif isinstance(node, _Statement):
            opened.statements.setdefault(span[0], node)
        elif isinstance(node, cst.BaseExpression):
            opened.expressions.setdefault(span, node)
            if node.lpar:
                around = _span(positions[node.lpar[-1]], positions[node.rpar[0]])
                opened.expressions.setdefault(around, node)
        if isinstance(node, cst.Call) and (generator := _bare_generator(node)):
            (line, column), _ = _span(positions[node.whitespace_before_args], place)
            opened.expressions[(line, column - 1), (place.end.line, place.end.column)] = generator


def _span(first: CodeRange, last: CodeRange) -> _Span:
    """From the start of one to the end of another, which need not be the same node."""
    return (first.start.line, first.start.column), (last.end.line, last.end.column)


def _bare_generator(node: cst.Call) -> cst.GeneratorExp | None:
    """The generator in `f(x for x in y)`, which shares its parentheses with the call."""
    match node.args:
        case [cst.Arg(value=cst.GeneratorExp(lpar=[]) as generator)]:
            return generator
    return None
