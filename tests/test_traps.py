"""The verifier, given each transform's traps: one ordinary call must be enough to lead it to the difference."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from optimizer.model import Behaviour, Subject, Verification
from optimizer.registry import load
from optimizer.sandbox.launch import Launcher
from optimizer.transform import Transform, Trap
from optimizer.verify.verify import verify

TRANSFORMS = load().transforms
LEAST_TRAPS = 2
EVERY = 30
"""One trap in so many is tried by default; `-m ""` tries all."""

TRAPS = [
    (f"{transform.name}-{number}", trap)
    for transform in TRANSFORMS
    for number, trap in enumerate(transform.traps)
]


def marked(number: int, name: str, trap: Trap) -> object:
    marks = [pytest.mark.slow] if number % EVERY else []
    return pytest.param(trap, id=name, marks=marks)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.name)
def test_every_transform_names_its_traps(transform: Transform) -> None:
    assert len(transform.traps) >= LEAST_TRAPS


@pytest.mark.parametrize("trap", [marked(number, *each) for number, each in enumerate(TRAPS)])
def test_the_verifier_does_not_walk_into_it(trap: Trap, tmp_path: Path) -> None:
    found = judged(trap, tmp_path)
    assert found.behaviour is not Behaviour.SAME, (trap.because, found)


def judged(trap: Trap, folder: Path) -> Verification:
    """What is said of the careless rewrite when only the trap's ordinary calls are recorded."""
    (folder / "trapped.py").write_text(trap.before)
    (folder / "scratch").mkdir()
    functions = {node.name for node in ast.parse(trap.before).body if isinstance(node, ast.FunctionDef)}
    calls = [
        node
        for node in ast.walk(ast.parse(trap.call))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
    ]
    (folder / "calls.py").write_text(inputs_file(calls))
    subject = Subject(
        file=str(folder / "trapped.py"),
        module="trapped",
        qualnames=(ast.unparse(calls[0].func),),
        before=trap.before,
        after=trap.wrong,
        python=sys.executable,
        cwd=str(folder / "scratch"),
        sys_path=(str(folder),),
        inputs_file=str(folder / "calls.py"),
    )
    return verify(subject, Launcher(), budget_seconds=8.0)


def inputs_file(calls: list[ast.Call]) -> str:
    """Yields the arguments of each call; they may name what the module holds."""
    assert not any(call.keywords for call in calls)
    yields = [f"    yield ({''.join(f'{ast.unparse(each)}, ' for each in call.args)})" for call in calls]
    names = "import trapped\n\nglobals().update(vars(trapped))\n"
    return names + "\n\ndef inputs():\n" + "\n".join(yields) + "\n"
