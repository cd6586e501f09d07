"""`optimize profile` on a small project whose time is known to go into one function."""

from __future__ import annotations

import html.parser
import re
import sys
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.model import Hotspot, Kind, Profile, Stack, Target
from optimizer.report.icicle import icicle_html
from optimizer.report.profiled import profile_text

FILES = {
    "work.py": """\
import time


def outer(seconds):
    return [inner(seconds) for _ in range(2)]


def inner(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def idle():
    return None
""",
    "test_work.py": "from work import idle, outer\n\n\ndef test_it():\n    outer(0.1)\n    idle()\n",
    "run.py": "import sys\nfrom work import outer\nouter(0.05)\nassert sys.argv[1:] == ['--fast', 'a b']\n",
}


@pytest.fixture
def root(make_project) -> Path:
    return make_project(FILES)


def rows(text: str) -> dict[str, list[str]]:
    """Calls, self and cumulative milliseconds, share, by the name of the function."""
    lines = (line.replace(" ms", "").split() for line in text.splitlines() if line.startswith("work:"))
    return {name: figures for name, *figures in lines}


def test_the_tests_are_profiled(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = root.parent / "profile.html"
    assert main(["profile", str(root), "--python", sys.executable, "--html", str(page)]) == 0
    text = capsys.readouterr().out
    found = rows(text)
    assert text.startswith("pytest, 1 test, ")
    assert [found[name][0] for name in ("work:outer", "work:inner", "work:idle")] == ["1", "2", "1"]
    # All of outer's time is spent in what it calls.
    assert int(found["work:inner"][1]) >= 100
    assert int(found["work:outer"][2]) >= int(found["work:inner"][2])
    assert found["work:idle"][1:] == ["-", "-", "-"]
    assert well_formed(page.read_text()).names[:3] == ["in this project", "outer", "inner"]
    assert [file.name for file in root.iterdir() if file.name not in FILES] == [".git"]


def test_a_command_is_profiled_in_place_of_the_tests(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [
        "profile",
        str(root),
        "--python",
        sys.executable,
        "--top",
        "1",
        "--",
        "python",
        "run.py",
        "--fast",
        "a b",
    ]
    assert main(argv) == 0
    text = capsys.readouterr().out
    assert text.startswith("command, ")
    assert len(rows(text)) == 1
    assert "--top 2 shows all." in text


def test_a_page_that_cannot_be_written_is_found_out_first(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", str(root), "--html", str(root / "gone" / "page.html")]) == 2
    assert "lies in a folder that does not exist" in capsys.readouterr().err


class well_formed(html.parser.HTMLParser):
    """Reads a page, and fails on an element that is not closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.names: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        found = re.match(r"(?:.*:)?(in this project|\w+): ", dict(attrs).get("title") or "")
        if found:
            self.names.append(found[1])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def profile_of(*stacks: Stack, name: str = "f") -> Profile:
    target = Target(
        path="a.py", module="a", qualname=name, kind=Kind.FUNCTION, first_line=1, last_line=2, source="", digest=""
    )  # fmt: skip
    spot = Hotspot(target=target, calls=1234, self_seconds=0.5, cumulative_seconds=1.0, share=0.5)
    return Profile(kind="pytest", python="3.13.0", tests=2, seconds=2.0, hotspots=(spot,), stacks=stacks)


def test_the_page_loads_and_runs_nothing_whatever_names_are_like() -> None:
    evil = "<script>alert(1)</script>\u202e"
    found = profile_of(Stack(names=(f"a:{evil}",), inside=True, seconds=1.0), name=evil)
    page = icicle_html(found, evil)
    reading = well_formed(page)
    assert not reading.tags & {"script", "img", "link", "iframe"}
    assert "default-src 'none'" in page
    assert "\u202e" not in page


def test_widths_are_shares_of_the_box_above() -> None:
    page = icicle_html(
        profile_of(
            Stack(names=(), inside=False, seconds=1.0),
            Stack(names=("a:f",), inside=True, seconds=0.25),
            Stack(names=("a:f", "a:g"), inside=True, seconds=0.75),
            Stack(names=("a:f", "b:h"), inside=False, seconds=0.0001),
        ),
        "x",
    )
    assert re.findall(r'class="cell" style="width:([\d.]+)%"', page) == ["100.000", "74.993"]
    assert "a:f: 1,000 ms, 50.0% of the run; 250 ms in its own lines" in page


def test_nothing_of_the_project_is_said_so() -> None:
    found = profile_of(Stack(names=(), inside=False, seconds=2.0))
    assert "None of it was spent in this project." in icicle_html(found, "x")
    bare = Profile(kind="pytest", python="3.13.0", tests=0, seconds=0.0, hotspots=(), stacks=())
    assert "None of it was spent in the functions of this project." in profile_text(bare, top=5)
    assert "1,234" in profile_text(found, top=5)
