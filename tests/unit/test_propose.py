"""The walk over files: candidates, refusals, failures; the patches; the registry."""

from __future__ import annotations

import ast
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from optimizer.discover.targets import find_targets
from optimizer.errors import ConfigError
from optimizer.facts.facts import Facts
from optimizer.model import Assumption, Candidate, Declined, Evidence, Metric, SourceFile, Target
from optimizer.propose import hits, propose
from optimizer.propose.patch import unified_diff
from optimizer.registry import load
from optimizer.transform import Edit, Family, Refusal, Replace, Transform


def source_file(text: str, path: str = "pkg/mod.py", *, bom: bool = False) -> SourceFile:
    found = find_targets(text, ast.parse(text), path=path, module="pkg.mod")
    targets = tuple(target for target in found if isinstance(target, Target))
    return SourceFile(
        path=path, module="pkg.mod", text=text, encoding="utf-8", bom=bom, newline="\n", targets=targets
    )


class OldToNew(Transform):
    """Call `new` instead of `old`.

    Faster because it is new. Safe when it is.
    """

    family = Family.HOISTING
    nodes = (ast.Call,)
    examples = ()

    def looks_like(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)

    def propose(self, node: ast.AST, facts: Facts) -> Iterator[Edit | Refusal]:
        del facts
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return
        if node.func.id == "old":
            sure = Assumption(text="it is new", evidence=Evidence.PROVED)
            yield Edit(changes=(Replace(first=node.func, code="new"),), assumptions=(sure,))
        elif node.func.id == "older":
            yield Refusal(where=node, because="Older is too old.")
        elif node.func.id == "broken":
            yield Edit(changes=(Replace(first=node.func, code="(("),))
        elif node.func.id == "crash":
            yield Edit(changes=(Replace(first=node.func, code="safe"),))
            message = "oh"
            raise ValueError(message)


class Blind(OldToNew):
    """Fail to look."""

    def looks_like(self, node: ast.AST) -> bool:
        del node
        raise RuntimeError


def run(text: str, *transforms: Transform) -> list[Candidate | Declined]:
    return list(propose([source_file(text)], transforms or [OldToNew()]))


# --- the walk ---


def test_nothing_to_look_at_gives_nothing() -> None:
    assert hits([source_file("x = 1\n")], [OldToNew()]) == ()
    assert run("x = 1\n") == []


def test_hits_name_the_outermost_function_once() -> None:
    text = "class A:\n    def m(self):\n        def inner():\n            return old(old(1))\n        return inner\n\nold(2)\n"
    found = hits([source_file(text)], [OldToNew()])
    assert [target.qualname for target in found] == ["A.m", ""]


def test_each_edit_is_a_candidate_of_its_own() -> None:
    text = "def f(x):\n    return old(x) + old(2)\n"
    first, second = run(text)
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    assert first.after == "def f(x):\n    return new(x) + old(2)\n"
    assert second.after == "def f(x):\n    return old(x) + new(2)\n"
    assert first.before == second.before == text
    assert first.id != second.id
    assert [target.qualname for target in first.targets] == ["f"]
    assert first.title == "f: call `new` instead of `old`"
    assert (first.transform, first.metric, first.assumptions[0].text) == (
        "old-to-new",
        Metric.TIME,
        "it is new",
    )


def test_an_id_does_not_depend_on_the_rest_of_the_file_or_on_layout() -> None:
    (one,) = run("def f(x):\n    return old(x)\n")
    (two,) = run("import a\n\n\ndef f( x ):\n    # why\n    return old( x )\n")
    (three,) = run("def g(x):\n    return old(x)\n")
    assert one.id == two.id
    assert one.id != three.id


def test_a_refusal_keeps_its_reason() -> None:
    (declined,) = run("class A:\n    def f(x):\n        return older(x)\n")
    assert declined == Declined(
        path="pkg/mod.py", line=3, qualname="A.f", transform="old-to-new", because="Older is too old."
    )


def test_an_edit_that_cannot_be_put_in_is_declined() -> None:
    (declined,) = run("def f(x):\n    return broken(x)\n")
    assert isinstance(declined, Declined)
    assert "does not parse" in declined.because


def test_a_crash_ends_neither_the_run_nor_what_came_before_it() -> None:
    candidate, declined, last = run("def f(x):\n    return crash(x)\n\n\ndef g(x):\n    return old(x)\n")
    assert isinstance(candidate, Candidate)
    assert isinstance(declined, Declined)
    assert declined.because == "the rule failed here (ValueError: oh)"
    assert isinstance(last, Candidate)


def test_a_crash_in_the_first_look_is_no_reason_to_miss_a_place() -> None:
    assert len(run("def f(x):\n    return old(x)\n", Blind())) == 1


def test_equal_proposals_come_once() -> None:
    assert len(run("def f(x):\n    return old(x)\n", OldToNew(), OldToNew())) == 1


def test_what_is_skipped_is_left_alone() -> None:
    text = "def f(x):  # optimizer: skip\n    return old(x)\n\n\ndef g(x):\n    return old(x)\n"
    assert [target.qualname for target in hits([source_file(text)], [OldToNew()])] == ["g"]
    assert [candidate.targets[0].qualname for candidate in run(text)] == ["g"]


