from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from optimizer.ports import Ran
from optimizer.verify.toolbox import toolbox


class Recorder:
    """A runner that says it is some Python and installs by making the folder, or not."""

    level = "L0"

    def __init__(self, *, implementation="CPython", version="3.9.18", works=True, says="no network"):
        self.commands, self.environments = [], []
        self._answer = {"implementation": implementation, "version": version}
        self._works, self._says = works, says

    def work(self, *_):
        return self._ran("ok", messages=(self._answer,) if self._answer["version"] else ())

    def command(self, argv, **options):
        self.commands.append(list(argv))
        self.environments.append(dict(options["env"]))
        if not self._works:
            return self._ran("failed", stderr=self._says)
        package = Path(argv[list(argv).index("--target") + 1]) / "hypothesis"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        return self._ran("ok")

    @staticmethod
    def _ran(ended, *, messages=(), stderr=""):
        return Ran(ended=ended, status=0, messages=messages, stdout="", stderr=stderr, seconds=0.0)


def test_the_tools_own_version_is_linked_and_can_be_imported_elsewhere(runner, tmp_path):
    box = toolbox(sys.executable, runner, cache=tmp_path)
    assert box.note == ""
    code = "import sys; sys.path.append(sys.argv[1]); import hypothesis; print(hypothesis.__file__)"
    said = subprocess.run(
        [sys.executable, "-S", "-c", code, str(box.path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith(str(box.path))


def test_another_interpreter_gets_its_own_folder_once(tmp_path):
    recorder = Recorder()
    first = toolbox("python3.9", recorder, cache=tmp_path)
    again = toolbox("python3.9", recorder, cache=tmp_path)
    assert first == again
    assert first.path == tmp_path / "toolbox" / "cpython-39"
    assert len(recorder.commands) == 1
    assert recorder.commands[0][-1] == "hypothesis"
    assert "python3.9" in recorder.commands[0]


def test_it_works_offline_when_it_is_there_already(tmp_path):
    made = toolbox("python3.9", Recorder(), cache=tmp_path)
    assert toolbox("python3.9", Recorder(works=False), cache=tmp_path) == made


def test_what_hinders_is_said_and_not_tried_again_at_once(tmp_path):
    recorder = Recorder(works=False, says="one\nno such host")
    box = toolbox("python3.9", recorder, cache=tmp_path)
    assert box.path is None
    assert "no such host" in box.note
    assert toolbox("python3.9", recorder, cache=tmp_path) == box
    assert len(recorder.commands) == 1
    os.utime(tmp_path / "toolbox" / "cpython-39.failed", (0, time.time() - 10_000))
    toolbox("python3.9", recorder, cache=tmp_path)
    assert len(recorder.commands) == 2


def test_a_broken_folder_is_replaced(tmp_path):
    (tmp_path / "toolbox" / "cpython-39" / "left").mkdir(parents=True)
    box = toolbox("python3.9", Recorder(), cache=tmp_path)
    assert (box.path / "hypothesis" / "__init__.py").exists()


def test_no_secret_of_the_environment_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "proxy")
    recorder = Recorder()
    toolbox("python3.9", recorder, cache=tmp_path)
    assert recorder.environments[0].get("HTTPS_PROXY") == "proxy"
    assert "secret" not in recorder.environments[0].values()


def test_an_interpreter_that_does_not_answer(tmp_path):
    box = toolbox("python0", Recorder(version=""), cache=tmp_path)
    assert box.path is None
    assert "python0 does not say" in box.note


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    box = toolbox("python3.9", Recorder(), cache=tmp_path)
    assert "cannot be written" in box.note


def test_a_cache_that_is_a_file(tmp_path):
    (tmp_path / "toolbox").write_text("in the way")
    assert "cannot be written" in toolbox("python3.9", Recorder(), cache=tmp_path).note


def test_many_at_once_all_get_it(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(toolbox("python3.9", Recorder(), cache=tmp_path)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {box.path for box in found} == {tmp_path / "toolbox" / "cpython-39"}
    assert not list((tmp_path / "toolbox").glob("new-*"))
