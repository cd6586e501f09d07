"""What the arguments of one function may be: recorded, annotated, documented, or read off its use."""

from __future__ import annotations

import ast
import contextlib
import doctest
import functools
import inspect
import sys
import types

from . import guess as guessing
from .beyond import beyond
from .hints import Hints, annotations_of, is_record
from .mine import Sources
from .observed import Observer
from .paths import Unusable
from .reach import reach
from .specs import ANY, COUNT, NONE, Spec, describe, options, union
from .uses import Use, uses

_MOST_CALLS = 80
_MOST_EXAMPLES = 30


class Parameter:
    """One parameter: `spec` is inside the domain, `others` are kinds beyond it, `only` restricts it.

    `counts` says that it is used as a size or an index, so that numbers beyond any size make no sense.
    """

    def __init__(self, name, kind, spec, others, default, only, sources, counts=False, hint=None):
        self.name, self.kind, self.spec, self.others = name, kind, spec, others
        self.default, self.only, self.sources, self.counts = default, only, sources, counts
        self.hint = hint

    @property
    def optional(self):
        """Whether a call may leave it out."""
        return self.default is not inspect.Parameter.empty

    def describe(self):
        """For people: `items: list[int] (recorded)`."""
        return "%s: %s (%s)" % (
            self.name,
            describe(self.spec),
            ", ".join(self.sources) or "guessed from its use",
        )


class Domain:
    """The parameters of one target, and the recorded calls that are its own."""

    def __init__(self, target, parameters, calls, documented, is_class):
        self.target, self.parameters, self.calls = target, parameters, calls
        self.documented, self.is_class = documented, is_class

    @property
    def known(self):
        """Whether anybody says what its arguments are."""
        real = [part for part in self.parameters if part.name not in ("self", "cls")]
        return bool(
            self.calls or self.documented or not real or all(part.sources or part.optional for part in real)
        )

    def admits(self, args, kwargs):
        """Whether parameters that are assumed to have certain exact types have them."""
        for number, parameter in enumerate(self.parameters):
            if not parameter.only:
                continue
            if parameter.name in kwargs:
                kind = type(kwargs[parameter.name])
            elif parameter.kind in (0, 1) and number < len(args):
                kind = type(args[number])
            else:
                continue
            names = {kind.__name__, kind.__qualname__, kind.__module__ + "." + kind.__qualname__}
            if not names & set(parameter.only):
                return False
        return True

    def describe(self):
        """One line for each parameter."""
        return [part.describe() for part in self.parameters]


