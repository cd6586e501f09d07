"""What is seen of one call: every row is a mistake that a lenient comparison lets through, or a change that is none."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from optimizer.model import Subject
from optimizer.sandbox.launch import Launcher
from optimizer.verify.compare import Domain, compare
from optimizer.verify.outcomes import OK, Observed, Observer, Order


@dataclass(frozen=True)
class Row:
    because: str
    before: str
    after: str
    call: str
    part: str = ""


PRELUDE = """
import asyncio, collections, contextlib, contextvars, functools, io, itertools, logging, os, random, re, sys, threading, warnings
VARIABLE = contextvars.ContextVar("variable")
TOTAL = 0
LOG = []
TABLE = {"a": [1]}
class Box:
    count = 0
    def __init__(self, value=None):
        self.value = value
class Err(Exception):
    pass
"""

DIFFERENT = [
    Row("the message", "raise ValueError('a')", "raise ValueError('b')", "()", "error"),
    Row("the type of the exception", "raise ValueError('a')", "raise KeyError('a')", "()", "error"),
    Row("the arguments of the exception", "raise Err('a', 1)", "raise Err('a')", "()", "error"),
    Row("an attribute of the exception", "e = Err(); e.code = 1; raise e", "raise Err()", "()", "error"),
    Row("the cause", "raise Err() from KeyError(1)", "raise Err()", "()", "error"),
    Row(
        "the context",
        "try:\n    {}[1]\nexcept KeyError:\n    raise Err()",
        "raise Err()",
        "()",
        "error",
    ),
    Row("a return for an exception", "return 1 // x", "return 1 // x if x else None", "(0,)", "end"),
    Row("leaving the program", "raise SystemExit(1)", "raise SystemExit(2)", "()", "error"),
    Row("the order of a dict", "return dict(a=1, b=2)", "return dict(b=2, a=1)", "()", "result"),
    Row("rows aliased", "return [[0], [0]]", "return [[0]] * 2", "()", "result"),
    Row("a copy of an argument", "return list(x)", "return x", "([1],)", "result"),
    Row(
        "a nested copy of an argument", "return [list(r) for r in x]", "return list(x)", "([[1]],)", "result"
    ),
    Row("a global handed out", "return list(TABLE['a'])", "return TABLE['a']", "()", "result"),
    Row("a module counter", "global TOTAL; TOTAL += 1", "pass", "()", "globals"),
    Row("a module log", "LOG.append(1)", "LOG.append(True)", "()", "globals"),
    Row("a nested global", "TABLE['a'].append(1)", "pass", "()", "globals"),
    Row("a class attribute", "Box.count += 1", "pass", "()", "globals"),
    Row(
        "an attribute of a function",
        "os.path; LOG.extend([1])",
        "LOG.append(1); LOG.append(2)",
        "()",
        "globals",
    ),
    Row("another function returned", "return len", "return sum", "()", "result"),
    Row("another lambda returned", "return lambda n: n + x", "return lambda n: n - x", "(1,)", "functions"),
    Row(
        "a bound variable",
        "return [lambda: i for i in x]",
        "return [lambda i=i: i for i in x]",
        "([1, 2],)",
        "result",
    ),
    Row(
        "a float sum reversed",
        "return functools.reduce(float.__add__, x)",
        "return functools.reduce(float.__add__, x[::-1])",
        "([0.1, 0.2, 0.3],)",
        "result",
    ),
    Row(
        "a deque without its bound",
        "return collections.deque(x, 2)",
        "return collections.deque(x[-2:])",
        "([1, 2, 3],)",
    ),
    Row("an argument changed", "x.sort()\nreturn x[0]", "return min(x)", "([2, 1],)", "arguments"),
    Row("an argument changed deep inside", "x[0].append(1)", "pass", "([[]],)", "arguments"),
    Row("an attribute set", "x.value = 1", "pass", "(Box(),)", "arguments"),
    Row(
        "how far an iterator was read", "return next(x)", "return list(x)[0]", "(iter([1, 2]),)", "arguments"
    ),
    Row(
        "how far a generator was read",
        "return next(x)",
        "return list(x)[0]",
        "((n for n in [1, 2]),)",
        "arguments",
    ),
    Row("lazy or at once", "return (n for n in x)", "return iter([n for n in x])", "([1],)", "result"),
    Row(
        "when a generator begins",
        "yield from [len(x)]",
        "n = len(x)\nreturn (n for _ in [0])",
        "([1],)",
        "late",
    ),
    Row("what a generator returns", "yield 1; return 2", "yield 1", "()", "iterators"),
    Row(
        "what closing a generator does",
        "try:\n    yield 1\n    yield 2\nfinally:\n    LOG.append('closed')",
        "yield 1\nyield 2\nLOG.append('closed')",
        "()",
        "globals after next moves",
    ),
    Row(
        "what a generator does with what is thrown in",
        "try:\n    yield 1\nexcept Exception:\n    yield 'caught'",
        "yield 1",
        "()",
        "generator",
    ),
    Row(
        "what a generator does with what is sent", "yield (yield 1)", "yield 1\nyield None", "()", "generator"
    ),
    Row("the number of calls of a callback", "return [x(1), x(1)]", "return [x(1)] * 2", "(abs,)", "events"),
    Row("the order of callbacks", "x(1); x(2)", "x(2); x(1)", "(abs,)", "events"),
    Row("a callback inside a dict", "x['f'](1)", "pass", "({'f': abs},)", "events"),
    Row("output", "print('a')", "print('b')", "()", "events"),
    Row("output to the other stream", "print('a')", "print('a', file=sys.stderr)", "()", "events"),
    Row("output past Python", "os.write(1, b'a')", "pass", "()", "past python"),
    Row("output before or after a callback", "print('a'); x(1)", "x(1); print('a')", "(abs,)", "events"),
    Row("a log record", "logging.getLogger('a').info('x')", "pass", "()", "events"),
    Row("the level of a log record", "logging.warning('x')", "logging.error('x')", "()", "events"),
    Row("a warning", "warnings.warn('x')", "pass", "()", "events"),
    Row(
        "the category of a warning", "warnings.warn('x')", "warnings.warn('x', FutureWarning)", "()", "events"
    ),
    Row("a file", "open('a', 'w').write('x')", "open('a', 'w').write('y')", "()", "files"),
    Row("a file that is removed", "open('a', 'w').close(); os.remove('a')", "open('a', 'w').close()", "()"),
    Row("the environment", "os.environ['X_Y'] = '1'", "pass", "()", "process"),
    Row("the folder", "os.mkdir('d'); os.chdir('d')", "os.mkdir('d')", "()", "process"),
    Row("random numbers used up", "random.random(); return 1", "return 1", "()", "process"),
    Row("a random number", "return random.random()", "return random.randint(1, 9)", "()", "result"),
    Row("a descriptor left open", "LOG.append(1)", "LOG.append(1); x = os.open('.', 0)", "()", "held open"),
    Row(
        "a thread left behind",
        "pass",
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "()",
    ),
    Row("a builtin replaced", "import builtins; builtins.len = sum", "pass", "()", "builtins"),
    Row("a cache", "return [x]", "return _cached(x)", "(1,)", "again"),
    Row("a mutable default", "return _fresh(x)", "return _kept(x)", "(1,)", "result"),
    Row("state that grows", "return len(LOG)", "LOG.append(x); return 0", "(1,)", "globals"),
    Row(
        "a coroutine's result",
        "async def g(): return 1\nreturn g()",
        "async def g(): return 2\nreturn g()",
        "()",
        "result",
    ),
    Row("a coroutine for a value", "async def g(): return 1\nreturn g()", "return 1", "()", "async"),
    Row(
        "an async generator's items",
        "async def g():\n    yield 1\n    yield 2\nreturn g()",
        "async def g():\n    yield 1\nreturn g()",
        "()",
        "result",
    ),
    Row("ending the process", "return 1", "os._exit(0)", "()", "how"),
    Row("never ending", "return 1", "while True: pass", "()", "how"),
    Row(
        "never ending, and catching everything",
        "return 1",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "()",
        "how",
    ),
    Row("the position in a buffer", "x.read(1)", "x.getvalue()", "(io.StringIO('ab'),)", "arguments"),
    Row("a match", "return re.match('(a)', 'ab')", "return re.match('a', 'ab')", "()", "result"),
    Row(
        "a cache inside an object",
        "return x.plain(1)",
        "return x.cached(1)",
        "(Keeper([1]),)",
        "same objects",
    ),
    Row(
        "when a function reads what it came from",
        "return lambda: sum(x)",
        "n = sum(x)\nreturn lambda: n",
        "([1],)",
        "functions after a change",
    ),
    Row(
        "a cache that knows one argument only",
        "return x + y",
        "return _first_of(x, y)",
        "(1, 2)",
        "other calls",
    ),
    Row(
        "a cache of what files there are",
        "return os.path.exists(x)",
        "return _exists(x)",
        "('new',)",
        "another world",
    ),
    Row(
        "a cache of the environment",
        "return os.environ.get('SOME_SWITCH')",
        "return _switch('SOME_SWITCH')",
        "()",
        "another world",
    ),
    Row(
        "a cache of random numbers", "return random.random()", "return _drawn()", "()", "again|another world"
    ),
    Row(
        "a new dict for a changed one",
        "global TABLE; TABLE = {**TABLE, 'b': 1}",
        "global TABLE; TABLE['b'] = 1",
        "()",
        "globals",
    ),
    Row("an argument that is kept", "return sum(x)", "return _sum_of_last(x)", "([1],)"),
    Row("a note on the exception", "e = Err(); e.__notes__ = ['a']; raise e", "raise Err()", "()", "error"),
    Row("an item of a list of its own", "return [x.get]", "return [x.copy().get]", "({1: 2},)", "result"),
    Row("a handler of signals", "pass", "_ignore_user_signal()", "()", "process"),
    Row("something to do at exit", "pass", "import atexit; atexit.register(len, '')", "()", "process"),
    Row("the level of a logger", "pass", "logging.getLogger('a').setLevel(7)", "()", "process"),
    Row("a context variable", "pass", "VARIABLE.set(1)", "()", "process"),
    Row("filters of warnings", "pass", "warnings.simplefilter('ignore')", "()", "process"),
    Row("the name of the caller", "return _who()", "return (lambda: _who())()", "()", "result"),
]

THE_SAME = [
    Row("asking for a logger", "logging.getLogger('new')", "pass", "()"),
    Row("what importing a module sets up", "import multiprocessing.pool, wave", "pass", "()"),
    Row("a file that is closed now", "open(os.devnull)", "with open(os.devnull): pass", "()"),
    Row(
        "another way to the same",
        "r = []\nfor n in x: r.append(n * 2)\nreturn r",
        "return [n * 2 for n in x]",
        "([1, 2],)",
    ),
    Row("how output is cut up", "print('a', 'b')", "sys.stdout.write('a b\\n')", "()"),
    Row("a new list each time", "global LOG; LOG = [1]", "global LOG; LOG = [x for x in [1]]", "()"),
    Row("a new name at module level", "global TOTAL; TOTAL += 1", "global TOTAL; TOTAL += 1", "()"),
    Row("addresses in messages", "raise Err('%r' % object())", "raise Err('%r' % object())", "()"),
    Row("the folder's name", "return os.getcwd()", "return os.path.abspath('.')", "()"),
    Row(
        "a context that is not shown",
        "raise Err() from None",
        "try:\n    {}[1]\nexcept KeyError:\n    raise Err() from None",
        "()",
    ),
    Row("random numbers that are used alike", "return random.random()", "return random.random()", "()"),
    Row("generators alike", "yield from x", "for n in x: yield n", "([1, 2],)"),
    Row("callbacks alike", "return [x(n) for n in [1, 2]]", "return list(map(x, [1, 2]))", "(lambda n: n,)"),
    Row(
        "a set made in one order",
        "s = set()\nfor n in x: s.add(n)\nreturn s",
        "return set(x)",
        "(['a', 'b', 'c'],)",
    ),
]

HELPERS = """
_exists = functools.lru_cache(maxsize=None)(os.path.exists)
_switch = functools.lru_cache(maxsize=None)(os.environ.get)
_drawn = functools.lru_cache(maxsize=None)(random.random)
@functools.lru_cache(maxsize=None)
def _cached(x):
    return [x]
