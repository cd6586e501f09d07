"""Where a generator's decisions come from: a seeded random source here, hypothesis where it is at hand."""

from __future__ import annotations


class RandomChooser:
    """Decisions from a `random.Random` of its own."""

    def __init__(self, random):
        self._random = random

    def between(self, low, high):
        return self._random.randint(low, high)

    def chance(self, share):
        return self._random.random() < share

    def pick(self, options):
        return options[self._random.randrange(len(options))]

    def shuffled(self, options):
        return self._random.sample(list(options), len(options))


class DrawnChooser:
    """Decisions drawn from hypothesis, so that it can steer and shrink them: first options are simplest."""

    def __init__(self, draw, strategies):
        self._draw, self._strategies = draw, strategies

    def between(self, low, high):
        return self._draw(self._strategies.integers(low, high))

    def chance(self, share):
        return self._draw(self._strategies.integers(0, 99)) >= 100 - int(share * 100)

    def pick(self, options):
        return options[self.between(0, len(options) - 1)]

    def shuffled(self, options):
        return self._draw(self._strategies.permutations(list(options)))
