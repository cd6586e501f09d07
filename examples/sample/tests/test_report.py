import pytest

from accesslog import Summary, render, summarize
from accesslog.report import (
    DEFAULTS,
    describe,
    escape,
    human_size,
    options,
    table_markdown,
    table_text,
)


def test_a_report_in_text(entries):
    text = render(summarize(entries))
    assert text.startswith("Totals\n------\nrequests   600\nvisitors   89\n")
    assert "\nStatuses\n--------\n2xx success" in text
    assert text.index("Pages") < text.index("Browsers") < text.index("Referrers")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_report_in_markdown(entries):
    text = render(summarize(entries), format="markdown", top=3)
    assert text.startswith("## Totals\n\n| | |\n|---|---|\n| requests | 600 |\n")
    assert text.count("| 4xx client error |") == 1


def test_sections_can_be_chosen(entries):
    summary = summarize(entries)
    assert render(summary, sections=["statuses"]).startswith("Statuses\n")
    assert "Browsers" not in render(summary, without="browsers")
    assert "Browsers" in render(summary), "leaving a section out once is not forever"


def test_empty_sections_are_left_out():
    text = render(Summary(requests=1, pages={"/": 1}))
    assert "Pages" in text
    assert "Slow" not in text


def test_options_are_not_shared():
    options(without="slow")
    options()["sections"].clear()
    assert DEFAULTS["sections"][-1] == "slow"


def test_status_classes_are_described():
    assert [describe(f"{digit}xx") for digit in (1, 5, 9)] == [
        "1xx informational",
        "5xx server error",
        "9xx unknown",
    ]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (5 * 1024**2, "5.0 MiB"),
        (3 * 1024**4, "3.0 TiB"),
    ],
)
def test_sizes(size, text):
    assert human_size(size) == text


def test_columns_line_up():
    rows = [("a", "1"), ("long name", "22"), ("", "333")]
    assert table_text(rows) == "a          1\nlong name  22\n           333\n"


def test_wide_tables():
    rows = [tuple(f"cell {row} {column}" for column in range(6)) for row in range(40)]
    lines = table_text(rows).splitlines()
    assert len(lines) == 40
    assert len({line.rindex("cell") for line in lines}) == 1


def test_cells_are_escaped():
    assert escape("a|b*c_d`e<f&g\\h") == "a\\|b\\*c\\_d\\`e&lt;f&amp;g\\\\h"
    assert table_markdown([("a|b", "")]) == "| | |\n|---|---|\n| a\\|b |  |\n"
