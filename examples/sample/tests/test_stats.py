import pytest

from accesslog import summarize
from accesslog.stats import (
    count,
    mean,
    merge_counts,
    slow_paths,
    status_classes,
    top,
    total,
)


def test_the_summary_of_a_morning(entries):
    summary = summarize(entries)
    assert summary.requests == 600
    assert summary.visitors == 89
    assert summary.sessions >= summary.visitors
    assert summary.traffic == sum(entry.size for entry in entries)
    assert sum(summary.statuses.values()) == sum(summary.browsers.values()) == 600
    assert set(summary.referrers) == {"example.com", "news.example.org"}
    assert 0.2 < summary.mean_seconds < 0.3
    assert len(summary.slow) == len(set(summary.slow))


def test_the_summary_of_nothing():
    summary = summarize([])
    assert (summary.requests, summary.traffic, summary.mean_seconds) == (0, 0, 0.0)
    assert summary.statuses == {"2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0}


def test_totals(entries):
    assert total([]) == 0
    assert total([5]) == 5
    assert total(list(range(1000))) == 499500
    assert total([entry.size for entry in entries]) > 10**7


def test_the_mean_adds_from_left_to_right():
    assert mean([]) == 0.0
    assert mean([0.1] * 10) == 0.9999999999999999 / 10
    assert mean([1e16, 1.0, -1e16]) == 0.0


def test_counts_keep_the_order_of_first_sight():
    assert list(count("mississippi").items()) == [("m", 1), ("i", 4), ("s", 4), ("p", 2)]


def test_status_classes_start_afresh(entries):
    first = status_classes(entries)
    assert status_classes(entries) == first
    assert status_classes([]) == dict.fromkeys(first, 0)


def test_slow_paths_come_slowest_first(entries):
    paths = slow_paths(entries, 0.8)
    worst = {path: max(e.seconds for e in entries if e.path == path) for path in paths}
    assert [worst[path] for path in paths] == sorted(worst.values(), reverse=True)
    assert slow_paths(entries, 1000.0) == []


def test_top_breaks_ties_by_name():
    assert top({"b": 2, "a": 2, "c": 3, "d": 1}, 3) == [("c", 3), ("a", 2), ("b", 2)]


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2, "a": 3}, {"a": 4, "b": 2}),
    ],
)
def test_merging(first, second, both):
    before = dict(first)
    merged = merge_counts(first, second)
    assert merged == both
    assert first == before
    assert merged is not first


def test_merging_the_pages_of_two_halves(entries):
    half = len(entries) // 2
    first, second = summarize(entries[:half]), summarize(entries[half:])
    assert merge_counts(first.pages, second.pages) == summarize(entries).pages
    assert merge_counts(first.statuses, second.statuses) == summarize(entries).statuses
