"""A change that somebody made to a repository: which functions of which files it is about.

What cannot be judged function by function is named in a sentence each: nothing is passed over in silence.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.discover import targets_of
from optimizer.discover.decode import Decoded, UnreadableError, decode
from optimizer.discover.left_alone import reasons_by_path
from optimizer.discover.outside import names_changed_outside, readers_of
from optimizer.model import Kind, SourceFile, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """`tree` is a copy of the repository before the change, `after` the bytes of each changed file, None for none.

    A new file of the change is in `tree`, too, as what changed may import it; a new test is not.
    """

    tree: Path
    after: Mapping[str, bytes | None]
    new: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def untested(self) -> Mapping[str, bytes | None]:
        """The change without that of the tests: they are what it is judged by."""
        return {path: data for path, data in self.after.items() if not is_test_code(path)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file that is judged: as it was, its new text, and the functions and classes that this is about."""

    before: SourceFile
    after: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What can be judged of a revision, and sentences about what cannot."""

    files: tuple[ChangedFile, ...]
    not_judged: tuple[str, ...]


def read_change(revision: Revision, module_of: Callable[[str], str]) -> Change:
    """Look into each file of a revision; `module_of` gives the dotted name of the module at a path."""
    files: list[ChangedFile] = []
    said: list[str] = list(revision.notes)
    for path in sorted(revision.after):
        why = _why_not(path, revision)
        if why:
            said.append(f"{path} {why}")
            continue
        try:
            found = _changed_file(path, revision, module_of(path))
        except UnreadableError as error:
            said.append(f"{path} cannot be compared: {error}.")
            continue
        said += _sentences(found)
        files += [found] if found.targets else []
    return Change(files=tuple(files), not_judged=tuple(said))


def is_test_code(path: str) -> bool:
    """Whether a file is part of the tests, going by its name and folders."""
    return any(reason == "test code" for reason, _ in reasons_by_path(path))


def _why_not(path: str, revision: Revision) -> str:
    if is_test_code(path):
        return "belongs to the tests: the change is judged by the tests as they were."
    if revision.after[path] is None:
        return "was deleted: only the project's tests look at that."
    if path in revision.new:
        return "is new: only the project's tests look at that."
    if not path.endswith(".py"):
        return "is not Python code: only the project's tests look at that."
    return ""


def _changed_file(path: str, revision: Revision, module: str) -> ChangedFile:
    before = _decoded((revision.tree / path).read_bytes(), "before the change")
    after = _decoded(revision.after[path] or b"", "after the change")
    file = SourceFile(
        path=path,
        module=module,
        text=before.text,
        encoding=before.encoding,
        bom=before.bom,
        newline=before.newline,
        targets=targets_of(before.text, path=path, module=module),
    )
    return ChangedFile(before=file, after=after.text, targets=changed_targets(file, after.text))


def _decoded(data: bytes, when: str) -> Decoded:
    try:
        return decode(data)
    except UnreadableError as error:
        message = f"{error}, {when}"
        raise UnreadableError(message) from error


def changed_targets(file: SourceFile, after: str) -> tuple[Target, ...]:
    """The functions and methods of `file` that do something else in `after`, or read what changed outside them.

    A class counts as a whole when something of it outside its methods changed, or a method came or went.
    Comments, blank lines and line ends are no change.
    """
    now = {target.qualname: target for target in targets_of(after, path=file.path, module=file.module)}
    before = [target for target in file.targets if target.kind is not Kind.MODULE]
    readers = readers_of(names_changed_outside(file.text, after), file.text, before)
    changed = [
        target
        for target in before
        if target.qualname in now
        and (target.qualname in readers or _code(target) != _code(now[target.qualname]))
    ]
    whole = [
        target for target in changed if target.kind is Kind.CLASS and not _is_in_methods(target, now, before)
    ]
    names = tuple(target.qualname + "." for target in whole)
    methods = [target for target in changed if target.kind is not Kind.CLASS]
    return (*whole, *(target for target in methods if not target.qualname.startswith(names or ("\0",))))


def _code(target: Target) -> str:
    """What Python makes of a target's source."""
    lines = target.source.splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    nested = f"if 1:\n{target.source}" if indent else target.source
    try:
        return ast.dump(ast.parse(nested))
    except SyntaxError:
        return target.source


def _is_in_methods(owner: Target, now: Mapping[str, Target], before: Sequence[Target]) -> bool:
    """Whether the class is the same once its methods' own texts are taken out."""
    prefix = owner.qualname + "."

    def rest(text: str, targets: list[Target]) -> str:
        for target in targets:
            text = text.replace(target.source, f"<{target.qualname}>", 1)
        return text

    old = [one for one in before if one.qualname.startswith(prefix) and one.kind is not Kind.CLASS]
    new = [one for name, one in now.items() if name.startswith(prefix) and one.kind is not Kind.CLASS]
    return rest(owner.source, old) == rest(now[owner.qualname].source, new)


def _sentences(file: ChangedFile) -> Iterator[str]:
    """What of a file's change is looked at through something else only, or not at all."""
    path = file.before.path
    old = _defined(file.before.targets)
    new = _defined(targets_of(file.after, path=path, module=file.before.module))
    for name in old - new:
        yield f"{path}: {name} was removed or renamed; only the project's tests look at that."
    for name in new - old:
        yield f"{path}: {name} is new; it is looked at through what calls it, and by the project's tests."
    if file.targets or old != new:
        return
    if ast.dump(ast.parse(file.before.text)) == ast.dump(ast.parse(file.after)):
        yield f"{path}: only comments and layout changed."
    else:
        yield f"{path}: no function of it reads what changed outside of them; only the project's tests look at that."


def _defined(targets: Sequence[Target]) -> set[str]:
    """Functions and classes; what is inside a class counts as part of it."""
    return {target.qualname for target in targets if target.qualname and "." not in target.qualname}
