"""What texts are about."""

from __future__ import annotations

import pytest

from optimizer.publish.bundle import Claims
from optimizer.publish.rerun import Offer
from tests.unit.publish.offers import full_offer, some_claims


@pytest.fixture
def offer() -> Offer:
    return full_offer()


@pytest.fixture
def claims() -> Claims:
    return some_claims()
