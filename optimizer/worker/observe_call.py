"""One call, told completely: made, watched, and gone on with. Runs in a process of its own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import types

from .canon import Canon, digest, root_of
from .doubles import disturb, upset
from .observe_effects import Effects
from .observe_errors import error_node
from .observe_globals import data_of
from .observe_locks import locks_watched
from .observe_process import Process, seed_randomness
from .observe_world import move_world
from .recipes import earlier_call, materialise
from .spies import spied
from .steps import attempt, drain, finish_async, generator_moves, is_async, probe_functions
from .walk import Walk

_MARK = "left by the caller"
_PLAIN_VALUES = (type, tuple, frozenset, int, float, str, bytes)
_MOST_ITEMS, _MOST_USED, _MOST_OTHERS = 20, 2, 3


class Story:
    """Tells what one recipe does. `version` is what `observe.Version` knows of the imported module."""

    def __init__(self, version, recipe, folder):
        self._version, self._recipe = version, recipe
        self._context = version.context
        self._function = version.function_for(recipe)
        self._folder = folder
        self._canon = self._new_canon()
        self._effects = Effects(self._context.log, self._canon.text, version.raw_output)
        self._process = None
        self._replaced = set()

    def tell(self):
        """The outcome as JSON, or why the recipe cannot be used."""
        self._effects.install()
        if self._recipe.get("earlier"):
            self._call_before()
        made = self._arguments()
        if isinstance(made, str):
            return {"unusable": made}
        self._process = Process(self._canon.text)
        args, kwargs = made
        outcome = {"kinds": [[str(n), _kind(value)] for n, value in [*enumerate(args), *kwargs.items()]]}
        seed_randomness()
        ended, value = self._call(args, kwargs)
        self._tell_end(outcome, ended, value, args, kwargs)
        self._tell_world(outcome)
        if not self._recipe.get("once"):
            self._tell_next_moves(outcome, ended, value)
            if ended == "returned":
                outcome["other calls"] = self._watched(lambda: self._other_calls(len(args)))
                outcome["same objects"] = self._watched(lambda: self._with_the_same(args, kwargs))
                outcome["another world"] = self._watched(self._in_another_world)
        outcome["builtins"] = sorted(self._replaced)
        outcome["not observable"] = sorted({**self._canon.opaque, **self._version.state.opaque})
        return outcome

    def _call_before(self):
        """Make the call that comes before this one; only what it leaves in the module can matter."""
        seed_randomness()
        with contextlib.suppress(BaseException):
            args, kwargs = materialise(earlier_call(self._recipe), self._context)
            self._finished(self._function(*args, **kwargs))

    def _arguments(self):
        """(args, kwargs), or a text why there are none."""
        try:
            args, kwargs = materialise(self._recipe, self._context)
            return spied(args, kwargs, self._context.log, self._version.state.known)
        except BaseException as error:
            return "%s: %s" % (type(error).__name__, error)

    def _call(self, args, kwargs):
        self._effects.on = True
        try:
            with locks_watched(self._version.module, (*args, *kwargs.values()), self._effects.add):
                return "returned", self._function(*args, **kwargs)
        except BaseException as error:
            return "raised", error
        finally:
            self._stop_watching()

    def _tell_end(self, outcome, ended, value, args, kwargs):
        log = self._context.log
        outcome["end"] = ended
        outcome["inputs at the end"] = self._inputs_data()
        outcome["arguments"] = self._write_arguments(args, kwargs)
        outcome["events"] = list(log)
        if ended == "raised":
            outcome["error"] = error_node(self._canon, value, (None, "error"))
        else:
            self._tell_result(outcome, value)
        stories = self._watched(lambda: drain(self._canon, self._effects))
        if stories:
            outcome["iterators"] = stories
            again = Canon(known=self._version.state.known, own=self._version.own)
            outcome["arguments after reading on"] = [
                again.write(value, ((None, "arguments"), n)) for n, value in enumerate(args)
            ]

    def _write_arguments(self, args, kwargs):
        root = (None, "arguments")
        return [
            *(self._canon.write(value, (root, n)) for n, value in enumerate(args)),
            *([name, self._canon.write(value, (root, name))] for name, value in kwargs.items()),
        ]

    def _tell_result(self, outcome, value):
        if is_async(value):
            outcome["async"] = type(value).__name__
            try:
                value = self._watched(lambda: finish_async(value))
            except BaseException as error:
                outcome["error"] = error_node(self._canon, error, (None, "error"))
                return
        outcome["result"] = self._canon.write(value, (None, "result"))

    def _tell_world(self, outcome):
        outcome["events after reading on"] = self._context.log[len(outcome["events"]) :]
        outcome["inputs after reading on"] = self._inputs_data()
        outcome["globals"] = self._version.state.changes(self._canon)
        outcome["process"] = self._process.changes()
        outcome["held open"] = self._process.held()
        outcome["unclosed"] = self._effects.unclosed
        outcome["files"] = self._effects.files()
        outcome["past python"] = self._effects.past_python()

    def _tell_next_moves(self, outcome, ended, value):
        """Steps of generators, use of instances and functions, then the same call again."""
        del self._context.log[:]
        if hasattr(type(value), "__next__"):
            lazy = isinstance(value, types.GeneratorType)
            outcome["generator"] = self._watched(
                lambda: generator_moves(self._canon, self._made_again, self._effects) if lazy else []
            )
            outcome["late"] = [
                self._watched(lambda: self._read_late(0)),
                self._watched(lambda: self._read_late(1)),
            ]
        arguments = self._raw_arguments()
        functions = self._watched(lambda: probe_functions(self._canon, self._effects, arguments))
        if functions:
            outcome["functions"] = functions
            outcome["functions after a change"] = self._watched(self._functions_after_a_change)
        if ended == "returned":
            self._tell_use(outcome, value)
        if ended == "returned" and not isinstance(value, types.GeneratorType):
            _change(value)
        outcome["next moves"] = list(self._context.log)
        outcome["globals after next moves"] = self._version.state.changes(self._canon)
        outcome["again"] = self._again()

    def _read_late(self, count):
        """What an iterator gives when its caller changes the arguments after reading `count` items."""
        made = self._arguments()
        if isinstance(made, str):
            return made
        args, kwargs = made
        try:
            iterator = self._function(*args, **kwargs)
            items = list(itertools.islice(iterator, count))
            for value in (*args, *kwargs.values()):
                disturb(value)
            items += itertools.islice(iterator, 50)
        except BaseException as error:
            return {"error": error_node(self._canon, error, (None, "error of late reading"))}
        return {"value": self._canon.write(items, (None, "late %d" % count))}

    def _functions_after_a_change(self):
        """What the functions in a result do once the caller has changed the arguments that they came from."""
        made = self._arguments()
        if isinstance(made, str):
            return made
        canon = self._new_canon()
        seed_randomness()
        try:
            canon.write(self._function(*made[0], **made[1]), (None, "result"))
        except BaseException as error:
            return {"error": error_node(canon, error, (None, "error of another call"))}
        for value in (*made[0], *made[1].values()):
            upset(value)
        return probe_functions(canon, self._effects, self._raw_arguments())

    def _other_calls(self, count):
        """Calls that differ from the first in one argument: what is kept between calls must fit them all."""
        told = []
        for number in range(min(count, _MOST_OTHERS)):
            made = self._arguments()
            if isinstance(made, str):
                return made
            args = [upset(value) if n == number else value for n, value in enumerate(made[0])]
            canon = self._new_canon()
            place = (None, "other call %d" % number)
            call = functools.partial(self._function, *args, **made[1])
            seed_randomness()
            told.append(attempt(canon, place, lambda call=call: self._finished(call())))
        return told

    def _in_another_world(self):
        """The same call once more, after the files, the environment and the random numbers have changed."""
        made = self._arguments()
        if isinstance(made, str):
            return made
        move_world(self._folder, (*made[0], *made[1].values()), self._function)
        canon = self._new_canon()
        call = functools.partial(self._function, *made[0], **made[1])
        return attempt(canon, (None, "call in another world"), lambda: self._finished(call()))

    def _with_the_same(self, args, kwargs):
        """Whether a call on the first one's very objects, changed by their owner, is as one on new objects."""
        made = self._arguments()
        if isinstance(made, str):
            return made
        one, other = (self._after_a_change(*given) for given in ((args, kwargs), made))
        return "as for new objects" if one == other else "not as for new objects"

    def _after_a_change(self, args, kwargs):
        canon = self._new_canon()
        for number, value in enumerate((*args, *kwargs.values())):
            upset(value)
            canon.write(value, ((None, "arguments"), number))
        place = (None, "result for the same objects")
        seed_randomness()
        return digest(attempt(canon, place, lambda: self._finished(self._function(*args, **kwargs))))

    def _new_canon(self):
        """One that knows what there was before, and nothing of what was met since."""
        return Canon(known=self._version.state.known, own=self._version.own, folder=self._folder)

    def _finished(self, value):
        """What comes of a value in the end: what a coroutine returns, the first items of an iterator."""
        if is_async(value):
            return finish_async(value)
        return list(itertools.islice(value, 50)) if hasattr(type(value), "__next__") else value

    def _raw_arguments(self):
        made = self._arguments()
        return () if isinstance(made, str) else made[0]

    def _tell_use(self, outcome, value):
        walk = Walk(self._canon, self._effects, self._context, lambda: self._made_again()[1])
        sequence = self._recipe.get("sequence")
        if sequence:
            outcome["sequence"] = self._watched(lambda: walk.sequence(value, sequence))
        plan = self._version.plan_of(value)
        if plan is not None and not sequence:
            self._tell_use_of_instance(outcome, walk, plan)
        elif not sequence and self._version.is_representative(self._recipe):
            self._tell_use_of_items(outcome, walk)

    def _tell_use_of_instance(self, outcome, walk, plan):
        thorough = self._version.is_representative(self._recipe)
        other = self._made_again()[1]
        outcome["use"] = self._watched(lambda: walk.plan(other, plan))
        if thorough:
            outcome["use after a change"] = self._watched(lambda: walk.plan(upset(other), plan))
        fresh = self._made_again()[1]
        outcome["traits"] = self._watched(lambda: walk.traits(fresh, thorough=thorough))

    def _tell_use_of_items(self, outcome, walk):
        """Use the instances that a result holds, then once more after the arguments have changed."""
        made = self._arguments()
        if isinstance(made, str):
            return
        with contextlib.suppress(BaseException):
            held = self._held(self._watched(lambda: self._function(*made[0], **made[1])))
            outcome["use of items"] = self._watched(lambda: [walk.plan(*pair) for pair in held])
            for value in (*made[0], *made[1].values()):
                upset(value)
            outcome["use of items after a change"] = self._watched(
                lambda: [walk.plan(*pair) for pair in held]
            )

    def _held(self, value):
        """(instance, plan) of the first few instances with a plan in a tuple, list or dict."""
        items = list(dict.values(value)) if isinstance(value, dict) else value
        if not isinstance(items, (tuple, list)):
            return []
        pairs = [(item, self._version.plan_of(item)) for item in list(items)[:_MOST_ITEMS]]
        return [(item, plan) for item, plan in pairs if plan is not None][:_MOST_USED]

    def _made_again(self):
        """(True, value) of one more call with equal arguments, or (False, the error)."""
        log = list(self._context.log)
        made = self._arguments()
        self._context.log[:] = log
        if isinstance(made, str):
            return False, made
        try:
            return True, self._function(*made[0], **made[1])
        except BaseException as error:
            return False, error_node(self._canon, error, (None, "error of another call"))

    def _again(self):
        """The same call once more, after the caller has changed the first result."""
        made = self._arguments()
        if isinstance(made, str):
            return {"unusable": made}
        seed_randomness()
        ended, value = self._call(*made)
        told = {"end": ended, "arguments": self._write_again(made[0])}
        try:
            if is_async(value):
                value = self._watched(lambda: finish_async(value))
        except BaseException as error:
            ended, value = "raised", error
        place = (None, "result of the second call")
        if ended == "raised":
            told["error"] = error_node(self._canon, value, place)
        else:
            told["result"] = self._canon.write(value, place)
        told["iterators"] = self._watched(self._new_iterators)
        told["events"] = list(self._context.log)
        told["globals"] = self._version.state.changes(self._canon)
        return told

    def _write_again(self, args):
        root = (None, "arguments of the second call")
        return [self._canon.write(value, (root, n)) for n, value in enumerate(args)]

    def _new_iterators(self):
        del self._canon.iterators[: self._read_so_far()]
        return drain(self._canon, self._effects)

    def _read_so_far(self):
        return next(
            (
                n
                for n, (place, _) in enumerate(self._canon.iterators)
                if root_of(place).endswith("of the second call")
            ),
            len(self._canon.iterators),
        )

    def _inputs_data(self):
        """What the inputs file holds (its own log, for one): written anew each time."""
        namespace = self._context.inputs_namespace
        if not namespace:
            return []
        canon = Canon(own=self._version.own, limit=4_000)
        return [
            [name, canon.write(value, (None, "inputs file " + name))]
            for name, value in data_of(namespace, namespace.get("__name__"))
        ]

    def _watched(self, action):
        self._effects.on = True
        try:
            return action()
        finally:
            self._stop_watching()

    def _stop_watching(self):
        """What is told from here on is not the project's doing; it must find the builtins as they were."""
        self._effects.on = False
        self._replaced.update(self._process.restore_builtins())


def _kind(value):
    kind = type(value)
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else "%s.%s" % (kind.__module__, kind.__qualname__)
    )


def _change(value):
    """What a caller may do with a result that is his: add to it, and set an attribute."""
    if isinstance(value, (tuple, list)):
        for item in list(value)[:20]:
            _change_one(item)
    elif isinstance(value, dict):
        for item in list(dict.values(value))[:20]:
            _change_one(item)
    _change_one(value)


def _change_one(value):
    try:
        if isinstance(value, (list, dict, set)):
            disturb(value)
        elif isinstance(value, bytearray):
            value += b"!"
        elif type(value).__module__ != "builtins" and not isinstance(value, _PLAIN_VALUES):
            vars(value)["left_by_the_caller"] = _MARK
    except Exception:
        return
