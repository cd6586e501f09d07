"""Bytes -> text that becomes the same bytes again, and its syntax tree; or the reason why not."""

from __future__ import annotations

import ast
import codecs
import io
import re
import sys
import tokenize
import warnings
from collections import Counter
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows more ends than that."""

_PYTHON_2 = re.compile(
    r"^[ \t]*(?:(?:print|exec)[ \t]+[^\s(=.,:]|print[ \t]*>>"
    r"|raise[ \t]+\w+[ \t]*,|except[ \t]+[^:(]+,[ \t]*[a-z_]\w*[ \t]*:)",
    re.MULTILINE,
)


class UnreadableError(Exception):
    """Why a file cannot be worked on, as a phrase: `no code in it`, `not valid utf-8 (line 3)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A file's text with its newlines as they were, and how to make bytes of it again."""

    text: str
    encoding: str
    bom: bool
    newline: str
    tree: ast.Module


def decode(data: bytes) -> Decoded:
    """Read `data` as Python would; UnreadableError when it is nothing that can be changed safely."""
    if b"\0" in data:
        message = "NUL bytes in it"
        raise UnreadableError(message)
    bom = data.startswith(codecs.BOM_UTF8)
    encoding = _encoding(data)
    text = _decoded(data, "utf-8-sig" if bom else encoding)
    tree = parsed(text)
    if not tree.body:
        message = "no code in it"
        raise UnreadableError(message)
    _check_encoding(data, text, encoding, bom=bom, tree=tree)
    return Decoded(text=text, encoding=encoding, bom=bom, newline=_newline(text), tree=tree)


def _encoding(data: bytes) -> str:
    """The encoding that the file declares (PEP 263); utf-8 when it does not."""
    # The declaration is looked for in the first two lines, which \r may end as well.
    start = io.BytesIO(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    try:
        encoding, _ = tokenize.detect_encoding(start.readline)
    except SyntaxError as error:
        raise UnreadableError(str(error)) from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = 1 + len(re.findall(rb"\r\n|\r|\n", data[: error.start]))
        message = f"not valid {codec.removesuffix('-sig')} (line {line})"
        raise UnreadableError(message) from error
    except (LookupError, ValueError) as error:
        message = f"{codec} is no encoding of text"
        raise UnreadableError(message) from error


def parsed(text: str | bytes) -> ast.Module:
    """The syntax tree; UnreadableError when there is none."""
    try:
        with warnings.catch_warnings():
            # What the compiler thinks of the project's escapes is not for this program's users.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(_why_not_parsed(str(text), error)) from error
    except (RecursionError, MemoryError) as error:
        message = "nested too deeply to be parsed"
        raise UnreadableError(message) from error
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _why_not_parsed(text: str, error: SyntaxError) -> str:
    where = f"line {error.lineno}: {error.msg}"
    if _PYTHON_2.search(text):
        return f"Python 2 ({where})"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"an error, or syntax that is newer than Python {version} ({where})"


def _check_encoding(data: bytes, text: str, encoding: str, *, bom: bool, tree: ast.Module) -> None:
    """Make sure that nothing is lost on the way back, and that Python reads the bytes as the same program."""
    same_bytes = _encoded(text, "utf-8-sig" if bom else encoding) == data
    if not same_bytes or (encoding != "utf-8" and ast.dump(parsed(data)) != ast.dump(tree)):
        message = f"its encoding {encoding} does not give the same bytes back"
        raise UnreadableError(message)


def _encoded(text: str, codec: str) -> bytes | None:
    try:
        return text.encode(codec)
    except UnicodeError:
        return None


def _newline(text: str) -> str:
    """The line end that the file uses most."""
    ends = Counter(LINE_END.findall(text))
    return max(ends, key=lambda end: (ends[end], end == "\n"), default="\n")
