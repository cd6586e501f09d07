"""Carry out a plan on an opened piece."""

from __future__ import annotations

import libcst as cst

from optimizer.propose.rewriting.blocks import changed_block
from optimizer.propose.rewriting.new_code import fitted, head_code
from optimizer.propose.rewriting.plan import Plan, Statement, comment_lines
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.style import width

_Block = cst.IndentedBlock | cst.Module


class Swap(cst.CSTTransformer):
    """Replaces expressions, puts new statements into blocks, lays out again what became too long."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def on_leave(self, original_node, updated_node):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        """The new node for an old one; the type that libcst declares would tie it to the old one's class."""
        return self._changed(original_node, updated_node)

    def _changed(self, old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
        if isinstance(old, cst.BaseExpression):
            return self.plan.expressions.get(old, new)
        if isinstance(new, _Block) and isinstance(old, _Block):
            return self._block(old, new)
        if isinstance(new, cst.SimpleStatementSuite) and isinstance(old, cst.SimpleStatementSuite):
            return self._suite(old, new)
        if isinstance(new, Statement) and isinstance(old, Statement):
            return self._statement(old, new)
        return new

    def _block(self, old: _Block, new: _Block) -> cst.CSTNode:
        statements, below = changed_block(old.body, new.body, self.plan)
        if not statements and isinstance(new, cst.IndentedBlock):
            return new.with_changes(body=[_pass().with_changes(leading_lines=below)])
        return new.with_changes(body=statements, footer=[*below, *new.footer])

    def _suite(self, old: cst.SimpleStatementSuite, new: cst.SimpleStatementSuite) -> cst.CSTNode:
        """The statements after a colon; they stay there only if they got no longer."""
        if any(self.plan.above.get(small) for small in old.body):
            message = "a comment in the old code would be lost"
            raise RewriteError(message)
        if not any(small in self.plan.ranges for small in old.body):
            return new
        line = cst.SimpleStatementLine(body=old.body)
        statements, below = changed_block([line], [line.with_changes(body=new.body)], self.plan)
        only = statements[0] if len(statements) == 1 else _pass()
        stays = isinstance(only, cst.SimpleStatementLine) and not only.leading_lines and not below
        if stays and len(statements) < 2 and _widest(only) <= _widest(line):  # noqa: PLR2004
            return new.with_changes(body=only.body)
        return cst.IndentedBlock(body=statements or [_pass()], header=new.trailing_whitespace, footer=below)

    def _statement(self, old: Statement, new: Statement) -> Statement:
        for key in old.body if isinstance(old, cst.SimpleStatementLine) else (old,):
            if lost := self.plan.above.get(key):
                new = new.with_changes(leading_lines=[*new.leading_lines, *comment_lines(lost)])
            indent = self.plan.touched.get(key)
            if indent is not None and _widest(new) > max(_widest(old), self.plan.style.room(indent)):
                new = fitted(new, self.plan.style, indent)
        return new


def _pass() -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine(body=[cst.Pass()])


def _widest(node: Statement) -> int:
    code = head_code(node)
    return max(map(width, code.splitlines()), default=0) if code else 0
