"""Bundles that no honest run writes are refused as a whole, each with its reason; forged claims one by one."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from optimizer.errors import BundleError
from optimizer.model import Behaviour, Decision, Stratum
from optimizer.ports import Entry
from optimizer.publish import archive, base
from optimizer.publish.base import fetch_base
from optimizer.publish.bundle import open_bundle
from optimizer.publish.fingerprint import fingerprint
from optimizer.publish.rerun import Offer, Refused, rerun
from optimizer.registry import load
from optimizer.report.data import digest
from tests.forge import bundles

SHA = "1" * 40
FILES = {"shop/a.py": bundles.module("alpha"), "shop/b.py": bundles.module("beta")}


@dataclass
class Store:
    """As much of a forge as is read from."""

    contents: Mapping[str, bytes]
    modes: Mapping[str, str] = field(default_factory=dict)

    def files(self, commit: str) -> Mapping[str, Entry]:
        assert commit == SHA
        return {
            path: Entry(path=path, mode=self.modes.get(path, "100644"), kind="blob", sha=path, size=len(data))
            for path, data in self.contents.items()
        }

    def blob(self, sha: str) -> bytes:
        return self.contents[sha]


def answers(
    folder: Path, contents: Mapping[str, str | bytes] | None = None, modes: Mapping[str, str] | None = None
) -> Sequence[Offer | Refused]:
    claims = open_bundle(folder)
    given = contents or FILES
    store = Store({p: t.encode() if isinstance(t, str) else t for p, t in given.items()}, modes or {})
    project = fetch_base(store, SHA, [claim.path for claim in claims.claims])  # type: ignore[arg-type]
    return list(rerun(claims.claims, project, load().transforms))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return bundles.write(tmp_path / "bundle", FILES, SHA)


def zipped(folder: Path, place: Path, extra: Callable[[zipfile.ZipFile], None] = lambda _: None) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as file:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                file.write(one, one.relative_to(folder).as_posix())
        extra(file)
    return place


def test_an_honest_bundle_is_offered_as_it_was_proposed(bundle: Path, tmp_path: Path) -> None:
    for place in (bundle, zipped(bundle, tmp_path / "bundle.zip")):
        offers = [one for one in answers(place) if isinstance(one, Offer)]
        wanted = {one.path: one.after.encode() for one in bundles.candidates(FILES)}
        assert {one.path: one.data for one in offers} == wanted
        assert len({one.fingerprint for one in offers}) == 2


def _link(file: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("patches/link.patch")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    file.writestr(entry, "/etc/passwd")


HOSTILE_ARCHIVES = {
    "a path out of it": (lambda file: file.writestr("../evil.py", "x"), "a name in it is not one"),
    "an absolute path": (lambda file: file.writestr("/etc/cron.d/evil", "x"), "a name in it is not one"),
    "a backslash": (lambda file: file.writestr("patches\\..\\evil", "x"), "a name in it is not one"),
    "a hidden file": (lambda file: file.writestr(".git/hooks/pre-commit", "x"), "a name in it is not one"),
    "an odd character": (lambda file: file.writestr("patches/\u202ex.patch", "x"), "a name in it is not one"),
    "a link": (_link, "is a link"),
    "a bomb": (lambda file: file.writestr("bomb", b"\0" * 20_000_000), "200 times its size"),
    "a name in two spellings": (lambda file: file.writestr("RUN.json", "{}"), "twice"),
}


@pytest.mark.parametrize("name", HOSTILE_ARCHIVES)
def test_hostile_archives(bundle: Path, tmp_path: Path, name: str) -> None:
    extra, because = HOSTILE_ARCHIVES[name]
    with pytest.raises(BundleError, match=because):
        open_bundle(zipped(bundle, tmp_path / "x.zip", extra))


def test_an_entry_that_holds_more_than_it_says(bundle: Path, tmp_path: Path) -> None:
    place = zipped(bundle, tmp_path / "x.zip", lambda file: file.writestr("large", b"ab" * 500))
    data = place.read_bytes()
    size = (1000).to_bytes(4, "little")
    place.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(BundleError):
        open_bundle(place)


def test_links_and_pipes_in_a_folder(bundle: Path, tmp_path: Path) -> None:
    (bundle / "patches" / "x.patch").symlink_to("/etc/passwd")
    with pytest.raises(BundleError, match="link"):
        open_bundle(bundle)
    (tmp_path / "link").symlink_to(bundle)
    with pytest.raises(BundleError, match="symbolic link"):
        open_bundle(tmp_path / "link")


def test_too_much(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 5)
    with pytest.raises(BundleError, match="more than 5 files"):
        open_bundle(bundle)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "LARGEST_FILE_BYTES", 100)
    with pytest.raises(BundleError, match="bytes"):
        open_bundle(bundle)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        open_bundle(tmp_path / "nothing")
    (tmp_path / "text").write_text("PK")
    with pytest.raises(BundleError, match="neither a folder nor a sound zip"):
        open_bundle(tmp_path / "text")


EVIDENCE = "evidence/{id}.json"
UNFIT = {
    "another kind": ("run.json", {"kind": "x"}, "does not say"),
    "another format": ("run.json", {"format": 2}, "does not say"),
    "a commit that is none": ("run.json", {"commit": "main; rm -rf /"}, "commit is not"),
    "a control that is text": ("run.json", {"control": "1.0"}, "control is not a number"),
    "a rule with markup": ("candidates.jsonl", {"transform": "<b>@all</b>"}, "transform is not"),
    "an id with a path": ("candidates.jsonl", {"id": "../../x"}, "id is not"),
    "a digest that is none": ("candidates.jsonl", {"after_sha256": "0"}, "after_sha256 is not"),
    "types that are no counts": (
        "candidates.jsonl",
        {"observed": [{"function": "f", "calls": 1, "parameters": [{"name": "x", "types": {"int": -1}}]}]},
        "int is not a whole number",
    ),
    "no measurements": (EVIDENCE, {"measurements": {}}, "measurements is not"),
    "a share of 1e300": (EVIDENCE, {"hotspot": {"share": 1e300}}, "share is not a number"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_fields_out_of_range(bundle: Path, name: str) -> None:
    file, changes, because = UNFIT[name]
    first = json.loads((bundle / "candidates.jsonl").read_text().split("\n")[0])["id"]
    bundles.spoil(bundle, file.format(id=first), **changes)
    with pytest.raises(BundleError, match=because):
        open_bundle(bundle)


@pytest.mark.parametrize(
    ("file", "data", "because"),
    [
        ("run.json", b"\xff\xfe{}", "not valid UTF-8"),
        ("candidates.jsonl", b'{"a": NaN}', "not strict JSON"),
        ("candidates.jsonl", b'{"a": 1, "a": 2}', "not strict JSON"),
        ("decisions.jsonl", b"[" * 5000, "not strict JSON"),
        ("decisions.jsonl", b"", "has no line in decisions.jsonl"),
    ],
)
def test_files_that_are_no_data(bundle: Path, file: str, data: bytes, because: str) -> None:
    (bundle / file).write_bytes(data)
    with pytest.raises(BundleError, match=because):
        open_bundle(bundle)


def test_a_patch_in_bad_utf_8(bundle: Path) -> None:
    next((bundle / "patches").iterdir()).write_bytes(b"\xff")
    with pytest.raises(BundleError, match="not valid UTF-8"):
        open_bundle(bundle)


FORGED_CLAIMS = {
    "a workflow": ({"path": ".github/workflows/ci.py"}, "decides what GitHub runs"),
    "a path out of the repository": ({"path": "../x.py"}, "not one of a file in the repository"),
    "an absolute path": ({"path": "/etc/x.py"}, "not one of a file in the repository"),
    "a file that is no Python": ({"path": "setup.cfg"}, "no Python file"),
    "a file that is not there": ({"path": "shop/new.py"}, "no such file"),
    "another file's text": ({"before_sha256": "0" * 64}, "not the one that was measured"),
    "another result": ({"after_sha256": "0" * 64}, "does not make that change"),
    "a rule that is not there": ({"transform": "insert-back-door"}, "no such rule"),
    "another rule": ({"transform": "loop-to-sum"}, "does not make that change"),
}


@pytest.mark.parametrize("name", FORGED_CLAIMS)
def test_forged_claims(bundle: Path, name: str) -> None:
    changes, because = FORGED_CLAIMS[name]
    bundles.spoil(bundle, "candidates.jsonl", **changes)
    first, second = answers(bundle)
    assert isinstance(first, Refused)
    assert because in first.because
    assert isinstance(second, Offer)


def test_a_patch_that_the_rule_does_not_make(bundle: Path) -> None:
    first = json.loads((bundle / "candidates.jsonl").read_text().split("\n")[0])["id"]
    patch = bundle / "patches" / f"{first}.patch"
    patch.write_text(patch.read_text().replace("[a-z]", "[a-y]"))
    refused = answers(bundle)[0]
    assert isinstance(refused, Refused)
    assert "does not make that change" in refused.because


PATCHES = """\
import shop.a


