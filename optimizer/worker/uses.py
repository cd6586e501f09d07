"""How a function uses its parameters: iterated, indexed, called, which attributes and keys are read.

A small abstract interpretation over the source. What it finds is a hint for building arguments, never
evidence; where it cannot follow a value it says nothing.
"""

from __future__ import annotations

import ast


class Use:
    """What was seen done with one value, and with what lies in it.

    `ops` are words for what was done ("iter", "index", "call", "add_str", ...). `item` is what iterating
    gives, `value` and `key` what a look-up takes, `result` what a call gives; `attrs`, `keys` (of text)
    and `fields` (by number) are parts with a name. `consts` are constants it was compared with, `counts`
    numbers of arguments or of parts, `classes` what `isinstance` asked for.
    """

    def __init__(self, *ops):
        self.ops = set(ops)
        self.attrs, self.keys, self.fields = {}, {}, {}
        self.item = self.value = self.key = self.result = None
        self.consts = {}
        self.counts = set()
        self.classes = set()

    def to(self, part):
        """The part of this name ("item", "value", ...), made when nothing was seen of it before."""
        found = getattr(self, part)
        if found is None:
            found = Use()
            setattr(self, part, found)
        return found

    def known(self):
        """Whether anything was seen at all."""
        return bool(self.ops or self.attrs or self.keys or self.fields or self.consts or self.result)


def uses(sources, qualname):
    """`Use` of each parameter of a function (of `__init__`, for a class), by name."""
    from .uses_walk import Walker

    node = sources.function(qualname)
    if isinstance(node, ast.ClassDef):
        node = sources.function(qualname + ".__init__")
    if node is None:
        return {}
    found = {argument.arg: Use() for argument in arguments_of(node)}
    Walker(sources, qualname.rpartition(".")[0], dict(found)).run(node)
    return found


def arguments_of(node):
    """All parameters of a function or lambda, in order."""
    arguments = node.args
    extra = [part for part in (arguments.vararg, arguments.kwarg) if part]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def note(value, *ops):
    """Note what was done with a value, when it is one that is followed."""
    if value is not None:
        value.ops.update(ops)


def of_items(item):
    """A sequence of such items."""
    use = Use()
    use.item = item
    return use


def row_of(parts):
    """A value whose parts, by number, are these."""
    use = Use()
    use.fields = {number: part or Use() for number, part in enumerate(parts)}
    return use


def constant(node):
    """The value of a literal (also a negative number), or None."""
    if isinstance(node, ast.Constant):
        return node.value
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        value = node.operand.value
        return -value if isinstance(value, (int, float)) else None
    return None


def is_number(value):
    """Whether a constant is a number and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
