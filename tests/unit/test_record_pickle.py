"""Copies of arguments: exact where pickle is, by other ways where it is not, refused with a reason elsewhere."""

from __future__ import annotations

import collections
import gc
import importlib
import io
import itertools
import pickle
import re
import sys
import threading
import types
import weakref

import pytest

from optimizer.worker import rebuild
from optimizer.worker.record_pickle import Copier, Limits
from optimizer.worker.record_ways import Lost

SENTINEL = object()


class Nothing:
    """A sentinel of a class of its own, without state."""


NOTHING = Nothing()


class Proxy:
    """Asks for attributes that a half-made instance does not have, which is where plain pickle never ends."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)


class Barrel(list):
    """A list whose own methods need attributes that `__init__` sets."""

    def __init__(self, items):
        self.pieces = [list(items)]

    def append(self, item):
        self.pieces[-1].append(item)

    def extend(self, items):
        self.pieces[-1].extend(items)

    def __iter__(self):
        return itertools.chain.from_iterable(self.pieces)


class Loud:
    """Its pickling methods do what they should not."""

    def __getstate__(self):
        sys.stdout.write("pickled")
        return {"x": 1}


class Raising:
    def __reduce__(self):
        raise SystemExit(3)


def rebuilt(value, **options):
    copier = Copier(modules=lambda: [sys.modules[__name__]], **options)
    return pickle.loads(copier.copy(value))


def offset(step):
    base = 10

    def add(number, *, times=2):
        return base + number * times + step

    return add


def test_plain_values_come_back():
    value = ([1, 2.5, "x", None, ...], {"k": (b"y", {3})}, collections.deque([1], maxlen=4))
    assert rebuilt(value) == value


def test_what_is_shared_stays_shared():
    row = [1]
    first, second = rebuilt([row, row])
    assert first is second


@pytest.mark.parametrize(("function", "argument", "expected"), [(offset(5), 3, 21), (lambda x: x + 1, 2, 3)])
def test_local_functions_come_back_by_value(function, argument, expected):
    copy = rebuilt(function)
    assert copy is not function
    assert copy(argument) == expected
    assert copy.__qualname__ == function.__qualname__
    assert copy.__module__ == function.__module__


def test_functions_of_modules_come_back_by_name():
    assert rebuilt(offset) is offset


@pytest.fixture
def another_python(monkeypatch):
    """Makes byte code that was kept so far strange."""
    return lambda: monkeypatch.setattr("importlib.util.MAGIC_NUMBER", b"else")


def test_byte_code_of_another_python_is_compiled_from_source(another_python):
    data = Copier().copy([offset(5), lambda x: x + 1])
    another_python()
    first, second = pickle.loads(data)
    assert (first(3), second(2)) == (21, 3)


def test_of_two_functions_in_one_line_none_is_guessed(another_python):
    data = Copier().copy([lambda: 1, lambda: 2])
    another_python()
    with pytest.raises(LookupError, match="may be one of several"):
        pickle.loads(data)


def test_a_file_that_has_changed_gives_no_function(another_python, tmp_path, monkeypatch):
    file = tmp_path / "rebuilt_here.py"
    file.write_text("def make(n):\n    return lambda x: x + n\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    data = Copier().copy(importlib.import_module("rebuilt_here").make(2))
    another_python()
    assert pickle.loads(data)(1) == 3
    file.write_text("def make(n):\n    return lambda x: x - n\n")
    rebuild._text.cache_clear()
    rebuild._all_of.cache_clear()
    with pytest.raises(LookupError, match="not found again"):
        pickle.loads(data)


def test_what_has_no_source_stays_with_its_python(another_python):
    data = Copier().copy(eval("lambda: 1", globals()))
    assert pickle.loads(data)() == 1
    another_python()
    with pytest.raises(LookupError, match="byte code of another Python"):
        pickle.loads(data)


@pytest.mark.parametrize("sentinel", [SENTINEL, NOTHING])
def test_sentinels_stay_what_they_are(sentinel):
    assert rebuilt([sentinel])[0] is sentinel


def test_an_instance_that_is_nobodys_sentinel_is_copied():
    copy = rebuilt(Nothing())
    assert type(copy) is Nothing
    assert copy is not NOTHING


def test_a_class_with_its_own_attribute_lookup():
    with pytest.raises(RecursionError):
        pickle.loads(pickle.dumps(Proxy([1])))
    copy = rebuilt(Proxy([1]))
    assert type(copy) is Proxy
    assert copy.inner == [1]


def test_a_list_with_methods_of_its_own():
    with pytest.raises(AttributeError):
        pickle.loads(pickle.dumps(Barrel("ab")))
    copy = rebuilt(Barrel("ab"))
    assert copy.pieces == [["a", "b"]]
    assert list.__len__(copy) == 0


def test_a_cycle():
    proxy = Proxy(None)
    proxy.inner = [proxy]
    copy = rebuilt(proxy)
    assert copy.inner[0] is copy


def test_newborns_are_copied_as_they_are():
    newborn = Loud.__new__(Loud)
    copy = pickle.loads(Copier().copy((newborn,), newborn))[0]
    assert type(copy) is Loud
    assert vars(copy) == {}


def test_what_pickle_does_not_know():
    matched = re.search(r"b+(c)", "abbcd")
    lock, counter, view, other = rebuilt((threading.RLock(), itertools.count(5, 2), {1: 2}.items(), matched))
    assert type(lock) is type(threading.RLock())
    assert next(counter) == 5
    assert next(counter) == 7
    assert list(view) == [(1, 2)]
    assert (other.span(), other.group(1)) == ((1, 4), "c")


def test_counting_on_is_not_noticed(recwarn):
    counter = itertools.count(3)
    rebuilt(counter)
    assert next(counter) == 3
    assert not recwarn.list


def held_lock():
    lock = threading.Lock()
    lock.acquire()
    return lock


def local_instance():
    class Local:
        pass

    return Local()


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ((i for i in ()), "a generator"),
        (held_lock(), "a lock that is held"),
        (object(), "a bare object()"),
        (local_instance(), "a local class local_instance.<locals>.Local"),
        (types.ModuleType("made_up"), "a module that cannot be imported"),
        (itertools.chain(), "an iterator of itertools"),
        (weakref.ref(Nothing), "a weak reference"),
        (sys._getframe(), "a frame"),
        (deep(), "nested too deeply"),
        ("x" * 2_000_000, "bigger than 512 KiB"),
        ([[str(number) * 300] for number in range(1000)], "bigger than 512 KiB"),
        (Raising(), "SystemExit: 3"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_what_cannot_be_kept_is_named(value, because):
    with pytest.raises(Lost, match=re.escape(because)):
        Copier().copy([value])


def test_open_files_are_named(tmp_path):
    with (tmp_path / "x").open("w") as stream, pytest.raises(Lost, match="an open file"):
        Copier().copy(stream)
    assert rebuilt(io.StringIO("text")).getvalue() == "text"


def test_too_slow():
    values = [Nothing() for _ in range(3000)]
    with pytest.raises(Lost, match="too long"):
        Copier(Limits(max_seconds=0.0)).copy(values)


def test_the_projects_own_methods_are_guarded():
    events = []

    def before():
        events.append("before")
        return lambda: events.append("after")

    Copier(before_user_code=before).copy([Loud(), Loud()])
    assert events == ["before", "after"]
    Copier(before_user_code=before).copy([Nothing(), 1, "x"])
    assert events == ["before", "after"]


def test_careful_runs_none_of_them(capsys):
    with pytest.raises(Lost, match="pickling methods of its own"):
        Copier(careful=True).copy(Loud())
    assert capsys.readouterr().out == ""
    assert rebuilt(Proxy(1), careful=True).inner == 1


def test_a_deadline_of_the_tests_own_is_not_swallowed():
    class Deadline:
        def __reduce__(self):
            pytest.fail("too late")

    with pytest.raises(pytest.fail.Exception, match="too late"):
        Copier().copy(Deadline())


@pytest.mark.parametrize("value", [Nothing(), Loud(), Raising()], ids=["kept", "guarded", "lost"])
def test_nothing_is_kept_alive(value):
    kept = [type(value)()]
    watched = weakref.ref(kept[0])
    gc.disable()
    try:
        with pytest.raises(Lost) if isinstance(value, Raising) else open_end():
            Copier().copy(kept)
        kept.clear()
        assert watched() is None
    finally:
        gc.enable()


def open_end():
    import contextlib

    return contextlib.nullcontext()
