import pytest

from accesslog.agents import browser, is_bot, major_version
from morning import AGENTS


@pytest.mark.parametrize(
    ("agent", "family", "version"),
    list(
        zip(
            AGENTS, ["Firefox", "Chrome", "Edge", "Safari", "bot", "bot"], [132, 130, 130, 18, 0, 0]
        )
    ),
)
def test_families_and_versions(agent, family, version):
    assert browser(agent) == family
    assert major_version(agent, family) == version


@pytest.mark.parametrize(
    "agent", ["", "-", "AhrefsBot/7.0", "Baiduspider", "Python-Requests/2.32", "A Crawler"]
)
def test_bots(agent):
    assert is_bot(agent)


@pytest.mark.parametrize("agent", ["Lynx/2.9", "Botany Browser", "w3m/0.5"])
def test_not_bots(agent):
    assert not is_bot(agent)
    assert browser(agent) == "other"


def test_a_mark_without_a_version():
    assert major_version("Firefox/", "Firefox") == 0
    assert major_version("Firefox/1", "Netscape") == 0


def test_browsers_of_a_morning(entries):
    families = [browser(entry.agent) for entry in entries]
    assert set(families) == {"Firefox", "Chrome", "Edge", "Safari", "bot"}
    assert families.count("bot") > families.count("Edge")
