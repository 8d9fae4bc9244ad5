#!/usr/bin/python3
"""Golden values of starts, of matching and of the similarity term, by PyTorch's autograd and SciPy's matrix roots in float64 (python3-torch,
python3-scipy): writes starts.json beside itself."""
import json
import os

import numpy as np
import scipy.linalg
import scipy.special
import torch


def rounded(array):
    return np.asarray(array, dtype=np.float32).astype(np.float64)


def similarity(random, rows, columns, width, start_width, offset):
    def draw(n, d):
        return rounded(random.normal(size=(n, d)) + offset * random.normal(size=d))

    x, y, x0, y0 = draw(rows, width), draw(columns, width), draw(rows, start_width), draw(columns, start_width)
    p, q = (torch.tensor(a, requires_grad=True) for a in (x, y))
    now, before = (p @ q.T).flatten(), torch.tensor(x0 @ y0.T).flatten()
    value = 1 - torch.corrcoef(torch.stack([before, now]))[0, 1]
    value.backward()
    named = dict(x=x, y=y, start_x=x0, start_y=y0, grad_x=p.grad.numpy(), grad_y=q.grad.numpy())
    return dict(width=width, start_width=start_width, value=value.item(), **{k: v.flatten().tolist() for k, v in named.items()})


def fit(rows):
    count, width = rows.shape
    centred = rows - rows.mean(0)
    covariance = centred.T @ centred / count
    target = np.trace(covariance) / width * np.eye(width)
    error = sum(((np.outer(c, c) - covariance) ** 2).sum() for c in centred) / count ** 2
    shrinkage = min(1, error / ((covariance - target) ** 2).sum())
    unbiased = np.cov(rows.T)
    target = np.trace(unbiased) / width * np.eye(width)
    ratio = error / ((covariance - np.trace(covariance) / width * np.eye(width)) ** 2).sum()
    error = ratio * ((unbiased - target) ** 2).sum()
    return rows.mean(0), (1 - shrinkage) * unbiased + shrinkage * target, shrinkage, unbiased, error


def transport(random, rows, columns, width, made=None):
    def draw(n, side):
        if made:
            return rounded(made(n, side) + random.normal(size=width))
        return rounded(random.normal(size=(n, width)) @ random.normal(size=(width, width)) / width ** 0.5 + random.normal(size=width))

    x, y = draw(rows, 0), draw(columns, 1)
    (mx, cx, sx, rawx, errorx), (my, cy, sy, rawy, errory) = fit(x), fit(y)
    error = (errorx + errory) / ((rawx - rawy) ** 2).sum()
    share = 1 if min(rows, columns) < 50 else min(1, max(0, 2 * error - 1))
    pooled = (cx + cy) / 2
    cx, cy = (1 - share) * cx + share * pooled, (1 - share) * cy + share * pooled
    # The geometric mean of cx^-1 and cy, by general matrix roots.
    forth = np.real(scipy.linalg.sqrtm(cy @ cx) @ np.linalg.inv(cx))
    back = np.linalg.inv(forth)
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    half_x, half_y = (x - mx) @ (np.eye(width) + forth).T / 2, (y - my) @ (np.eye(width) + back).T / 2
    named = dict(x=x, y=y, barycentre_x=unit(half_x), barycentre_y=unit(half_y), y_onto_x=unit((y - my) @ back.T + mx))
    return dict(width=width, share=share, shrinkage_x=sx, shrinkage_y=sy, **{k: v.flatten().tolist() for k, v in named.items()})


def alike(random, rows, columns, width):
    """Two samples of one distribution, so that most of what their covariances differ by is sampling error."""
    base = random.normal(size=(width, width)) / width ** 0.5
    scale = np.diag(np.linspace(1, 1.3, width))
    return transport(random, rows, columns, width, lambda n, side: random.normal(size=(n, width)) @ base @ (scale if side else np.eye(width)))


