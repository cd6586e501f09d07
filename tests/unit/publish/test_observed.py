"""Types that a recorder saw travel in the bundle, as a rule may have needed them to make its change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import BundleError
from optimizer.model import Kind, Recording, Target
from optimizer.publish.bundle import open_bundle
from optimizer.publish.rerun import Offer
from tests.forge import bundles
from tests.unit.publish.test_hostile_bundles import SHA, answers

FILES = {
    "people.py": """\
def labels(people):
    found = []
    for label, _ in people.iterrows():
        found.append(label)
    return found
"""
}
RULE = "iterrows-to-index"
SEEN = Recording(
    target=Target(
        path="people.py",
        module="people",
        qualname="labels",
        kind=Kind.FUNCTION,
        first_line=1,
        last_line=5,
        source="",
        digest="",
    ),
    calls_seen=9,
    samples=(),
    types=(("people", (("pandas.DataFrame", 9),)),),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return bundles.write(tmp_path / "bundle", FILES, SHA, rule=RULE, recordings=[SEEN])


def _observed(bundle: Path, **changes: Any) -> None:
    row = {"function": "labels", "calls": 9, "parameters": []}
    bundles.spoil(bundle, "candidates.jsonl", observed=[row | changes])


def _parameter(**types: Any) -> dict[str, Any]:
    return {"name": "people", "types": {name.replace("_", "."): count for name, count in types.items()}}


def test_they_arrive_as_they_were_seen(bundle: Path) -> None:
    assert json.loads((bundle / "candidates.jsonl").read_text())["observed"]
    (claim,) = open_bundle(bundle).claims
    (recording,) = claim.recordings
    assert recording.types == SEEN.types
    assert (recording.target.path, recording.target.qualname) == ("people.py", "labels")
    assert [type(one) for one in answers(bundle, FILES)] == [Offer]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"function": "others"},
        {"parameters": [_parameter(list=9)]},
        {"parameters": [_parameter(pandas_DataFrame=8, list=1)]},
    ],
)
def test_without_them_the_rule_makes_no_change(bundle: Path, changes: dict[str, Any]) -> None:
    _observed(bundle, **changes)
    assert not [one for one in answers(bundle, FILES) if isinstance(one, Offer)]


@pytest.mark.parametrize(
    "changes",
    [
        {"function": "../labels"},
        {"function": 7},
        {"calls": -1},
        {"calls": "many"},
        {"parameters": "people"},
        {"parameters": [_parameter(list=-1)]},
        {"parameters": [_parameter(list=1.5)]},
        {"parameters": [_parameter(list="often")]},
        {"parameters": [{"name": "people", "types": {"a\0b": 1}}]},
        {"parameters": [{"name": "people", "types": {"": 1}}]},
        {"parameters": [{"name": 3, "types": {}}]},
    ],
)
def test_what_is_no_observation_is_refused(bundle: Path, changes: dict[str, Any]) -> None:
    _observed(bundle, **changes)
    with pytest.raises(BundleError, match="is refused"):
        open_bundle(bundle)
