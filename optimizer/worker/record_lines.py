"""The lines that `record_rewrite` puts into the project's functions.

In front of every body stands a call of the function's counter. In a generator whose arguments are passed on,
that call says who wants to know how far it is taken (`record_takes.Told`), who is told before each `yield`
and at the end. Every line has the position of one that was there.
"""

from __future__ import annotations

import ast

from .record_ways import MARK

_TAKE = MARK + "take__"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LOOKS_AT_ITS_NAMES = {"locals", "vars", "dir", "eval", "exec"}


def put_in(node, name, *, passes_arguments):
    """Put the lines into a `def`, behind its docstring; `name` is that of what is called first."""
    at = 0 if ast.get_docstring(node, clean=False) is None else 1
    beside = node.body[min(at, len(node.body) - 1)]
    call = ast.Call(func=_name(name), args=[], keywords=[])
    if passes_arguments:
        _pass_on(call, node.args)
    line = ast.Expr(value=call)
    if passes_arguments and _tells(node):
        line = ast.Assign(targets=[ast.Name(id=_TAKE, ctx=ast.Store())], value=call)
        steps = _Steps()
        body = [steps.visit(each) for each in node.body[at:]]
        inner = [each for one in body for each in (one if isinstance(one, list) else [one])]
        end = _if_wanted("end", node.body[-1])
        watched = ast.copy_location(ast.Try(body=inner, handlers=[], orelse=[], finalbody=[end]), beside)
        node.body[at:] = [watched]
    _place(line, beside)
    node.body.insert(at, line)


def _tells(node):
    """Whether this is a generator that does not look at the names that it has."""
    own = list(_own(node.body))
    return any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in own) and not any(
        isinstance(each, ast.Name) and each.id in _LOOKS_AT_ITS_NAMES for each in own
    )


def _own(body):
    """All nodes of a function's own scope."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))


class _Steps(ast.NodeTransformer):
    """Tells of each `yield` statement beforehand; one whose value is used makes the call a lost one anyway."""

    def visit(self, node):
        return node if isinstance(node, _SCOPES) else super().visit(node)

    def visit_Expr(self, node):
        return [_if_wanted("step", node), node] if isinstance(node.value, ast.Yield) else node


def _if_wanted(what, beside):
    """`take is None or take.step()`."""
    unwanted = ast.Compare(left=_name(_TAKE), ops=[ast.Is()], comparators=[ast.Constant(value=None)])
    told = ast.Call(func=ast.Attribute(value=_name(_TAKE), attr=what, ctx=ast.Load()), args=[], keywords=[])
    return _place(ast.Expr(value=ast.BoolOp(op=ast.Or(), values=[unwanted, told])), beside)


def _place(line, beside):
    for part in ast.walk(line):
        ast.copy_location(part, beside)
    return line


def _pass_on(call, arguments):
    for parameter in [*getattr(arguments, "posonlyargs", []), *arguments.args]:
        call.args.append(_name(parameter.arg))
    if arguments.vararg:
        call.args.append(ast.Starred(value=_name(arguments.vararg.arg), ctx=ast.Load()))
    for parameter in arguments.kwonlyargs:
        call.keywords.append(ast.keyword(arg=parameter.arg, value=_name(parameter.arg)))
    if arguments.kwarg:
        call.keywords.append(ast.keyword(arg=None, value=_name(arguments.kwarg.arg)))


def _name(text):
    return ast.Name(id=text, ctx=ast.Load())
