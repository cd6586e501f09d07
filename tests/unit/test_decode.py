"""Bytes that are left alone, and bytes that become text and the same bytes again."""

from __future__ import annotations

import ast
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.discover.decode import Decoded, UnreadableError, decode
from optimizer.model import SourceFile

LEFT_ALONE = [
    (b"x = 1\0", "NUL bytes in it"),
    (b"\xef\xbb\xbfx = 1\0", "NUL bytes in it"),
    (codecs.BOM_UTF16_LE + "x = 1".encode("utf-16-le"), "NUL bytes in it"),
    (b"# only words\n", "no code in it"),
    (b"\xef\xbb\xbf\r\n", "no code in it"),
    (b"x = '\xe9'\n", "invalid or missing encoding declaration"),
    (b"x = 1\ny = 2\nz = '\xe9'\n", "not valid utf-8 (line 3)"),
    (b"\xef\xbb\xbfx = 1\ny = 2\nz = '\xe9'\n", "not valid utf-8 (line 3)"),
    (b"# coding: ascii\nx = '\xe9'\n", "not valid ascii (line 2)"),
    (b"# coding: nonsense\nx = 1\n", "unknown encoding: nonsense"),
    (b"# coding: rot13\nk = 1\n", "rot13 is no encoding of text"),
    (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "encoding problem: utf-8"),
    (b"# coding: utf-7\nx = '+AGE-'\n", "its encoding utf-7 does not give the same bytes back"),
    (b"# coding: idna\nx = '" + b"a" * 70 + b"'\n", "its encoding idna does not give the same bytes back"),
    (b"# coding: raw_unicode_escape\nx = '\\ud800'\n", "'utf-8' codec can't encode character"),
    (b"print 'hello'\n", "Python 2 (line 1:"),
    (b"try:\n    pass\nexcept OSError, error:\n    pass\n", "Python 2 (line 3:"),
    (b"raise ValueError, 'x'\n", "Python 2 (line 1:"),
    (b"print >>out, 'x'\nexec 'x'\n", "Python 2 (line"),
    (b"def f(:\n", "an error, or syntax that is newer than Python 3."),
    (b"x = 1\n  y = 2\n", "an error, or syntax that is newer than Python 3."),
    (b"new syntax of some year = 1\n", "an error, or syntax that is newer than Python 3."),
    (b"x = " + b"(" * 250 + b")" * 250, "an error, or syntax that is newer than Python 3."),
    (b"x = " + b"-" * 100_000 + b"1", "nested too deeply to be parsed"),
]

TAKEN = [
    (b"x = 1", "utf-8", False, "\n"),
    (b"x = 1\r\ny = 2\r\n", "utf-8", False, "\r\n"),
    (b"x = 1\ry = 2\r", "utf-8", False, "\r"),
    (b"x = 1\r\ny = 2\n", "utf-8", False, "\n"),
    (b"x = 1\r\ny = 2\r\nz = 3\n", "utf-8", False, "\r\n"),
    (b"\xef\xbb\xbfx = 1\r\n", "utf-8", True, "\r\n"),
    (b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n", "utf-8", True, "\n"),
    (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso-8859-1", False, "\n"),
    (b"#!/usr/bin/python\r# vim: set fileencoding=cp1252 :\rx = '\x80'\r", "cp1252", False, "\r"),
    ("# coding: euc_jp\nx = 'é\u3042'\n".encode("euc_jp"), "euc_jp", False, "\n"),
    (b"x = 1\n\x0c\ndef f():\n\x0c    return 1\n", "utf-8", False, "\n"),
    ("x = '\u2028\x85\x0b'\n".encode(), "utf-8", False, "\n"),
    (b"x = '\\d'\n", "utf-8", False, "\n"),
]


def encoded(decoded: Decoded) -> bytes:
    """The bytes that would be written to a file with this very text."""
    text, encoding, bom, newline = decoded.text, decoded.encoding, decoded.bom, decoded.newline
    file = SourceFile(
        path="a.py", module="a", text=text, encoding=encoding, bom=bom, newline=newline, targets=()
    )
    return file.encode(text)


@pytest.mark.parametrize(("data", "because"), LEFT_ALONE)
def test_left_alone(data: bytes, because: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(data)
    assert str(caught.value).startswith(because)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("data", "encoding", "bom", "newline"), TAKEN)
def test_taken(data: bytes, encoding: str, bom: bool, newline: str) -> None:
    decoded = decode(data)
    assert (decoded.encoding, decoded.bom, decoded.newline) == (encoding, bom, newline)
    assert ast.dump(decoded.tree) == ast.dump(ast.parse(data)) if b"\\d" not in data else True
    assert encoded(decoded) == data


CODECS = [
    "utf-8",
    "utf-8-sig",
    "latin-1",
    "cp1252",
    "ascii",
    "koi8-r",
    "shift_jis",
    "gb18030",
    "euc_jp",
    "iso2022_jp",
]


@given(
    codec=st.sampled_from(CODECS),
    newlines=st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\x0c", " \t\n"]), min_size=2, max_size=6),
    words=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)
    ),
)
def test_the_text_gives_the_bytes_back(codec: str, newlines: list[str], words: list[str]) -> None:
    """Whatever is taken survives, whatever the encoding, the byte order mark and the line ends."""
    cookie = f"# coding: {codec.removesuffix('-sig')}"
    lines = [cookie, "x = 1", *(f"# {word}" for word in words)]
    ends = newlines * (1 + len(lines) // len(newlines))
    data = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode(codec, "replace")
    try:
        decoded = decode(data)
    except UnreadableError as error:
        # Some encodings write the same text in several ways, or turn an odd character into a line end.
        assert codec not in {"utf-8", "utf-8-sig", "ascii"}, error  # noqa: PT017 - both ends are wanted
        return
    assert decoded.bom is (codec == "utf-8-sig")
    assert encoded(decoded) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_whole_or_left_alone(data: bytes) -> None:
    try:
        decoded = decode(data)
    except UnreadableError:
        return
    assert encoded(decoded) == data