def _fresh(x):
    return [x]
def _kept(x, kept=[]):
    kept.append(x)
    return kept
class Keeper:
    def __init__(self, items):
        self.items = items
    def plain(self, n):
        return sum(self.items) + n
    @functools.lru_cache(maxsize=None)
    def cached(self, n):
        return sum(self.items) + n
def _first_of(x, y, found=functools.lru_cache(maxsize=None)(lambda x, y: x + y[0])):
    return found(x, _Wrapped(y))
class _Wrapped(list):
    def __init__(self, y):
        super().__init__([y])
    def __hash__(self):
        return 0
    def __eq__(self, other):
        return True
def _sum_of_last(x, last=[None, 0]):
    if last[0] is not x:
        last[:] = x, sum(x)
    return last[1]
def _ignore_user_signal():
    import signal
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
def _who():
    return sys._getframe(1).f_code.co_name.replace('case', '')
"""


def _module(bodies: list[str]) -> str:
    functions = [
        f"def case_{n}(x=None, y=None):\n{textwrap.indent(body, '    ')}\ncase_{n}.__name__ = 'case'\n"
        for n, body in enumerate(bodies)
    ]
    return PRELUDE + HELPERS + "\n".join(functions)


def observe_both(folder: Path, rows: list[Row], python: str) -> tuple[Observed, Observed]:
    before, after = _module([row.before for row in rows]), _module([row.after for row in rows])
    (folder / "rows.py").write_text(before)
    (folder / "scratch").mkdir()
    subject = Subject(
        file=str(folder / "rows.py"),
        module="rows",
        qualnames=("case_0",),
        before=before,
        after=after,
        python=python,
        cwd=str(folder / "scratch"),
        sys_path=(str(folder),),
    )
    recipes = [
        {"base": ["source", row.call if row.call != "()" else "(None,)"], "target": f"case_{n}"}
        for n, row in enumerate(rows)
    ]
    observer = Observer(subject=subject, runner=Launcher())
    first = observer.observe(Order(text=before, recipes=recipes))
    return first, observer.observe(Order(text=after, recipes=recipes, cpu_seconds=0.3))


ROWS = [*DIFFERENT, *THE_SAME]


@pytest.fixture(scope="module", params=["this one", "3.9"])
def both(request, tmp_path_factory, python_exe):
    import sys

    python = sys.executable if request.param == "this one" else python_exe("3.9")
    return observe_both(tmp_path_factory.mktemp("rows"), ROWS, python)


def pair(both, row):
    return tuple(observed.outcomes[ROWS.index(row)] for observed in both)


@pytest.mark.parametrize("row", DIFFERENT, ids=[row.because for row in DIFFERENT])
def test_a_difference_is_seen(both, row):
    before, after = pair(both, row)
    assert before.how == OK, before
    assert not before.unusable
    if row.part == "how":
        assert after.how in {"died", "timeout"}, after
        return
    assert after.how == OK, after
    found = compare(before.seen, after.seen, domain=Domain.RECORDED)
    assert found is not None
    if row.part:
        assert found.part in row.part.split("|")


@pytest.mark.parametrize("row", THE_SAME, ids=[row.because for row in THE_SAME])
def test_what_is_the_same_stays_the_same(both, row):
    before, after = pair(both, row)
    assert before.how == after.how == OK
    assert compare(before.seen, after.seen, domain=Domain.RECORDED) is None


def test_every_call_starts_from_the_same_state(both):
    """Rows that change globals, the environment or builtins do not reach later rows."""
    repeated = [
        row for row in ROWS if row.because in {"random numbers that are used alike", "a random number"}
    ]
    one, other = (pair(both, row)[0].seen["result"] for row in repeated)
    assert one == other
