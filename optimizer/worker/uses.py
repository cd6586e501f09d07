"""How a function uses its parameters: iterated, indexed, called, which attributes and keys are read.

A small abstract interpretation over the source. What it finds is a hint for building arguments, never
evidence; where it cannot follow a value it says nothing.
"""

from __future__ import annotations

import ast

_DEPTH = 3
_PASS_ITEMS_ON = {
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "reversed",
    "iter",
    "deque",
    "islice",
    "cycle",
}
_CONSUME = {"sum", "min", "max", "any", "all", "Counter", "fsum", "prod", "chain", "from_iterable", "reduce"}
_CONVERT = {
    "int",
    "float",
    "str",
    "bytes",
    "bool",
    "abs",
    "round",
    "ord",
    "chr",
    "repr",
    "hash",
    "Decimal",
    "Fraction",
}
_NOTED = {"len": "len", "open": "path"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Use:
    """What was seen done with one value, and with what lies in it."""

    def __init__(self):
        self.ops = set()
        self.attrs, self.keys, self.fields = {}, {}, {}
        self.item = self.value = self.key = self.result = None
        self.consts = {}
        self.counts = set()
        self.classes = set()

    def to_item(self):
        self.item = self.item or Use()
        return self.item

    def to_value(self):
        self.value = self.value or Use()
        return self.value

    def to_key(self):
        self.key = self.key or Use()
        return self.key

    def to_result(self):
        self.result = self.result or Use()
        return self.result

    def known(self):
        """Whether anything was seen at all."""
        return bool(self.ops or self.attrs or self.keys or self.fields or self.consts or self.result)


def uses(sources, qualname):
    """`Use` of each parameter of a function (of `__init__`, for a class), by name."""
    node = sources.function(qualname)
    if isinstance(node, ast.ClassDef):
        node = sources.function(qualname + ".__init__")
    if node is None:
        return {}
    found = {argument.arg: Use() for argument in _arguments(node)}
    _Walker(sources, qualname.rpartition(".")[0], dict(found), 0, ()).run(node)
    return found


def _arguments(node):
    arguments = node.args
    extra = [part for part in (arguments.vararg, arguments.kwarg) if part]
    return [*getattr(arguments, "posonlyargs", []), *arguments.args, *arguments.kwonlyargs, *extra]


class _Walker(ast.NodeVisitor):
    def __init__(self, sources, owner, names, depth, active):
        self._sources, self._owner, self._names = sources, owner, names
        self._depth, self._active = depth, active

    def run(self, node):
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)

    # -- statements ---------------------------------------------------------------------------------

    def visit_Assign(self, node):
        value = self.of(node.value)
        for target in node.targets:
            self._bind(target, value, node.value)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self._bind(node.target, self.of(node.value), node.value)

    def visit_NamedExpr(self, node):
        self.of(node)

    def visit_AugAssign(self, node):
        value = self.of(node.value)
        if isinstance(node.target, ast.Name):
            old = self._names.get(node.target.id)
            self._arithmetic(node.op, old, value, node.value)
            self._arithmetic(node.op, value, old, node.target)
        else:
            place = self._place(node.target)
            self._arithmetic(node.op, place, value, node.value)

    def visit_For(self, node):
        self._loop(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_AsyncFor(self, node):
        self._note(self.of(node.iter), "async")
        self.visit_For(node)

    def visit_With(self, node):
        for item in node.items:
            value = self.of(item.context_expr)
            if value is not None:
                value.ops.add("with")
            if item.optional_vars is not None:
                self._bind(item.optional_vars, value, item.context_expr)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With

    def visit_Delete(self, node):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                self._note(self.of(target.value), "delitem")
                self.of(target.slice)

    def visit_If(self, node):
        self._truth(node.test)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_While(self, node):
        self.visit_If(node)

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
        if node is None:
            return None
        method = getattr(self, "_of_" + type(node).__name__, None)
        if method is not None:
            return method(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.of(child)
        return None

    def _of_Name(self, node):
        return self._names.get(node.id)

    def _of_Constant(self, node):
        return None

    def _of_NamedExpr(self, node):
        value = self.of(node.value)
        self._bind(node.target, value, node.value)
        return value

    def _of_Attribute(self, node):
        owner = self.of(node.value)
        return None if owner is None else owner.attrs.setdefault(node.attr, Use())

    def _of_Subscript(self, node):
        owner, index = self.of(node.value), node.slice
        index = index.value if type(index).__name__ == "Index" else index
        return self._indexed(owner, index)

    def _indexed(self, owner, index):
        inner = self.of(index) if not isinstance(index, ast.Slice) else self._slice(index)
        if owner is None:
            self._note(inner, "subscript")
            return None
        if isinstance(index, ast.Slice):
            owner.ops.add("slice")
            return owner
        constant = _constant(index)
        if isinstance(constant, str):
            return owner.keys.setdefault(constant, Use())
        if isinstance(constant, int) or (inner is not None and "whole" in inner.ops):
            owner.ops.add("index")
            if isinstance(constant, int):
                owner.counts.add(constant)
                return owner.fields.setdefault(constant, Use())
            return owner.to_item()
        owner.ops.add("lookup")
        self._note(inner, "subscript")
        return owner.to_value()

    def _slice(self, node):
        for part in (node.lower, node.upper, node.step):
            self._note(self.of(part), "whole")

    def _of_Call(self, node):
        func = node.func
        arguments = [self.of(part.value if isinstance(part, ast.Starred) else part) for part in node.args]
        for part, value in zip(node.args, arguments):
            if isinstance(part, ast.Starred):
                self._note(value, "iter")
        keywords = {keyword.arg: self.of(keyword.value) for keyword in node.keywords}
        self._sort_key(node, func, arguments)
        if isinstance(func, ast.Name) and func.id not in self._names:
            return self._named_call(func.id, node, arguments, keywords)
        if isinstance(func, ast.Attribute):
            return self._method_call(func, node, arguments, keywords)
        called = self.of(func)
        return self._called(called, arguments)

    def _sort_key(self, node, func, arguments):
        """`key=lambda row: row[1]` says what the items are like."""
        items = (
            self.of(func.value) if isinstance(func, ast.Attribute) else arguments[0] if arguments else None
        )
        for keyword in node.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, ast.Lambda) and items is not None:
                self._lambda(keyword.value, [items.to_item()])

    def _called(self, called, arguments):
        if called is None:
            return None
        called.ops.add("call")
        called.counts.add(len(arguments))
        return called.to_result()

    def _named_call(self, name, node, arguments, keywords):
        first = arguments[0] if arguments else None
        if name in ("map", "filter"):
            return self._mapped(name, node, arguments)
        if name == "zip":
            return _row([self._each(value) for value in arguments])
        if name == "enumerate":
            return _row([_whole(), self._each(first)])
        if name in ("getattr", "hasattr") and len(node.args) > 1 and first is not None:
            key = _constant(node.args[1])
            return first.attrs.setdefault(key, Use()) if isinstance(key, str) else None
        if name in ("isinstance", "issubclass") and first is not None and len(node.args) > 1:
            first.classes.update(_class_names(node.args[1]))
            return None
        if name == "range":
            for value in arguments:
                self._note(value, "range")
                self._note(value, "whole")
            return _of_whole_numbers()
        if name == "dict" and first is not None:
            return self._each_pair(first)
        return self._plain_call(name, arguments, keywords)

    def _plain_call(self, name, arguments, keywords):
        first = arguments[0] if arguments else None
        if keywords.get("key") is not None:
            keywords["key"].ops.add("call")
            keywords["key"].counts.add(1)
            keywords["key"].to_result().ops.add("order")
        if name in ("min", "max") and len(arguments) > 1:
            for value in arguments:
                self._note(value, "order")
            return None
        if name in _PASS_ITEMS_ON or name in _CONSUME:
            return self._consumed(name, arguments)
        if name in _NOTED:
            self._note(first, _NOTED[name])
            return _whole("size") if name == "len" else None
        if name in _CONVERT:
            self._note(first, "to_" + name.lower())
            return _whole() if name in ("int", "ord", "hash") else None
        if name == "next":
            self._note(first, "next")
            return first.to_item() if first is not None else None
        return self._own_call(name, arguments, keywords)

    def _consumed(self, name, arguments):
        """Something that goes through its first argument; what it gives, when that has the same items."""
        item = self._each(arguments[0]) if arguments else None
        for value in arguments[1:]:
            self._note(value, "whole" if name == "islice" else "argument")
        if name in ("sorted", "min", "max"):
            self._note(item, "order")
        if name in ("sum", "fsum", "prod"):
            self._note(item, "number")
        return _sequence(item) if name in _PASS_ITEMS_ON else None

    def _own_call(self, name, arguments, keywords):
        """Follow a value into a function or class of the same module."""
        target = self._sources.function(name)
        owner = ""
        if isinstance(target, ast.ClassDef):
            owner, target = name, self._sources.function(name + ".__init__")
        for value in [*arguments, *keywords.values()]:
            self._note(value, "argument")
        if target is None or self._depth >= _DEPTH or name in self._active:
            return
        places = _arguments(target)[1 if owner else 0 :]
        names = {place.arg: value for place, value in zip(places, arguments)}
        names.update({key: value for key, value in keywords.items() if key})
        _Walker(self._sources, owner, names, self._depth + 1, (*self._active, name)).run(target)

    def _mapped(self, name, node, arguments):
        items = [self._each(value) for value in arguments[1:]]
        func = node.args[0] if node.args else None
        if isinstance(func, ast.Lambda):
            self._lambda(func, items)
        elif isinstance(func, ast.Name) and func.id not in self._names:
            result = self._plain_call(func.id, items, {})
            return _sequence(items[0] if name == "filter" and items else result)
        elif arguments and arguments[0] is not None:
            return _sequence(self._called(arguments[0], items))
        return _sequence(items[0] if name == "filter" and items else None)

    def _lambda(self, node, values):
        names = dict(self._names)
        names.update({argument.arg: value for argument, value in zip(_arguments(node), values)})
        walker = _Walker(self._sources, self._owner, names, self._depth, self._active)
        walker.run(node)

    def _of_Lambda(self, node):
        self._lambda(node, [None] * len(_arguments(node)))

    def _method_call(self, func, node, arguments, keywords):
        owner, name = self.of(func.value), func.attr
        if owner is None:
            return self._call_on_other(func, node, arguments, keywords)
        place = owner.attrs.setdefault(name, Use())
        place.ops.add("call")
        place.counts.add(len(arguments))
        first = arguments[0] if arguments else None
        key = _constant(node.args[0]) if node.args else None
        if name in ("get", "pop", "setdefault") and isinstance(key, str):
            return owner.keys.setdefault(key, Use())
        if name in ("get", "setdefault"):
            self._note(first, "subscript")
            return owner.to_value()
        if name == "items":
            return _sequence(_pair(owner.to_key(), owner.to_value()))
        if name == "values":
            return _sequence(owner.to_value())
        if name == "keys":
            return _sequence(owner.to_key())
        if name in ("append", "add", "appendleft", "remove", "index", "count"):
            self._note(first, "member")
            return None
        if name in ("pop", "popleft"):
            self._note(first, "whole")
            return owner.to_item()
        if name == "copy":
            return owner
        return place.to_result()

    def _call_on_other(self, func, node, arguments, keywords):
        """A method of something that is not followed: `", ".join(xs)`, `re.match(p, text)`."""
        name, first = func.attr, arguments[0] if arguments else None
        if name == "join":
            item = self._each(first)
            if item is not None:
                item.ops.add("add_str")
        elif name in ("extend", "update", "extendleft", "union", "intersection", "difference"):
            self._each(first)
        elif name in ("match", "search", "fullmatch", "findall", "finditer", "sub", "subn"):
            plain = isinstance(func.value, ast.Name) and func.value.id == "re"
            self._note(arguments[0] if plain and arguments else None, "regex")
            texts = arguments[1:] if plain else arguments
            for value in texts[-1:] if name in ("sub", "subn") else texts[:1]:
                self._note(value, "text")
        elif name in ("startswith", "endswith", "split", "strip", "replace", "encode", "find", "partition"):
            for value in arguments:
                self._note(value, "text")
        elif name in ("loads", "strptime", "fromisoformat"):
            self._note(first, "json" if name == "loads" else "date_text")
        elif isinstance(func.value, ast.Name) and func.value.id in ("self", "cls"):
            return self._own_method(name, arguments, keywords)
        else:
            return self._plain_call(name, arguments, keywords)
        return None

    def _own_method(self, name, arguments, keywords):
        return self._own_call((self._owner + "." if self._owner else "") + name, [None, *arguments], keywords)

    # -- operators ----------------------------------------------------------------------------------

    def _of_BinOp(self, node):
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Mod) and isinstance(_constant(node.left), str):
            self._note(right, "format")
            return None
        self._arithmetic(node.op, left, right, node.right)
        self._arithmetic(node.op, right, left, node.left)
        whole = left is not None and "whole" in left.ops and isinstance(_constant(node.right), int)
        return _whole() if whole else None

    def _arithmetic(self, op, one, other, other_node):
        constant = _constant(other_node)
        literal = isinstance(other_node, (ast.JoinedStr, ast.List))
        if one is None:
            return
        if isinstance(constant, str) or isinstance(other_node, ast.JoinedStr):
            one.ops.add("add_str")
        elif isinstance(constant, bytes):
            one.ops.add("add_bytes")
        elif isinstance(other_node, ast.List) and not isinstance(op, ast.Mult):
            one.ops.add("add_list")
        elif isinstance(op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)):
            one.ops.add("bits")
        elif isinstance(constant, (int, float)):
            one.ops.add("number")
        elif not literal:
            kind = _literal_kind(other)
            one.ops.add(kind or "arithmetic")

    def _of_UnaryOp(self, node):
        value = self.of(node.operand)
        self._note(value, "truth" if isinstance(node.op, ast.Not) else "number")

    def _truth(self, node):
        self._note(self.of(node), "truth")

    def _of_BoolOp(self, node):
        for part in node.values:
            self._truth(part)

    def _of_IfExp(self, node):
        self._truth(node.test)
        one, other = self.of(node.body), self.of(node.orelse)
        return one or other

    def _of_Compare(self, node):
        operands = [node.left, *node.comparators]
        found = [self.of(part) for part in operands]
        for op, one, other, left, right in zip(node.ops, found, found[1:], operands, operands[1:]):
            if isinstance(op, (ast.In, ast.NotIn)):
                self._membership(one, other, left, right)
            elif isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
                self._compared(one, other, left, right, "equal")
            else:
                self._compared(one, other, left, right, "order")

    def _membership(self, one, other, left, right):
        self._note(one, "member")
        self._note(other, "contains")
        if one is not None and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
            one.consts.update(dict.fromkeys(c for c in map(_constant, right.elts) if c is not None))
        constant = _constant(left)
        if other is not None and isinstance(constant, str):
            other.consts[constant] = None
            other.ops.add("contains_str")

    def _compared(self, one, other, left, right, how):
        for value, against, node in ((one, other, right), (other, one, left)):
            if value is None:
                continue
            constant = _constant(node)
            value.ops.add(how)
            if isinstance(constant, (int, float)) and not isinstance(constant, bool):
                value.ops.add("number")
            if constant is not None:
                value.consts[constant] = None
            if against is not None and "size" in against.ops:
                value.ops.add("whole")

    def _of_JoinedStr(self, node):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self._note(self.of(part.value), "format")
                if part.format_spec is not None:
                    self.of(part.format_spec)

    def _of_Dict(self, node):
        for key, value in zip(node.keys, node.values):
            if key is None:
                self._note(self.of(value), "mapping")
            else:
                self._note(self.of(key), "hash")
                self.of(value)

    def _of_Await(self, node):
        value = self.of(node.value)
        self._note(value, "await")
        return value.to_result() if value is not None else None

    def _of_YieldFrom(self, node):
        self._each(self.of(node.value))

    def _of_Starred(self, node):
        self._note(self.of(node.value), "iter")

    def _of_ListComp(self, node):
        return self._comprehension(node, [node.elt])

    _of_SetComp = _of_GeneratorExp = _of_ListComp

    def _of_DictComp(self, node):
        self._comprehension(node, [node.key, node.value])

    def _comprehension(self, node, parts):
        outer = dict(self._names)
        for generator in node.generators:
            self._loop(generator.target, generator.iter)
            for test in generator.ifs:
                self._truth(test)
        found = [self.of(part) for part in parts]
        self._names = outer
        return _sequence(found[0])

    # -- binding ------------------------------------------------------------------------------------

    def _loop(self, target, iterable):
        self._bind(target, self._each(self.of(iterable)), None)

    def _each(self, value):
        if value is None:
            return None
        value.ops.add("iter")
        return value.to_item()

    def _each_pair(self, value):
        value.ops.add("iter")
        value.ops.add("mapping")
        return value

    def _bind(self, target, value, source):
        if isinstance(target, ast.Name):
            self._names[target.id] = value if value is not None else _literal(source)
        elif isinstance(target, (ast.Tuple, ast.List)):
            if value is not None:
                value.ops.add("unpack")
                if not any(isinstance(part, ast.Starred) for part in target.elts):
                    value.counts.add(len(target.elts) - 1)
            for number, part in enumerate(target.elts):
                inner = None if value is None else value.fields.setdefault(number, Use())
                self._bind(part.value if isinstance(part, ast.Starred) else part, inner, None)
        else:
            place = self._place(target)
            if place is not None and value is not None:
                value.ops.add("stored")

    def _place(self, target):
        """The `Use` of a place that is assigned to; its owner is noted as changed."""
        if isinstance(target, ast.Subscript):
            owner = self.of(target.value)
            self._note(owner, "setitem")
            index = target.slice.value if type(target.slice).__name__ == "Index" else target.slice
            found = self._indexed(owner, index)
            if owner is None:
                self._note(self.of(index), "hash")
            return found
        if isinstance(target, ast.Attribute):
            owner = self.of(target.value)
            self._note(owner, "setattr")
            return None if owner is None else owner.attrs.setdefault(target.attr, Use())
        return None

    @staticmethod
    def _note(value, op):
        if value is not None:
            value.ops.add(op)


