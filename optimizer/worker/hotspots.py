"""What stands at the doors of lines that nothing has reached yet, and which module data functions change."""

from __future__ import annotations

import ast

from .mine import Pools, _Miner

_CHANGING = {
    *(
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
    ),
    *("add", "discard", "appendleft", "popleft", "rotate"),
}
_TESTS = (ast.If, ast.While, ast.IfExp, ast.For, ast.Try)


def hot_pools(sides, pools):
    """Pools of the constants in tests that guard unreached lines, or None when all lines were reached."""
    hot = Pools()
    for side in sides:
        missed = set(side.tracker.lines_missed())
        if missed:
            _collect(side.sources.tree, missed, _Miner(hot, side.module.__dict__))
    if not (hot.ints or hot.strs or hot.floats or hot.regexes or hot.sizes or hot.keys):
        return None
    for name in ("texts", "binaries", "errors", "names"):
        setattr(hot, name, getattr(pools, name))
    hot.calls = pools.calls
    return hot


def _collect(tree, missed, miner):
    for node in ast.walk(tree):
        if not isinstance(node, _TESTS):
            continue
        lines = set(range(node.lineno, getattr(node, "end_lineno", node.lineno) + 1))
        if not lines & missed:
            continue
        for part in (getattr(node, "test", None), getattr(node, "iter", None)):
            if part is not None:
                miner.visit(part)
        for handler in getattr(node, "handlers", ()):
            miner.visit_ExceptHandler(ast.ExceptHandler(type=handler.type, name=None, body=[]))


def mutable_globals(versions):
    """Names of module data that some function rebinds or changes in place."""
    found, everywhere = set(), None
    for source in versions:
        bound = {target.id for node in source.tree.body for target in _targets(node)}
        everywhere = bound if everywhere is None else everywhere & bound
        own = {target.id for node in source.tree.body for target in _targets(node)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Global):
                found.update(node.names)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                found |= own & set(_changed_in(node))
    return sorted(found & everywhere)


def _targets(node):
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [target for target in targets if isinstance(target, ast.Name)]


def _changed_in(function):
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.attr in _CHANGING
        ):
            yield node.func.value.id
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, (ast.Store, ast.Del))
            and isinstance(node.value, ast.Name)
        ):
            yield node.value.id
