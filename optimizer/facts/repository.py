"""Questions about a whole repository: who mentions, patches, subclasses or exports a name.

Files are parsed only when a question needs them, each once: the words of all texts say which ones.
Modules and classes are told apart by the last part of their dotted names only, which errs on the careful side.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from optimizer.facts.outline import ANY_NAME, UNKNOWN_HOLDER, ClassOutline, Outline, Patch
from optimizer.facts.tree import parse

_WORD = re.compile(r"[^\W\d]\w*")
_DEFINED = re.compile(r"\b(?:def|class)\s+(\w+)")
_COMPUTED = re.compile(
    r"(?:attr|patch|swap|stub|override|object|multiple|spy)\s*\(\s*[^,()'\"]+,\s*[^'\"\s]", re.IGNORECASE
)
# Tests stand in for these while they run, and see the calls that are left.
_IN_AND_OUT = frozenset({"open", "print", "input"})
_EMPTY_BASES = frozenset({"object", "ABC", "Protocol", "Generic"})


class RepositoryFacts:
    """What is known of all Python files of a repository, tests and scripts included."""

    def __init__(self, sources: Mapping[str, str], *, library: bool = True) -> None:
        self.sources = dict(sources)
        self.library = library
        self._trees: dict[str, ast.Module | None] = {}
        self._outlines: dict[str, Outline | None] = {}
        self._patches_of: dict[str, frozenset[Patch]] = {}
        self._subclasses: dict[str, list[tuple[str, ClassOutline]]] = {}

    @classmethod
    def build(cls, sources: Mapping[str, str], *, library: bool = True) -> RepositoryFacts:
        """From the texts of all tracked Python files, by path.

        `library` is whether code outside the repository may import it: then every public name is an interface.
        """
        return cls(sources, library=library)

    @staticmethod
    def words_of(text: str) -> frozenset[str]:
        """Every identifier in a text."""
        return frozenset(_WORD.findall(text))

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, text in self.sources.items():
            for word in self.words_of(text):
                found.setdefault(word, []).append(path)
        return found

    def files_with(self, word: str) -> tuple[str, ...]:
        """Files whose text holds the identifier `word`, in code, text or comment."""
        return tuple(self._words.get(word, ()))

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names of all functions and classes of the repository."""
        return frozenset(name for text in self.sources.values() for name in _DEFINED.findall(text))

    def tree(self, path: str) -> ast.Module | None:
        """The tree of a file; None when it does not parse."""
        if path not in self._trees:
            try:
                self._trees[path] = parse(self.sources[path])
            except (SyntaxError, ValueError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def outline(self, path: str) -> Outline | None:
        """What a file tells about others; None when it does not parse."""
        if path not in self._outlines:
            tree = self.tree(path)
            self._outlines[path] = Outline(tree) if tree else None
        return self._outlines[path]

    def _outlines_with(self, word: str) -> Iterator[tuple[str, Outline]]:
        for path in self.files_with(word):
            outline = self.outline(path)
            if outline is not None:
                yield path, outline

    def mentions(self, identifier: str) -> list[tuple[str, int]]:
        """Every line of every file that holds the (dotted) identifier, in code, text or comment."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(identifier)}(?!\w)")
        return [
            (path, number)
            for path in self.files_with(identifier.rpartition(".")[2])
            for number, line in enumerate(self.sources[path].split("\n"), start=1)
            if pattern.search(line)
        ]

    # --- names that are set from outside ---

    def _patches(self, name: str) -> frozenset[Patch]:
        """Everything that may set an attribute of that name.

        A call that sets names which it computes counts where its holder is known, or its file holds the name.
        """
        if name not in self._patches_of:
            found = set(self._wildcards)
            for _, outline in self._outlines_with(name):
                found |= {patch for patch in outline.patches if patch.name in {name, ANY_NAME}}
            self._patches_of[name] = frozenset(found)
        return self._patches_of[name]

    @cached_property
    def _wildcards(self) -> frozenset[Patch]:
        """Calls that set attributes of a known holder under names that they compute."""
        found: set[Patch] = set()
        for path, text in self.sources.items():
            outline = self.outline(path) if _COMPUTED.search(text) else None
            if outline is not None:
                found |= {patch for patch in outline.patches if patch.name == ANY_NAME and patch.holder}
        return frozenset(found)

    def assigned_outside(self, module: str, name: str) -> bool:
        """Whether anything may set `module.name` from outside: an assignment, `setattr`, `mock.patch`, ...

        An attribute of that name that is set on a variable counts: the variable may be the module.
        """
        holders = {module.rpartition(".")[2], UNKNOWN_HOLDER}
        return any(patch.holder in holders for patch in self._patches(name))

    def is_patched(self, module: str, name: str) -> bool:
        """The same, by code that names the module or gives the name as text: for builtins and imports."""
        holders = {module.rpartition(".")[2], "builtins", "__builtins__"}
        return any(
            patch.holder in holders or (patch.textual and patch.holder == UNKNOWN_HOLDER)
            for patch in self._patches(name)
            if not (patch.textual and name in _IN_AND_OUT)
        )

    # --- classes ---

    def subclasses(self, class_name: str) -> list[tuple[str, str]]:
        """(path, class) of every class with a base of that name, at any depth."""
        return [(path, each.name) for path, each in self._derived(class_name.rpartition(".")[2])]

    def _derived(self, class_name: str) -> list[tuple[str, ClassOutline]]:
        if class_name not in self._subclasses:
            self._subclasses[class_name] = list(self._find_derived(class_name))
        return self._subclasses[class_name]

    def _find_derived(self, class_name: str) -> Iterator[tuple[str, ClassOutline]]:
        wanted = [class_name]
        seen = {class_name}
        while wanted:
            name = wanted.pop()
            for path, outline in self._outlines_with(name):
                aliases = {name} | {alias for alias, origin in outline.imported.items() if origin == name}
                for each in outline.classes:
                    if not aliases & set(each.bases):
                        continue
                    yield path, each
                    if each.name not in seen:
                        seen.add(each.name)
                        wanted.append(each.name)

    def is_overridden(self, method_qualname: str) -> bool:
        """Whether a subclass, or an assignment from outside, may replace `Class.method`."""
        class_name, _, method = method_qualname.rpartition(".")
        last = class_name.rpartition(".")[2]
        by_class = any(patch.holder == "cls" for patch in self._patches(method))
        return by_class or self._is_redefined(last, method) or self.assigned_outside(last, method)

    def may_be_code(self, class_name: str, attribute: str) -> bool:
        """Whether a subclass, or an assignment to the class, may make a stored attribute something else."""
        last = class_name.rpartition(".")[2]
        return self._is_redefined(last, attribute) or any(
            patch.holder in {last, "cls"} or (patch.textual and patch.holder == UNKNOWN_HOLDER)
            for patch in self._patches(attribute)
        )

    def _is_redefined(self, class_name: str, name: str) -> bool:
        """Whether a derived class binds the name, itself or by another base that comes before this class."""
        derived = self._derived(class_name)
        family = {class_name, *(each.name for _, each in derived)}
        return any(
            name in each.bound or any(self._may_bind(base, name, family) for base in self._bases(path, each))
            for path, each in derived
        )

    def _bases(self, path: str, each: ClassOutline) -> list[str]:
        """The bases by the names that they were defined under."""
        outline = self.outline(path)
        return [outline.imported.get(base, base) if outline else base for base in each.bases]

    def _may_bind(self, base: str, name: str, known: set[str]) -> bool:
        """Whether a class of that name may have the attribute; classes that are not in the repository may."""
        if base in known or base in _EMPTY_BASES:
            return False
        found = [
            each for _, outline in self._outlines_with(base) for each in outline.classes if each.name == base
        ]
        if not found:
            return True
        known = known | {base}
        return any(
            name in each.bound or any(self._may_bind(up, name, known) for up in each.bases) for each in found
        )

    def hides_standard(self, module: str) -> bool:
        """Whether the repository has a top-level module or package of that name, which may be imported instead."""
        return any(
            str(PurePosixPath(path).parent) not in self._packages for path in self._modules.get(module, ())
        )

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Folders that are packages."""
        return frozenset(
            str(PurePosixPath(path).parent)
            for path in self.sources
            if PurePosixPath(path).name == "__init__.py"
        )

    @cached_property
    def _modules(self) -> dict[str, list[str]]:
        """Paths of modules and packages by their last name; a package stands by its folder."""
        found: dict[str, list[str]] = {}
        for path in self.sources:
            pure = PurePosixPath(path)
            pure = pure.parent if pure.name == "__init__.py" else pure
            found.setdefault(pure.stem, []).append(str(pure))
        return found

    # --- use and interface ---

    def calls_of(self, name: str) -> list[tuple[str, ast.Call]]:
        """Calls of anything whose last name is `name`."""
        return [
            (path, call)
            for path, outline in self._outlines_with(name)
            for call in outline.calls.get(name, ())
        ]

    def is_exported(self, module: str, name: str) -> bool:
        """Whether `name` is part of a documented interface: in an `__all__`, or in a package's `__init__`."""
        del module
        for path, outline in self._outlines_with(name):
            if name in (outline.exports or ()):
                return True
            if PurePosixPath(path).name == "__init__.py" and name in outline.imported.values():
                return True
        return False

    def is_public(self, module: str, name: str) -> bool:
        """Whether code outside the repository may rely on `name` of `module`."""
        if not self.library or name.startswith("_"):
            return self.is_exported(module, name) and self.library
        hidden = any(part.startswith("_") and not part.endswith("__") for part in module.split("."))
        return not hidden or self.is_exported(module, name)
