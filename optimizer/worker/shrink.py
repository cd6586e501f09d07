"""Smaller forms of a recipe, most promising first; whoever asks keeps those that still make the point."""

from __future__ import annotations

import ast

_MANY = 3


def smaller(recipe):
    """Recipes with one thing less or one thing simpler."""
    yield from _fewer_ops(recipe)
    yield from _shorter_sequence(recipe)
    kind, what = recipe["base"]
    if kind == "source":
        for text in smaller_texts(what):
            yield {**recipe, "base": ["source", text]}
    for name, given in recipe.get("kwargs", {}).items():
        yield {**recipe, "kwargs": {key: value for key, value in recipe["kwargs"].items() if key != name}}
        for text in smaller_texts(given["source"]):
            yield {**recipe, "kwargs": {**recipe["kwargs"], name: {"source": text}}}
    yield from _smaller_op_values(recipe)


def _fewer_ops(recipe):
    ops = recipe.get("ops", [])
    for number in range(len(ops)):
        yield _without_empty({**recipe, "ops": ops[:number] + ops[number + 1 :]})
    if "earlier" in recipe:
        yield _without_empty({**recipe, "earlier": []})


def _shorter_sequence(recipe):
    steps = recipe.get("sequence", [])
    for number in range(len(steps)):
        yield _without_empty({**recipe, "sequence": steps[:number] + steps[number + 1 :]})


def _without_empty(recipe):
    return {name: value for name, value in recipe.items() if value != []}


def _smaller_op_values(recipe):
    ops = recipe.get("ops", [])
    for number, op in enumerate(ops):
        for place, part in enumerate(op):
            if isinstance(part, dict) and "source" in part:
                for text in smaller_texts(part["source"]):
                    changed = [*op[:place], {"source": text}, *op[place + 1 :]]
                    yield {**recipe, "ops": [*ops[:number], changed, *ops[number + 1 :]]}


def smaller_texts(text):
    """Simpler expressions than `text`: items left out, numbers and texts made short."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    top = tree.body
    seen = {ast.unparse(top)}
    for node in _walk(top):
        for field, old, new in _simpler(node, is_top=node is top):
            setattr(node, field, new)
            candidate = ast.unparse(top)
            setattr(node, field, old)
            if candidate not in seen and len(candidate) <= len(text) + 2:
                seen.add(candidate)
                yield candidate


def _walk(node):
    """Nodes whose change keeps the expression's meaning: not what an import is told."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _simpler(node, is_top):
    """(field, old, new) for each simplification of one node; the arguments of the call stay as many as they are."""
    if isinstance(node, (ast.List, ast.Set)) and not is_top:
        yield from _fewer_items(node)
    elif isinstance(node, ast.Dict):
        for number in range(len(node.keys)):
            yield from _without_pair(node, number)
    elif isinstance(node, ast.Constant):
        for value in _simpler_constants(node.value):
            yield "value", node.value, value


def _fewer_items(node):
    items = node.elts
    if len(items) > _MANY:
        yield "elts", items, items[: len(items) // 2]
        yield "elts", items, items[len(items) // 2 :]
    if len(items) > 1 or isinstance(node, ast.List):
        for number in range(len(items)):
            yield "elts", items, items[:number] + items[number + 1 :]


def _without_pair(node, number):
    keys, values = node.keys, node.values
    node.values = values[:number] + values[number + 1 :]
    yield "keys", keys, keys[:number] + keys[number + 1 :]
    node.values = values


def _simpler_constants(value):
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (new for new in (0, 1, 2, value // 2) if abs(new) < abs(value))
    elif isinstance(value, float):
        yield from (new for new in (0.0, 1.0, 0.5) if abs(new) < abs(value))
    elif isinstance(value, (str, bytes)) and value:
        yield value[:0]
        yield value[: len(value) // 2]
        yield value[len(value) // 2 :]
        yield value[1:]
        yield value[:-1]
        if isinstance(value, str) and value not in ("a", "b"):
            yield "a"