def test_a_file_that_does_not_parse_gives_nothing() -> None:
    file = source_file("x = 1\n")
    broken = SourceFile(
        path="a.py", module="a", text="def", encoding="utf-8", bom=False, newline="\n", targets=file.targets
    )
    assert hits([broken], [OldToNew()]) == ()
    assert list(propose([broken], [OldToNew()])) == []


def test_odd_escapes_warn_nobody() -> None:
    assert len(list(propose([odd_file()], [OldToNew()]))) == 1


def odd_file() -> SourceFile:
    text = "def f(x):\n    return old(x)\n"
    file = source_file(text)
    odd = text.replace("old(x)", r"old('\s')")
    return SourceFile(
        path="a.py", module="a", text=odd, encoding="utf-8", bom=False, newline="\n", targets=file.targets
    )


# --- patches ---

TEXTS = {
    "plain": ("a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nd\nE\nf\ng\nh\n"),
    "two places": (
        "".join(f"{n}\n" for n in range(40)),
        "".join(f"{n}\n" for n in range(40) if n not in {3, 30}),
    ),
    "windows": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
    "no end": ("a\nb", "a\nc"),
    "new end": ("a\nb", "a\nb\n"),
    "lost end": ("a\nb\n", "a\nb"),
    "form feed": ("a\x0cb\nc\n", "a\x0cb\nd\n"),
    "mark": ("\ufeffa\nb\n", "\ufeffa\nc\n"),
    "added at the top": ("a\n", "x\ny\na\n"),
    "unchanged end": ("a\nb\nc\nd\ne\nf", "a\nX\nc\nd\ne\nf"),
    "emptied": ("a\n", ""),
}


@pytest.mark.parametrize("path", ["mod.py", "a b/mod.py", "é/mod.py", 'q"x.py'])
@pytest.mark.parametrize("name", TEXTS)
def test_git_applies_the_patch(
    name: str, path: str, make_project: Callable[[Mapping[str, str | bytes]], Path]
) -> None:
    before, after = TEXTS[name]
    folder = make_project({path: before})
    patch = unified_diff(path, before, after).encode()
    subprocess.run(["git", "apply", "-"], input=patch, cwd=folder, check=True)
    assert (folder / path).read_bytes() == after.encode()


def test_equal_texts_have_no_patch() -> None:
    assert unified_diff("a.py", "x\n", "x\n") == ""


def test_a_patch_keeps_the_byte_order_mark() -> None:
    (candidate,) = propose([source_file("old(1)\n", bom=True)], [OldToNew()])
    assert isinstance(candidate, Candidate)
    assert "-\ufeffold(1)" in candidate.patch


# --- the registry ---


def test_finds_the_transforms_of_the_package() -> None:
    registry = load(points=())
    names = [transform.name for transform in registry.transforms]
    assert names == sorted(names)
    assert "literal-regex-to-constant" in names
    assert registry.broken == ()


def test_chooses_by_name() -> None:
    registry = load(points=())
    name = registry.transforms[0].name
    assert [transform.name for transform in registry.chosen([name])] == [name]
    assert name not in [transform.name for transform in registry.chosen(ignore=[name])]
    assert registry.chosen() == registry.transforms
    assert registry.chosen([name], [name]) == ()


def test_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    registry = load(points=())
    with pytest.raises(ConfigError, match=r"did you mean 'literal-regex-to-constant'\?"):
        registry.chosen(["literal-regexp-to-constant"])
    with pytest.raises(ConfigError, match=r"optimize rules"):
        registry.named("zzz")


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("a_plugin")
    monkeypatch.setitem(sys.modules, "a_plugin", module)
    return module


def point(value: str) -> EntryPoint:
    return EntryPoint(name="extra", value=value, group="optimizer.transforms")


@pytest.mark.parametrize("value", ["a_plugin", "a_plugin:OldToNew", "a_plugin:rules", "a_plugin:made"])
def test_takes_what_other_distributions_offer(value: str, plugin: types.ModuleType) -> None:
    plugin.OldToNew = type("OldToNew", (OldToNew,), {"__module__": "a_plugin"})
    plugin.rules = lambda: [plugin.OldToNew]
    plugin.made = lambda: [plugin.OldToNew()]
    assert load(points=[point(value)]).named("old-to-new").nodes == (ast.Call,)


@pytest.mark.parametrize(
    "value", ["missing_plugin", "a_plugin:missing", "a_plugin:number", "a_plugin:raises"]
)
def test_reports_what_cannot_be_used(value: str, plugin: types.ModuleType) -> None:
    plugin.number = 3
    plugin.raises = lambda: 1 / 0
    registry = load(points=[point(value)])
    assert len(registry.transforms) == len(load(points=()).transforms)
    (sentence,) = registry.broken
    assert "'extra'" in sentence


def test_a_name_that_is_taken_is_reported(plugin: types.ModuleType) -> None:
    plugin.LiteralRegexToConstant = type("LiteralRegexToConstant", (OldToNew,), {"__module__": "a_plugin"})
    (sentence,) = load(points=[point("a_plugin")]).broken
    assert "already there" in sentence
