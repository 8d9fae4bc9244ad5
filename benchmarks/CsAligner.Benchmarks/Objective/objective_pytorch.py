"""The objective in PyTorch eager, in both forms: the peer of the benchmark "objective".

Reads lines from stdin, "written" or "best"; for each, runs one forward and backward and prints seconds, value and the norms
of both gradients.
usage: objective_pytorch.py IMAGES.npy TEXTS.npy BANDWIDTH TEMPERATURE LAMBDA THREADS
"""

import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

SIGMA, TAU, LAMBDA = (float(a) for a in sys.argv[3:6])
torch.set_num_threads(int(sys.argv[6]))
x = torch.from_numpy(np.load(sys.argv[1])).requires_grad_()
y = torch.from_numpy(np.load(sys.argv[2])).requires_grad_()
target = torch.arange(len(x))


def log_mean_kernel(a, b):
    squared = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * a @ b.T
    return torch.exp(squared.clamp(min=0) / (-2 * SIGMA**2)).mean().log()


def written():
    """As the formula is written: four products, each with its own matrices."""
    divergence = log_mean_kernel(x, x) + log_mean_kernel(y, y) - 2 * log_mean_kernel(x, y)
    logits = x @ y.T / TAU
    return divergence + LAMBDA * 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


class SelfTerm(torch.autograd.Function):
    """ln mean exp((x_i . x_j - 1) / sigma^2) of unit rows: one product forward, one backward for both sides of each pair."""

    @staticmethod
    def forward(ctx, a):
        kernel = (a @ a.T).sub_(1).mul_(1 / SIGMA**2).exp_()
        total = kernel.sum()
        ctx.save_for_backward(a, kernel, total)
        return total.log() - 2 * math.log(len(a))

    @staticmethod
    def backward(ctx, upstream):
        a, kernel, total = ctx.saved_tensors
        return (kernel @ a).mul_(upstream * 2 / (SIGMA**2 * total))


def best():
    """The best we know: one score matrix for kernel and logits, kernel of unit rows, symmetric self terms."""
    scores = x @ y.T
    cross = ((scores - 1) / SIGMA**2).exp().mean().log()
    logits = scores / TAU
    contrast = 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))
    return SelfTerm.apply(x) + SelfTerm.apply(y) - 2 * cross + LAMBDA * contrast


x.detach()[:64] @ y.detach()[:64].T
with open("/proc/self/maps") as maps:
    libraries = sorted({line.split("/")[-1].strip() for line in maps if "blas" in line})
print(f"PyTorch {torch.__version__} with {', '.join(libraries)}", flush=True)
for line in sys.stdin:
    x.grad = y.grad = None
    start = time.perf_counter()
    loss = {"written": written, "best": best}[line.strip()]()
    loss.backward()
    seconds = time.perf_counter() - start
    print(seconds, loss.item(), x.grad.norm().item(), y.grad.norm().item(), flush=True)
    del loss
