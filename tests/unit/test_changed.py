"""Which functions a change is about, and one sentence for each part of it that cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.discover.changed import Change, Revision, read_change
from optimizer.review import in_order

BEFORE = dedent('''
    """Words."""
    import re

    LIMIT = 10

    def head(words):
        return words[:LIMIT]

    def tail(words):
        # the last ones
        return words[-3:]

    class Box:
        """Holds words."""
        size = 3

        def put(self, word):
            return word

        def get(self):
            return LIMIT
''')


def change(
    folder: Path, before: Mapping[str, bytes | str], after: Mapping[str, bytes | str | None], **fields: object
) -> Change:
    for path, text in before.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    data = {path: text.encode() if isinstance(text, str) else text for path, text in after.items()}
    revision = Revision(tree=folder, after=data, new=frozenset(set(after) - set(before)), **fields)  # type: ignore[arg-type]
    return read_change(revision, lambda path: path.removesuffix(".py").replace("/", "."))


@pytest.mark.parametrize(
    ("edits", "names"),
    [
        ({"words[-3:]": "words[-4:]"}, ["tail"]),
        ({"words[-3:]": "words[-4:]", "words[:": "words[1:"}, ["head", "tail"]),
        ({"return word\n": "return word + ''\n"}, ["Box.put"]),
        ({"size = 3": "size = 4"}, ["Box"]),
        ({"LIMIT = 10": "LIMIT = 11"}, ["head", "Box.get"]),
        ({"LIMIT = 10": "LIMIT = 5 + 5"}, ["head", "Box.get"]),
        ({"LIMIT = 10": "LIMIT = 10\nLIMIT += 1"}, ["head", "Box.get"]),
        ({"def tail(words)": "def tail(words, more=())"}, ["tail"]),
        ({"def put(self, word)": "@staticmethod\n    def put(word)"}, ["Box.put"]),
    ],
)
def test_what_a_change_is_about(edits: dict[str, str], names: list[str], tmp_path: Path) -> None:
    after = BEFORE
    for old, new in edits.items():
        assert old in after
        after = after.replace(old, new)
    found = change(tmp_path, {"words.py": BEFORE}, {"words.py": after})
    assert sorted(target.qualname for target in found.files[0].targets) == sorted(names)
    assert found.not_judged == ()


def test_line_ends_and_encodings_are_no_change(tmp_path: Path) -> None:
    before = "# coding: latin-1\r\n" + BEFORE.replace("\n", "\r\n")
    after = before.replace("words[-3:]", "words[-4:]") + "# \xe9\r\n"
    found = change(tmp_path, {"words.py": before.encode("latin-1")}, {"words.py": after.encode("latin-1")})
    assert [target.qualname for target in found.files[0].targets] == ["tail"]
    assert "\r\n" in found.files[0].after


@pytest.mark.parametrize(
    ("path", "before", "after", "sentence"),
    [
        ("extra.py", None, "X = 1", "extra.py is new: only the project's tests look at that."),
        ("old.py", "X = 1", None, "old.py was deleted: only the project's tests look at that."),
        ("a.json", "{}", "[]", "a.json is not Python code: only the project's tests look at that."),
        ("a.png", b"\0\1", b"\0\2", "a.png is not Python code: only the project's tests look at that."),
        (
            "tests/test_a.py",
            "X = 1",
            "X = 2",
            "tests/test_a.py belongs to the tests: the change is judged by the tests as they were.",
        ),
        (
            "words.py",
            BEFORE,
            BEFORE.replace("# the", "#\n    # the"),
            "words.py: only comments and layout changed.",
        ),
        ("words.py", BEFORE, BEFORE.replace("\n", "\r\n"), "words.py: only comments and layout changed."),
        (
            "words.py",
            BEFORE,
            BEFORE.replace("import re", "import json"),
            "words.py: no function of it reads what changed outside of them; only the project's tests look at that.",
        ),
        (
            "words.py",
            BEFORE,
            BEFORE.replace("def tail", "def last"),
            "words.py: tail was removed or renamed; only the project's tests look at that.",
        ),
        (
            "words.py",
            BEFORE,
            BEFORE + "def f(:\n",
            "words.py cannot be compared: an error, or syntax that is newer",
        ),
        (
            "words.py",
            b"x = 1\n\n\n# \xff",
            BEFORE,
            "words.py cannot be compared: not valid utf-8 (line 4), before",
        ),
    ],
)
def test_what_cannot_be_judged_is_said(
    path: str, before: bytes | str | None, after: bytes | str | None, sentence: str, tmp_path: Path
) -> None:
    found = change(tmp_path, {path: before} if before is not None else {}, {path: after})
    assert found.files == ()
    assert found.not_judged[0].startswith(sentence)
    assert all(said.endswith(".") for said in found.not_judged)


def test_a_new_helper_is_looked_at_through_its_caller(tmp_path: Path) -> None:
    after = BEFORE.replace("words[-3:]", "last(words)") + "\ndef last(words):\n    return words[-3:]\n"
    found = change(tmp_path, {"words.py": BEFORE}, {"words.py": after})
    assert [target.qualname for target in found.files[0].targets] == ["tail"]
    assert found.not_judged == (
        "words.py: last is new; it is looked at through what calls it, and by the project's tests.",
    )


def test_a_file_comes_behind_what_it_imports(tmp_path: Path) -> None:
    before = {
        "pkg/a.py": "from pkg import b\ndef f():\n    return b.g()\n",
        "pkg/b.py": "def g():\n    return 1\n",
        "pkg/c.py": "def h():\n    return 1\n",
    }
    after = {path: text.replace("return", "return 0 +") for path, text in before.items()}
    found = change(tmp_path, before, after)
    order = [file.before.path for file in in_order(found.files)]
    assert order.index("pkg/b.py") < order.index("pkg/a.py")
    assert len(order) == 3
