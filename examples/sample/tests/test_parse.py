from datetime import datetime, timedelta, timezone

import pytest

from accesslog import ParseError, parse_line, parse_lines
from accesslog.parse import clean_referrer, month_number, parse_offset, parse_time

LINE = (
    '203.0.113.9 - jane [10/Oct/2000:13:55:36 -0700] "GET /a%20b?x=1 HTTP/1.0" 200 2326 '
    '"http://www.Example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)" 0.042'
)


def test_a_whole_line():
    entry = parse_line(LINE)
    assert (entry.host, entry.user, entry.method) == ("203.0.113.9", "jane", "GET")
    assert (entry.target, entry.path) == ("/a%20b?x=1", "/a%20b")
    assert (entry.status, entry.size, entry.seconds) == (200, 2326, 0.042)
    assert entry.referrer == "example.com"
    assert entry.agent.startswith("Mozilla/4.08")
    assert entry.when == datetime(2000, 10, 10, 20, 55, 36, tzinfo=timezone.utc)


def test_the_common_format_has_no_agent():
    entry = parse_line('::1 - - [01/Jan/2024:00:00:00 +0000] "HEAD / HTTP/2.0" 304 -')
    assert (entry.agent, entry.referrer, entry.seconds, entry.size) == ("", "", None, 0)


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        LINE.replace("10/Oct", "10/Okt"),
        LINE.replace("-0700", "west"),
        LINE.replace('"GET', "GET"),
        LINE.replace(" 200 ", " OK "),
    ],
)
def test_malformed_lines(line):
    with pytest.raises(ParseError):
        parse_line(line)


def test_malformed_lines_are_dropped_unless_strict():
    assert len(parse_lines([LINE, "", "nonsense\n", LINE + "\n"])) == 2
    with pytest.raises(ParseError, match="not in the combined log format: 'nonsense"):
        parse_lines([LINE, "nonsense\n"], strict=True)


def test_every_line_of_a_morning(lines, entries):
    assert len(entries) == len(lines) == 600
    assert entries[0].when < entries[-1].when
    assert {entry.when.month for entry in entries} == {11}


def test_methods_are_upper_case():
    assert parse_line(LINE.replace("GET", "get")).method == "GET"


def test_months():
    assert [month_number(name) for name in ("Jan", "Jun", "Dec")] == [1, 6, 12]
    for name in ("jan", "", "Mai"):
        with pytest.raises(ValueError, match="no month"):
            month_number(name)


def test_all_days_of_a_leap_february():
    for day in range(1, 30):
        assert parse_time(f"{day:02}/Feb/2024:12:00:00 +0000").day == day
    with pytest.raises(ParseError, match="not a time"):
        parse_time("30/Feb/2024:12:00:00 +0000")


@pytest.mark.parametrize(
    ("text", "hours"), [("+0000", 0), ("-0330", -3.5), ("+0545", 5.75), ("+1300", 13)]
)
def test_offsets(text, hours):
    assert parse_offset(text) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("", ""),
        ("-", ""),
        ("https://example.org", "example.org"),
        ("HTTP://WWW.EXAMPLE.ORG:8080/x", "example.org"),
        ("https://www2.example.org?x", "www2.example.org"),
        ("android-app://org.example", ""),
    ],
)
def test_referrers(url, site):
    assert clean_referrer(url) == site