def matching(random, rows, columns, width):
    """Partners by Sinkhorn's plan in the log domain, then ridge regressions towards them, twice; from unit rows without a start."""
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    base = random.normal(size=(max(rows, columns), width))
    x = rounded(unit(base[:rows] + 0.3 * random.normal(size=(rows, width))))
    y = rounded(unit(base[:columns] + 0.3 * random.normal(size=(columns, width))))
    named = dict(x=x, y=y)
    for turn in range(2):
        cost = 1 - x @ y.T
        blur = 0.02 * cost.mean()
        f, g = np.zeros(rows), np.zeros(columns)
        for _ in range(100):
            f = -blur * (scipy.special.logsumexp((g[None] - cost) / blur, axis=1) + np.log(rows))
            g = -blur * (scipy.special.logsumexp((f[:, None] - cost) / blur, axis=0) + np.log(columns))
        plan = np.exp((f[:, None] + g[None] - cost) / blur)
        partners_x, partners_y = unit(plan @ y), unit(plan.T @ x)
        if turn == 0:
            named.update(partners_x=partners_x, partners_y=partners_y)

        def moved(a, partners):
            moments = a.T @ a
            ridge = 0.1 * np.trace(moments) / width * np.eye(width)
            return unit(a + a @ np.linalg.solve(moments + ridge, a.T @ (partners - a) / 2))
        x, y = moved(x, partners_x), moved(y, partners_y)
    return dict(width=width, **{k: v.flatten().tolist() for k, v in dict(named, matched_x=x, matched_y=y).items()})


def regression(random, pairs, free_x, free_y, width_x, width_y):
    """Canonical correlations and ridge regressions of pairs, covariances of all rows: cosines, which no sign or rotation changes."""
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    shared = random.normal(size=(pairs, 3))
    x = rounded(np.concatenate([shared @ random.normal(size=(3, width_x)), random.normal(size=(free_x, width_x))])
                + 0.5 * random.normal(size=(pairs + free_x, width_x)) + random.normal(size=width_x))
    y = rounded(np.concatenate([shared @ random.normal(size=(3, width_y)), random.normal(size=(free_y, width_y))])
                + 0.5 * random.normal(size=(pairs + free_y, width_y)) + random.normal(size=width_y))
    ridge = max(width_x, width_y) / pairs
    mean_x, mean_y = x.mean(0), y.mean(0)

    def regularised(a):
        covariance = np.cov(a.T)
        return covariance + ridge * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    a, b = regularised(x), regularised(y)
    px, py = x[:pairs], y[:pairs]
    cross = (px - px.mean(0)).T @ (py - py.mean(0)) / pairs
    # The correlations as an eigenproblem of the whitened cross covariance, whose whitening is by Cholesky's factors.
    wa, wb = np.linalg.inv(np.linalg.cholesky(a)), np.linalg.inv(np.linalg.cholesky(b))
    u, s, vt = np.linalg.svd(wa @ cross @ wb.T, full_matrices=False)
    mapped_x, mapped_y = unit((x - mean_x) @ wa.T @ u * s), unit((y - mean_y) @ wb.T @ vt.T * s)
    onto = unit((x - mean_x) @ np.linalg.solve(a, cross) + mean_y)
    return dict(width_x=width_x, width_y=width_y, pairs=pairs, x=x.flatten().tolist(), y=y.flatten().tolist(),
                cosines_xy=(mapped_x @ mapped_y.T).flatten().tolist(), cosines_xx=(mapped_x @ mapped_x.T).flatten().tolist(),
                x_onto_y=onto.flatten().tolist())


random = np.random.default_rng(17)
golden = dict(
    similarity=[similarity(random, 9, 9, 5, 5, 0), similarity(random, 7, 13, 6, 4, 3)],
    transport=[transport(random, 60, 55, 6), transport(random, 5, 7, 9), alike(random, 70, 60, 12)],
    matching=[matching(random, 40, 40, 8), matching(random, 30, 50, 6)],
    regression=[regression(random, 40, 0, 0, 7, 5), regression(random, 12, 9, 20, 4, 8)])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "starts.json"), "w") as file:
    json.dump(golden, file)
