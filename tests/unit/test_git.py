"""The git adapter against real repositories: what it refuses, what it lists, copies and writes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from optimizer.adapters.git import GitRepository
from optimizer.errors import OptimizerError, ProjectError, UsageError

Make = Callable[[Mapping[str, str | bytes]], Path]


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    argv = ["git", *settings, *arguments]
    return subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout


def files_under(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def copy_of(repository: GitRepository, folder: Path) -> Path:
    folder.mkdir()
    repository.copy_to(folder)
    return folder


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        GitRepository.open(tmp_path / "nowhere")


def test_not_a_repository(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f"{tmp_path} is not in a git repository; run `git init`"):
        GitRepository.open(tmp_path)


def test_a_bare_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with pytest.raises(ProjectError, match="bare repository, which has no files"):
        GitRepository.open(tmp_path / "bare.git")


def test_a_damaged_repository(make_project: Make) -> None:
    root = make_project({"a.py": ""})
    (root / ".git" / "index").write_bytes(b"nonsense" * 10)
    with pytest.raises(
        ProjectError, match=r"git cannot read the repository .*; mend the repository"
    ) as caught:
        GitRepository.open(root).tracked()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", ["before the import", "after the import"])
def test_no_git_program(make_project: Make, tmp_path: Path, how: str) -> None:
    """In a process of its own: GitPython looks for git once, as it is imported."""
    first = "import git" if how == "after the import" else ""
    code = f"""
import os, sys
from pathlib import Path
{first}
os.environ["PATH"] = sys.argv[2]
from optimizer.adapters.git import GitRepository
from optimizer.errors import ProjectError
try:
    GitRepository.open(Path(sys.argv[1]))
except ProjectError as error:
    print(error)
