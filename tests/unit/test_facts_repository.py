"""Questions about a whole repository."""

from __future__ import annotations

import pytest

from optimizer.facts.facts import RepositoryFacts

FILES = {
    "package/__init__.py": "from package.shapes import Shape\n",
    "package/shapes.py": (
        "__all__ = ['Square']\n__all__ += ['Round']\n"
        "class Shape:\n    def area(self): ...\n    def name(self): ...\n"
        "class Square(Shape):\n    def area(self): ...\n"
        "class Hidden: ...\nclass Round: ...\n"
    ),
    "package/more.py": "import package.shapes as s\nclass Tiny(s.Square):\n    name = 'tiny'\n# Shape in a comment\n",
    "scripts/run.py": "from package.shapes import Square as Q\nQ().area()\nthing.area(1)\nclass Odd(Q): ...\n",
    "tests/test_shapes.py": "def test(monkeypatch):\n    monkeypatch.setattr('package.shapes.LIMIT', 3)\n",
    "broken.py": "def (:\n    LIMIT Shape\n",
    "latin.py": "x = '\\d'\n",
}


@pytest.fixture
def repository():
    return RepositoryFacts.build(FILES)


def test_mentions_are_lines_in_code_text_and_comments(repository):
    assert repository.mentions("Shape") == [
        ("package/__init__.py", 1),
        ("package/shapes.py", 3),
        ("package/shapes.py", 6),
        ("package/more.py", 3 + 1),
        ("broken.py", 2),
    ]
    assert repository.mentions("package.shapes.LIMIT") == [("tests/test_shapes.py", 2)]
    assert repository.mentions("Nothing") == []


def test_subclasses_at_any_depth_and_under_other_names(repository):
    assert sorted(repository.subclasses("Shape")) == [
        ("package/more.py", "Tiny"),
        ("package/shapes.py", "Square"),
        ("scripts/run.py", "Odd"),
    ]
    assert repository.subclasses("package.shapes.Hidden") == []


@pytest.mark.parametrize(
    ("method", "overridden"),
    [
        ("Shape.area", True),
        ("Shape.name", True),
        ("Square.area", False),
        ("Square.name", True),
        ("Hidden.area", False),
    ],
)
def test_overridden_methods(repository, method, overridden):
    assert repository.is_overridden(method) is overridden


@pytest.mark.parametrize(
    "patch",
    [
        "Square.area = fake",
        "def f(cls):\n    cls.area = fake",
        "shape.area = fake",
        "mock.patch.object(Square, 'area')",
        "mocker.patch('package.shapes.Square.area')",
        "def f(thing): setattr(thing, 'area', fake)",
        "del Square.area",
    ],
)
def test_methods_replaced_from_outside_are_overridden(patch):
    repository = RepositoryFacts.build({**FILES, "other.py": patch})
    assert repository.is_overridden("Square.area")


@pytest.mark.parametrize(
    ("module", "name", "assigned"),
    [
        ("package.shapes", "LIMIT", True),
        ("package.more", "LIMIT", False),
        ("package.shapes", "OTHER", False),
    ],
)
def test_assigned_outside(repository, module, name, assigned):
    assert repository.assigned_outside(module, name) is assigned


def test_calls(repository):
    assert [(path, call.lineno) for path, call in repository.calls_of("area")] == [
        ("scripts/run.py", 2),
        ("scripts/run.py", 3),
    ]


@pytest.mark.parametrize(
    ("name", "exported"),
    [("Square", True), ("Round", True), ("Shape", True), ("Hidden", False), ("Nothing", False)],
)
def test_exports(repository, name, exported):
    assert repository.is_exported("package.shapes", name) is exported


@pytest.mark.parametrize(
    ("module", "name", "library", "public"),
    [
        ("package.shapes", "Hidden", True, True),
        ("package.shapes", "Hidden", False, False),
        ("package._shapes", "Hidden", True, False),
        ("package._shapes", "Shape", True, True),
        ("package.shapes", "_hidden", True, False),
        ("package.__main__", "Hidden", True, True),
    ],
)
def test_public_names(module, name, library, public):
    assert RepositoryFacts.build(FILES, library=library).is_public(module, name) is public


def test_files_that_do_not_parse_answer_nothing(repository):
    assert repository.tree("broken.py") is None
    assert repository.outline("broken.py") is None
    assert repository.tree("latin.py") is not None


def test_files_are_parsed_only_when_a_question_needs_them(repository, monkeypatch):
    parsed = []
    monkeypatch.setattr(
        "optimizer.facts.repository.parse", lambda text: parsed.append(text) or __import__("ast").parse(text)
    )
    repository.calls_of("area")
    assert parsed == [FILES["package/shapes.py"], FILES["scripts/run.py"]]
    repository.calls_of("area")
    assert len(parsed) == 2
