"""Put probes into a text that tell which branches of some of its lines were reached.

The same probes work in every Python version, and each knows what to say when it was never reached. A
probe is a call of a builtin that the worker provides: `PROBE(number, condition)` gives the condition back.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

PROBE = "__tenpercent_seen__"
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A text with probes. `sentences` says what was missed, by the number that reaching it would have sent."""

    text: str
    sentences: tuple[tuple[int, str], ...]


def probed(text: str, lines: Collection[int]) -> Probed:
    """`text` with a probe at every branch on `lines` inside a function."""
    tree = ast.parse(text)
    placer = _Placer(lines=frozenset(lines))
    placer.visit(tree)
    ast.fix_missing_locations(tree)
    return Probed(text=ast.unparse(tree), sentences=tuple(placer.sentences.items()))


@dataclass(slots=True, kw_only=True)
class _Placer(ast.NodeTransformer):
    """Places probes; a number is twice the probe's place in order, plus one when the condition holds."""

    lines: frozenset[int]
    sentences: dict[int, str] = field(default_factory=dict)
    _inside: int = 0
    _count: int = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        touched = self._touches(node) and any(self._touches(statement) for statement in node.body)
        self._inside += 1
        node.body = [self.visit(statement) for statement in node.body]
        self._inside -= 1
        if touched:
            where = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body.insert(where, self._passed(f"`{node.name}` (line {node.lineno}) was never entered"))
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        return self._with_blocks(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._with_blocks(node)

    def _with_blocks(self, node: ast.If | ast.While) -> ast.AST:
        """The condition, or, where only what depends on it has changed, the blocks that have."""
        blocks = [] if self._touches(node.test) else [block for block in (node.body, node.orelse) if block]
        changed = [(block, block[0].lineno) for block in blocks if any(map(self._touches, block))]
        self._condition_of(node, "test")
        self.generic_visit(node)
        for block, line in changed if self._inside else ():
            block.insert(0, self._passed(f"line {line} was never reached"))
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self._condition_of(node, "test")
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        node.values = [*(self._condition(value) for value in node.values[:-1]), node.values[-1]]
        return self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.ifs = [self._condition(test) for test in node.ifs]
        return self.generic_visit(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._loop(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self._loop(node)

    def _loop(self, node: ast.For | ast.AsyncFor) -> ast.AST:
        touched = self._inside and (self._touches(node.iter) or any(map(self._touches, node.body)))
        shown = _shown(node.iter)
        self.generic_visit(node)
        if touched:
            node.body.insert(
                0, self._passed(f"line {node.lineno}: the loop over `{shown}` never had an item")
            )
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        touched = self._inside and self._touches(node)
        self.generic_visit(node)
        if touched:
            shown = _shown(node.type) if node.type else ""
            node.body.insert(0, self._passed(f"line {node.lineno}: `except {shown}` never caught anything"))
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        touched = self._inside and self._touches(node.pattern)
        line, shown = node.pattern.lineno, _shown(node.pattern)
        if node.guard is not None:
            node.guard = self._condition(node.guard)
        self.generic_visit(node)
        if touched:
            node.body.insert(0, self._passed(f"line {line}: `case {shown}` never matched"))
        return node

    def _touches(self, node: ast.AST) -> bool:
        first = getattr(node, "lineno", None)
        if first is None:
            return False
        return any(line in self.lines for line in range(first, getattr(node, "end_lineno", first) + 1))

    def _condition_of(self, node: ast.If | ast.While | ast.IfExp, name: str) -> None:
        setattr(node, name, self._condition(getattr(node, name)))

    def _condition(self, test: ast.expr) -> ast.expr:
        if not self._inside or not self._touches(test) or isinstance(test, ast.Constant):
            return test
        shown = _shown(test)
        number = self._number(
            false=f"line {test.lineno}: `{shown}` was never false",
            true=f"line {test.lineno}: `{shown}` was never true",
        )
        return ast.copy_location(_call(number, test), test)

    def _passed(self, sentence: str) -> ast.stmt:
        number = self._number(true=sentence)
        return ast.Expr(value=_call(number, ast.Constant(value=True)))

    def _number(self, *, true: str, false: str = "") -> int:
        number = self._count
        self._count += 1
        if false:
            self.sentences[2 * number] = false
        self.sentences[2 * number + 1] = true
        return number


def _call(number: int, value: ast.expr) -> ast.expr:
    return ast.Call(
        func=ast.Name(id=PROBE, ctx=ast.Load()), args=[ast.Constant(value=number), value], keywords=[]
    )


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."
