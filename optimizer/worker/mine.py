"""Read constants, patterns and boundaries out of the source of the functions that changed.

Fuzzing loses where a branch waits for one literal: a separator, a key, a date, a size. All of them
stand in the source, before or after the change, in what it calls, or in a constant of the module.
"""

from __future__ import annotations

import ast
import collections
import re

_DEPTH = 2
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_REGEX_CALLS = {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
_MOST_ITEMS = 60
_LONGEST_TEXT = 400


class Pools:
    """What was mined, each in order of discovery and without repetition."""

    def __init__(self):
        self.ints, self.floats, self.strs, self.bytes = {}, {}, {}, {}
        self.sizes, self.regexes, self.keys, self.names = {}, {}, {}, {}
        self.texts, self.binaries, self.errors, self.private = {}, {}, {}, {}
        self.calls = set()
        self.hot = {}

    @property
    def asks_for_attributes(self):
        """Whether the source reckons with objects that lack an attribute."""
        return "AttributeError" in self.errors or bool(self.calls & {"hasattr", "getattr"})

    def add(self, value):
        """Take in a constant of any kind."""
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int):
            self.ints[value] = None
        elif isinstance(value, float):
            self.floats[value] = None
        elif isinstance(value, str) and len(value) <= _LONGEST_TEXT:
            self.strs[value] = None
        elif isinstance(value, bytes) and len(value) <= _LONGEST_TEXT:
            self.bytes[value] = None
        elif isinstance(value, re.Pattern):
            self.regexes[value.pattern, value.flags & ~re.DEBUG] = None

    def add_all(self, value, depth=2):
        """Take in a constant and, of a plain container, its items."""
        self.add(value)
        if depth and type(value) in (list, tuple, set, frozenset, dict, collections.OrderedDict):
            items = list(value)[:_MOST_ITEMS]
            for item in sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items:
                self.add_all(item, depth - 1)
            if isinstance(value, dict):
                for item in list(value.values())[:_MOST_ITEMS]:
                    self.add_all(item, depth - 1)


class Sources:
    """The functions and classes of one version of the module, by qualified name."""

    def __init__(self, text):
        self.tree = ast.parse(text.lstrip("\ufeff"))
        self.nodes = {}
        self._collect(self.tree, "")

    def _collect(self, parent, prefix):
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                name = prefix + node.name
                self.nodes[name] = node
                self._collect(node, name + ("." if isinstance(node, ast.ClassDef) else ".<locals>."))
            elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
                self._collect(node, prefix)

    def function(self, qualname):
        """The node of a function or class, or None."""
        return self.nodes.get(qualname)

    def reached(self, qualnames):
        """These functions and, by name, what they use in the module: themselves first."""
        found, todo = {}, [(name, 0) for name in qualnames]
        while todo:
            name, depth = todo.pop(0)
            node = self.nodes.get(name)
            if node is None or name in found:
                continue
            found[name] = node
            if depth < _DEPTH:
                todo += [(used, depth + 1) for used in self._used(node, name)]
        return found

    def _used(self, node, qualname):
        owner = qualname.rpartition(".")[0]
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.nodes:
                yield part.id
            elif isinstance(part, ast.Attribute) and owner + "." + part.attr in self.nodes:
                yield owner + "." + part.attr

    def signature_texts(self):
        """Each function's and module-level statement's code, to find what changed."""
        texts = {name: ast.dump(node) for name, node in self.nodes.items()}
        rest = [
            node
            for node in self.tree.body
            if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom))
        ]
        texts[""] = "".join(ast.dump(node) for node in rest)
        return texts


def changed(before, after):
    """The qualified names whose code differs between two `Sources`, those in only one of them included."""
    old, new = before.signature_texts(), after.signature_texts()
    return [name for name in {**old, **new} if name and old.get(name) != new.get(name)]


def mine(versions, qualnames, namespace):
    """The pools for these functions over all `versions` (`Sources`), with the module's values at hand."""
    pools = Pools()
    for source in versions:
        for node in source.reached(qualnames).values():
            _Miner(pools, namespace).visit(node)
    _widen(pools)
    return pools


