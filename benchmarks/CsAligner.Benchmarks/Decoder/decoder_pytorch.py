"""A diffusion decoder in PyTorch eager, as a user would write it: the peer of the benchmark "decoder".

Reads lines from stdin: "train N" runs N training steps, "generate B N" makes B pictures N times; prints the seconds that all N
took together.
usage: decoder_pytorch.py SIDE PATCH WIDTH LAYERS HEADS CONDITION BATCH THREADS
"""

import copy
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PICTURES, FREQUENCIES, LEAST_DIVISOR, DECAY, STEPS, GUIDANCE = 1024, 128, 0.05, 0.9995, 25, 2.5


def modulated(x, shift, scale):
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        b, t, w = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        p = ((q * (w // self.heads) ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
        return self.out((p @ v).transpose(1, 2).reshape(b, t, w))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.modulation, self.attention, self.mlp = nn.Linear(width, 6 * width), Attention(width, heads), Mlp(width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x, s):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(s).chunk(6, -1)
        x = x + gate1.unsqueeze(1) * self.attention(modulated(x, shift1, scale1))
        return x + gate2.unsqueeze(1) * self.mlp(modulated(x, shift2, scale2))


class Final(nn.Module):
    def __init__(self, width, values):
        super().__init__()
        self.modulation, self.linear = nn.Linear(width, 2 * width), nn.Linear(width, values)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x, s):
        return self.linear(modulated(x, *self.modulation(s).chunk(2, -1)))


class Decoder(nn.Module):
    def __init__(self, side, patch, width, layers, heads, condition):
        super().__init__()
        self.patch, self.grid = patch, side // patch
        self.patch_embed = nn.Linear(3 * patch * patch, width)
        self.position_embedding = nn.Parameter(torch.randn(self.grid * self.grid, width) * 0.02)
        self.time_embed = nn.Sequential(nn.Linear(2 * FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.condition_embed = nn.Linear(condition, width)
        self.null_condition = nn.Parameter(torch.randn(width) * 0.02)
        self.layers = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.final = Final(width, 3 * patch * patch)
        frequencies = torch.exp(-math.log(10000) * torch.arange(FREQUENCIES) / FREQUENCIES)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, z, t, condition, dropped):
        b, g, p = len(z), self.grid, self.patch
        x = self.patch_embed(z.view(b, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, 3 * p * p)) + self.position_embedding
        phases = 1000 * t[:, None] * self.frequencies
        e = self.time_embed(torch.cat([phases.cos(), phases.sin()], 1))
        c = self.condition_embed(condition * condition.shape[1] ** 0.5)
        s = F.silu(e + torch.where(dropped[:, None], self.null_condition, c))
        for layer in self.layers:
            x = layer(x, s)
        return self.final(x, s).view(b, g, g, 3, p, p).permute(0, 3, 1, 4, 2, 5).reshape(b, 3, g * p, g * p)


def velocity(picture, z, t):
    return (picture - z) / (1 - t).clamp(min=LEAST_DIVISOR).view(-1, 1, 1, 1)


def loss_of(model, x, noise, t, condition, dropped):
    fraction = t.view(-1, 1, 1, 1)
    z = fraction * x + (1 - fraction) * noise
    return F.mse_loss(velocity(model(z, t, condition, dropped), z, t), velocity(x, z, t))


@torch.inference_mode()
def generate(model, z, condition):
    """Euler's steps with guidance: pictures with and without the condition go through the model as one batch."""
    b = len(z)
    conditions, dropped = condition.repeat(2, 1), torch.arange(2 * b) >= b
    for i in range(STEPS):
        t = torch.full((2 * b,), i / STEPS)
        twice = z.repeat(2, 1, 1, 1)
        given, without = velocity(model(twice, t, conditions, dropped), twice, t).chunk(2)
        z = z + (without + GUIDANCE * (given - without)) / STEPS
    return z


class Training:
    def __init__(self, model, batch, side, condition):
        self.model, self.average, self.batch = model, copy.deepcopy(model).requires_grad_(False), batch
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0)
        self.pictures = torch.randint(0, 256, (PICTURES, 3, side, side), dtype=torch.uint8)
        self.features = F.normalize(torch.randn(PICTURES, condition), dim=1).half()

    def step(self):
        rows = torch.randint(0, PICTURES, (self.batch,))
        x, condition = self.pictures[rows].float() / 127.5 - 1, self.features[rows].float()
        noise, t, dropped = torch.randn_like(x), torch.sigmoid(0.8 * torch.randn(self.batch) - 0.8), torch.rand(self.batch) < 0.1
        self.optimizer.zero_grad(set_to_none=True)
        loss_of(self.model, x, noise, t, condition, dropped).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(self.average.parameters(), self.model.parameters()):
                average.lerp_(parameter, 1 - DECAY)


def main():
    side, patch, width, layers, heads, condition, batch, threads = (int(a) for a in sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = Decoder(side, patch, width, layers, heads, condition)
    training = Training(model, batch, side, condition)
    print(f"PyTorch {torch.__version__}, {sum(p.numel() for p in model.parameters())} parameters", flush=True)
    for line in sys.stdin:
        task, *numbers = line.split()
        if task == "train":
            times = int(numbers[0])
            start = time.perf_counter()
            for _ in range(times):
                training.step()
        else:
            count, times = (int(n) for n in numbers)
            conditions = F.normalize(torch.randn(count, condition), dim=1)
            start = time.perf_counter()
            for _ in range(times):
                generate(training.average, torch.randn(count, 3, side, side), conditions)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
