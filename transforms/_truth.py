"""Where only the truth of a value matters."""

from __future__ import annotations

import ast

from optimizer.facts.facts import Facts


def only_truth_matters(expr: ast.expr, facts: Facts) -> bool:
    """Whether all that happens to the value is that it is tested."""
    parent = facts.parent(expr)
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is expr
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp():
            return only_truth_matters(parent, facts)
        case ast.comprehension(ifs=tests):
            return expr in tests
        case ast.match_case(guard=guard):
            return guard is expr
        case ast.Call(func=ast.Name(id="bool") as func, args=[_], keywords=[]):
            return facts.is_builtin("bool", func)
        case _:
            return False