class _Miner(ast.NodeVisitor):
    """Fills the pools from one function."""

    def __init__(self, pools, namespace):
        self._pools, self._namespace = pools, namespace

    def visit_Constant(self, node):
        self._pools.add(node.value)

    def visit_FunctionDef(self, node):
        for argument in (*node.args.args, *node.args.kwonlyargs):
            self._pools.names[argument.arg] = None
        for part in (
            *node.args.defaults,
            *[d for d in node.args.kw_defaults if d],
            *_without_docstring(node),
        ):
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        for part in _without_docstring(node):
            self.visit(part)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self._pools.names[node.id] = None
        elif node.id in self._namespace:
            self._pools.add_all(self._namespace[node.id])

    def visit_Attribute(self, node):
        value = _attribute_value(node, self._namespace)
        if isinstance(value, (int, float, str, bytes, re.Pattern)):
            self._pools.add(value)
        if node.attr.startswith("_") and not node.attr.startswith("__"):
            self._pools.private[node.attr] = None
        self.generic_visit(node)

    def visit_JoinedStr(self, node):
        for part in node.values:
            if isinstance(part, ast.Constant):
                self._pools.add(part.value)
                if isinstance(part.value, str) and part.value.strip():
                    self._pools.add(part.value.strip())
            else:
                self.visit(part)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            value = node.operand.value
            if isinstance(value, (int, float)):
                self._pools.add(-value)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        for value in _folded(node):
            self._pools.add(value)
        self.generic_visit(node)

    def visit_Compare(self, node):
        operands = [node.left, *node.comparators]
        if any(_is_size(part) for part in operands):
            self._pools.sizes.update(dict.fromkeys(self._whole_numbers(operands)))
        self.generic_visit(node)

    def _whole_numbers(self, operands):
        for part in operands:
            value = part.value if isinstance(part, ast.Constant) else None
            if isinstance(part, ast.Name):
                value = self._namespace.get(part.id)
            elif isinstance(part, ast.Attribute):
                value = _attribute_value(part, self._namespace)
            if type(value) is int and 0 <= value <= 5000:
                yield value

    def visit_Subscript(self, node):
        self._key(node.slice)
        if isinstance(node.slice, ast.Slice):
            self._pools.sizes.update(
                dict.fromkeys(
                    part.value
                    for part in (node.slice.lower, node.slice.upper)
                    if isinstance(part, ast.Constant) and type(part.value) is int and 0 <= part.value <= 5000
                )
            )
        self.generic_visit(node)

    def _key(self, node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._pools.keys[node.value] = None

    def visit_ExceptHandler(self, node):
        self._errors(node.type.elts if isinstance(node.type, ast.Tuple) else [node.type])
        self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        self._pools.calls.add(name)
        if node.args:
            self._read_arguments(name, node)
        self.generic_visit(node)

    def _read_arguments(self, name, node):
        """What the arguments of some well-known functions say: patterns, formats, keys, exceptions."""
        first, second = node.args[0], node.args[1] if len(node.args) > 1 else None
        text = _text_of(first, self._namespace)
        if name in _REGEX_CALLS and text is not None and _is_regex_module(node.func):
            self._pools.regexes[text, _flags_of(node)] = None
        elif name in ("strptime", "strftime") and second is not None:
            self._formats(_text_of(second, self._namespace))
        elif name in ("unpack", "unpack_from", "iter_unpack", "Struct") and text is not None:
            self._packed(text)
        elif name in ("get", "pop", "setdefault"):
            self._key(first)
        elif name in ("getattr", "hasattr", "setattr") and second is not None:
            self._key(second)
        elif name == "suppress":
            self._errors(node.args)

    def _errors(self, kinds):
        for kind in kinds:
            if isinstance(kind, (ast.Name, ast.Attribute)) and _is_error(kind, self._namespace):
                self._pools.errors[ast.unparse(kind)] = None

    def _formats(self, date_format):
        from .patterns import moments

        for text in moments(date_format):
            self._pools.texts[text] = None

    def _packed(self, struct_format):
        from .patterns import packed

        for data in packed(struct_format):
            self._pools.binaries[data] = None


def _without_docstring(node):
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:]
    return body


def _is_size(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _folded(node):
    """The value of arithmetic on constants (`60 * 60`, `1 << 20`), when it is small enough to compute."""
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp):
        left = next((ast.Constant(value=value) for value in _folded(left)), left)
    if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
        return
    one, other = left.value, right.value
    if type(one) is not int or type(other) is not int or not 0 <= other <= 10**6 or abs(one) > 10**9:
        return
    if isinstance(node.op, ast.Mult):
        yield one * other
    elif isinstance(node.op, ast.Add):
        yield one + other
    elif isinstance(node.op, ast.Sub):
        yield one - other
    elif isinstance(node.op, (ast.Pow, ast.LShift)) and other <= 64:
        yield one**other if isinstance(node.op, ast.Pow) else one << other


def _attribute_value(node, namespace):
    """The value of `module.NAME`, `Class.NAME` or `self.NAME` where reading it runs nobody's code."""
    if not isinstance(node.value, ast.Name):
        return None
    if node.value.id in ("self", "cls"):
        return _class_constant(node.attr, namespace)
    owner = namespace.get(node.value.id)
    return vars(owner).get(node.attr) if isinstance(owner, (type, type(ast))) else None


def _class_constant(name, namespace):
    """The constant that some class of the module has under this name."""
    for kind in list(namespace.values()):
        if isinstance(kind, type) and kind.__module__ == namespace.get("__name__") and name in vars(kind):
            return vars(kind)[name]
    return None


def _is_error(node, namespace):
    """Whether an expression names an exception that an input can name as well."""
    try:
        found = eval(ast.unparse(node), dict(namespace))
    except Exception:
        return False
    return isinstance(found, type) and issubclass(found, BaseException)


def _text_of(node, namespace):
    if isinstance(node, ast.Constant):
        value = node.value
    elif isinstance(node, ast.Name):
        value = namespace.get(node.id)
    elif isinstance(node, ast.Attribute):
        value = _attribute_value(node, namespace)
    else:
        value = None
    return value if isinstance(value, (str, bytes)) else None


def _is_regex_module(func):
    return (
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Name)
        and func.value.id in ("re", "regex")
    )


def _flags_of(node):
    """The `re` flags that a call names, as a number."""
    flags = 0
    for part in [*node.args, *[keyword.value for keyword in node.keywords]]:
        for name in ast.walk(part):
            if isinstance(name, ast.Attribute) and isinstance(getattr(re, name.attr, None), re.RegexFlag):
                flags |= int(getattr(re, name.attr))
    return flags


def _widen(pools):
    """Add what lies next to the constants: pieces of texts, neighbours of numbers."""
    for text in list(pools.strs):
        for piece in re.split(r"[\s,;:|/.=&_-]+", text)[:6]:
            if piece and piece != text:
                pools.strs[piece] = None
    for pattern, _ in list(pools.regexes):
        for run in re.findall(
            r"[A-Za-z0-9]{2,}", pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        ):
            pools.strs.setdefault(run)