def _constant(node):
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


def _class_names(node):
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [ast.unparse(part) for part in parts if isinstance(part, (ast.Name, ast.Attribute))]


def _whole(*ops):
    use = Use()
    use.ops.update(("whole", *ops))
    return use


def _of_whole_numbers():
    use = Use()
    use.item = _whole()
    return use


def _sequence(item):
    use = Use()
    use.item = item
    return use


def _row(parts):
    """A sequence of rows whose columns are these values."""
    row = Use()
    row.fields = {number: part or Use() for number, part in enumerate(parts)}
    return _sequence(row)


def _pair(key, value):
    pair = Use()
    pair.fields = {0: key, 1: value}
    return pair


def _literal(node):
    """A mark for a local that starts as a literal, so that what is added to it is known."""
    use = Use()
    constant = _constant(node) if node is not None else None
    if isinstance(constant, str) or isinstance(node, ast.JoinedStr):
        use.ops.add("is_str")
    elif isinstance(constant, (int, float)) and not isinstance(constant, bool):
        use.ops.add("is_number")
    elif isinstance(node, ast.List):
        use.ops.add("is_list")
    else:
        return None
    return use


def _literal_kind(other):
    if other is None:
        return ""
    for mark, kind in (
        ("is_str", "add_str"),
        ("is_number", "number"),
        ("is_list", "add_list"),
        ("whole", "number"),
    ):
        if mark in other.ops:
            return kind
    return ""