def test_alpha(monkeypatch):
    monkeypatch.setattr(shop.a, "re", None)
"""


def test_what_code_elsewhere_forbids(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that saw this test would not have proposed it: whoever wrote the bundle left it out."""
    repository = FILES | {"tests/test_a.py": PATCHES}
    found = {one.path if isinstance(one, Offer) else one.because for one in answers(bundle, repository)}
    assert found == {"shop/b.py", "this version's rule does not make that change from the base's file"}
    monkeypatch.setattr(base, "_MOST_OTHERS", 0)
    assert all(isinstance(one, Offer) for one in answers(bundle, repository)), "too many files to ask about"


def test_a_link_in_the_repository(bundle: Path) -> None:
    refused = answers(bundle, modes={"shop/a.py": "120000"})[0]
    assert isinstance(refused, Refused)
    assert "no regular file" in refused.because


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        ("enabled = false", "enabled = false"),
        ('exclude = ["shop/a.py"]', "exclude"),
        (f'ignore = ["{bundles.RULE}"]', "ignore"),
        ('select = ["loop-to-sum"]', "select"),
        ("min_gain = 0.5", "1.50x"),
    ],
)
def test_what_the_bases_own_settings_say(bundle: Path, settings: str, because: str) -> None:
    refused = answers(bundle, FILES | {"pyproject.toml": f"[tool.optimizer]\n{settings}\n"})[0]
    assert isinstance(refused, Refused)
    assert because in refused.because


