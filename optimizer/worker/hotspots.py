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
    """Names of data of all versions of the module that some function rebinds or changes in place."""
    bound = [{target.id for node in source.tree.body for target in _targets(node)} for source in versions]
    changed = {name for source in versions for name in _changed_in(source.tree)}
    return sorted(changed.intersection(*bound))


def _targets(node):
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [target for target in targets if isinstance(target, ast.Name)]


def _changed_in(tree):
    """Names that functions declare global, and names whose values they change."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            for node in ast.walk(function):
                yield from _changed_by(node)


def _changed_by(node):
    if isinstance(node, ast.Global):
        yield from node.names
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield getattr(node.value, "id", "")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        yield getattr(node.func.value, "id", "")
