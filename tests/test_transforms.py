"""Every example and every trap of every transform: they are its documentation, so they must be true."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import textwrap
import warnings
from collections.abc import Callable

import pytest

from optimizer.discover.targets import find_targets
from optimizer.model import Candidate, Declined, Kind, Metric, Recording, SourceFile, Target
from optimizer.propose import propose
from optimizer.readability.gate import read_files
from optimizer.registry import load
from optimizer.transform import Example, Transform, Trap

TRANSFORMS = load().transforms
MOST_STEPS = 10


def source(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"


def source_file(text: str) -> SourceFile:
    found = find_targets(text, ast.parse(text), path="example.py", module="example")
    targets = tuple(target for target in found if isinstance(target, Target))
    return SourceFile(
        path="example.py",
        module="example",
        text=text,
        encoding="utf-8",
        bom=False,
        newline="\n",
        targets=targets,
    )


def recordings(example: Example) -> tuple[Recording, ...]:
    by_function: dict[str, list[tuple[str, tuple[tuple[str, int], ...]]]] = {}
    for name, types in example.observed:
        qualname, _, parameter = name.rpartition(".")
        by_function.setdefault(qualname, []).append((parameter, tuple((one, 10) for one in types)))
    return tuple(
        Recording(target=target(qualname), calls_seen=10, samples=(), types=tuple(types))
        for qualname, types in by_function.items()
    )


def target(qualname: str) -> Target:
    return Target(
        path="example.py",
        module="example",
        qualname=qualname,
        kind=Kind.FUNCTION,
        first_line=1,
        last_line=1,
        source="",
        digest="",
    )


def candidates(transform: Transform, text: str, example: Example | None = None) -> list[Candidate]:
    found = list(propose([source_file(text)], [transform], recordings=recordings(example) if example else ()))
    crashes = [one.because for one in found if isinstance(one, Declined) and "failed here" in one.because]
    assert not crashes
    return [one for one in found if isinstance(one, Candidate)]


def rewritten(transform: Transform, text: str, example: Example) -> str:
    """The text after all that the transform proposes, one after the other."""
    for _ in range(MOST_STEPS):
        found = candidates(transform, text, example)
        if not found:
            return text
        text = found[0].after
    return pytest.fail("the transform never comes to rest")


def behaviour(text: str, call: str) -> object:
    """What the call gives, or raises, and what it prints: nested types count, not only values."""
    namespace: dict[str, object] = {"__name__": "example"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "<example>", "exec", dont_inherit=True), namespace)
        try:
            outcome = shape(eval(call, namespace))
        except Exception as error:  # noqa: BLE001 - an error is behaviour
            outcome = (type(error).__name__, shape(error.args))
    return outcome, printed.getvalue()


def shape(value: object) -> object:
    kind = type(value).__name__
    if isinstance(value, dict):
        return kind, [(shape(key), shape(one)) for key, one in value.items()]
    if isinstance(value, set | frozenset):
        return kind, sorted(map(repr, value))
    if isinstance(value, list | tuple):
        return kind, [shape(one) for one in value]
    return kind, repr(value) if " at 0x" not in repr(value) else ""


EXAMPLES = [
    (transform, number, each) for transform in TRANSFORMS for number, each in enumerate(transform.examples)
]
POSITIVE = [
    pytest.param(rule, each, id=f"{rule.name}-{number}") for rule, number, each in EXAMPLES if each.after
]
NEGATIVE = [
    pytest.param(rule, each, id=f"{rule.name}-{number}") for rule, number, each in EXAMPLES if not each.after
]
TRAPS = [
    pytest.param(transform, trap, id=f"{transform.name}-{number}")
    for transform in TRANSFORMS
    for number, trap in enumerate(transform.traps)
]


@pytest.mark.parametrize(("transform", "example"), NEGATIVE)
def test_left_alone(transform: Transform, example: Example) -> None:
    text = source(example.before)
    assert [one.after for one in candidates(transform, text, example)] == []
    assert example.because


@pytest.mark.parametrize(("transform", "example"), POSITIVE)
def test_rewritten(transform: Transform, example: Example) -> None:
    assert rewritten(transform, source(example.before), example) == source(example.after or "")


@pytest.mark.parametrize(("transform", "example"), POSITIVE)
def test_the_result_is_left_alone(transform: Transform, example: Example) -> None:
    assert candidates(transform, source(example.after or ""), example) == []


@pytest.mark.parametrize(("transform", "example"), POSITIVE)
def test_both_behave_alike(
    transform: Transform, example: Example, need_module: Callable[[str], None]
) -> None:
    assert example.call, "say how to call it"
    if "pandas" in example.call:
        need_module("pandas")
    before = behaviour(source(example.before), example.call)
    assert behaviour(source(example.after or ""), example.call) == before
    assert "NameError" not in str(before), "the call does not reach the code"
    assert "ModuleNotFoundError" not in str(before), "the call does not reach the code"


@pytest.mark.parametrize(("transform", "example"), POSITIVE)
def test_reads_no_worse(transform: Transform, example: Example) -> None:
    before, after = source(example.before), source(example.after or "")
    # A speed-up of 1.1 is the least that is ever proposed.
    assert read_files(before, after, speedup_low=1.1).objections == ()


@pytest.mark.parametrize(("transform", "trap"), TRAPS)
def test_avoids_its_traps(transform: Transform, trap: Trap) -> None:
    wrong = ast.dump(ast.parse(source(trap.wrong)))
    proposed = [ast.dump(ast.parse(one.after)) for one in candidates(transform, source(trap.before))]
    assert wrong not in proposed
    assert trap.because


@pytest.mark.parametrize(("transform", "trap"), TRAPS)
def test_an_ordinary_call_does_not_show_the_trap(transform: Transform, trap: Trap) -> None:
    assert behaviour(source(trap.before), trap.call) == behaviour(source(trap.wrong), trap.call)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.name)
def test_is_documented(transform: Transform) -> None:
    text = " ".join((inspect.getdoc(type(transform)) or "").split())
    assert text.partition(" ")[0].istitle()
    assert "Safe when" in text
    if transform.metric is Metric.TIME:
        assert "Faster because" in text
        assert transform.ratios


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.name)
def test_has_examples_of_both_kinds(transform: Transform) -> None:
    kinds = [example.after is not None for example in transform.examples]
    assert kinds.count(True) >= 2
    assert kinds.count(False) >= 3
    assert kinds == sorted(kinds), "what is left alone comes first"


def test_names_are_unique() -> None:
    names = [transform.name for transform in TRANSFORMS]
    assert len(names) == len(set(names))
    assert names
