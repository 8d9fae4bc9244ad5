"""Golden values and gradients of the baselines, in float64 PyTorch: python3 make_baselines.py > baselines.json

Each loss is written out from its paper (Sinkhorn: as GeomLoss's log-domain loop does it) and differentiated by autograd.
Inputs come from a fixed generator and are stored as float32 beside the values.
"""
import json
import math

import numpy as np
import torch

generator = np.random.default_rng(11)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def squared(a, b):
    return ((a[:, None] - b[None]) ** 2).sum(-1)


def l2(x, y, pairs):
    return ((x[:pairs] - y[:pairs]) ** 2).sum(1).mean()


def cosine(x, y, pairs):
    return (1 - torch.nn.functional.cosine_similarity(x[:pairs], y[:pairs], dim=1)).mean()


def siglip(x, y, pairs, log_scale, bias):
    logits = x[:pairs] @ y[:pairs].T * log_scale.exp() + bias
    labels = 2 * torch.eye(pairs, dtype=torch.float64) - 1
    return -torch.nn.functional.logsigmoid(labels * logits).sum() / pairs


def mmd(x, y, sigmas, off_diagonal):
    def mean(a, b, without):
        kernel = torch.exp(-squared(a, b) / (2 * sigma**2))
        return kernel[~torch.eye(len(a), dtype=bool)].mean() if without else kernel.mean()

    total = 0
    for sigma in sigmas:
        total = total + mean(x, x, off_diagonal) + mean(y, y, off_diagonal) - 2 * mean(x, y, False)
    return total / len(sigmas)


def cs(x, y, sigmas, off_diagonal):
    def log_mean(a, b, without):
        logits = -squared(a, b) / (2 * sigma**2)
        logits = logits[~torch.eye(len(a), dtype=bool)] if without else logits.flatten()
        return torch.logsumexp(logits, 0) - math.log(logits.numel())

    total = 0
    for sigma in sigmas:
        total = total + log_mean(x, x, off_diagonal) + log_mean(y, y, off_diagonal) - 2 * log_mean(x, y, False)
    return total / len(sigmas)


def coral(x, y, mean_weight):
    return ((torch.cov(x.T) - torch.cov(y.T)) ** 2).sum() / (4 * x.shape[1] ** 2) + mean_weight * ((x.mean(0) - y.mean(0)) ** 2).sum()


def gaussian_kl(x, y, shrinkage):
    def fit(rows):
        covariance = torch.cov(rows.T)
        width = len(covariance)
        shrunk = (1 - shrinkage) * covariance + shrinkage * torch.trace(covariance) / width * torch.eye(width, dtype=torch.float64)
        return torch.distributions.MultivariateNormal(rows.mean(0), shrunk)

    p, q = fit(x), fit(y)
    return (torch.distributions.kl_divergence(p, q) + torch.distributions.kl_divergence(q, p)) / 2


def sinkhorn(x, y, blur, scaling):
    def cost(a, b):
        return squared(a, b) / 2

    def softmin(epsilon, costs, potential):
        return -epsilon * torch.logsumexp(potential[None] - costs / epsilon, 1)

    both = torch.cat([x, y]).detach()
    diameter = (both.max(0).values - both.min(0).values).norm().item()
    schedule = [diameter**2] + [math.exp(e) for e in np.arange(2 * math.log(diameter), 2 * math.log(blur), 2 * math.log(scaling))] + [blur**2]
    a_log = torch.full((len(x),), -math.log(len(x)), dtype=torch.float64)
    b_log = torch.full((len(y),), -math.log(len(y)), dtype=torch.float64)
    xy, yx, xx, yy = cost(x, y.detach()), cost(y, x.detach()), cost(x, x.detach()), cost(y, y.detach())
    with torch.no_grad():
        epsilon = schedule[0]
        f_ba, g_ab = softmin(epsilon, xy, b_log), softmin(epsilon, yx, a_log)
        f_aa, g_bb = softmin(epsilon, xx, a_log), softmin(epsilon, yy, b_log)
        for epsilon in schedule:
            new = (
                softmin(epsilon, xy, b_log + g_ab / epsilon), softmin(epsilon, yx, a_log + f_ba / epsilon),
                softmin(epsilon, xx, a_log + f_aa / epsilon), softmin(epsilon, yy, b_log + g_bb / epsilon),
            )
            f_ba, g_ab, f_aa, g_bb = [(old + now) / 2 for old, now in zip((f_ba, g_ab, f_aa, g_bb), new)]
    f_ba, g_ab, f_aa, g_bb = (
        softmin(epsilon, xy, b_log + g_ab / epsilon), softmin(epsilon, yx, a_log + f_ba / epsilon),
        softmin(epsilon, xx, a_log + f_aa / epsilon), softmin(epsilon, yy, b_log + g_bb / epsilon),
    )
    return (f_ba - f_aa).mean() + (g_ab - g_bb).mean()


