#!/usr/bin/python3
"""Golden values of measures of labelled rows, by NumPy and SciPy (python3-numpy, python3-scipy) from their definitions: agreement of
partitions by conditional entropies and by counting pairs of rows, the best clusters of a few rows by trying every assignment, the
minimum of multinomial logistic regression by Newton's method with the full Hessian, AUROC by comparing every pair of pairs.
Writes labels.json beside itself."""
import itertools
import json
import os

import numpy as np
from scipy.special import log_softmax, softmax


def conditional(a, b):
    """H(a | b) and H(a), in nats."""
    entropy = lambda values: -sum(p * np.log(p) for p in np.unique(values, return_counts=True)[1] / len(values))
    return sum(np.mean(b == v) * entropy(a[b == v]) for v in np.unique(b)), entropy(a)


def agreement(seed, rows, labels, clusters, noise):
    random = np.random.default_rng(seed)
    a = random.integers(0, labels, rows)
    b = np.where(random.random(rows) < noise, random.integers(0, clusters, rows), a % clusters)
    (ab, ha), (ba, hb) = conditional(a, b), conditional(b, a)
    both = first = second = 0
    for i, j in itertools.combinations(range(rows), 2):
        both += a[i] == a[j] and b[i] == b[j]
        first += a[i] == a[j]
        second += b[i] == b[j]
    pairs = rows * (rows - 1) / 2
    expected = first * second / pairs
    h, c = 1 - ab / ha, 1 - ba / hb
    return dict(labels=a.tolist(), clusters=b.tolist(), homogeneity=h, completeness=c, v_measure=2 * h * c / (h + c),
                adjusted_rand_index=(both - expected) / ((first + second) / 2 - expected))


def clusters(seed, rows, width, k):
    x = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    unit = x.astype(float) / np.linalg.norm(x.astype(float), axis=1, keepdims=True)
    best, found = -1, None
    for given in itertools.product(range(k), repeat=rows):
        if given[0] != 0 or len(set(given)) < k:
            continue
        one_hot = np.eye(k)[list(given)]
        value = np.linalg.norm(one_hot.T @ unit, axis=1).sum() / rows
        if value > best + 1e-12:
            best, found = value, given
    return dict(width=width, x=x.flatten().tolist(), k=k, mean_cosine=best, clusters=list(found))


def classifier(seed, rows, width, classes, penalty):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, rows)
    x = (random.normal(size=(rows, width)) + 0.8 * random.normal(size=(classes, width))[labels] + 3).astype(np.float32)
    asked = (random.normal(size=(7, width)) + 3).astype(np.float32)
    mean = x.astype(float).mean(0)
    scale = 1 / np.sqrt((((x - mean) ** 2).sum(1)).mean())
    z, y = np.hstack([(x - mean) * scale, np.ones((rows, 1))]), np.eye(classes)[labels]
    ridge = np.ones((classes, width + 1)) * penalty
    ridge[:, -1] = 0

    def loss(w):
        w = w.reshape(classes, -1)
        return -(log_softmax(z @ w.T, 1) * y).sum() / rows + 0.5 * (ridge * w * w).sum()

    def slope(w):
        w = w.reshape(classes, -1)
        return ((softmax(z @ w.T, 1) - y).T @ z / rows + ridge * w).flatten()

    def curvature(w):
        p = softmax(z @ w.reshape(classes, -1).T, 1)
        full = np.einsum("nc,nd,ce->nced", p, z, np.eye(classes))
        h = np.einsum("nced,nf->cdef", full, z) - np.einsum("nc,nd,ne,nf->cdef", p, z, p, z)
        return h.reshape(classes * (width + 1), -1) / rows + np.diag(ridge.flatten())

    # Adding a number to every bias changes nothing: the least step of those that solve the Newton equation.
    found = np.zeros(classes * (width + 1))
    for _ in range(60):
        step, length = np.linalg.lstsq(curvature(found), slope(found), rcond=1e-10)[0], 1.0
        while loss(found - length * step) > loss(found) and length > 1e-6:
            length /= 2
        found = found - length * step
    assert np.abs(slope(found)).max() < 1e-9
    weights = found.reshape(classes, -1)
    chances = softmax(np.hstack([(asked - mean) * scale, np.ones((7, 1))]) @ weights.T, 1)
    return dict(width=width, x=x.flatten().tolist(), labels=labels.tolist(), penalty=penalty, loss=float(loss(found)),
                asked=asked.flatten().tolist(), probabilities=chances.flatten().tolist())


def auroc(cosines, same):
    right, wrong = cosines[same], cosines[~same]
    return float((np.sign(right[:, None] - wrong[None]) + 1).mean() / 2)


def threshold(seed, images, texts, width, gap):
    random = np.random.default_rng(seed)
    kinds = np.array([0] * images + [1] * texts)
    labels = random.integers(0, 3, images + texts)
    x = random.normal(size=(images + texts, width)) + 1.5 * random.normal(size=(3, width))[labels]
    x[:, 0] += np.where(kinds == 0, gap, -gap)
    x = x.astype(np.float32)
    unit = x.astype(float) / np.linalg.norm(x.astype(float), axis=1, keepdims=True)
    i, j = np.triu_indices(images + texts, 1)
    cosines, same, sides = (unit[i] * unit[j]).sum(1), labels[i] == labels[j], kinds[i] + kinds[j]
    of = lambda chosen: auroc(cosines[chosen], same[chosen])
    return dict(width=width, x=x[:images].flatten().tolist(), y=x[images:].flatten().tolist(), x_labels=labels[:images].tolist(),
                y_labels=labels[images:].tolist(), one_threshold=of(sides >= 0), images=of(sides == 0), texts=of(sides == 2),
                across=of(sides == 1))


golden = dict(
    agreement=[agreement(1, 60, 4, 4, 0.3), agreement(2, 50, 5, 3, 0.6), agreement(3, 40, 3, 7, 1)],
    clusters=[clusters(1, 10, 3, 3), clusters(2, 12, 4, 2), clusters(3, 9, 2, 4)],
    classifier=[classifier(1, 60, 5, 3, 1e-3), classifier(2, 40, 8, 4, 0.1), classifier(3, 30, 3, 2, 1e-3)],
    threshold=[threshold(1, 30, 40, 6, 0), threshold(2, 25, 20, 5, 4)])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "labels.json"), "w") as file:
    json.dump(golden, file)