@pytest.mark.parametrize("comment", ["# optimizer: skip", "# optimizer: skip-file"])
def test_what_the_code_itself_says(tmp_path: Path, comment: str) -> None:
    text = (
        f"{comment}\n{FILES['shop/a.py']}"
        if "file" in comment
        else FILES["shop/a.py"].replace("\n\ndef", f"\n\n{comment}\ndef")
    )
    folder = bundles.write(tmp_path / "b", {"shop/a.py": FILES["shop/a.py"]}, SHA)
    first = bundles.candidates({"shop/a.py": FILES["shop/a.py"]})[0]
    after = first.after.replace("def alpha", f"{comment}\ndef alpha")
    bundles.spoil(folder, "candidates.jsonl", before_sha256=digest(text), after_sha256=digest(after))
    assert all(isinstance(one, Refused) for one in answers(folder, {"shop/a.py": text}))


LIES: dict[str, tuple[Callable[[Decision], Decision], str]] = {
    "it behaves differently": (
        lambda one: replace(one, verification=replace(bundles.SAME, behaviour=Behaviour.DIFFERENT)),
        "different",
    ),
    "nothing was verified": (lambda one: replace(one, verification=None), "not judged"),
    "nothing was measured": (lambda one: replace(one, measurements=()), "gave no evidence"),
    "it gains too little": (
        lambda one: replace(one, measurements=(replace(bundles.MEASURED, low=1.05),)),
        "lower bound",
    ),
    "no gain is claimed": (
        lambda one: replace(one, measurements=(replace(bundles.MEASURED, claim=False),)),
        "not 1.10x for certain",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_the_judge_is_asked_again(tmp_path: Path, name: str) -> None:
    change, because = LIES[name]
    folder = bundles.write(tmp_path / "b", FILES, SHA, change=change)
    refused = answers(folder)[0]
    assert isinstance(refused, Refused)
    assert because in refused.because


def test_a_ratio_outside_its_bounds(tmp_path: Path) -> None:
    odd = replace(bundles.MEASURED, ratio=9.0, strata=(Stratum(name="x", weight=1, ratio=1, low=1, high=1),))
    folder = bundles.write(tmp_path / "b", FILES, SHA, change=lambda one: replace(one, measurements=(odd,)))
    with pytest.raises(BundleError, match="not between its bounds"):
        open_bundle(folder)


def test_fingerprints_stay_while_the_function_does() -> None:
    def name(text: str) -> str:
        return fingerprint(bundles.candidates({"shop/a.py": text})[0])

    text = FILES["shop/a.py"]
    moved = "import os\n\n\n" + text.replace('"""Numbers in lines."""', '"""Other words."""  # and a comment')
    assert name(moved) == name(text)
    assert name(text.replace("alpha(lines)", "alpha(lines, x)")) != name(text)
