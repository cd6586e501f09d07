"""Questions about a whole repository: who mentions, patches, subclasses or exports a name.

Files are parsed only when a question needs them: first a look at the words of each text, then the tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

_WORD = re.compile(r"[^\W\d]\w*")


class RepositoryFacts:
    """What is known of all Python files of a repository, tests and scripts included."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = dict(sources)
        self._trees: dict[str, ast.Module | None] = {}

    @classmethod
    def build(cls, sources: Mapping[str, str]) -> RepositoryFacts:
        """From the texts of all tracked Python files, by path."""
        return cls(sources)

    @cached_property
    def _words(self) -> dict[str, tuple[str, ...]]:
        """Which files hold each word."""
        found: dict[str, list[str]] = {}
        for path, text in self.sources.items():
            for word in set(_WORD.findall(text)):
                found.setdefault(word, []).append(path)
        return {word: tuple(paths) for word, paths in found.items()}

    @staticmethod
    def words_of(text: str) -> frozenset[str]:
        """Every identifier in a text."""
        return frozenset(_WORD.findall(text))

    def files_with(self, word: str) -> tuple[str, ...]:
        """Files whose text holds the identifier `word`, in code, text or comment."""
        return self._words.get(word, ())

    def tree(self, path: str) -> ast.Module | None:
        """The tree of a file; None when it does not parse."""
        if path not in self._trees:
            try:
                self._trees[path] = ast.parse(self.sources[path])
            except (SyntaxError, ValueError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def mentions(self, identifier: str) -> list[tuple[str, int]]:
        """Every line of every file that holds the identifier, in code, text or comment."""
        pattern = re.compile(rf"(?<!\w){re.escape(identifier)}(?!\w)")
        found = []
        for path in self.files_with(identifier.rpartition(".")[2]):
            for number, line in enumerate(self.sources[path].split("\n"), start=1):
                if pattern.search(line):
                    found.append((path, number))
        return found

    @cached_property
    def _patches(self) -> frozenset[tuple[str, str]]:
        """(last part of the holder, name) of every attribute that is assigned, deleted or patched anywhere."""
        found: set[tuple[str, str]] = set()
        for path in self.sources:
            tree = self.tree(path)
            if tree is not None:
                found.update(_patched(tree))
        return frozenset(found)

    def assigned_outside(self, module: str, name: str) -> bool:
        """Whether anything may assign `module.name` from outside: an assignment, `setattr`, `mock.patch`, ..."""
        del module
        if not self.files_with(name):
            return False
        return any(patched in {name, "*"} for _, patched in self._patches)

    def subclasses(self, class_name: str) -> list[tuple[str, str]]:
        """(path, class) of every class with a base of that name, at any depth."""
        found: list[tuple[str, str]] = []
        wanted = [class_name.rpartition(".")[2]]
        seen = set(wanted)
        while wanted:
            name = wanted.pop()
            for path, node in self._classes_based_on(name):
                found.append((path, node.name))
                if node.name not in seen:
                    seen.add(node.name)
                    wanted.append(node.name)
        return found

    def _classes_based_on(self, name: str) -> Iterator[tuple[str, ast.ClassDef]]:
        for path in self.files_with(name):
            for node in self._classes(path):
                if any(_last(base) == name for base in node.bases):
                    yield path, node

    def _classes(self, path: str) -> list[ast.ClassDef]:
        tree = self.tree(path)
        return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)] if tree else []

    def is_overridden(self, method_qualname: str) -> bool:
        """Whether a subclass (or an assignment from outside) may replace `Class.method`."""
        class_name, _, method = method_qualname.rpartition(".")
        class_name = class_name.rpartition(".")[2]
        names = {name for _, name in self.subclasses(class_name)}
        defined = any(
            node.name in names and any(method in _bound(child) for child in node.body)
            for path in self.files_with(method)
            for node in self._classes(path)
        )
        return defined or self.assigned_outside(class_name, method)

    def calls_of(self, name: str) -> list[tuple[str, ast.Call]]:
        """Calls of anything whose last name is `name`."""
        found = []
        for path in self.files_with(name):
            tree = self.tree(path)
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Call) and _last(node.func) == name:
                    found.append((path, node))
        return found

    def is_exported(self, module: str, name: str) -> bool:
        """Whether `name` may be part of a public interface: in an `__all__`, or imported by a package's `__init__`."""
        del module
        for path in self.files_with(name):
            tree = self.tree(path)
            for node in tree.body if tree else ():
                if _in_all(node, name):
                    return True
                if PurePosixPath(path).name == "__init__.py" and isinstance(node, ast.ImportFrom):
                    if any(alias.name in {name, "*"} for alias in node.names):
                        return True
        return False


def _last(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last(value)
        case ast.Call(func=func):
            return _last(func)
        case _:
            return ""


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def _patched(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=value, attr=attr, ctx=ast.Store() | ast.Del()) if _last(value) != "self":
                yield _last(value), attr
            case ast.Call(func=func, args=args) if _last(func) in _PATCHERS:
                yield from _patch_targets(args)


_PATCHERS = frozenset({"setattr", "delattr", "patch", "object", "multiple", "patchobject"})


def _patch_targets(args: list[ast.expr]) -> Iterator[tuple[str, str]]:
    match args:
        case [ast.Constant(value=str(target)), *_]:
            holder, _, name = target.rpartition(".")
            yield holder.rpartition(".")[2], name
        case [holder, ast.Constant(value=str(name)), *_]:
            yield _last(holder), name
        case [_, _, *_]:
            yield "", "*"


def _in_all(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")], value=value) | ast.AugAssign(
            target=ast.Name(id="__all__"),
            value=value,
        ):
            return any(isinstance(part, ast.Constant) and part.value == name for part in ast.walk(value))
        case _:
            return False
