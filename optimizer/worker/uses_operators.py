"""What operators and comparisons say about the values that they are applied to."""

from __future__ import annotations

import ast

from .uses import Use, constant, is_number, note

_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)
_MARKS = {"is_str": "add_str", "is_number": "number", "is_list": "add_list", "whole": "number"}


class Operators:
    """The part of a walk that reads operators."""

    def truth(self, node):
        """A value of which only the truth is asked."""
        note(self.of(node), "truth")

    def _of_BinOp(self, node):
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Mod) and isinstance(constant(node.left), str):
            note(right, "format" if isinstance(node.right, ast.Tuple) else "percent")
            return None
        self.arithmetic(node.op, left, right, node.right)
        self.arithmetic(node.op, right, left, node.left)
        stays_whole = left is not None and "whole" in left.ops and isinstance(constant(node.right), int)
        return Use("whole") if stays_whole else None

    def arithmetic(self, op, one, other, other_node):
        """Note what `one` must be like when `op` joins it with `other`."""
        note(one, _joined(op, constant(other_node), other_node, other))

    def _of_UnaryOp(self, node):
        note(self.of(node.operand), "truth" if isinstance(node.op, ast.Not) else "number")

    def _of_BoolOp(self, node):
        for part in node.values:
            self.truth(part)

    def _of_IfExp(self, node):
        self.truth(node.test)
        one, other = self.of(node.body), self.of(node.orelse)
        return one or other

    def _of_Compare(self, node):
        operands = [node.left, *node.comparators]
        found = [self.of(part) for part in operands]
        for op, one, other, left, right in zip(node.ops, found, found[1:], operands, operands[1:]):
            if isinstance(op, (ast.In, ast.NotIn)):
                _membership(one, other, left, right)
            else:
                how = "order" if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) else "equal"
                _compared(one, other, right, how)
                _compared(other, one, left, how)

    def _of_JoinedStr(self, node):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                note(self.of(part.value), "format")
                self.of(part.format_spec)

    def _of_Dict(self, node):
        for key, value in zip(node.keys, node.values):
            if key is None:
                note(self.of(value), "mapping")
            else:
                note(self.of(key), "hash")
                self.of(value)


def _joined(op, literal, node, other):
    """The word for a value that an operator joins with this literal, or with this other value."""
    if isinstance(literal, str) or isinstance(node, ast.JoinedStr):
        return "add_str"
    if isinstance(literal, bytes):
        return "add_bytes"
    if isinstance(node, ast.List) and not isinstance(op, ast.Mult):
        return "add_list"
    if isinstance(op, _BITS):
        return "bits"
    if is_number(literal):
        return "number"
    known = [word for mark, word in _MARKS.items() if other is not None and mark in other.ops]
    return known[0] if known else "arithmetic"


def _membership(one, other, left, right):
    note(one, "member")
    note(other, "contains")
    if one is not None and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        one.consts.update(dict.fromkeys(c for c in map(constant, right.elts) if c is not None))
    if other is not None and isinstance(constant(left), str):
        other.consts[constant(left)] = None
        other.ops.add("contains_str")


def _compared(value, against, node, how):
    """Note of one side of a comparison what the other side, `node`, says."""
    if value is None:
        return
    literal = constant(node)
    value.ops.add(how)
    if is_number(literal):
        value.ops.add("number")
    if literal is not None:
        value.consts[literal] = None
    if against is not None and "size" in against.ops:
        value.ops.add("whole")
