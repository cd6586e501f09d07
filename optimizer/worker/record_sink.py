"""What is kept of the calls of one target: how many, of which types, and a sample of the arguments.

Calls are looked at every time at first, then ever more rarely (`_EVERY` looks while the count grows by a
factor of e, and one for each new combination of types), each look standing for the calls since the last one.
A look takes the types and size classes of the arguments, which make its stratum. Only when the stratum's
reservoir takes the call are the arguments pickled, so a function that is called a million times is pickled
some hundred times.
"""

from __future__ import annotations

from .record_features import described, shape
from .record_ways import Lost

_EVERY = 250
_GIVE_UP = 2
NEVER = 1 << 62


class Room:
    """How much is kept: samples and bytes of a target, samples of a stratum, number of strata."""

    def __init__(self, samples=60, stratum=8, strata=60, target_bytes=6 << 20):
        self.samples = samples
        self.stratum = stratum
        self.strata = strata
        self.target_bytes = target_bytes


class Sample:
    __slots__ = ("data", "takes", "times", "types")

    def __init__(self, data, types):
        self.data = data
        self.types = types
        self.times = 1
        self.takes = []


class Stratum:
    """A class of calls: a reservoir of samples in which every call has the same chance (Chao's method)."""

    def __init__(self, name):
        self.name = name
        self.calls = 0
        self.samples = []
        self.failures = 0
        self.reason = ""

    def chance(self, calls, room):
        """With what probability a look that stands for `calls` is kept; they are counted in already."""
        return 1.0 if len(self.samples) < room else min(1.0, room * calls / self.calls)

    def keep(self, data, types, room, random):
        """Take one in, in the place of a random other where there is no more room; equal calls share a place.

        Returns the sample, and by how many bytes the stratum has grown.
        """
        for sample in self.samples:
            if sample.data == data:
                sample.times += 1
                return sample, 0
        sample = Sample(data, types)
        if len(self.samples) < room:
            self.samples.append(sample)
            return sample, len(data)
        place = random.randrange(room)
        freed = len(self.samples[place].data)
        self.samples[place] = sample
        return sample, len(data) - freed


class Sink:
    """Of one target. `may_spend` says whether there is time for one more copy."""

    def __init__(self, copier, room, random, may_spend, of_newborns=False):
        self.types = {}
        self.lost = {}
        self.looked_at = 0
        self._copier = copier
        self._room = room
        self._random = random
        self._may_spend = may_spend
        self._of_newborns = of_newborns
        self._strata = {}
        self._others = Stratum("others")
        self._bytes = 0

    def next_look(self, calls):
        """The number of the call to look at next."""
        if calls < _EVERY:
            return calls + 1
        return calls + 1 + self._random.randrange(2 * calls // _EVERY)

    def look(self, signature, call, calls, defaults, take=None):
        """Take in one call that stands for `calls`; `defaults()` gives the function's, `take` its generator's."""
        shapes = tuple([shape(call[name]) for name in signature.names])
        self.looked_at += calls
        stratum = self._strata.get(shapes)
        if stratum is None:
            stratum = self._new_stratum(signature.names, shapes, calls)
        stratum.calls += calls
        if stratum.reason:
            self._lose(stratum.reason, calls)
        elif self._random.random() < stratum.chance(calls, self._room.stratum):
            self._sample(stratum, signature, call, calls, shapes, defaults, take)

    def _new_stratum(self, names, shapes, calls):
        if len(self._strata) < self._room.strata:
            stratum = self._strata[shapes] = Stratum(described(shapes))
            return stratum
        self._count_types(names, shapes, calls)
        return self._others

    def _count_types(self, names, shapes, calls):
        for name, parts in zip(names, shapes):
            self.types[name, parts[0]] = self.types.get((name, parts[0]), 0) + calls

    def _sample(self, stratum, signature, call, calls, shapes, defaults, take):
        if not self._may_spend(urgent=not stratum.samples):
            return
        newborn = call[signature.first] if self._of_newborns else None
        try:
            if take is not None:
                take.check()
            data = self._copier.copy(signature.recall(call, defaults()), newborn)
            if self._bytes + len(data) > self._room.target_bytes:
                raise Lost("more than %d MiB of calls of one function" % (self._room.target_bytes >> 20))
        except Lost as lost:
            self._lose(str(lost), calls)
            stratum.failures += 1
            if stratum.failures >= _GIVE_UP and not stratum.samples:
                stratum.reason = str(lost)
            return
        types = tuple([(name, parts[0]) for name, parts in zip(signature.names, shapes)])
        sample, grown = stratum.keep(data, types, self._room.stratum, self._random)
        self._bytes += grown
        if take is not None:
            take.kept = True
            sample.takes.append(take)

    def _lose(self, reason, calls):
        self.lost[reason] = self.lost.get(reason, 0) + calls

    def all_types(self, names):
        """{(parameter, type): calls} over all that was looked at."""
        for shapes, stratum in self._strata.items():
            self._count_types(names, shapes, stratum.calls)
        return self.types

    def chosen(self):
        """(sample, stratum's name, share of calls) of at most `room.samples`, from all strata first."""
        strata = [one for one in (*self._strata.values(), self._others) if one.samples]
        strata.sort(key=lambda one: -one.calls)
        kept = {id(stratum): 0 for stratum in strata}
        left = self._room.samples
        for depth in range(self._room.stratum):
            for stratum in strata:
                if left and len(stratum.samples) > depth:
                    kept[id(stratum)] += 1
                    left -= 1
        total = sum(stratum.calls for stratum in strata if kept[id(stratum)])
        for stratum in strata:
            samples = stratum.samples[: kept[id(stratum)]]
            times = sum(sample.times for sample in samples)
            for sample in samples:
                yield sample, stratum.name, stratum.calls / total * sample.times / times
