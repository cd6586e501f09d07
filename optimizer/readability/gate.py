"""The readability gate: whether a change reads worse than what it replaces.

It compares before with after and never grades. It detects golf and hand tuning, not taste, so what
it can say for a change is "not worse".
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from optimizer.model import Readability
from optimizer.readability.idioms import IDIOMS
from optimizer.readability.inlining import inlining_objections
from optimizer.readability.layout import FormatCode
from optimizer.readability.numerals import number_objections
from optimizer.readability.regions import Region, changed_regions
from optimizer.readability.rules import Options, findings, shortened
from optimizer.readability.scene import Scene, file_origins, scene
from optimizer.readability.signature import signature_objections
from optimizer.readability.source import KEPT, Source, UnreadableError, parse
from optimizer.readability.trees import Function, walk_all
from optimizer.readability.words import bound_names, comment_objections, line_objections, name_objections

_HOUSE_STYLE = 2


def read_files(
    file_before: str,
    file_after: str,
    *,
    line_length: int | None = None,
    speedup_low: float = 1.0,
    format_code: FormatCode | None = None,
) -> Readability:
    """Find what changed between two versions of a file, and read that.

    `line_length` is the project's limit (88 when it has none). `speedup_low` is the lower bound of the
    measured ratio: from 2.0 on, cognitive complexity may rise by two. `format_code` formats a text as
    the project does; without it a layout of our own is used for both sides.
    """
    return read(
        file_before,
        file_after,
        file_before=file_before,
        file_after=file_after,
        line_length=line_length,
        speedup_low=speedup_low,
        format_code=format_code,
    )


def read(
    before: str,
    after: str,
    *,
    file_before: str,
    file_after: str,
    line_length: int | None = None,
    speedup_low: float = 1.0,
    format_code: FormatCode | None = None,
) -> Readability:
    """Read the change from `before` to `after`: functions, classes, statements, or whole files.

    The texts of the files tell what imported names stand for, what the file's own style is (an idiom
    that it uses twice elsewhere may newly appear), and where a comment may have gone.
    """
    options = Options(line_length=line_length, speedup_low=speedup_low, format_code=format_code)
    try:
        return _read(parse(before), parse(after), parse(file_before), parse(file_after), options)
    except UnreadableError as error:
        return Readability(objections=(f"The changed code {error}.",))
    except RecursionError:
        return Readability(objections=("The changed code is nested too deeply to be read.",))


def _read(
    before: Source, after: Source, file_before: Source, file_after: Source, options: Options
) -> Readability:
    regions = changed_regions(before, after)
    found = list(findings(regions, options))
    vetoes = [
        *_vetoes(regions, file_before, file_after),
        *comment_objections(before, after, file_before, file_after),
        *line_objections(before, after),
    ]
    return Readability(
        moved=tuple(finding.moved for finding in found if finding.moved.before != finding.moved.after),
        objections=tuple(dict.fromkeys([*vetoes, *(item.objection for item in found if item.objection)])),
    )


def _vetoes(regions: Sequence[Region], file_before: Source, file_after: Source) -> Iterator[str]:
    if not regions:
        return
    old_body = [statement for region in regions for statement in region.before]
    new_body = [statement for region in regions for statement in region.after]
    old = scene(old_body, _origins(file_before))
    new = scene(new_body, _origins(file_before) | file_origins(_imports(file_after)))
    yield from _new_idioms(old, new, file_before)
    yield from number_objections(old, new)
    yield from inlining_objections(old, new, regions, _helpers(file_before))
    yield from name_objections(old, new, _names(file_before) - bound_names(old.nodes))
    yield from signature_objections(regions)


# What a file says about itself is asked for each of its candidates.
@lru_cache(maxsize=KEPT)
def _origins(file: Source) -> dict[str, str]:
    return file_origins(file.body)


@lru_cache(maxsize=KEPT)
def _helpers(file: Source) -> dict[str, Function]:
    return {node.name: node for node in walk_all(file.body) if isinstance(node, Function)}


@lru_cache(maxsize=KEPT)
def _names(file: Source) -> Counter[str]:
    return bound_names(list(walk_all(file.body)))


@lru_cache(maxsize=KEPT)
def _whole(file: Source) -> Scene:
    return scene(file.body, {})


def _imports(file: Source) -> list[ast.stmt]:
    """The imports at the top level; those in functions are part of what changed."""
    return [statement for statement in file.body if isinstance(statement, ast.Import | ast.ImportFrom)]


def _new_idioms(old: Scene, new: Scene, file_before: Source) -> Iterator[str]:
    """An objection for each idiom that stands in the change more often than before, and is no house style."""
    for idiom in IDIOMS:
        places = [ast.unparse(node) for node in idiom.find(new)]
        known = Counter(ast.unparse(node) for node in idiom.find(old))
        if len(places) <= known.total():
            continue
        if sum(1 for _ in idiom.find(_whole(file_before))) - known.total() >= _HOUSE_STYLE:
            continue
        fresh = Counter(places) - known
        place = next((text for text in places if fresh[text]), places[0])
        yield f"It {idiom.says}: `{shortened(place.strip().split(chr(10))[0])}`."
