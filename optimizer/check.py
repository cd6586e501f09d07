"""Judge a change that somebody else made: the same stages as the pipeline, on two given files."""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from optimizer.errors import UsageError
from optimizer.judge import judge
from optimizer.measure.controls import Controls
from optimizer.measure.measure import measure
from optimizer.model import (
    Behaviour,
    Candidate,
    Decision,
    Kind,
    Measurement,
    Metric,
    Progress,
    Readability,
    Stage,
    Subject,
    Target,
)
from optimizer.ports import Runner
from optimizer.readability.gate import read_files
from optimizer.verify.verify import verify

Watcher: TypeAlias = Callable[[Progress], None]
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Two versions of one file, and the function, method or class in it (its qualname) that changed."""

    before: Path
    after: Path
    qualname: str
    inputs: Path | None = None
    metric: Metric = Metric.TIME
    line_length: int | None = None
    min_gain: float = 0.10
    measure_only: bool = False
    verify_seconds: float = 20.0
    measure_seconds: float = 60.0


def check(
    request: Request,
    runner: Runner,
    *,
    python: str,
    scratch: Path,
    watch: Watcher,
    controls: Controls | None = None,
) -> Decision:
    """Verify, measure and read the change of `request`; a change that differs is not measured.

    With `measure_only` behaviour is not judged, so the change is never accepted.

    Raises UsageError when a file, the function in it, or the change itself is missing.
    """
    before, after = _source(request.before), _source(request.after)
    candidate = _candidate(request, before, after)
    subject = _subject(request, before, after, python=python, scratch=scratch)
    verification = None
    if not request.measure_only:
        watch(Progress(stage=Stage.VERIFY, detail=request.qualname))
        verification = verify(subject, runner, budget_seconds=request.verify_seconds)
    measurements: tuple[Measurement, ...] = ()
    if verification is None or verification.behaviour is Behaviour.SAME:
        watch(Progress(stage=Stage.MEASURE, detail=request.qualname))
        measurements = (
            measure(
                subject,
                runner,
                controls=controls,
                threshold=1 + request.min_gain,
                seconds=request.measure_seconds,
            ),
        )
    return judge(
        candidate,
        readability=_read(request, before, after, measurements),
        verification=verification,
        measurements=measurements,
    )


def _read(request: Request, before: str, after: str, measurements: tuple[Measurement, ...]) -> Readability:
    low = min((measurement.low for measurement in measurements), default=1.0)
    return read_files(before, after, line_length=request.line_length, speedup_low=low)


def _source(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}; give the path of a Python file."
        raise UsageError(message) from error
    except UnicodeDecodeError as error:
        message = f"Cannot read {path}: it is not UTF-8; convert it first."
        raise UsageError(message) from error
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        message = f"Cannot parse {path}: {error}; mend the file first."
        raise UsageError(message) from error
    return text


def _candidate(request: Request, before: str, after: str) -> Candidate:
    path = request.before.name
    target = _target(request, before)
    _find(request.after, after, request.qualname)
    patch = "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
    )
    return Candidate(
        id=hashlib.sha256(patch.encode()).hexdigest()[:12],
        transform="check",
        transform_version=1,
        metric=request.metric,
        targets=(target,),
        path=path,
        before=before,
        after=after,
        patch=patch,
    )


def _target(request: Request, text: str) -> Target:
    node = _find(request.before, text, request.qualname)
    source = ast.get_source_segment(text, node) or ""
    return Target(
        path=request.before.name,
        module=module_name(request.before)[0],
        qualname=request.qualname,
        kind=_kind(request.qualname, node),
        first_line=min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
        last_line=node.end_lineno or node.lineno,
        source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(),
    )


def _kind(qualname: str, node: _DEFINITION) -> Kind:
    if isinstance(node, ast.ClassDef):
        return Kind.CLASS
    return Kind.METHOD if "." in qualname else Kind.FUNCTION


def _find(path: Path, text: str, qualname: str) -> _DEFINITION:
    """The definition of `qualname`, the last one if it is bound several times (also below `if` and `try`)."""
    scope: list[ast.AST] = [ast.parse(text)]
    found: _DEFINITION | None = None
    for name in qualname.split("."):
        matches = [node for node in _definitions(scope) if node.name == name]
        if not matches:
            message = (
                f"{path} has no function or class '{qualname}'; give --function NAME as it stands there."
            )
            raise UsageError(message)
        found = matches[-1]
        scope = list(found.body)
    assert found is not None  # noqa: S101 - a split never yields nothing
    return found


def _definitions(nodes: list[ast.AST]) -> list[_DEFINITION]:
    """Definitions in `nodes`, in order, looking into compound statements but not into definitions."""
    found: list[_DEFINITION] = []
    for node in nodes:
        if isinstance(node, _DEFINITION):
            found.append(node)
        elif not isinstance(node, ast.expr):
            found.extend(_definitions(list(ast.iter_child_nodes(node))))
    return found


def _subject(request: Request, before: str, after: str, *, python: str, scratch: Path) -> Subject:
    if request.inputs is not None:
        _find(request.inputs, _source(request.inputs), "inputs")
    module, root = module_name(request.before)
    return Subject(
        file=str(request.before.resolve()),
        module=module,
        aliases=tuple({request.before.stem, request.after.stem} - {module}),
        qualnames=(request.qualname,),
        before=before,
        after=after,
        python=python,
        cwd=str(scratch),
        sys_path=tuple(dict.fromkeys([str(root), str(request.after.resolve().parent)])),
        inputs_file=str(request.inputs.resolve()) if request.inputs else "",
        metric=request.metric,
    )


def module_name(path: Path) -> tuple[str, Path]:
    """The dotted name of the module at `path`, and the folder that must be on `sys.path` to import it.

    A file whose name is no identifier gets a cleaned one: it cannot be imported by its own name anyway.
    """
    path = path.resolve()
    parts = [re.sub(r"\W", "_", path.stem)]
    folder = path.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts), folder
