"""Golden values of fidelity's measures by their plain definitions: python3 make_fidelity.py > fidelity.json

Needs NumPy and SciPy. Inputs come from a fixed generator and are stored as float32 beside the values. Full distance matrices, a
jackknife that really leaves each row out, and the matrix root of SciPy: nothing of how the program computes.
"""
import json

import numpy as np
import scipy.linalg

generator = np.random.default_rng(11)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def distances(a, b):
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def frechet(x, y):
    covariance_x, covariance_y = np.cov(x.T), np.cov(y.T)
    root = scipy.linalg.sqrtm(covariance_x @ covariance_y)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(covariance_x) + np.trace(covariance_y) - 2 * np.trace(root).real


def unbiased_mmd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def off_diagonal_mean(matrix):
        return matrix[~np.eye(len(matrix), dtype=bool)].mean()

    return off_diagonal_mean(kernel(x, x)) + off_diagonal_mean(kernel(y, y)) - 2 * kernel(x, y).mean()


def jackknife(x, y):
    if min(len(x), len(y)) < 3:
        return None
    without_x = np.array([unbiased_mmd(np.delete(x, i, 0), y) for i in range(len(x))])
    without_y = np.array([unbiased_mmd(x, np.delete(y, i, 0)) for i in range(len(y))])
    return np.sqrt(sum((len(v) - 1) / len(v) * ((v - v.mean()) ** 2).sum() for v in (without_x, without_y)))


def cmmd(x, y, sigma=10, scale=1000):
    x, y = unit(x), unit(y)

    def mean(a, b):
        return np.exp(-distances(a, b) ** 2 / (2 * sigma**2)).mean()

    return scale * (mean(x, x) + mean(y, y) - 2 * mean(x, y))


def prdc(real, fake, k):
    """compute_prdc of the package prdc by the authors of density and coverage: strictly below the radius, the row itself is no neighbour."""

    def radii(rows):
        # The row itself comes first, at distance 0.
        return np.sort(distances(rows, rows), axis=1)[:, k] if len(rows) > k else None

    real_radii, fake_radii, between = radii(real), radii(fake), distances(real, fake)
    result = dict.fromkeys(["precision", "recall", "density", "coverage"])
    if real_radii is not None:
        result["precision"] = (between < real_radii[:, None]).any(axis=0).mean()
        result["density"] = (between < real_radii[:, None]).sum(axis=0).mean() / k
        result["coverage"] = (between.min(axis=1) < real_radii).mean()
    if fake_radii is not None:
        result["recall"] = (between < fake_radii[None, :]).any(axis=1).mean()
    return result


def training_values(generated, reference, training):
    within = distances(training, training)
    np.fill_diagonal(within, np.inf)

    def nearest(rows):
        cosines = unit(rows) @ unit(training).T
        return cosines.argmax(1), cosines.max(1)

    def memorised(rows):
        if len(training) < 2:
            return None
        to_training = distances(rows, training)
        return np.mean([to_training[i, t] < within[t].min() for i, t in enumerate(nearest(rows)[0])])

    def summary(rows):
        return {"median": np.median(nearest(rows)[1]), "max": nearest(rows)[1].max()}

    return {
        "training_rows": len(training), "memorised": memorised(generated), "memorised_reference": memorised(reference),
        "nearest_training_generated": summary(generated), "nearest_training_reference": summary(reference),
        "nearest_training": [[int(t), c] for t, c in zip(*nearest(generated))],
    }


cases = []


def case(name, generated, reference, k, training=None):
    stored = [None if rows is None else rows.astype(np.float32) for rows in (generated, reference, training)]
    x, y, t = [None if rows is None else rows.astype(np.float64) for rows in stored]
    values = {
        "generated_rows": len(x), "reference_rows": len(y), "dim": x.shape[1], "frechet": frechet(x, y), "kernel_distance": unbiased_mmd(x, y),
        "kernel_distance_error": jackknife(x, y), "cmmd": cmmd(x, y), **prdc(y, x, k), "k": k,
    }
    cases.append({
        "name": name, "width": x.shape[1], "k": k,
        **{key: None if rows is None else [float(str(v)) for v in rows.ravel()] for key, rows in zip(["generated", "reference", "training"], stored)},
        "values": json.loads(json.dumps(values, default=float)),
        "training_values": None if t is None else json.loads(json.dumps(training_values(x, y, t), default=float)),
    })


def cloud(rows, width, shift=0.0, scale=1.0):
    return scale * generator.normal(size=(rows, width)) + shift


real = unit(cloud(55, 12, 0.4))
train = unit(cloud(70, 12, 0.4))
fake = unit(cloud(40, 12, 0.6, 0.8))
copies = fake.copy()
copies[:12] = unit(train[5:17] + 0.01 * generator.normal(size=(12, 12)))
copies[12] = train[69]
case("unit rows", fake, real, 5)
case("unit rows, k = 1", fake, real, 1)
case("unit rows, k = 39", fake, real, 39)
case("copies of training rows", copies, real, 3, train)
case("more than a tile of rows", unit(cloud(300, 3, 0.2)), unit(cloud(270, 3)), 5, unit(cloud(530, 3)))
case("rows of any length", cloud(30, 7, 1.5, 3), cloud(34, 7, -0.5, 2), 4)
doubled = unit(cloud(24, 4))
doubled[3:6], doubled[9:17] = doubled[2], doubled[8]
case("rows that are there several times", doubled, np.concatenate([doubled[:10], unit(cloud(15, 4))]), 5, np.concatenate([doubled, doubled[:6]]))
case("too few rows for neighbours on one side", unit(cloud(5, 3)), unit(cloud(9, 3)), 5, unit(cloud(1, 3)))
case("two rows against three", unit(cloud(2, 2)), unit(cloud(3, 2)), 3)
case("far apart", unit(cloud(30, 6, 3)), unit(cloud(25, 6, -3)), 5)
print(json.dumps({"cases": cases}))
