"""Walk through one function and note what is done with the values that are followed: statements and bindings."""

from __future__ import annotations

import ast

from .uses import Use, constant, is_number, note, of_items
from .uses_calls import Calls
from .uses_operators import Operators


class Walker(Calls, Operators, ast.NodeVisitor):
    """One walk. `names` are the followed values by name; `owner` is the class that a method belongs to."""

    def __init__(self, sources, owner, names, active=()):
        self.sources, self.owner, self.names, self.active = sources, owner, names, active

    def run(self, node):
        """Look at the body of a function or lambda."""
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)

    # -- statements ---------------------------------------------------------------------------------

    def visit_Assign(self, node):
        value = self.of(node.value)
        for target in node.targets:
            self.bind(target, value, node.value)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.bind(node.target, self.of(node.value), node.value)

    def visit_AugAssign(self, node):
        value = self.of(node.value)
        place = (
            self.names.get(node.target.id) if isinstance(node.target, ast.Name) else self._place(node.target)
        )
        self.arithmetic(node.op, place, value, node.value)
        self.arithmetic(node.op, value, place, node.target)

    def visit_For(self, node):
        self.bind(node.target, self.each(self.of(node.iter)))
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_AsyncFor(self, node):
        note(self.of(node.iter), "async")
        self.visit_For(node)

    def visit_With(self, node):
        for item in node.items:
            value = self.of(item.context_expr)
            note(value, "with")
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With

    def visit_Delete(self, node):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                note(self.of(target.value), "delitem")
                self.of(target.slice)

    def visit_If(self, node):
        self.truth(node.test)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    visit_While = visit_If

    def visit_FunctionDef(self, node):
        self.run(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        return

    def generic_visit(self, node):
        if isinstance(node, ast.expr):
            self.of(node)
        else:
            super().generic_visit(node)

    # -- expressions --------------------------------------------------------------------------------

    def of(self, node):
        """Look at an expression; the `Use` of its value when it is one that is followed."""
        method = getattr(self, "_of_" + type(node).__name__, None)
        if method is not None:
            return method(node)
        for child in ast.iter_child_nodes(node) if node is not None else ():
            if isinstance(child, ast.expr):
                self.of(child)
        return None

    def _of_Name(self, node):
        return self.names.get(node.id)

    def _of_Constant(self, node):
        return None

    def _of_NamedExpr(self, node):
        value = self.of(node.value)
        self.bind(node.target, value, node.value)
        return value

    def _of_Attribute(self, node):
        owner = self.of(node.value)
        return None if owner is None else owner.attrs.setdefault(node.attr, Use())

    def _of_Subscript(self, node):
        return self._indexed(self.of(node.value), node.slice)

    def _indexed(self, owner, index):
        if isinstance(index, ast.Slice):
            for part in (index.lower, index.upper, index.step):
                note(self.of(part), "whole")
            note(owner, "slice")
            return owner
        inner, literal = self.of(index), constant(index)
        if owner is None:
            note(inner, "subscript")
            return None
        if isinstance(literal, str):
            return owner.keys.setdefault(literal, Use())
        if is_number(literal):
            owner.ops.add("index")
            owner.counts.add(literal)
            return owner.fields.setdefault(literal, Use())
        if inner is not None and "whole" in inner.ops:
            owner.ops.add("index")
            return owner.to("item")
        owner.ops.add("lookup")
        note(inner, "subscript")
        return owner.to("value")

    def _of_Await(self, node):
        value = self.of(node.value)
        note(value, "await")
        return None if value is None else value.to("result")

    def _of_YieldFrom(self, node):
        self.each(self.of(node.value))

    def _of_Starred(self, node):
        note(self.of(node.value), "iter")

    def _of_Lambda(self, node):
        self.call_lambda(node, [])

    def _of_ListComp(self, node):
        return self._comprehension(node, [node.elt])

    _of_GeneratorExp = _of_ListComp

    def _of_SetComp(self, node):
        items = self._comprehension(node, [node.elt])
        note(items.item, "hash")
        return items

    def _of_DictComp(self, node):
        note(self._comprehension(node, [node.key, node.value]).item, "hash")

    def _comprehension(self, node, parts):
        outer = dict(self.names)
        for generator in node.generators:
            if generator.is_async:
                note(self.of(generator.iter), "async")
            self.bind(generator.target, self.each(self.of(generator.iter)))
            for test in generator.ifs:
                self.truth(test)
        found = [self.of(part) for part in parts]
        self.names = outer
        return of_items(found[0])

    # -- binding ------------------------------------------------------------------------------------

    def each(self, value):
        """What iterating over a value gives."""
        note(value, "iter")
        return None if value is None else value.to("item")

    def bind(self, target, value, source=None):
        """Let a target stand for a value; `source` tells what a local starts as when nothing else does."""
        if isinstance(target, ast.Name):
            self.names[target.id] = value if value is not None else _literal(source)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._bind_parts(target.elts, value)
        else:
            self._place(target)
            note(value, "stored")

    def _bind_parts(self, targets, value):
        starred = any(isinstance(part, ast.Starred) for part in targets)
        note(value, "unpack")
        if value is not None and not starred:
            value.counts.add(len(targets) - 1)
        for number, part in enumerate(targets):
            inner = None if value is None else value.fields.setdefault(number, Use())
            self.bind(part.value if isinstance(part, ast.Starred) else part, inner)

    def _place(self, target):
        """The `Use` of a place that is assigned to; its owner is noted as changed."""
        if isinstance(target, ast.Subscript):
            owner = self.of(target.value)
            note(owner, "setitem")
            if owner is None:
                note(self.of(target.slice), "hash")
            return self._indexed(owner, target.slice)
        if isinstance(target, ast.Attribute):
            owner = self.of(target.value)
            note(owner, "setattr")
            return None if owner is None else owner.attrs.setdefault(target.attr, Use())
        return None


def _literal(node):
    """A mark for a local that starts as a literal, so that what is added to it is known."""
    literal = constant(node) if node is not None else None
    if isinstance(literal, str) or isinstance(node, ast.JoinedStr):
        return Use("is_str")
    if is_number(literal):
        return Use("is_number")
    return Use("is_list") if isinstance(node, ast.List) else None
