"""Whatever a function is wrapped in or held by, it is the new version that runs, or a process for each version."""

from __future__ import annotations

import math
import sys

import pytest

from optimizer.measure.processes import Sampler
from optimizer.model import Subject

SLOW, FAST = (f"t = 0\nfor i in range({count}):\n    t += i\nreturn t" for count in (900, 300))
DECORATOR = """
import functools
def logged(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner
"""
REGISTRY = "HELD = []\ndef held(function):\n    HELD.append(function)\n    return function\n@held\ndef h():\n    {body}\n"
CLASS = "class C:\n    {decorators}\n    def m({parameters}):\n        {body}\n"


def method(decorators, parameters):
    return CLASS.replace("{decorators}", decorators).replace("{parameters}", parameters)


# Name: text with a {body}, function, arguments (an expression), text of another module.
WRAPPED = {
    "a cache": (
        "import functools\n@functools.lru_cache(None)\ndef f(a):\n    {body}\n",
        "f",
        "(1,)",
        "",
    ),
    "wraps": (DECORATOR + "@logged\ndef f():\n    {body}\n", "f", "()", ""),
    "a manager": (
        "import contextlib\n@contextlib.contextmanager\ndef f():\n    yield h()\ndef h():\n    {body}\n",
        "f",
        "()",
        "",
    ),
    "a class method over a decorator": (
        DECORATOR + method("@classmethod\n    @logged", "cls"),
        "C.m",
        "(case.C,)",
        "",
    ),
    "a property": (method("@property", "self"), "C.m", "(case.C(),)", ""),
    "a cached property": (
        "import functools\n" + method("@functools.cached_property", "self"),
        "C.m",
        "(case.C(),)",
        "",
    ),
    "a private method": (method("", "self").replace("def m", "def __m"), "C.__m", "(case.C(),)", ""),
    "a generic function": (
        "import functools\n@functools.singledispatch\ndef f(a):\n    {body}\n",
        "f",
        "(1,)",
        "",
    ),
    "an implementation of one": (
        "import functools\n@functools.singledispatch\ndef f(a): pass\n@f.register(int)\ndef _(a):\n    {body}\n",
        "f",
        "(1,)",
        "",
    ),
    "a default": ("def h():\n    {body}\ndef f(g=h):\n    return g()\n", "f", "()", ""),
    "a table": ("def h():\n    {body}\nT = {'h': h}\ndef f():\n    return T['h']()\n", "f", "()", ""),
}
HELD_ELSEWHERE = {
    "a registry, the first entry": (REGISTRY + "def f():\n    return HELD[0]()\n", "f", "()", ""),
    "a registry, the last entry": (REGISTRY + "def f():\n    return HELD[-1]()\n", "f", "()", ""),
    "a module that looks it up": (
        "import reached_other\ndef h():\n    {body}\ndef f():\n    return reached_other.run()\n",
        "f",
        "()",
        "import reached_case\ndef run():\n    return reached_case.h()\n",
    ),
    "a module that imported it": (
        "def h():\n    {body}\nimport reached_other\ndef f():\n    return reached_other.run()\n",
        "f",
        "()",
        "from reached_case import h\ndef run():\n    return h()\n",
    ),
}


@pytest.fixture
def sampler(tmp_path, runner):
    def make(text, function, arguments, other):
        before, after = (_filled(text, body) for body in (SLOW, FAST))
        (tmp_path / "reached_case.py").write_text(before)
        (tmp_path / "reached_other.py").write_text(other)
        (tmp_path / "inputs.py").write_text(
            f"import reached_case as case\ndef inputs():\n    yield {arguments}\n"
        )
        subject = Subject(
            file=str(tmp_path / "reached_case.py"),
            module="reached_case",
            qualnames=(function,),
            before=before,
            after=after,
            python=sys.executable,
            cwd=str(tmp_path),
            sys_path=(str(tmp_path),),
            inputs_file=str(tmp_path / "inputs.py"),
        )
        return Sampler(subject=subject, runner=runner)

    return make


def _filled(text, body):
    """The body put in with the indentation of its place."""
    before, _, after = text.partition("{body}")
    indent = before.rpartition("\n")[2]
    return before + body.replace("\n", "\n" + indent) + after


@pytest.mark.parametrize("name", WRAPPED)
def test_what_a_function_is_wrapped_in(sampler, name):
    assert math.exp(sampler(*WRAPPED[name]).draw().x) > 1.8


@pytest.mark.parametrize("name", HELD_ELSEWHERE)
def test_what_something_else_holds_takes_a_process_for_each_version(sampler, name):
    asked = sampler(*HELD_ELSEWHERE[name])
    assert math.exp(asked.draw().x) > 1.8
    assert asked.apart_because == "something else in the program holds h too"


def test_a_cached_function_is_not_repeated_more_often_than_it_misses(sampler):
    process = sampler(*WRAPPED["a cache"]).draw()
    assert process.loops < 100


def test_a_cached_method_misses_in_a_process_of_its_own_too(sampler):
    asked = sampler(
        "import functools\n" + method("@functools.lru_cache(None)", "self"), "C.m", "(case.C(),)", ""
    )
    asked.apart = True
    assert math.exp(asked.draw().x) > 1.8
