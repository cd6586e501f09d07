"""Changes to a repository that somebody else made, as a tree before them and the bytes after them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from optimizer.adapters.git import GitRepository
from optimizer.discover.changed import Revision, is_test_code


def since(repository: GitRepository, commit: str, folder: Path) -> Revision:
    """Everything from where HEAD left `commit` to the working tree. `folder` gets the tree as it was there."""
    start, changes = repository.changed_since(commit)
    tree = _copied(repository, folder / repository.root.name)
    after: dict[str, bytes | None] = {}
    notes: list[str] = []
    for change in changes:
        if change.special:
            notes.append(f"{change.path} {change.special}; it is left out.")
            continue
        after[change.path] = None if change.is_gone else (repository.root / change.path).read_bytes()
        if not change.is_new:
            (tree / change.path).parent.mkdir(parents=True, exist_ok=True)
            (tree / change.path).write_bytes(repository.content_at(start, change.path))
    new = frozenset(change.path for change in changes if change.is_new)
    _without_new_tests(tree, new)
    return Revision(tree=tree, after=after, new=new, notes=tuple(notes))


def with_patch(repository: GitRepository, patch: Path, folder: Path) -> Revision:
    """What `patch` makes of the working tree. `folder` gets the tree as it is."""
    tree = _copied(repository, folder / repository.root.name)
    patched = _copied(repository, folder / "patched")
    left_out = repository.apply(patch, patched)
    old, now = _files(tree), _files(patched)
    after: dict[str, bytes | None] = {}
    for path in _differing(old, now):
        after[path] = now[path].read_bytes() if path in now else None
    new = frozenset(path for path in after if path not in old)
    for path in new:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(after[path] or b"")
    _without_new_tests(tree, new)
    notes = tuple(f"{path} is a submodule; it is left out." for path in left_out)
    return Revision(tree=tree, after=after, new=new, notes=notes)


def _copied(repository: GitRepository, folder: Path) -> Path:
    folder.mkdir()
    repository.copy_to(folder)
    return folder


def _without_new_tests(tree: Path, new: Iterable[str]) -> None:
    """They may fail before the change, and say nothing of what was promised until then."""
    for path in new:
        if is_test_code(path):
            (tree / path).unlink(missing_ok=True)


def _differing(old: dict[str, Path], new: dict[str, Path]) -> Iterable[str]:
    for path in sorted({*old, *new}):
        if path not in old or path not in new or old[path].read_bytes() != new[path].read_bytes():
            yield path


def _files(folder: Path) -> dict[str, Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path for path in files}