class Surveyor:
    """Works out domains in one module."""

    def __init__(self, namespace, text, pools, context):
        self.namespace, self.pools, self.context = namespace, pools, context
        self.sources = Sources(text)
        self.hints = Hints(namespace, self._made)
        self.observer = Observer(namespace, pools)
        self._classes = None

    def domain(self, target, qualname, calls, restricted):
        """The domain of `target` (a function, or a class to be made), `calls` being its recorded ones."""
        is_class = isinstance(target, type)
        function = inspect.unwrap(target.__init__ if is_class else target)
        found = _signature(target if is_class else function)
        recorded = self._recorded(found, calls)
        used = uses(self.sources, qualname)
        hints = annotations_of(function, self._typing_names())
        if is_class and is_record(target):
            hints = annotations_of(target, self._typing_names())
        names = [part for part in found if not (is_class and part.name == "self")]
        parameters = [
            self._parameter(part, qualname, recorded.get(part.name), hints, used, restricted)
            for part in names
        ]
        return Domain(qualname, parameters, calls, _documented(target, qualname), is_class)

    def _typing_names(self):
        return {**self.namespace, "__tenpercent_typing_imports__": _typing_imports(self.sources.tree)}

    def _recorded(self, parameters, calls):
        """Recorded values by parameter, each with the place where recipes find it."""
        found = {}
        step = max(1, len(calls) // _MOST_CALLS)
        for number in calls[::step][:_MOST_CALLS]:
            try:
                args, kwargs = self.context.call(number)
            except Exception:
                continue
            for place, value in _bound(parameters, args, kwargs):
                found.setdefault(place[0], []).append((value, (number, [place[1]])))
        return found

    def _parameter(self, part, qualname, recorded, hints, used, restricted):
        use, hint = used.get(part.name), hints.get(part.name)
        is_receiver = part.name in ("self", "cls") and "." in qualname
        sources, parts = [], []
        if recorded:
            sources.append("recorded")
            parts.append(self.observer.spec(recorded))
        if hint is not None:
            sources.append("annotated")
            parts.append(self.hints.spec(hint))
        elif is_receiver and not recorded:
            sources.append("made")
            parts.append(self._receiver(qualname, part.name))
        known = union(parts) if parts else self._unknown(part, use)
        spec = guessing.refined(known, use, self.classes())
        if hint is None:
            spec = guessing.as_asked(spec, use)
        others = [] if hint is not None or is_receiver else beyond(spec, use, self.classes())
        if recorded and all(value is None or _is_of_a_package(type(value)) for value, _ in recorded):
            others = [NONE]
        counts = use is not None and bool(use.ops & {"whole", "range"})
        if counts:
            spec = union(COUNT if option.kind == "int" else option for option in options(spec))
        only = restricted.get(part.name, ())
        return Parameter(part.name, part.kind, spec, others, part.default, only, sources, counts, hint)

    def _unknown(self, part, use):
        """Nobody says what it is: its default value and its use do."""
        spec = guessing.guess(use, part.name, self.classes())
        if part.default is inspect.Parameter.empty:
            return spec
        return union([self.observer.spec([(part.default, None)]), spec])

    def _receiver(self, qualname, name):
        owner = self.namespace.get(qualname.split(".")[0])
        for step in qualname.split(".")[1:-1]:
            owner = getattr(owner, step, None)
        if not isinstance(owner, type):
            return ANY
        return (
            Spec("one_of", (), (reach(owner, self.namespace) or "None",))
            if name == "cls"
            else self.hints.spec(owner)
        )

    def classes(self):
        """The module's own classes, as (names of their attributes, how to make one)."""
        if self._classes is None:
            self._classes = ()
            own = self.namespace.get("__name__")
            self._classes = tuple(
                (_attribute_names(value, self.sources), self.hints.spec(value))
                for value in list(self.namespace.values())
                if isinstance(value, type)
                and value.__module__ == own
                and not issubclass(value, BaseException)
            )
        return self._classes

    def _made(self, kind, expression):
        """A spec that calls a class of the project."""
        try:
            parameters = _signature(kind)
        except (ValueError, TypeError):
            return None
        hints = annotations_of(kind if is_record(kind) else kind.__init__, self._typing_names())
        used = (
            uses(self.sources, kind.__qualname__) if kind.__module__ == self.namespace.get("__name__") else {}
        )
        names, parts = [], []
        for part in parameters:
            if part.kind in (part.VAR_POSITIONAL, part.VAR_KEYWORD) or part.name == "self":
                continue
            spec = self.hints.spec(hints[part.name]) if part.name in hints else ANY
            spec = guessing.refined(spec, used.get(part.name), ())
            if spec is ANY:
                spec = guessing.guess(used.get(part.name), part.name)
            names.append(None if part.kind is part.POSITIONAL_ONLY else part.name)
            parts.append(spec)
        return Spec("make", parts, (expression, tuple(names)))


def _is_of_a_package(kind):
    """Whether a class comes with an installed package: nobody passes a look-alike of a DataFrame."""
    module = sys.modules.get(kind.__module__.partition(".")[0])
    path = getattr(module, "__file__", None) or ""
    return "/site-packages/" in path or "/dist-packages/" in path


def _signature(target):
    try:
        return list(inspect.signature(target).parameters.values())
    except (ValueError, TypeError):
        return []


def _bound(parameters, args, kwargs):
    """Pairs of (parameter name, step of a path) and value."""
    positional = [
        part for part in parameters if part.kind in (part.POSITIONAL_ONLY, part.POSITIONAL_OR_KEYWORD)
    ]
    several = [part for part in parameters if part.kind is part.VAR_POSITIONAL]
    for number, value in enumerate(args):
        place = positional[number] if number < len(positional) else several[0] if several else None
        if place is not None:
            yield (place.name, number), value
    known = {part.name for part in parameters}
    for name, value in kwargs.items():
        if name in known:
            yield (name, name), value


def _attribute_names(kind, sources):
    """Names that instances of a class have: of its body, and those that its methods set on `self`."""
    names = set(dir(kind))
    node = sources.function(kind.__qualname__)
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            names.add(part.attr)
    return names


def _documented(target, qualname):
    """(source of the positional arguments, sources of the others) of the calls in the function's own doctests."""
    text = getattr(target, "__doc__", None)
    name = qualname.rpartition(".")[2]
    if not isinstance(text, str) or ">>>" not in text:
        return []
    return [
        ("(" + "".join(ast.unparse(part) + ", " for part in node.args) + ")", _keyword_texts(node))
        for example in _examples(text)
        for node in ast.walk(example)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and _plain(node)
    ]


def _examples(text):
    """The statements of a docstring's examples, parsed."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for example in examples[:_MOST_EXAMPLES]:
        with contextlib.suppress(SyntaxError):
            yield ast.parse(example.source)


def _keyword_texts(node):
    return {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}


def _plain(node):
    return all(k.arg for k in node.keywords) and not any(isinstance(part, ast.Starred) for part in node.args)


def _typing_imports(tree):
    """The imports that a module only makes for type checkers, as statements."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found += [
                ast.unparse(part) for part in node.body if isinstance(part, (ast.Import, ast.ImportFrom))
            ]
    return found


def callable_of(raw):
    """What can be called with a receiver first, of a raw attribute (`staticmethod`, `property`, ...)."""
    if isinstance(raw, (staticmethod, classmethod)):
        return raw.__func__
    if isinstance(raw, property):
        return raw.fget
    if isinstance(raw, functools.cached_property):
        return raw.func
    return raw


__all__ = ["ANY", "NONE", "Domain", "Parameter", "Surveyor", "Unusable", "Use", "callable_of", "types"]
