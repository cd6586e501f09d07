"""What calls say about the values that are called, passed, or whose methods are called."""

from __future__ import annotations

import ast

from .uses import Use, arguments_of, constant, note, of_items, row_of

_DEPTH = 3
_SAME_ITEMS = {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deque", "islice", "cycle"}
_CONSUMERS = {
    "sum",
    "min",
    "max",
    "any",
    "all",
    "Counter",
    "fsum",
    "prod",
    "chain",
    "from_iterable",
    "reduce",
}
_CONVERTERS = {
    *("int", "float", "str", "bytes", "bool", "abs", "round", "ord", "chr", "repr", "hash"),
    *("Decimal", "Fraction"),
}
_WHOLE = {"int", "ord", "hash"}
_HASHING = {"set", "frozenset", "Counter"}
_ITEM_WORDS = {
    "sorted": "order",
    "min": "order",
    "max": "order",
    "sum": "number",
    "fsum": "number",
    "prod": "number",
}
_JOINERS = {"extend", "update", "extendleft", "union", "intersection", "difference"}
_REGEX_METHODS = {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn"}
_TEXT_METHODS = {"startswith", "endswith", "split", "strip", "replace", "encode", "find", "partition"}
_PARSED = {"loads": "json", "strptime": "date_text", "fromisoformat": "date_text"}
_TAKING = {"append", "add", "appendleft", "remove", "index", "count"}


class Calls:
    """The part of a walk that reads calls."""

    def _of_Call(self, node):
        func = node.func
        arguments = [self.of(part.value if isinstance(part, ast.Starred) else part) for part in node.args]
        if len(node.args) == 1 and isinstance(node.args[0], ast.Starred):
            arguments = self._parts(arguments[0], getattr(func, "id", ""))
        for part, value in zip(node.args, arguments):
            if isinstance(part, ast.Starred) and len(node.args) > 1:
                note(value, "iter")
        keywords = {keyword.arg: self.of(keyword.value) for keyword in node.keywords}
        self._sort_key(node, arguments)
        if isinstance(func, ast.Name) and func.id not in self.names:
            return self._named(func.id, node, arguments, keywords)
        if isinstance(func, ast.Attribute):
            return self._method(func, node, arguments, keywords)
        return _called(self.of(func), arguments)

    def _parts(self, value, name):
        """What `f(*value)` passes: as many parts as the module's own function or class `name` takes."""
        count = self._number_of_parameters(name)
        if value is None or not count:
            note(value, "iter")
            return [value]
        note(value, "unpack")
        value.counts.add(count - 1)
        return [value.fields.setdefault(number, Use()) for number in range(count)]

    def _number_of_parameters(self, name):
        """How many arguments a function of the module needs, or a class by its `__init__` or its fields; 0: unknown."""
        target = self.sources.function(name) if name not in self.names else None
        if isinstance(target, ast.ClassDef):
            init = self.sources.function(name + ".__init__")
            if init is None:
                return sum(isinstance(part, ast.AnnAssign) and part.value is None for part in target.body)
            return _needed(init) - 1
        return _needed(target) if target is not None else 0

    def _sort_key(self, node, arguments):
        """`key=lambda row: row[1]` says what the items are like."""
        func = node.func
        items = (
            self.of(func.value) if isinstance(func, ast.Attribute) else arguments[0] if arguments else None
        )
        for keyword in node.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, ast.Lambda) and items is not None:
                self.call_lambda(keyword.value, [items.to("item")])

    def call_lambda(self, node, values):
        """Look at the body of a lambda that is called with these values."""
        names = {argument.arg: value for argument, value in zip(arguments_of(node), values)}
        type(self)(self.sources, self.owner, {**self.names, **names}, self.active).run(node)

    # -- functions by name --------------------------------------------------------------------------

    def _named(self, name, node, arguments, keywords):
        first = arguments[0] if arguments else None
        second = node.args[1] if len(node.args) > 1 else None
        if name in ("getattr", "hasattr") and isinstance(constant(second), str):
            return None if first is None else first.attrs.setdefault(constant(second), Use())
        if name in ("isinstance", "issubclass") and first is not None and second is not None:
            first.classes.update(_class_names(second))
            return None
        if name in ("map", "filter"):
            return self._mapped(name, node, arguments)
        if name in ("zip", "enumerate"):
            parts = [self.each(value) for value in arguments]
            return of_items(row_of([Use("whole"), *parts[:1]] if name == "enumerate" else parts))
        if name == "range":
            for value in arguments:
                note(value, "range", "whole")
            return of_items(Use("whole"))
        if name == "dict" and first is not None:
            note(first, "iter", "mapping")
            return first
        return self._plain(name, arguments, keywords)

    def _plain(self, name, arguments, keywords):
        first = arguments[0] if arguments else None
        _called(keywords.get("key"), [None])
        if name in ("min", "max") and len(arguments) > 1:
            for value in arguments:
                note(value, "order")
        elif name in _SAME_ITEMS or name in _CONSUMERS:
            return self._consumed(name, arguments)
        elif name == "len":
            note(first, "len")
            return Use("whole", "size")
        elif name in _CONVERTERS:
            note(first, "to_" + name.lower())
            return Use("whole") if name in _WHOLE else None
        elif name == "next":
            note(first, "next")
            return None if first is None else first.to("item")
        elif name == "open":
            note(first, "path")
        else:
            self._own(name, arguments, keywords)
        return None

    def _consumed(self, name, arguments):
        """Something that goes through its first argument; what it gives, when that has the same items."""
        item = self.each(arguments[0]) if arguments else None
        for value in arguments[1:]:
            note(value, "whole" if name == "islice" else "argument")
        if name in _ITEM_WORDS:
            note(item, _ITEM_WORDS[name])
        if name in _HASHING:
            note(item, "hash")
        return of_items(item) if name in _SAME_ITEMS else None

    def _own(self, name, arguments, keywords):
        """Follow values into a function or class of the same module."""
        target, owner = self.sources.function(name), ""
        if isinstance(target, ast.ClassDef):
            owner, target = name, self.sources.function(name + ".__init__")
        for value in [*arguments, *keywords.values()]:
            note(value, "argument")
        if target is None or len(self.active) >= _DEPTH or name in self.active:
            return
        places = arguments_of(target)[1 if owner else 0 :]
        names = {place.arg: value for place, value in zip(places, arguments)}
        names.update({key: value for key, value in keywords.items() if key})
        type(self)(self.sources, owner, names, (*self.active, name)).run(target)

    def _mapped(self, name, node, arguments):
        items = [self.each(value) for value in arguments[1:]]
        func = node.args[0] if node.args else None
        result = None
        if isinstance(func, ast.Lambda):
            self.call_lambda(func, items)
        elif isinstance(func, ast.Name) and func.id not in self.names:
            result = self._plain(func.id, items, {})
        elif arguments:
            result = _called(arguments[0], items)
        return of_items(items[0] if name == "filter" and items else result)

    # -- methods ------------------------------------------------------------------------------------

    def _method(self, func, node, arguments, keywords):
        owner, name = self.of(func.value), func.attr
        if owner is None:
            return self._method_of_other(func, arguments, keywords)
        place = owner.attrs.setdefault(name, Use())
        _called(place, arguments)
        first = arguments[0] if arguments else None
        key = constant(node.args[0]) if node.args else None
        if name in ("get", "pop", "setdefault") and isinstance(key, str):
            return owner.keys.setdefault(key, Use())
        if name in ("get", "setdefault"):
            note(first, "subscript")
            return owner.to("value")
        if name in _TAKING:
            note(first, "member")
            return None
        if name in ("pop", "popleft"):
            note(first, "whole")
            return owner.to("item")
        return _view(owner, name) or place.to("result")

    def _method_of_other(self, func, arguments, keywords):
        """A method of something that is not followed: `", ".join(xs)`, `re.match(p, text)`."""
        name, first = func.attr, arguments[0] if arguments else None
        owner = func.value.id if isinstance(func.value, ast.Name) else ""
        if name == "join":
            note(self.each(first), "add_str")
        elif name in _JOINERS:
            self.each(first)
        elif name in _REGEX_METHODS:
            _matched(name, arguments, plain=owner == "re")
        elif name in _TEXT_METHODS:
            for value in arguments:
                note(value, "text")
        elif name in _PARSED:
            note(first, _PARSED[name])
        elif owner in ("self", "cls"):
            self._own((self.owner + "." if self.owner else "") + name, [None, *arguments], keywords)
        else:
            return self._plain(name, arguments, keywords)
        return None


def _needed(function):
    """How many positional arguments a function cannot do without."""
    given = function.args
    return len(given.posonlyargs) + len(given.args) - len(given.defaults)


def _called(value, arguments):
    """Note that a value is called; what it gives."""
    if value is None:
        return None
    value.ops.add("call")
    value.counts.add(len(arguments))
    return value.to("result")


def _view(owner, name):
    """What the views of a dict give, or None for other methods."""
    if name == "items":
        return of_items(row_of([owner.to("key"), owner.to("value")]))
    if name in ("keys", "values"):
        return of_items(owner.to(name[:-1]))
    return owner if name == "copy" else None


def _matched(name, arguments, *, plain):
    """`re.sub(pattern, new, text)` and its like, with or without the pattern as the first argument."""
    if plain and arguments:
        note(arguments[0], "regex")
        arguments = arguments[1:]
    for value in arguments[-1:] if name in ("sub", "subn") else arguments[:1]:
        note(value, "text")


def _class_names(node):
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [ast.unparse(part) for part in parts if isinstance(part, (ast.Name, ast.Attribute))]
