"""Philox 4x32-10 as TensorFlow's samplers draw from it: a key of 64 bits, a counter of 128, four numbers a step."""

_MASK = 0xFFFFFFFF


class Philox:
    """A stream of numbers of 32 and 64 bits and of floats."""

    def __init__(self, seed, seed2):
        self._key = (seed & _MASK, (seed >> 32) & _MASK)
        self._counter = (seed2 & 0xFFFFFFFFFFFFFFFF) << 64
        self._left = []

    def skip(self, steps):
        """Goes on by so many steps of four numbers."""
        self._counter = (self._counter + steps) & ((1 << 128) - 1)

    def reserved(self, samples):
        """A stream that begins here; this one goes on behind the `samples` numbers left to it."""
        made = Philox(0, 0)
        made._key, made._counter = self._key, self._counter
        self.skip((samples + 3) // 4)
        return made

    def _block(self):
        low, high = self._key
        a, b, c, d = (self._counter >> shift & _MASK for shift in (0, 32, 64, 96))
        for _ in range(10):
            first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
            a, b, c, d = (second >> 32) ^ b ^ low, second & _MASK, (first >> 32) ^ d ^ high, first & _MASK
            low, high = (low + 0x9E3779B9) & _MASK, (high + 0xBB67AE85) & _MASK
        self.skip(1)
        return [a, b, c, d]

    def next32(self):
        if not self._left:
            self._left = self._block()
        return self._left.pop(0)

    def next64(self):
        low = self.next32()
        return low | self.next32() << 32

    def double(self):
        """Uniform in [0, 1), with 52 bits."""
        high, low = self.next32(), self.next32()
        return ((high & 0xFFFFF) << 32 | low) / (1 << 52)

    def float(self):
        """Uniform in [0, 1), with 23 bits."""
        return (self.next32() & 0x7FFFFF) / (1 << 23)

    def uniform64(self, bound):
        """A whole number below `bound`."""
        return self._lowered(self.next64, bound, 1 << 64)

    def uniform(self, bound):
        """A whole number of 32 bits below `bound`."""
        return self._lowered(self.next32, bound, 1 << 32)

    @staticmethod
    def _lowered(draw, bound, whole):
        if bound & (bound - 1) == 0:
            return draw() & (bound - 1)
        limit = whole - whole % bound
        while True:
            value = draw()
            if value < limit:
                return value % bound
