"""Both versions of a module in one process: two sets of definitions over the same classes.

Each version's changed definitions are compiled and run again on a copy of the module's globals. A class
statement is run with only its changed members, over the attributes of the class that exists already,
and gives that class back: so `super()`, private names, `x.setter` and decorators work, and what came out
is put on the class whenever that version is about to run (`Side.install`).
"""

from __future__ import annotations

import ast
import functools
import types

from . import duet_diff
from .duet_diff import DEFINITIONS, NotTogether

_STAR, _DOUBLE_STAR = 0x04, 0x08  # inspect.CO_VARARGS, inspect.CO_VARKEYWORDS; `inspect` is slow to import
_KEEP = "__tenpercent_keep__"
_CLASS = "__tenpercent_class__"
_ABSENT = object()
_IMPLICIT = {"__new__": staticmethod, "__init_subclass__": classmethod, "__class_getitem__": classmethod}
_METACLASSES = ("type", "ABCMeta")


class Side:
    """One version, ready to be called.

    `namespace` is its globals; `raw` maps a qualified name to its functions as they were before any
    decorator; `attributes` are (class, name, value or _ABSENT); `places` are (name, line) of its functions.
    """

    def __init__(self, name, namespace):
        self.name = name
        self.namespace = namespace
        self.raw = {}
        self.attributes = []
        self.own = {}
        self.places = set()

    def install(self):
        """Make shared classes be those of this version."""
        for owner, name, value in self.attributes:
            if value is not _ABSENT:
                type.__setattr__(owner, name, value)
            elif name in vars(owner):
                type.__delattr__(owner, name)

    def keep(self, function):
        """The innermost decorator: remember the bare function."""
        self.raw.setdefault(function.__qualname__, []).append(function)
        return function


def build(module, texts, filename, entries, *, control, order):
    """The two sides, as {"before": Side, "after": Side}, built in `order`.

    With `control`, both are the earlier text, each built as if it were to be compared with the later.
    """
    versions = {name: duet_diff.Version(text, filename) for name, text in texts.items()}
    plan = duet_diff.compare(versions["before"], versions["after"], entries)
    sides = {}
    for name in order:
        version = versions["before" if control else name]
        other = versions["after" if control or name == "before" else "before"]
        sides[name] = _build_side(name, module, version, other, plan, filename)
    for side in sides.values():
        try:
            side.install()
        except (TypeError, AttributeError) as error:
            # Such as a class that one written in C has taken the place of.
            raise NotTogether("a class does not take another method: %s" % error) from error
    return sides


def raw_function(side, qualname, call):
    """The bare function that a recorded frame belongs to, chosen by whether the recorded arguments fit."""
    args, kwargs = call
    functions = side.raw.get(qualname) or _hoisted(side, qualname)
    for function in reversed(functions):
        if _fits(function, len(args), set(kwargs)):
            return function
    if not functions:
        raise LookupError(
            "%s is not defined at the top of the module or of a class in both versions" % qualname
        )
    raise LookupError("the recorded arguments do not fit %s" % qualname)


