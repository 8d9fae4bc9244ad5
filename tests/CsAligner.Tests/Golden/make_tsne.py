"""Golden affinities and gradients of t-SNE, written out in plain float64 NumPy: python3 make_tsne.py > tsne.json

p_j|i by bisection on the precision, q by Student's kernel, the gradient of KL(p | q) by its formula (van der Maaten and Hinton 2008,
equation 5), checked here against central differences.
"""
import json

import numpy as np

generator = np.random.default_rng(3)


def squared(rows):
    return ((rows[:, None] - rows[None]) ** 2).sum(-1)


def affinities(rows, perplexity):
    distances = squared(rows)
    conditional = np.zeros_like(distances)
    for i in range(len(rows)):
        others = np.arange(len(rows)) != i
        low, high = 1e-12, 1e12
        for _ in range(300):
            precision = np.sqrt(low * high)
            weights = np.exp(-precision * (distances[i, others] - distances[i, others].min()))
            weights /= weights.sum()
            entropy = -(weights[weights > 0] * np.log(weights[weights > 0])).sum()
            low, high = (precision, high) if entropy > np.log(perplexity) else (low, precision)
        conditional[i, others] = weights
    return (conditional + conditional.T) / (2 * len(rows))


def divergence(p, points):
    q = 1 / (1 + squared(points))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    inside = p > 0
    return (p[inside] * np.log(p[inside] / q[inside])).sum()


def gradient(p, points):
    weights = 1 / (1 + squared(points))
    np.fill_diagonal(weights, 0)
    pulls = 4 * (p - weights / weights.sum()) * weights
    return (pulls[:, :, None] * (points[:, None] - points[None])).sum(1)


cases = []
for count, width, perplexity in [(37, 6, 5.0), (60, 20, 12.0)]:
    rows = generator.normal(size=(count, width)).astype(np.float32)
    rows[: count // 3] += 4
    rows = rows.astype(np.float64)
    points = generator.normal(size=(count, 2)).astype(np.float32).astype(np.float64)
    p = affinities(rows, perplexity)
    slope = gradient(p, points)
    for i in (0, count - 1):
        step = np.zeros_like(points)
        step[i, 1] = 1e-5
        assert abs((divergence(p, points + step) - divergence(p, points - step)) / 2e-5 - slope[i, 1]) < 1e-8
    cases.append({
        "width": width, "perplexity": perplexity, "rows": rows.ravel().tolist(), "map": points.T.ravel().tolist(),
        "affinities": [float(f"{v:.9g}") for v in p.ravel()], "divergence": divergence(p, points), "gradient": slope.T.ravel().tolist(),
    })
print(json.dumps({"cases": cases}))
