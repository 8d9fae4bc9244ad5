#!/usr/bin/python3
"""Golden values of the baselines, by NumPy and SciPy in float64 (python3-numpy, python3-scipy), and of the uniformity of the middles of
pairs by PyTorch's autograd (python3-torch): writes baselines.json beside itself. Each is fitted to x and y, of which the first rows are
pairs, and applied to other rows, a and b."""
import json
import os

import numpy as np
import scipy.linalg
import scipy.special
import torch

unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
rounded = lambda rows: np.asarray(rows, dtype=np.float32).astype(np.float64)
written = lambda rows: [float(str(value)) for value in rows.flatten().astype(np.float32)]


def shrunk_inverse_root(rows, shrinkage):
    covariance = np.cov(rows.T)
    target = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return np.linalg.inv(np.real(scipy.linalg.sqrtm((1 - shrinkage) * covariance + shrinkage * target)))


def standardise(x, y, pairs):
    return tuple((lambda rows, of=of: unit((rows - of.mean(0)) / of.std(0))) for of in (x, y))


def realign(x, y, pairs):
    scale = (x.var(0, ddof=1).sum() / y.var(0, ddof=1).sum()) ** 0.5
    traced = lambda rows: unit(x.mean(0) + scale * (rows - y.mean(0)))
    drifted = traced(y).mean(0)
    return lambda rows: rows, lambda rows: unit(traced(rows) - drifted + x.mean(0))


def whitening(x, y, pairs, shrinkage):
    return tuple((lambda rows, of=of: unit((rows - of.mean(0)) @ shrunk_inverse_root(of, shrinkage))) for of in (x, y))


def coral(x, y, pairs, directions):
    left, _, _ = np.linalg.svd(np.cov(x.T) + np.cov(y.T))
    subspace = left[:, :directions]
    inside = lambda of: np.real(scipy.linalg.sqrtm(np.cov((of @ subspace).T)))

    def texts(rows):
        centred = rows - y.mean(0)
        coordinates = centred @ subspace
        return unit(centred + (coordinates @ np.linalg.inv(inside(y)) @ inside(x) - coordinates) @ subspace.T)
    return lambda rows: unit(rows - x.mean(0)), texts


def cca(x, y, pairs, shrinkage):
    a, b = shrunk_inverse_root(x, shrinkage), shrunk_inverse_root(y, shrinkage)
    cross = (x[:pairs] - x[:pairs].mean(0)).T @ (y[:pairs] - y[:pairs].mean(0)) / (pairs - 1)
    left, correlations, right = np.linalg.svd(a @ cross @ b)
    # Scores are the same in any rotation of the canonical directions: ours is that of the left ones.
    weighted = lambda rows, of, root, directions: unit((rows - of.mean(0)) @ root @ directions * correlations @ left.T)
    return lambda rows: weighted(rows, x, a, left), lambda rows: weighted(rows, y, b, right.T)


def transport(x, y, pairs, setting):
    u, v = unit(x - x.mean(0)), unit(y - y.mean(0))
    cost = ((u[:, None] - v[None]) ** 2).sum(2)
    epsilon = setting * cost.mean()
    f, g = np.zeros(len(u)), np.zeros(len(v))
    for _ in range(20000):
        f = -epsilon * scipy.special.logsumexp((g - cost) / epsilon - np.log(len(v)), axis=1)
        g = -epsilon * scipy.special.logsumexp((f[:, None] - cost) / epsilon - np.log(len(u)), axis=0)

    def half_way(rows, targets, potential):
        cost = ((rows[:, None] - targets[None]) ** 2).sum(2)
        return unit(rows + scipy.special.softmax((potential - cost) / epsilon, axis=1) @ targets)
    return lambda rows: half_way(unit(rows - x.mean(0)), v, g), lambda rows: half_way(unit(rows - y.mean(0)), u, f)


def case(random, name, fit, pairs, more_images, more_texts, width, setting=None):
    mix = random.normal(size=(width, width)) / width ** 0.5
    meanings = random.normal(size=(pairs + 5, width)) * np.linspace(1, 0.3, width)
    draw = lambda rows, centre: rounded(unit(rows + 0.4 * random.normal(size=rows.shape) + centre))
    images, texts = draw(meanings, 0.6 * random.normal(size=width)), draw(meanings @ (np.eye(width) + 0.3 * mix), random.normal(size=width))
    x = np.concatenate([images[:pairs], images[random.integers(pairs, size=more_images)] + 0.01 * random.normal(size=(more_images, width))])
    y = np.concatenate([texts[:pairs], texts[random.integers(pairs, size=more_texts)] + 0.01 * random.normal(size=(more_texts, width))])
    x, y, a, b = rounded(unit(x)), rounded(unit(y)), images[pairs:], texts[pairs:]
    to_image, to_text = fit(x, y, pairs) if setting is None else fit(x, y, pairs, setting)
    named = dict(x=x, y=y, a=a, b=b, images=to_image(a), texts=to_text(b))
    return dict(name=name, width=width, pairs=pairs, setting=setting, **{key: written(rows) for key, rows in named.items()})


def uniformity(random, pairs, more, width):
    x, y = (rounded(unit(random.normal(size=(pairs + more, width)))) for _ in "xy")
    p, q = (torch.tensor(rows, requires_grad=True) for rows in (x, y))
    middles = torch.nn.functional.normalize((p[:pairs] + q[:pairs]) / 2, dim=1)
    value = torch.pdist(middles).pow(2).mul(-2).exp().mean().log()
    value.backward()
    named = dict(x=x, y=y, grad_x=p.grad.numpy(), grad_y=q.grad.numpy())
    return dict(width=width, pairs=pairs, value=value.item(), **{key: written(rows) for key, rows in named.items()})


random = np.random.default_rng(17)
golden = dict(
    maps=[
        case(random, "standardise", standardise, 40, 0, 0, 6), case(random, "realign", realign, 40, 10, 3, 6),
        case(random, "whitening", whitening, 40, 3, 10, 6, 0.3), case(random, "coral", coral, 40, 0, 7, 6, 3),
        case(random, "coral", coral, 40, 0, 0, 6, 6), case(random, "cca", cca, 40, 0, 0, 6, 0.1),
        case(random, "cca", cca, 12, 30, 20, 6, 0.3), case(random, "transport", transport, 30, 5, 0, 6, 0.1),
        case(random, "transport", transport, 20, 0, 9, 6, 0.03)],
    uniformity=[uniformity(random, 7, 0, 5), uniformity(random, 6, 3, 4)])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "baselines.json"), "w") as file:
    json.dump(golden, file)
