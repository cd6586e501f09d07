"""Put one edit into one file."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from dataclasses import replace

from optimizer.propose.rewriting.constants import constants_splice
from optimizer.propose.rewriting.container import containers
from optimizer.propose.rewriting.imports import Imported, imported, renamed
from optimizer.propose.rewriting.leaves import comments_of
from optimizer.propose.rewriting.lines import split_lines
from optimizer.propose.rewriting.piece import changed_piece
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.propose.rewriting.splice import Splice, spliced
from optimizer.propose.rewriting.style import style_of
from optimizer.transform import Edit


def apply(text: str, tree: ast.Module, edit: Edit, *, line_length: int | None = None) -> str:
    """The file's text after the edit; `tree` is `text` parsed, and the edit's nodes are of that tree.

    Only the innermost functions (or classes) around the changes are opened, everything else is the same
    to the byte. Raises RewriteError when the edit cannot be put there without harm.
    """
    lines = split_lines(text)
    style = style_of(text, tree, lines, line_length)
    outer = containers(tree, edit.changes)[0].outer
    removed = frozenset(change.first for change in edit.changes if not change.code)
    served = [
        imported(tree, lines, need, outer, style=style, alone=not edit.constants, removed=removed)
        for need in edit.imports
    ]
    for one in served:
        edit = _renamed(edit, one)
    splices = [one.splice for one in served if one.splice]
    if edit.constants:
        known = frozenset(one.name.partition(".")[0] for one in served)
        splices.append(constants_splice(tree, lines, edit.constants, outer, style=style, imported=known))
    carried = Counter(
        comment
        for constant in edit.constants
        for comment in (*constant.comments, *comments_of(constant.value))
    )
    for container in containers(tree, edit.changes):
        piece = changed_piece(container, lines, style, carried)
        splices.append(Splice(first=container.first_line, last=container.last_line, text=piece, rank=2))
    return _checked(spliced(lines, splices))


def _renamed(edit: Edit, served: Imported) -> Edit:
    """The edit with the name that its import has in this file."""
    if served.wanted == served.name:
        return edit
    changes = [replace(each, code=renamed(each.code, served.wanted, served.name)) for each in edit.changes]
    values = [replace(each, value=renamed(each.value, served.wanted, served.name)) for each in edit.constants]
    return replace(edit, changes=tuple(changes), constants=tuple(values))


def _checked(text: str) -> str:
    """`text`, once Python has compiled it (a name used before `global`, say, is found only then)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<after>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        message = f"the changed file would not compile: {error}"
        raise RewriteError(message) from error
    return text
