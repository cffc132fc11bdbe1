"""Writes reference.txt: correctly rounded values of the functions in f64, as `name x y` in hexadecimal bits.

Needs gmpy2 (MPFR); `python reference.py > reference.txt`.
"""

import math
import random
import struct

import gmpy2
from gmpy2 import mpfr

CONTEXT = gmpy2.context(precision=200, emax=1 << 30, emin=-(1 << 30))
BINARY64 = gmpy2.ieee(64)
PI_HALVES = gmpy2.const_pi(200) / 2


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def number(b):
    return struct.unpack("<d", struct.pack("<Q", b))[0]


def sigmoid(x):
    return 1 / (1 + gmpy2.exp(-x))


def softplus(x):
    return gmpy2.log1p(gmpy2.exp(x)) if x < 0 else x + gmpy2.log1p(gmpy2.exp(-x))


def digamma(x):
    return gmpy2.digamma(x) if x > 0 else gmpy2.nan()  # At the poles as TensorFlow.


ZERO_OF_DIGAMMA = 1.4616321449683623
# Near multiples of π/2, small and great, where r all but vanishes.
ANGLES = [float(PI_HALVES * n) for n in (1, 2, 3, 4, 1001, 600_001, 10**7 + 1)]
ENDS = [0.0, 5e-324, 2.2250738585072014e-308, 1.1e-16, 1e-8, 0.5, 1.0, 2.0, 1.7976931348623157e308, math.inf]
ENDS = [s * x for x in ENDS for s in (1, -1)] + [math.nan]

# Each function: how it is computed, the points where its formula changes, and intervals to draw from.
FUNCTIONS = {
    "exp": (gmpy2.exp, [0.3465, 709.78, -708.4, -745.13], [(-1, 1), (-745, -708), (-700, 709)]),
    "expm1": (gmpy2.expm1, [0.3465, -0.3465, 709.78, -37.4], [(-1, 1), (-40, 0), (0, 709)]),
    "log": (gmpy2.log, [0.75, 1.0, 1.5, 3.0, 0.1875], [(0, 2), (0, 100), (0, 1e300), (0, 2e-308)]),
    "log1p": (gmpy2.log1p, [-0.25, 0.5, 2.0, -1.0, 2.0**53], [(-1, 1), (-0.01, 0.01), (0, 100), (0, 1e300)]),
    "tanh": (gmpy2.tanh, [0.625, -0.625, 19.06], [(-1, 1), (-20, 20), (-1e-3, 1e-3)]),
    "sigmoid": (sigmoid, [-708.4, -745.13, 36.7], [(-1, 1), (-40, 40), (-745, 0)]),
    "softplus": (softplus, [-0.6931, 0.6931, -708.4], [(-1, 1), (-40, 40), (-745, 0)]),
    "sin": (gmpy2.sin, ANGLES, [(-1, 1), (-100, 100), (-1e6, 1e6), (-1e20, 1e20)]),
    "cos": (gmpy2.cos, ANGLES, [(-1, 1), (-100, 100), (-1e6, 1e6), (-1e20, 1e20)]),
    "tan": (gmpy2.tan, ANGLES, [(-1, 1), (-100, 100), (-1e20, 1e20)]),
    "asin": (gmpy2.asin, [0.5, 1.0, -1.0], [(-1, 1), (-1, 1), (-1e-3, 1e-3)]),
    "acos": (gmpy2.acos, [0.5, 1.0, -1.0], [(-1, 1), (-1, 1), (-1e-3, 1e-3)]),
    "atan": (gmpy2.atan, [0.4375, 0.6875, 1.1875, 2.4375], [(-1, 1), (-10, 10), (-1e9, 1e9)]),
    "sinh": (gmpy2.sinh, [0.6931, 709.78, 710.47], [(-1, 1), (-30, 30), (-710, 710)]),
    "cosh": (gmpy2.cosh, [0.6931, 709.78, 710.47], [(-1, 1), (-30, 30), (-710, 710)]),
    "asinh": (gmpy2.asinh, [2.0, -2.0], [(-1, 1), (-30, 30), (-1e300, 1e300)]),
    "acosh": (gmpy2.acosh, [1.0, 2.0], [(1, 2), (1, 30), (1, 1e300)]),
    "atanh": (gmpy2.atanh, [0.5, 1.0, -1.0], [(-1, 1), (-1, 1), (-1e-3, 1e-3)]),
    "erf": (gmpy2.erf, [1.0, -1.0, 5.93], [(-1, 1), (-6, 6), (-1e-3, 1e-3)]),
    "erfc": (gmpy2.erfc, [0.84375, 1.25, 1 / 0.35, 26.54], [(-1, 1), (-6, 6), (0, 27)]),
    "lgamma": (lambda x: gmpy2.lgamma(x)[0], [1.0, 2.0], [(0, 1), (1, 10), (10, 1e6)]),
    "digamma": (digamma, [1.0, ZERO_OF_DIGAMMA, 2.0, 10.0], [(0, 1), (1, 10), (10, 1e6)]),
}


def points(name, places, intervals):
    draw = random.Random(name)
    yield from ENDS
    for place in places:
        for spread in (52, 45, 30, 10):
            yield place * (1 + draw.uniform(-1, 1) * 2.0**-spread)
    for low, high in intervals:
        for _ in range(12):
            yield draw.uniform(low, high)
    for _ in range(16):
        yield number(draw.getrandbits(64))


def rounded(value):
    with gmpy2.context(BINARY64):
        return float(+value)


for name, (function, places, intervals) in FUNCTIONS.items():
    for x in points(name, places, intervals):
        if name == "digamma" and x < 0 and x % 1 != 0:
            continue  # Near its zeros there, only the absolute error is small.
        with gmpy2.context(CONTEXT):
            y = function(mpfr(x))
        print(name, f"{bits(x):016x}", f"{bits(rounded(y)):016x}")
