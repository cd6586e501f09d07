"""Whether a dataclass can become a `typing.NamedTuple` without anybody noticing.

Each question is a method that gives a list of sentences, each with where; empty means that it holds. The
cheap questions look at the class alone, the dear ones follow its instances through the whole repository.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import PurePosixPath

from optimizer.facts.facts import Facts
from optimizer.facts.instance_uses import InstanceUses
from optimizer.facts.instances import Instances
from optimizer.facts.outline import last_name

DATACLASS = "dataclasses.dataclass"
_OPTIONS = frozenset({"frozen", "eq", "order", "repr", "init"})
_TAKEN = frozenset(dir(tuple)) | {
    "_fields",
    "_make",
    "_replace",
    "_asdict",
    "_field_defaults",
    "_field_types",
}
_PLAIN_METHODS = frozenset({"__str__", "__format__"})
_SPECIAL_TYPES = frozenset({"ClassVar", "InitVar", "Final", "KW_ONLY", "Annotated", "Self"})
_COMPARED_PLAINLY = frozenset({"int", "str", "bytes", "bool", "None", "Optional", "Union"})
_INTROSPECTION = frozenset(
    {
        "asdict", "astuple", "is_dataclass", "__dataclass_fields__", "__dataclass_params__", "FrozenInstanceError",
    },
)  # fmt: skip


class DataclassGuard:
    """The questions about one class of one file."""

    def __init__(self, facts: Facts, node: ast.ClassDef) -> None:
        self.facts = facts
        self.node = node

    def objections(self) -> list[str]:
        """The first question that does not hold, with all its sentences; the cheap ones come first.

        Instances are followed file by file, and no further than to the first objection.
        """
        found = _first(
            self.decoration,
            self.hierarchy,
            self.fields_kept,
            self.methods_kept,
            self.interface,
            self.subclassed,
        )
        while not found:
            self._instances.grow()
            found = _first(
                self._find_introspected,
                self._uses.handed_on,
                self._uses.written,
                self._uses.used_as_tuple,
                self._find_compared,
                self._find_reachable,
            )
            if self._instances.complete:
                break
        return found

    def _here(self, text: str, node: ast.AST | None = None) -> str:
        return f"{self.facts.path or '<text>'}:{getattr(node or self.node, 'lineno', 0)}: {text}"

    # --- the class itself ---

    @cached_property
    def options(self) -> dict[str, bool]:
        """The options of the decorator that are given as plain booleans."""
        match self.node.decorator_list:
            case [ast.Call(keywords=keywords)]:
                return {
                    str(each.arg): bool(each.value.value)
                    for each in keywords
                    if isinstance(each.value, ast.Constant)
                }
            case _:
                return {}

    @property
    def frozen(self) -> bool:
        """Whether the class forbids writing."""
        return self.options.get("frozen", False)

    @property
    def ordered(self) -> bool:
        """Whether instances can be sorted."""
        return self.options.get("order", False)

    @cached_property
    def fields(self) -> list[ast.AnnAssign]:
        """The annotated names of the body."""
        return [each for each in self.node.body if isinstance(each, ast.AnnAssign)]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the fields."""
        return frozenset(each.target.id for each in self.fields if isinstance(each.target, ast.Name))

    def decoration(self) -> list[str]:
        """Exactly `dataclass`, comparing by value, and none of the options that a tuple cannot have."""
        if self.facts.decorators(self.node) != (DATACLASS,):
            return [self._here("it is not decorated by `dataclass` alone")]
        decorator = self.node.decorator_list[0]
        given = decorator.keywords if isinstance(decorator, ast.Call) else []
        odd = isinstance(decorator, ast.Call) and bool(decorator.args)
        if odd or any(each.arg not in _OPTIONS or not isinstance(each.value, ast.Constant) for each in given):
            return [self._here("`dataclass` has an option that a named tuple has not")]
        missing = [name for name in ("eq", "repr", "init") if not self.options.get(name, True)]
        return [self._here(f"`{name}` is switched off") for name in missing]

    def hierarchy(self) -> list[str]:
        """No bases, no metaclass, no type parameters, at the top level of a module."""
        found = []
        if self.node.bases or self.node.keywords or getattr(self.node, "type_params", None):
            found.append(self._here("it has a base, a metaclass or type parameters"))
        if self.facts.parent(self.node) is not self.facts.tree:
            found.append(self._here("it is not at the top level, where its name is its full name"))
        elif len(self.facts.writes(self.node.name, self.facts.tree)) != 1:
            found.append(self._here("its name is bound more than once"))
        return found

    def fields_kept(self) -> list[str]:
        """Only annotated fields, with plain names and immutable literal defaults."""
        found = [] if self.fields else [self._here("it has no fields, and an empty tuple is false")]
        for each in self.fields:
            found += [self._here(text, each) for text in self._field(each)]
        return found

    def _field(self, field: ast.AnnAssign) -> Iterator[str]:
        if not isinstance(field.target, ast.Name):
            yield "a field is not a plain name"
            return
        name = field.target.id
        if name.startswith("_") or name in _TAKEN or keyword.iskeyword(name):
            yield f"a named tuple cannot have a field `{name}`"
        if field.value is not None and not self.facts.is_constant(field.value):
            yield f"the default of `{name}` is not an immutable literal"
        if not _is_type(field.annotation):
            yield f"the annotation of `{name}` is special, or no type"

    def methods_kept(self) -> list[str]:
        """No method that would be lost, or would change what tuples do."""
        found = []
        names = [
            each.name for each in self.node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for each in self.node.body:
            found += [self._here(text, each) for text in self._statement(each, names)]
        return found

    def _statement(self, stmt: ast.stmt, names: list[str]) -> Iterator[str]:
        match stmt:
            case ast.AnnAssign() | ast.Pass() | ast.Expr(value=ast.Constant()):
                return
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield from self._method(stmt, name, names)
            case _:
                yield "its body holds more than fields and methods"

    def _method(
        self, method: ast.FunctionDef | ast.AsyncFunctionDef, name: str, names: list[str]
    ) -> Iterator[str]:
        if name in self.names or names.count(name) > 1:
            yield f"`{name}` is bound twice"
        if (name.startswith("__") and name not in _PLAIN_METHODS) or name in _TAKEN - _PLAIN_METHODS:
            yield f"`{name}` would be lost, or would change what a tuple does"
        allowed = {"property", "staticmethod", "classmethod"}
        if any(origin not in allowed for origin in self.facts.decorators(method)):
            yield f"`{name}` has a decorator that may store into the instance"
        for node in ast.walk(method):
            if isinstance(node, ast.Name) and node.id in {"super", "__class__"}:
                yield f"`{name}` uses `{node.id}`, which a named tuple does not have"

    # --- the repository ---

    @property
    def _module(self) -> str:
        return ".".join(PurePosixPath(self.facts.path).with_suffix("").parts)

    def interface(self) -> list[str]:
        """Not part of what code outside the repository may use."""
        if self.facts.repository.is_public(self._module, self.node.name):
            return [self._here(f"`{self.node.name}` may be part of a public interface")]
        return []

    def subclassed(self) -> list[str]:
        """No subclass anywhere."""
        return [
            f"{path}: `{name}` is derived from it"
            for path, name in self.facts.repository.subclasses(self.node.name)
        ]

    @cached_property
    def _instances(self) -> Instances:
        return Instances(self.facts.repository, self.facts.path or "<text>", self.node.name, self.names)

    @cached_property
    def _uses(self) -> InstanceUses:
        return InstanceUses(self._instances)

    def _followed(self) -> InstanceUses:
        """All uses, after following instances to the end."""
        while not self._instances.complete:
            self._instances.grow()
        return self._uses

    def introspected(self) -> list[str]:
        """Nothing in the files that instances reach asks whether something is a dataclass."""
        self._followed()
        return self._find_introspected()

    def _find_introspected(self) -> list[str]:
        sources = self.facts.repository.sources
        return [
            f"{path}: `{word}` tells dataclasses from other objects"
            for path in self._instances.files
            for word in sorted(_INTROSPECTION & self.facts.repository.words_of(sources[path]))
        ]

    def handed_on(self) -> list[str]:
        """Neither the class nor an instance goes where it cannot be followed: encoders, pickles, weak references."""
        return self._followed().handed_on()

    def written(self) -> list[str]:
        """No attribute of an instance is ever set."""
        return self._followed().written()

    def used_as_tuple(self) -> list[str]:
        """No place would take a named tuple for a tuple: formatting, patterns, spreading, `isinstance`."""
        return self._followed().used_as_tuple()

    def compared(self) -> list[str]:
        """No instance is compared or hashed together with what may be a tuple, nor by fields that compare oddly."""
        self._followed()
        return self._find_compared()

    def _find_compared(self) -> list[str]:
        found = self._uses.compared()
        if not found and self._uses.is_compared():
            found += [
                self._here("instances are compared, and the field may hold what is not equal to itself", each)
                for each in self.fields
                if not _compares_plainly(each.annotation)
            ]
        return found

    def reachable(self) -> list[str]:
        """No public name of a library gives instances to its users."""
        self._followed()
        return self._find_reachable()

    def _find_reachable(self) -> list[str]:
        return self._uses.public(lambda path, name: self.facts.repository.is_public(_dotted(path), name))


def _first(*questions: Callable[[], list[str]]) -> list[str]:
    """What the first question that does not hold says."""
    return next((found for question in questions if (found := question())), [])


def _dotted(path: str) -> str:
    return ".".join(PurePosixPath(path).with_suffix("").parts)


def _is_type(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name not in _SPECIAL_TYPES
        case ast.Constant(value=None):
            return True
        case ast.Constant(value=str(text)):
            return _is_type_text(text)
        case ast.Subscript(value=base, slice=index):
            return _is_type(base) and last_name(index) not in _SPECIAL_TYPES
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_type(left) and _is_type(right)
        case _:
            return False


def _is_type_text(text: str) -> bool:
    try:
        return _is_type(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return False


def _compares_plainly(annotation: ast.expr) -> bool:
    """Whether equal means the same for a tuple, which takes one object for equal to itself."""
    names = {last_name(part) for part in ast.walk(annotation) if isinstance(part, ast.Name | ast.Attribute)}
    texts = [
        part.value
        for part in ast.walk(annotation)
        if isinstance(part, ast.Constant) and part.value is not None
    ]
    return names <= _COMPARED_PLAINLY | {"typing"} and not texts
