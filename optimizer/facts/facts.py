"""What guards of rewrites may ask about one file. Every answer is conservative: unknown is "not proved"."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from optimizer.facts.attributes import Attributes
from optimizer.facts.constants import UNKNOWN, Constants
from optimizer.facts.dependencies import Dependencies
from optimizer.facts.effects import Effects
from optimizer.facts.escapes import Escapes
from optimizer.facts.flow import Flow
from optimizer.facts.frames import Frames
from optimizer.facts.imports import Imports
from optimizer.facts.names import Names, parameters
from optimizer.facts.notes import Purity
from optimizer.facts.purity import Purities
from optimizer.facts.raises import Raises
from optimizer.facts.repository import RepositoryFacts
from optimizer.facts.scopes import BUILTINS, ScopeKind, Scopes
from optimizer.facts.source import Source
from optimizer.facts.tree import FUNCTIONS, FunctionNode, Tree, Within, parse
from optimizer.facts.type_fact import TypeFact
from optimizer.facts.type_of import Types
from optimizer.model import Recording

__all__ = ["UNKNOWN", "Facts", "Purity", "RepositoryFacts", "TypeFact"]


class Facts:
    """Facts of one file, plus what is known of the repository. Computed when asked for, once."""

    def __init__(
        self,
        text: str,
        tree: ast.Module,
        *,
        path: str = "",
        recordings: Sequence[Recording] = (),
        repository: RepositoryFacts | None = None,
    ) -> None:
        self.text = text
        self.tree = tree
        self.path = path
        self.repository = repository or RepositoryFacts.build({path or "<text>": text})
        self._recordings = {
            recording.target.qualname: recording for recording in recordings if self._is_here(recording)
        }

    @classmethod
    def build(
        cls,
        text: str,
        *,
        path: str = "",
        tree: ast.Module | None = None,
        recordings: Sequence[Recording] = (),
        repository: RepositoryFacts | None = None,
    ) -> Facts:
        """Facts of `text`; `recordings` of other files are ignored when both paths are known."""
        return cls(text, tree or parse(text), path=path, recordings=recordings, repository=repository)

    def _is_here(self, recording: Recording) -> bool:
        return not self.path or not recording.target.path or recording.target.path == self.path

    # --- the analyses, each made when first asked ---

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self.tree)

    @cached_property
    def _source(self) -> Source:
        return Source(self.text)

    @cached_property
    def _scopes(self) -> Scopes:
        return Scopes(self._tree)

    @cached_property
    def _names(self) -> Names:
        return Names(self._tree, self._scopes, self._is_patched)

    @cached_property
    def _imports(self) -> Imports:
        return Imports(self._names, self.repository.hides_standard)

    @cached_property
    def _constants(self) -> Constants:
        return Constants(self._names, self._imports, self._patched)

    @cached_property
    def _types(self) -> Types:
        return Types(self._names, self._imports, self._flow, self._constants.module_value, self._observed)

    @cached_property
    def _purities(self) -> Purities:
        return Purities(
            self._names,
            self._imports,
            self._types,
            self._constants,
            self._attributes,
            self._source.segment,
        )

    @cached_property
    def _attributes(self) -> Attributes:
        return Attributes(self._names, self._imports, self._overridden)

    @cached_property
    def _effects(self) -> Effects:
        return Effects(self._names, self._purities, self._types)

    @cached_property
    def _escapes(self) -> Escapes:
        return Escapes(self._names, self._types, self._flow)

    @cached_property
    def _flow(self) -> Flow:
        return Flow(self._names)

    @cached_property
    def _frames(self) -> Frames:
        return Frames(self._names, self._imports)

    @cached_property
    def _raises(self) -> Raises:
        return Raises(self._names, self._types, self._flow)

    @cached_property
    def _dependencies(self) -> Dependencies:
        return Dependencies(self._names, self._effects, self._escapes, self._types, self._constants)

    # --- places ---

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds `node`."""
        return self._tree.parent(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent outwards to the module."""
        return self._tree.ancestors(node)

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds `node` (itself when it is one)."""
        return self._tree.statement_of(node)

    def following(self, stmt: ast.stmt) -> tuple[ast.stmt, ...]:
        """Later statements of the same block."""
        block, index = self._tree.block(stmt)
        return tuple(block[index + 1 :])

    def preceding(self, stmt: ast.stmt) -> tuple[ast.stmt, ...]:
        """Earlier statements of the same block, in order."""
        block, index = self._tree.block(stmt)
        return tuple(block[:index])

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost `def` that `node` runs in; for a `def` itself, the one around it."""
        return self._tree.function_of(node)

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class around `node`."""
        return next((above for above in self.ancestors(node) if isinstance(above, ast.ClassDef)), None)

    def loop_of(self, node: ast.AST) -> ast.For | ast.AsyncFor | ast.While | None:
        """The innermost loop of the same function whose body (not `else`, iterable or test) holds `node`."""
        return self._tree.loop_of(node)

    def qualname(self, node: ast.AST) -> str:
        """Python's `__qualname__` of a function or class, or of what `node` stands in ("" at module level)."""
        parts: list[str] = []
        named = (*FUNCTIONS, ast.ClassDef)
        chain = [node, *self.ancestors(node)]
        for above in chain:
            if isinstance(above, ast.Lambda):
                parts.append("<lambda>.<locals>")
            elif isinstance(above, named):
                inner = isinstance(above, FUNCTIONS) and bool(parts)
                parts.append(f"{above.name}.<locals>" if inner else above.name)
        return ".".join(reversed(parts))

    def segment(self, node: ast.AST) -> str:
        """The exact source text of `node`, decorators included."""
        return self._source.segment(node)

    def has_comments(self, first: ast.AST, last: ast.AST | None = None) -> bool:
        """Whether a comment stands from `first` to the end of the line that `last` ends on."""
        return self._source.has_comments(first, last)

    def at_module_level(self, node: ast.AST) -> bool:
        """Whether `node` runs when the module is imported (class bodies do; functions and lambdas do not)."""
        scope = self._scopes.scope_of(node)
        while scope is not None:
            if scope.kind in {ScopeKind.FUNCTION, ScopeKind.LAMBDA}:
                return False
            scope = scope.parent
        return True

    def in_class_body(self, node: ast.AST) -> bool:
        """Whether `node` runs directly in the body of a class."""
        scope = self._scopes.scope_of(node)
        return scope is not None and scope.kind is ScopeKind.CLASS

    @cached_property
    def future_annotations(self) -> bool:
        """Whether annotations are kept as text."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )

    # --- names ---

    def is_builtin(self, name: str, at: ast.AST) -> bool:
        """Whether `name` surely means the builtin at `at`."""
        return self._names.is_builtin(name, at)

    def origin(self, node: ast.AST) -> str:
        """`re.sub` for `re.sub`, or for `s` after `from re import sub as s`; "" when not surely so."""
        return self._imports.origin(node)

    def reads(self, name: str, within: Within) -> list[ast.Name]:
        """Loads of the variable in `within` (targets of `+=` count), nested functions included."""
        return self._names.reads(name, within)

    def writes(self, name: str, within: Within) -> list[ast.AST]:
        """Nodes in `within` that bind, rebind or delete the variable."""
        return self._names.writes(name, within)

    def read_after(self, name: str, stmt: ast.stmt) -> bool:
        """Whether the value that `stmt` leaves in local `name` may be read after `stmt` ends."""
        return self._flow.read_after(name, stmt)

    def is_plain_local(self, name: str, at: ast.AST) -> bool:
        """Whether `name` is a variable that only this run of the innermost function can see."""
        return self._names.is_plain_local(name, at)

    def is_parameter(self, name: str, at: ast.AST) -> bool:
        """Whether `name` means a parameter of the innermost function."""
        return self._names.is_parameter(name, at)

    def uses_frames(self, function: ast.AST) -> bool:
        """Whether the function may look at frames, its own variables or its call depth."""
        return self._frames.uses_frames(function)

    def fresh_global(self, base: str) -> str:
        """A name like `base` that clashes with nothing in the file, not even in a text or a comment."""
        return self._fresh(base)

    def fresh_local(self, base: str, at: ast.AST) -> str:
        """A name like `base` for a new local at `at`."""
        del at
        return self._fresh(base)

    def _fresh(self, base: str) -> str:
        name, number = base, 2
        while name in self._words or name in BUILTINS:
            name, number = f"{base}_{number}", number + 1
        return name

    @cached_property
    def _words(self) -> frozenset[str]:
        return self.repository.words_of(self.text)

    def _patched(self, name: str) -> bool:
        return self.repository.assigned_outside(self._module, name)

    def _is_patched(self, name: str) -> bool:
        return self.repository.is_patched(self._module, name)

    def _overridden(self, class_name: str, attribute: str) -> bool:
        return self.repository.may_be_code(class_name, attribute)

    @property
    def _module(self) -> str:
        path = PurePosixPath(self.path)
        parts = path.parts[:-1] if path.name == "__init__.py" else (*path.parts[:-1], path.stem)
        return ".".join(parts)

    # --- values ---

    def module_value(self, name: str) -> ast.expr | None:
        """The right side of the only assignment of a module-level name, when nothing can rebind it."""
        return self._constants.module_value(name)

    def is_constant(self, expr: ast.AST) -> bool:
        """Whether `expr` is a literal of immutable constants only."""
        return self._constants.is_constant(expr)

    def constant_value(self, expr: ast.AST) -> object:
        """The value of a constant expression, or `UNKNOWN` (compare with `is`)."""
        return self._constants.constant_value(expr)

    def type_of(self, expr: ast.AST) -> TypeFact:
        """The exact builtin type of `expr`, with its evidence."""
        return self._types.type_of(expr)

    def observed_types(self, function: ast.AST, parameter: str) -> tuple[tuple[str, int], ...]:
        """The exact types that recorded calls saw for a parameter, with counts."""
        recording = self.recording_of(function)
        return dict(recording.types).get(parameter, ()) if recording else ()

    def recording_of(self, function: ast.AST) -> Recording | None:
        """Recorded calls of the function."""
        return self._recordings.get(self.qualname(function))

    def _observed(self, parameter: ast.arg) -> tuple[tuple[str, int], ...]:
        holder = self.parent(parameter)
        function = self.parent(holder) if holder is not None else None
        if not isinstance(function, FUNCTIONS) or parameter not in parameters(function):
            return ()
        return self.observed_types(function, parameter.arg)

    # --- effects ---

    def is_pure(self, expr: ast.AST) -> bool:
        """Whether evaluating `expr` again surely gives an equal value, with no effect (given unchanged names)."""
        return self._purities.is_pure(expr)

    def purity(self, expr: ast.AST) -> Purity:
        """Like `is_pure`, with the objections, and the assumptions under which it would be pure."""
        return self._purities.purity(expr)

    def effects(self, node: ast.AST) -> tuple[str, ...]:
        """Sentences: what could have an effect beyond binding local names; () if nothing."""
        return self._effects.effects(node)

    def may_raise(self, node: ast.AST) -> bool:
        """Whether running `node` may raise anything."""
        return self._raises.may_raise(node)

    def depends_on(self, expr: ast.AST) -> frozenset[str]:
        """The names (and dotted attributes, `self.x`) that `expr` reads."""
        return self._dependencies.depends_on(expr)

    def is_invariant(self, expr: ast.AST, loop: ast.AST) -> bool:
        """Whether `expr` surely has an equal value, with no effects, wherever it is evaluated in the loop."""
        return self.is_pure(expr) and self._dependencies.is_unchanged(expr, loop)

    def is_unchanged(self, expr: ast.AST, loop: ast.AST) -> bool:
        """Whether nothing that `expr` depends on can change in the loop (says nothing about purity)."""
        return self._dependencies.is_unchanged(expr, loop)

    def escapes(self, name: str, at: ast.AST) -> bool:
        """Whether the object behind local `name` may be referenced from elsewhere."""
        return self._escapes.escapes(name, at)

    def escapes_in(self, name: str, within: Within) -> bool:
        """Whether anything in `within` may let the object behind local `name` go elsewhere."""
        return self._escapes.escapes_in(name, within)

    def escaped_before(self, name: str, stmt: ast.stmt) -> bool:
        """Whether, when `stmt` starts, the object behind local `name` may be referenced from elsewhere."""
        return self._escapes.escaped_before(name, stmt)

    def runs_unknown_code(self, node: ast.AST) -> bool:
        """Whether running `node` may run code that is not known: changes of known containers do not count."""
        return self._dependencies.runs_unknown_code(node)

    def surely_bound(self, name: ast.Name) -> bool:
        """Whether reading the local at `name` cannot find it unbound."""
        return self._flow.surely_bound(name)

    def mutated_in(self, name: str, within: Within) -> bool:
        """Whether the object behind `name` may change while `within` runs (rebinding counts)."""
        return self._escapes.mutated_in(name, within)

    def catches(self, node: ast.AST) -> list[ast.Try | ast.TryStar]:
        """The `try` statements of the same function whose body holds `node`, innermost first."""
        return self._tree.catches(node)

    # --- functions ---

    def is_generator(self, function: ast.AST) -> bool:
        """Whether the function yields."""
        return any(
            isinstance(node, ast.Yield | ast.YieldFrom) and self._scopes.of_node[node].node is function
            for node in self._tree.walk(function)
        )

    def is_async(self, function: ast.AST) -> bool:
        """Whether it is an `async def`."""
        return isinstance(function, ast.AsyncFunctionDef)

    def decorators(self, function: ast.AST) -> tuple[str, ...]:
        """Origins of the decorators (of a call, of what is called): builtins by name, "" when not sure."""
        return tuple(self._decorator(node) for node in getattr(function, "decorator_list", ()))

    def _decorator(self, node: ast.expr) -> str:
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(called, ast.Name) and self.is_builtin(called.id, called):
            return called.id
        return self.origin(called)