inputs, cases = [], []


def stored(rows):
    values = rows.detach().flatten().tolist()
    if values not in inputs:
        inputs.append(values)
    return inputs.index(values)


def digits(gradient):
    return [float(f"{v:.12g}") for v in gradient.flatten().tolist()]


def case(name, function, x, y, log_scale=None, bias=None, **options):
    x, y = [torch.tensor(rows.astype(np.float32).astype(np.float64), requires_grad=True) for rows in (x, y)]
    learned = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (log_scale, bias) if v is not None]
    value = function(x, y, *learned, **options) if not learned else function(x, y, options["pairs"], *learned)
    value.backward()
    cases.append({
        "name": name, "loss": function.__name__, "width": x.shape[1], "options": options, "log_scale": log_scale, "bias": bias,
        "x": stored(x), "y": stored(y), "value": value.item(),
        "grad_x": digits(x.grad), "grad_y": digits(y.grad), "grad_learned": [v.grad.item() for v in learned],
    })


latent = generator.normal(size=(24, 10))
images, texts = unit(latent + 0.5 + 0.4 * generator.normal(size=latent.shape)), unit(latent - 0.5 + 0.4 * generator.normal(size=latent.shape))
texts = np.concatenate([texts, unit(generator.normal(size=(7, 10)))])
long, others = 3 * generator.normal(size=(13, 6)) + 40, 2 * generator.normal(size=(20, 6)) + 41
for name, x, y, pairs, unit_length in [("unit rows", images, texts, 20, 1.0), ("rows far from the origin", long, others, 13, 6.0)]:
    case(f"l2, {name}", l2, x, y, pairs=pairs)
    case(f"cosine, {name}", cosine, x, y, pairs=pairs)
    for off_diagonal in [False, True]:
        for function in [mmd, cs]:
            case(f"{function.__name__}, {name}, off-diagonal {off_diagonal}", function, x, y, sigmas=[0.6 * unit_length], off_diagonal=off_diagonal)
            case(f"{function.__name__}, {name}, off-diagonal {off_diagonal}, several", function, x, y, sigmas=[f * unit_length for f in (0.15, 0.3, 0.6, 1.2)], off_diagonal=off_diagonal)
    case(f"coral, {name}", coral, x, y, mean_weight=0)
    case(f"coral and means, {name}", coral, x, y, mean_weight=0.3)
    for shrinkage in [0.1, 0.5]:
        case(f"kl, {name}, shrinkage {shrinkage}", gaussian_kl, x, y, shrinkage=shrinkage)
    for blur, scaling in [(0.1, 0.5), (0.3, 0.9), (1.0, 0.5)]:
        case(f"sinkhorn, {name}, blur {blur}", sinkhorn, x, y, blur=blur * unit_length, scaling=scaling)
case("kl, fewer rows than dimensions", gaussian_kl, images[:5], texts[:7], shrinkage=0.2)
case("siglip at its start", siglip, images, texts, math.log(10), -10.0, pairs=20)
case("siglip, steep", siglip, images, texts, math.log(60), -3.0, pairs=24)
case("sinkhorn of single rows", sinkhorn, images[:1], texts[:1], blur=0.2, scaling=0.5)
print(json.dumps({"inputs": inputs, "cases": cases}))
