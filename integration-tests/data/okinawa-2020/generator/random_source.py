"""A random source that gives the same numbers on every Python.

The standard library promises that only for `random()`, not for shuffling and choosing. This is splitmix64.
"""

MASK = (1 << 64) - 1


class RandomSource:
    """One stream of numbers. Give each table its own stream, so that a change in one leaves the others alone."""

    def __init__(self, seed, stream):
        self.state = seed
        for byte in stream.encode("utf-8"):
            self.state = (self.state ^ byte) * 0x100000001B3 & MASK
        self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound):
        """A whole number from 0 to bound - 1."""
        return (self.next() >> 32) * bound >> 32

    def between(self, low, high):
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, per_hundred):
        return self.below(100) < per_hundred

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def pick(self, items):
        return items[self.below(len(items))]

    def pick_weighted(self, weighted):
        """One of [(item, weight), …]."""
        at = self.below(sum(weight for _, weight in weighted))
        for item, weight in weighted:
            if at < weight:
                return item
            at -= weight
        raise AssertionError("weights do not cover the draw")

    def split(self, total, weights, least=0):
        """Whole parts of total, each at least `least`, drawn by weight."""
        parts = [least] * len(weights)
        left = total - least * len(weights)
        assert left >= 0, "the least parts are more than the whole"
        numbered = list(enumerate(weights))
        for _ in range(left):
            parts[self.pick_weighted(numbered)] += 1
        return parts
