"""Changes to a repository that somebody else made, as a tree before them and the texts after them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from optimizer.adapters.git import GitRepository
from optimizer.errors import UsageError
from optimizer.review import Revision


def since(repository: GitRepository, commit: str, folder: Path) -> Revision:
    """Everything from `commit` to the working tree. `folder` gets the tree as it was at the commit.

    New files stay in it, as what changed may import them.
    """
    changed = repository.changed_since(commit)
    tree = _copied(repository, folder / repository.root.name)
    after = {path: _text(repository.root / path) for status, path in changed if _is_judged(status, path)}
    for status, path in changed:
        if status != "A":
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(repository.content_at(commit, path))
    return Revision(tree=tree, after=after, not_judged=_not_judged(changed))


def with_patch(repository: GitRepository, patch: Path, folder: Path) -> Revision:
    """What `patch` makes of the working tree. `folder` gets the tree as it is."""
    tree = _copied(repository, folder / repository.root.name)
    patched = _copied(repository, folder / "patched")
    repository.apply(patch, patched)
    changed = list(_differences(tree, patched))
    after = {path: _text(patched / path) for status, path in changed if _is_judged(status, path)}
    for status, path in changed:
        if status == "A":
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes((patched / path).read_bytes())
    return Revision(tree=tree, after=after, not_judged=_not_judged(changed))


def _copied(repository: GitRepository, folder: Path) -> Path:
    folder.mkdir()
    repository.copy_to(folder)
    return folder


def _is_judged(status: str, path: str) -> bool:
    return status == "M" and path.endswith(".py")


def _not_judged(changed: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    said = {"A": "is new", "D": "was deleted", "T": "changed its kind"}
    return tuple(
        f"{path} {said.get(status, 'is not Python code')}: only the project's tests look at that."
        for status, path in changed
        if not _is_judged(status, path)
    )


def _differences(before: Path, after: Path) -> Iterable[tuple[str, str]]:
    old, new = _files(before), _files(after)
    for path in sorted({*old, *new}):
        if path not in new:
            yield "D", path
        elif path not in old:
            yield "A", path
        elif old[path].read_bytes() != new[path].read_bytes():
            yield "M", path


def _files(folder: Path) -> dict[str, Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path for path in files}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as UTF-8 ({error}); changes in other encodings are not judged."
        raise UsageError(message) from error
