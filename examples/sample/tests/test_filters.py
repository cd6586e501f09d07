import pytest

from accesslog.filters import is_page, sessions, visitors, without_paths
from morning import FILES, PAGES


def test_paths_are_left_out(entries):
    ignored = [
        "/",
        "robots.txt",
        *(f"/static/{name}" for name in ("site.css", "app.js", "logo.svg")),
    ]
    kept = without_paths(entries, ignored)
    assert {entry.path for entry in kept} == {
        "/about",
        "/blog/",
        "/blog/gil",
        "/blog/gc",
        "/contact",
        "/search",
        "/feed.xml",
        "/favicon.ico",
    }
    assert kept == [entry for entry in entries if entry in kept]


def test_many_ignored_paths(entries):
    ignored = [f"/old/page-{number}.html" for number in range(150)]
    assert without_paths(entries, ignored) == entries
    assert without_paths(entries, ignored + ["/blog/gil"]) != entries


def test_nothing_ignored(entries):
    assert without_paths(entries, []) == entries
    assert without_paths([], ["/"]) == []


def test_pages():
    assert [path for path in PAGES if not is_page(path.partition("?")[0])] == ["/feed.xml"]
    assert not any(is_page(path) for path in FILES)


@pytest.mark.parametrize(
    "path", ["/index.html", "/v1.2/", "/a.b/c", "/LOGO.PNG.html", "/.well-known"]
)
def test_odd_pages(path):
    assert is_page(path)


def test_extensions_in_capitals():
    assert not is_page("/LOGO.PNG")


def test_visitors_come_in_order(entries):
    hosts = visitors(entries)
    assert len(hosts) == len(set(hosts)) == 89
    assert hosts[0] == entries[0].host
    assert visitors([]) == []


def test_sessions_end_after_a_gap(entries):
    runs = sessions(entries)
    assert sum(len(run) for run in runs) == len(entries)
    assert len(sessions(entries, gap_seconds=0)) == len(entries)
    assert len(sessions(entries, gap_seconds=10**6)) == len(visitors(entries))
    for run in runs:
        assert len({entry.host for entry in run}) == 1
