"""Divergences where float64 sums have no digits left: written to extremes.json.

Plain Python, `decimal` with 700 digits, straight from the definitions, with no more than a shift of exponents by their largest. Rows are float32 values, drawn here and kept
in the file, so that both sides start from the same bits. Run: python3 make_extremes.py
"""
import json
import random
import struct
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 700


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def cloud(seed, rows, width, spread, centre):
    draw = random.Random(seed)
    return [[single(c + spread * draw.gauss(0, 1)) for c in centre[:width]] for _ in range(rows)]


def exponents(x, y, sigma, off=False):
    """-|a - b|^2 / (2 sigma^2) of all pairs, None on a diagonal that is left out."""
    return [
        [None if off and i == j else -sum((Decimal(a) - Decimal(b)) ** 2 for a, b in zip(p, q)) / (2 * sigma * sigma) for j, q in enumerate(y)]
        for i, p in enumerate(x)
    ]


def shares(logs):
    """Each kernel value over the sum of all, and the logarithm of their mean."""
    kept = [v for row in logs for v in row if v is not None]
    most = max(kept)
    values = [[Decimal(0) if v is None or v - most < -10**6 else (v - most).exp() for v in row] for row in logs]
    total = sum(map(sum, values))
    return [[v / total for v in row] for row in values], most + total.ln() - Decimal(len(kept)).ln()


def mean(logs):
    """The mean kernel value; what lies below 10^-400000 is 0 here."""
    log = shares(logs)[1]
    return log.exp() if log > -10**6 else Decimal(0)


def log_mean(logs):
    return shares(logs)[1]


def gradient(x, y, sigma, off):
    """d D_CS / d x_i: of both means the shares of the kernels times (b - a) / sigma^2."""
    own, cross = shares(exponents(x, x, sigma, off))[0], shares(exponents(x, y, sigma))[0]
    return [
        [
            2 * (sum(own[i][j] * (Decimal(q[d]) - Decimal(p[d])) for j, q in enumerate(x))
                 - sum(cross[i][j] * (Decimal(q[d]) - Decimal(p[d])) for j, q in enumerate(y))) / (sigma * sigma)
            for d in range(len(p))
        ]
        for i, p in enumerate(x)
    ]


def text(value):
    return format(value, ".20E") if value.is_finite() else str(value)


def case(name, x, y, sigma):
    s = Decimal(sigma)
    xx, yy, xy = exponents(x, x, s), exponents(y, y, s), exponents(x, y, s)
    cross = 2 * log_mean(xy)
    return {
        "name": name, "sigma": sigma, "x": x, "y": y,
        "cs": text(log_mean(xx) + log_mean(yy) - cross),
        "off": text(log_mean(exponents(x, x, s, True)) + log_mean(exponents(y, y, s, True)) - cross),
        "mmd": text(mean(xx) + mean(yy) - 2 * mean(xy)),
        "uniformity_x": text(log_mean(exponents(x, x, Decimal("0.5"), True))),
        "grad_x": [[text(v) for v in row] for row in gradient(x, y, s, False)],
        "grad_x_off": [[text(v) for v in row] for row in gradient(x, y, s, True)],
    }


def balanced(points):
    """The same mean on both sides to the bit: each row with its mirror image."""
    return points + [[-v for v in row] for row in points]


zero, apart = [0.0] * 4, [0.8, -0.3, 0.1, 0.2]
x, y = cloud(1, 6, 4, 0.3, zero), cloud(2, 5, 4, 0.4, apart)
cases = []
for sigma in ("1e300", "1e160", "1e100", "1e16", "1e8", "1e4", "100", "40", "3", "0.01", "1e-3", "1e-8", "1e-20", "1e-60", "1e-138"):
    cases.append(case("apart", x, y, sigma))
bx, by = balanced(cloud(3, 3, 4, 0.3, zero)), balanced(cloud(4, 4, 4, 0.5, zero))
for sigma in ("1e60", "1e12", "1e5", "500", "30"):
    cases.append(case("one mean", bx, by, sigma))
for scale, sigmas in ((1e30, ("1e29", "1e30", "1e32", "1e45", "1e20", "1")), (1e-30, ("1e-31", "1e-30", "1e-28", "1", "1e-36")), (3e-40, ("1e-40", "1e-39", "1e-30"))):
    sx, sy = [[single(v * scale) for v in row] for row in x], [[single(v * scale) for v in row] for row in y]
    cases += [case(f"scale {scale:g}", sx, sy, sigma) for sigma in sigmas]
far = [1e6] * 4
ox, oy = cloud(5, 5, 4, 0.5, far), cloud(6, 6, 4, 0.7, [c + 1 for c in far])
cases += [case("offset", ox, oy, sigma) for sigma in ("0.2", "1", "100", "1e9")]
same = [[0.5, -0.25, 1.0, 2.0]] * 4
cases += [case("a side of equal rows", same, y, sigma) for sigma in ("1e20", "1", "1e-10")]
flat = [[row[0], 1.0, 1.0, row[3]] for row in x]
cases += [case("constant columns", flat, [[row[0], 1.0, 1.0, row[3]] for row in y], sigma) for sigma in ("1e10", "0.5", "1e-5")]
Path(__file__).with_name("extremes.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
