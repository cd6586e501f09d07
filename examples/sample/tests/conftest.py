import random

import pytest

from accesslog import parse_lines
from morning import AGENTS, FILES, PAGES, REFERRERS


@pytest.fixture(scope="session")
def lines():
    """A morning's traffic: the same every time."""
    chance = random.Random(20241105)
    result = []
    for second in range(0, 14400, 24):
        host = f"192.0.2.{chance.randrange(1, 90)}"
        target = chance.choice(PAGES + FILES)
        status = chance.choices([200, 304, 301, 404, 500], [80, 8, 4, 6, 2])[0]
        size = "-" if status == 304 else chance.randrange(200, 60000)
        time = f"{6 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        result.append(
            f"{host} - - [05/Nov/2024:{time} +0100] "
            f'"GET {target} HTTP/1.1" {status} {size} '
            f'"{chance.choice(REFERRERS)}" "{chance.choice(AGENTS)}" {chance.expovariate(4):.3f}\n'
        )
    return result


@pytest.fixture(scope="session")
def entries(lines):
    return parse_lines(lines)


@pytest.fixture
def log(tmp_path, lines):
    path = tmp_path / "access.log"
    path.write_text("".join(lines), encoding="utf-8")
    return path
