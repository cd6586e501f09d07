"""Whether code only looks into a table, so that one table can serve all calls."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts

_USES_UP = frozenset({
    "all", "any", "dict", "enumerate", "filter", "frozenset", "len", "list", "map", "max", "min", "reversed",
    "set", "sorted", "sum", "tuple", "zip",
})  # fmt: skip
_METHODS = frozenset({
    "__contains__", "copy", "count", "difference", "get", "index", "intersection", "isdisjoint", "issubset",
    "issuperset", "symmetric_difference", "union",
})  # fmt: skip
_VIEWS = frozenset({"items", "keys", "values"})


def why_not_only_read(table: ast.expr, facts: Facts) -> str:
    """What else the code does with `table` (a name or a display) here; "" when it only looks into it."""
    parent = facts.parent(table)
    if parent is None or not (_is_looked_into(table, parent, facts) or _is_spread(table, parent, facts)):
        return f"The table may be changed or handed on in line {table.lineno}."
    return ""


def is_membership(table: ast.expr, facts: Facts) -> bool:
    """Whether the use is `x in table`."""
    parent = facts.parent(table)
    return isinstance(parent, ast.Compare) and _is_searched(table, parent)


def _is_looked_into(table: ast.expr, parent: ast.AST, facts: Facts) -> bool:
    match parent:
        case ast.Subscript(value=value, ctx=ast.Load()):
            return value is table
        case ast.Compare():
            return _is_searched(table, parent)
        case ast.Attribute(value=value, attr=attr):
            call = facts.parent(parent)
            called = value is table and isinstance(call, ast.Call) and call.func is parent
            return called and (attr in _METHODS or (attr in _VIEWS and _is_used_up(call, facts)))
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is table
        case ast.UnaryOp(op=ast.Not()) | ast.FormattedValue():
            return True
    return _is_used_up(table, facts)


def _is_searched(table: ast.expr, parent: ast.Compare) -> bool:
    """Whether the comparison ends with `in table`."""
    return parent.comparators[-1] is table and isinstance(parent.ops[-1], ast.In | ast.NotIn)


def _is_used_up(expr: ast.AST | None, facts: Facts) -> bool:
    """Whether all that happens to a table, or a view of one, is that its elements are taken."""
    parent = facts.parent(expr) if expr is not None else None
    match parent:
        case ast.For(iter=source) | ast.comprehension(iter=source):
            return source is expr
        case ast.Call(func=ast.Name(id=name) as func, args=args):
            return expr in args and name in _USES_UP and facts.is_builtin(name, func)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() | bytes()), attr="join")):
            return True
        case ast.Compare():
            return isinstance(expr, ast.expr) and _is_searched(expr, parent)
    return False


def _is_spread(table: ast.expr, parent: ast.AST, facts: Facts) -> bool:
    """Whether its elements are put into something new."""
    match parent:
        case ast.Starred():
            return isinstance(facts.parent(parent), ast.Call | ast.List | ast.Tuple | ast.Set)
        case ast.keyword(arg=None):
            return True
        case ast.Dict(keys=keys, values=values):
            return any(key is None and value is table for key, value in zip(keys, values, strict=True))
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod(), right=right):
            return right is table
    return False