"""
    root = make_project({"a.py": ""})
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "The program git was not found; install it, or put it on PATH.\n"


def test_a_folder_of_somebody_else(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project({"a.py": ""})
    # What git's own tests use to make a repository look like another user's.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr("optimizer.adapters.git._KEPT_VARIABLES", ("GIT_",))
    with pytest.raises(ProjectError, match=r"git config --global --add safe\.directory"):
        GitRepository.open(root)


def test_the_whole_tree_is_found_from_a_subfolder_and_a_file(make_project: Make) -> None:
    root = make_project({"pkg/sub/a.py": "", "b.py": ""})
    for path in (root, root / "pkg" / "sub", root / "pkg" / "sub" / "a.py"):
        repository = GitRepository.open(path)
        assert (repository.root, repository.tracked()) == (root, ["b.py", "pkg/sub/a.py"])


def test_a_folder_can_be_a_repository_of_its_own(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"b.py": "", "part/a.py": "", "part/sub/c.py": ""})
    (root / "part" / "new.py").write_text("")
    part = GitRepository.open(root).within(root / "part")
    assert (part.root, part.tracked()) == (root / "part", ["a.py", "sub/c.py"])
    assert part.head == GitRepository.open(root).head
    assert files_under(copy_of(part, tmp_path / "copy")) == ["a.py", "new.py", "sub/c.py"]
    part.write("a.py", b"x = 1\n")
    assert (root / "part" / "a.py").read_bytes() == b"x = 1\n"
    with pytest.raises(UsageError, match="is not a folder of the repository"):
        part.within(root)


def test_the_head_is_the_commit(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"a.py": ""})
    assert GitRepository.open(root).head == git(root, "rev-parse", "HEAD").strip()
    git(tmp_path, "init", "--quiet", "empty")
    assert GitRepository.open(tmp_path / "empty").head == ""
    assert GitRepository.open(tmp_path / "empty").tracked() == []


def test_a_linked_work_tree(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"a.py": "x = 1\n"})
    git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = GitRepository.open(tmp_path / "linked")
    linked.write("a.py", b"x = 2\n")
    assert linked.tracked() == ["a.py"]
    assert files_under(tmp_path / "linked") == [".git", "a.py"]
    assert (root / "a.py").read_bytes() == b"x = 1\n"


def test_variables_of_a_git_hook_do_not_lead_elsewhere(
    make_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project({"a.py": ""})
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert GitRepository.open(root).tracked() == ["a.py"]
    assert os.environ["GIT_DIR"] == str(tmp_path / "other" / ".git"), "they are put back"


def test_a_repository_cannot_make_git_run_its_programs(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"a.py": ""})
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    spy.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(spy))
    copy_of(GitRepository.open(root), tmp_path / "copy")
    assert not (tmp_path / "ran").exists()
    git(root, "status")
    assert (tmp_path / "ran").exists(), "the spy would have been run"


def test_odd_names_are_listed_as_they_are(make_project: Make) -> None:
    names = ["a b.py", "naïve.py", 'qu"ote.py', "new\nline.py", "[a].py", ":colon.py", "-dash.py", "tab\t.py"]
    repository = GitRepository.open(make_project(dict.fromkeys(names, "x = 1\n")))
    assert repository.tracked() == sorted(names)
    for name in names:
        repository.write(name, b"x = 2\n")
        assert (repository.root / name).read_bytes() == b"x = 2\n"


def test_an_unmerged_file_is_listed_once(make_project: Make) -> None:
    root = make_project({"a.py": "x = 1\n"})
    git(root, "switch", "--quiet", "--create", "side")
    (root / "a.py").write_text("x = 2\n")
    git(root, "commit", "--quiet", "--all", "--message", "Side")
    git(root, "switch", "--quiet", "-")
    (root / "a.py").write_text("x = 3\n")
    git(root, "commit", "--quiet", "--all", "--message", "Main")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "side")
    assert GitRepository.open(root).tracked() == ["a.py"]


def test_a_copy_has_what_git_sees_and_no_more(make_project: Make, tmp_path: Path) -> None:
    root = make_project(
        {"a.py": "x = 1\n", "gone.py": "", ".gitignore": "*.log\nbuild/\n", "data/b.bin": b"\0\r\n"}
    )
    (root / "new.py").write_text("y = 1\n")
    (root / "a.py").write_text("x = 2\n")
    (root / "gone.py").unlink()
    (root / "noise.log").write_text("")
    (root / "build").mkdir()
    (root / "build" / "c.py").write_text("")
    copy = copy_of(GitRepository.open(root), tmp_path / "copy")
    assert files_under(copy) == [".gitignore", "a.py", "data/b.bin", "new.py"]
    assert (copy / "a.py").read_text() == "x = 2\n", "as it is in the tree, committed or not"
    assert (copy / "data" / "b.bin").read_bytes() == b"\0\r\n"


def test_a_copy_keeps_links_and_modes(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"run": "#!/bin/sh\n", "pkg/a.py": "x = 1\n"})
    (root / "run").chmod(0o755)
    (root / "to_file").symlink_to("pkg/a.py")
    (root / "to_folder").symlink_to("pkg")
    (root / "dangling").symlink_to("nowhere")
    copy = copy_of(GitRepository.open(root), tmp_path / "copy")
    links = {name: (copy / name).readlink() for name in ("to_file", "to_folder", "dangling")}
    assert links == {"to_file": Path("pkg/a.py"), "to_folder": Path("pkg"), "dangling": Path("nowhere")}
    assert stat.S_IMODE((copy / "run").stat().st_mode) == 0o755
    assert not (copy / "pkg" / "a.py").stat().st_mode & stat.S_IXUSR


def test_a_copy_does_not_follow_a_link_in_the_place_of_a_folder(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"pkg/a.py": "", "b.py": ""})
    (tmp_path / "outside").mkdir()
    (root / "pkg" / "a.py").rename(tmp_path / "outside" / "a.py")
    (root / "pkg").rmdir()
    (root / "pkg").symlink_to(tmp_path / "outside")
    copy = copy_of(GitRepository.open(root), tmp_path / "copy")
    assert not (copy / "pkg" / "a.py").exists() or (copy / "pkg").is_symlink()
    assert (copy / "b.py").is_file()


def test_a_file_that_cannot_be_copied_is_named(
    make_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project({"secret.key": ""})

    def refuse(source: Path, target: Path, *, follow_symlinks: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.copy2", refuse)
    with pytest.raises(
        ProjectError, match=r"secret\.key cannot be copied \(Permission denied\); make it readable"
    ):
        GitRepository.open(root).copy_to(tmp_path / "copy")


def test_submodules_and_nested_repositories_stay_behind(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"a.py": ""})
    git(tmp_path, "clone", "--quiet", str(root), "library")
    git(root, "submodule", "--quiet", "add", str(tmp_path / "library"), "ext/library")
    git(root, "clone", "--quiet", str(tmp_path / "library"), "nested")
    repository = GitRepository.open(root)
    assert repository.tracked() == [".gitmodules", "a.py"]
    assert files_under(copy_of(repository, tmp_path / "copy")) == [".gitmodules", "a.py"]
    assert repository.notes() == ("The submodule ext/library is left out.",)
    assert GitRepository.open(tmp_path / "library").notes() == ()


def test_writing_keeps_the_mode_and_leaves_nothing_beside(make_project: Make) -> None:
    root = make_project({"run.py": "x = 1\n"})
    (root / "run.py").chmod(0o750)
    before = files_under(root)
    GitRepository.open(root).write("run.py", b"x = 2\r\n")
    assert (root / "run.py").read_bytes() == b"x = 2\r\n"
    assert stat.S_IMODE((root / "run.py").stat().st_mode) == 0o750
    assert files_under(root) == before


def test_writing_refuses_what_is_not_a_tracked_regular_file(make_project: Make, tmp_path: Path) -> None:
    root = make_project({"a.py": "x = 1\n", "gone.py": ""})
    (root / "link.py").symlink_to("a.py")
    git(root, "add", "link.py")
    (root / "new.py").write_text("y = 1\n")
    (root / "gone.py").unlink()
    (tmp_path / "outside.py").write_text("z = 1\n")
    for path in ("link.py", "new.py", "gone.py", "../outside.py", str(root / "a.py")):
        with pytest.raises(ProjectError, match="is not a tracked regular file"):
            GitRepository.open(root).write(path, b"")
    assert (root / "a.py").read_text() == "x = 1\n"
    assert (tmp_path / "outside.py").read_text() == "z = 1\n"


def test_a_failed_write_leaves_the_file(make_project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project({"a.py": "x = 1\n"})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    before = files_under(root)
    with pytest.raises(OptimizerError, match=r"cannot be written \(No space left on device\)"):
        GitRepository.open(root).write("a.py", b"x = 2\n")
    assert (root / "a.py").read_text() == "x = 1\n"
    assert files_under(root) == before


def test_writing_works_when_the_git_folder_is_on_another_device(
    make_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project({"pkg/a.py": "x = 1\n"})
    rename = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if ".git" in self.parts:
            raise OSError(18, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    before = files_under(root)
    GitRepository.open(root).write("pkg/a.py", b"x = 2\n")
    assert (root / "pkg" / "a.py").read_bytes() == b"x = 2\n"
    assert files_under(root) == before
