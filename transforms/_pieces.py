"""Source text of expressions, fit for the place where it goes."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts

_TIGHT = (
    ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp,
)  # fmt: skip
_LOOSE = (
    ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Tuple, ast.Yield, ast.YieldFrom,
)  # fmt: skip
_NOT_BETWEEN = (ast.IfExp, ast.Lambda, ast.Tuple, ast.NamedExpr)


def receiver(expr: ast.expr, facts: Facts) -> str:
    """Source of `expr`, in parentheses where a method call on it needs them."""
    is_text = isinstance(expr, ast.Constant) and isinstance(expr.value, str | bytes)
    return _source(expr, facts, bare=isinstance(expr, _TIGHT) or is_text)


def operand(expr: ast.expr, facts: Facts) -> str:
    """Source of `expr`, in parentheses where a comparison needs them."""
    is_not = isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.Not)
    return _source(expr, facts, bare=not isinstance(expr, _LOOSE) and not is_not)


def iterable(expr: ast.expr, facts: Facts) -> str:
    """Source of `expr`, in parentheses where it would not fit between `in` and `if` of a comprehension."""
    return _source(expr, facts, bare=not isinstance(expr, _NOT_BETWEEN))


def indented(code: str) -> str:
    """The lines of a block, one level in.

    Not `textwrap.indent`: it takes characters for line ends that Python lets stand in a text.
    """
    return "\n".join(f"    {line}" if line.strip() else line for line in code.split("\n"))


def has_inner_comments(node: ast.expr, facts: Facts) -> bool:
    """Whether a comment stands between the parts of an expression."""
    return node.lineno != node.end_lineno and facts.has_comments(node)


def _source(expr: ast.expr, facts: Facts, *, bare: bool) -> str:
    text = facts.segment(expr)
    return text if bare and _stands_alone(text) else f"({text})"


def _stands_alone(text: str) -> bool:
    """Whether no line ends outside of brackets."""
    if "\n" not in text and "\r" not in text:
        return True
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True