def _fits(function, count, keywords):
    """Whether `count` positional arguments and these keywords make a call of `function`."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    optional = set(positional[code.co_argcount - len(function.__defaults__ or ()) :])
    optional.update(function.__kwdefaults__ or ())
    if count > len(positional) and not code.co_flags & _STAR:
        return False
    known = set(positional[code.co_posonlyargcount :]) | set(keyword_only)
    if not keywords <= known and not code.co_flags & _DOUBLE_STAR:
        return False
    return set(positional[count:]) | set(keyword_only) <= keywords | optional


def public_entry(side, qualname):
    """What a caller outside would call: the decorated function, the class, or the method with its receiver."""
    first, *rest = qualname.split(".")
    if first not in side.namespace:
        raise LookupError("%s is not there in both versions" % qualname)
    found = side.namespace[first]
    for name in map(_mangled, rest, [first, *rest]):
        if isinstance(found, types.FunctionType):
            raise LookupError(
                "%s is made anew by each call of the function around it; name that one" % qualname
            )
        found = next((vars(base)[name] for base in getattr(found, "__mro__", ()) if name in vars(base)), None)
        if found is None:
            raise LookupError("%s is not there in both versions" % qualname)
    return _unbound(found)


def _unbound(found):
    """The function under what a class statement wraps a method in."""
    if isinstance(found, (staticmethod, classmethod)):
        return found.__func__
    if isinstance(found, property):
        return found.fget
    return found.func if isinstance(found, functools.cached_property) else found


def _build_side(name, module, version, other, plan, filename):
    side = Side(name, dict(vars(module)))
    units = list(duet_diff.selected(version, other, plan))
    _check_decorators(units, side.namespace)
    body = [_instrument(unit.node, plan, "") for unit in units]
    for gone in (_bound(other.units) - _bound(version.units)) & plan.names:
        side.namespace.pop(gone, None)
    side.places = set().union(*map(_places, body))
    known = dict(side.namespace)
    side.namespace[_KEEP] = side.keep
    side.namespace[_CLASS] = _Reopen(module, side, plan, version.classes())
    tree = ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
    exec(compile(tree, filename, "exec", dont_inherit=True), side.namespace)
    del side.namespace[_KEEP], side.namespace[_CLASS]
    _check_new_classes(module, known, side.namespace)
    side.own = {key: value for key, value in side.namespace.items() if known.get(key, _ABSENT) is not value}
    return side


def _places(node):
    """(name, first line) of every function in a statement, as its code object has them."""
    return {
        (getattr(each, "name", "<lambda>"), min([each.lineno, *(one.lineno for one in _decorators(each))]))
        for each in ast.walk(node)
        if isinstance(each, (*DEFINITIONS, ast.Lambda))
    }


def _decorators(node):
    return [each for each in getattr(node, "decorator_list", ()) if hasattr(each, "lineno")]


def _bound(units):
    return set().union(*(unit.binds for unit in units))


def _instrument(node, plan, prefix):
    """A copy of a statement in which definitions are kept as they are made, and shared classes reopened."""
    if isinstance(node, DEFINITIONS):
        return _copy(node, decorator_list=[*node.decorator_list, _name(_KEEP)])
    if isinstance(node, ast.ClassDef):
        path = prefix + node.name
        return node if path in plan.classes else _reopened(node, plan, path)
    if isinstance(node, (ast.If, ast.Try, ast.ExceptHandler)):
        blocks = {}
        for field in ("body", "orelse", "handlers", "finalbody"):
            if hasattr(node, field):
                blocks[field] = [_instrument(child, plan, prefix) for child in getattr(node, field)]
        return _copy(node, **blocks)
    return node


def _reopened(node, plan, path):
    wanted = plan.members.get(path, set())
    body = []
    for member in node.body:
        inner = isinstance(member, ast.ClassDef) and any(
            each == path + "." + member.name or each.startswith(path + "." + member.name + ".")
            for each in plan.members
        )
        if inner or (not isinstance(member, ast.ClassDef) and duet_diff.bound_names(member) & wanted):
            body.append(_instrument(member, plan, path + "."))
    keywords = [
        ast.keyword(arg="metaclass", value=_name(_CLASS)),
        ast.keyword(arg="path", value=ast.Constant(value=path)),
    ]
    return _copy(node, bases=[], keywords=keywords, decorator_list=[], body=body or [ast.Pass()])


def _copy(node, **changes):
    fields = dict(ast.iter_fields(node))
    fields.update(changes)
    return ast.copy_location(type(node)(**fields), node)


def _name(text):
    return ast.Name(id=text, ctx=ast.Load())


class _Reopen:
    """Stands in for a metaclass: the class statement runs over an existing class, and gives it back."""

    def __init__(self, module, side, plan, classes):
        self._module = module
        self._side = side
        self._plan = plan
        self._classes = classes

    def __prepare__(self, name, bases, path, **kwargs):
        return dict(vars(self._find(path)))

    def __call__(self, name, bases, namespace, path, **kwargs):
        owner = self._find(path)
        cell = namespace.pop("__classcell__", None)
        if cell is not None:
            cell.cell_contents = owner
        bound = set().union(*map(duet_diff.bound_names, self._classes[path].body))
        for member in self._plan.members.get(path, ()):
            key = _mangled(member, name)
            value = _as_attribute(owner, key, namespace[key]) if member in bound else _ABSENT
            self._side.attributes.append((owner, key, value))
        return owner

    def _find(self, path):
        owner = self._module
        for name in path.split("."):
            owner = vars(owner).get(name)
            if not isinstance(owner, type):
                raise NotTogether("%s is not a class once its decorators have run" % path)
        if owner.__module__ != self._module.__name__ or owner.__qualname__ != path:
            raise NotTogether("%s is another class once its decorators have run" % path)
        return owner


def _as_attribute(owner, key, value):
    """What the class statement itself would have made of `value`."""
    if isinstance(value, types.FunctionType):
        return _IMPLICIT[key](value) if key in _IMPLICIT else value
    kind = type(owner).__name__
    if not callable(value) and not hasattr(type(value), "__get__") and kind not in _METACLASSES:
        raise NotTogether("an attribute of class %s changes, and its metaclass %s may use it" % (owner, kind))
    if hasattr(type(value), "__set_name__"):
        value.__set_name__(owner, key)
    return value


def _mangled(member, class_name):
    if member.startswith("__") and not member.endswith("__") and class_name.strip("_"):
        return "_" + class_name.lstrip("_") + member
    return member


def _check_decorators(units, namespace):
    """A decorator that belongs to an object (`@app.route`, `@show.register`) may register what it decorates."""
    for unit in units:
        for each in ast.walk(unit.node):
            for decorator in getattr(each, "decorator_list", ()):
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                plain = (types.FunctionType, types.BuiltinFunctionType, type, functools.partial)
                allowed = plain if isinstance(called, ast.Name) else types.ModuleType
                root = _root(decorator)
                if root in namespace and not isinstance(namespace[root], allowed):
                    raise NotTogether("the decorator %s may register what it decorates" % root)


def _root(node):
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")


def _check_new_classes(module, known, namespace):
    for name, value in namespace.items():
        earlier = known.get(name)
        if value is not earlier and isinstance(earlier, type) and earlier.__module__ == module.__name__:
            raise NotTogether("class %s is made anew by the statements that change" % name)


def _hoisted(side, qualname):
    """A nested function that closes over nothing can be called on its own."""
    outer, _, rest = qualname.partition(".<locals>.")
    functions = side.raw.get(outer) or []
    if not rest or not functions:
        return []
    code = functions[-1].__code__
    for name in rest.split(".<locals>."):
        inner = [each for each in code.co_consts if isinstance(each, types.CodeType) and each.co_name == name]
        if len(inner) != 1:
            return []
        code = inner[0]
    if code.co_freevars:
        raise LookupError(
            "%s uses variables of the function around it, so it cannot be called alone" % qualname
        )
    return [types.FunctionType(code, side.namespace, code.co_name)]
