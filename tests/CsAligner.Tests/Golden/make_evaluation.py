"""Golden values of every measure, written out in plain float64 NumPy: python3 make_evaluation.py > evaluation.json

Inputs come from a fixed generator and are stored as float32 beside the values.
"""
import json

import numpy as np

generator = np.random.default_rng(7)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def distances(a, b):
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def median_distance(rows):
    return np.median(distances(rows, rows)[np.triu_indices(len(rows), 1)])


def bandwidth(rule, x, y):
    if rule == "median":
        return median_distance(np.concatenate([x, y]))
    if rule.startswith("within*"):
        return float(rule[7:]) * (median_distance(x) + median_distance(y)) / 2
    return float(rule)


def log_mean_kernel(a, b, sigma, off_diagonal=False):
    logits = -distances(a, b) ** 2 / (2 * sigma**2)
    if off_diagonal:
        logits = logits[~np.eye(len(a), dtype=bool)]
    return np.logaddexp.reduce(logits.ravel()) - np.log(logits.size)


def frechet(x, y):
    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T

    covariance_x, covariance_y = np.cov(x.T), np.cov(y.T)
    half = root(covariance_x)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(half @ covariance_y @ half), 0, None)).sum()
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(covariance_x) + np.trace(covariance_y) - 2 * cross


def measure(x, y, rule, pairs):
    sigma = bandwidth(rule, x, y)
    xx, yy, xy = log_mean_kernel(x, x, sigma), log_mean_kernel(y, y, sigma), log_mean_kernel(x, y, sigma)
    result = {
        "bandwidth": sigma,
        "cs_divergence": xx + yy - 2 * xy,
        "cs_divergence_off_diagonal": log_mean_kernel(x, x, sigma, True) + log_mean_kernel(y, y, sigma, True) - 2 * xy,
        "mmd": np.exp(xx) + np.exp(yy) - 2 * np.exp(xy),
        "frechet": frechet(x, y),
        "centroid_gap": np.linalg.norm(x.mean(0) - y.mean(0)),
        "uniformity_x": log_mean_kernel(x, x, 0.5, True),
        "uniformity_y": log_mean_kernel(y, y, 0.5, True),
    }
    if pairs is not None:
        cosines = unit(x) @ unit(y).T
        paired = np.zeros(cosines.shape, bool)
        paired[pairs, np.arange(len(y))] = True
        result["alignment"] = ((x[pairs] - y) ** 2).sum(1).mean()
        result["mean_cosine_pairs"] = cosines[paired].mean()
        result["mean_cosine_others"] = cosines[~paired].mean()
    return result


def summary(ranks):
    ranks = np.array(ranks)
    return {
        "r1": (ranks <= 1).mean(), "r5": (ranks <= 5).mean(), "r10": (ranks <= 10).mean(),
        "median_rank": np.median(ranks), "mean_rank": ranks.mean(),
    }


def evaluate(x, y, rule, pairs, temperature=0.05):
    # Exactly equal rows must have exactly equal scores, so scores are sums in one fixed order.
    scores = np.array([[float(np.sum(a * b)) for b in y] for a in x])

    def rank(row, right):
        order = sorted(range(len(row)), key=lambda c: (-row[c], c))
        return 1 + min(order.index(r) for r in right)

    asked = [i for i in range(len(x)) if (pairs == i).any()]
    first = [int(np.flatnonzero(pairs == i)[0]) for i in asked]
    logits = (x[asked] @ y[first].T) / temperature
    right = np.diag(logits)
    info_nce = 0.5 * ((np.logaddexp.reduce(logits, 1) - right).mean() + (np.logaddexp.reduce(logits, 0) - right).mean())
    return {
        "image_to_text": summary([rank(scores[i], np.flatnonzero(pairs == i)) for i in asked]),
        "text_to_image": summary([rank(scores[:, j], [pairs[j]]) for j in range(len(y))]),
        "mutual_information_lower_bound": np.log(len(asked)) - info_nce,
        **measure(x, y, rule, pairs),
    }


cases = []


def case(name, x, y, rule, pairs=None, retrieval=True):
    x, y = x.astype(np.float32), y.astype(np.float32)
    wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
    values = evaluate(wide_x, wide_y, rule, pairs) if retrieval else measure(wide_x, wide_y, rule, pairs)
    cases.append({
        "name": name, "width": x.shape[1], "rule": rule, "pairs": None if pairs is None else pairs.tolist(),
        "x": [float(v) for v in x.ravel()], "y": [float(v) for v in y.ravel()],
        "values": json.loads(json.dumps(values, default=float)),
    })


latent = generator.normal(size=(60, 12))
images, texts = unit(latent + 0.5 + 0.4 * generator.normal(size=latent.shape)), unit(latent - 0.5 + 0.4 * generator.normal(size=latent.shape))
for rule in ["within*0.35", "median", "0.5", "0.05"]:
    case(f"unit rows, {rule}", images, texts, rule, np.arange(60))
few, many = unit(generator.normal(size=(7, 6))), generator.normal(size=(20, 6))
pairs = generator.integers(0, 6, size=20)
many = unit(few[pairs] + 0.7 * many)
many[3], many[11], many[17] = many[0], many[5], many[5]
case("captions with equal rows, an image without any", few, many, "within*0.35", pairs)
case("fewer rows than dimensions", generator.normal(size=(9, 16)) * 3 + 100, generator.normal(size=(14, 16)) + 101, "median", retrieval=False)
equal = unit(np.repeat(generator.normal(size=(4, 5)), 3, axis=0))
case("every row three times", equal, equal, "0.4", np.arange(12))
print(json.dumps({"cases": cases}))
