"""icon-clip's training step in PyTorch eager, as a user would write it: the peer of the benchmark "pretrain".

Reads lines from stdin; for each, trains that many steps and prints the seconds they took.
usage: pretrain_pytorch.py BATCH TOKENS VOCABULARY THREADS
"""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH, TOKENS, VOCABULARY, THREADS = (int(a) for a in sys.argv[1:5])
WIDTH, HEADS, VISION_LAYERS, TEXT_LAYERS, PATCH, SIDE, CONTEXT = 192, 6, 6, 4, 16, 64, 16


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc1, self.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, mask=None):
        b, t, w = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, HEADS, w // HEADS).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)) * (w // HEADS) ** -0.5
        if mask is not None:
            scores = scores + mask
        x = x + self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, w))
        h = self.fc1(self.norm2(x))
        return x + self.fc2(h * torch.sigmoid(1.702 * h))


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        patches = (SIDE // PATCH) ** 2
        self.patch = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.cls = nn.Parameter(torch.randn(WIDTH) * 0.02)
        self.vision_position = nn.Parameter(torch.randn(patches + 1, WIDTH) * 0.02)
        self.pre, self.post = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.vision = nn.ModuleList([Block() for _ in range(VISION_LAYERS)])
        self.vision_projection = nn.Linear(WIDTH, WIDTH, bias=False)
        self.token = nn.Embedding(VOCABULARY, WIDTH)
        self.text_position = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.01)
        self.text = nn.ModuleList([Block() for _ in range(TEXT_LAYERS)])
        self.final = nn.LayerNorm(WIDTH)
        self.text_projection = nn.Linear(WIDTH, WIDTH, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.6592))

    def forward(self, pixels, ids, ends):
        x = self.patch(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], 1, -1), x], 1) + self.vision_position
        x = self.pre(x)
        for block in self.vision:
            x = block(x)
        images = F.normalize(self.vision_projection(self.post(x[:, 0])), dim=-1)
        t = ids.shape[1]
        mask = torch.full((t, t), float("-inf")).triu(1)
        y = self.token(ids) + self.text_position[:t]
        for block in self.text:
            y = block(y, mask)
        texts = F.normalize(self.text_projection(self.final(y[torch.arange(len(y)), ends])), dim=-1)
        logits = self.logit_scale.exp() * images @ texts.T
        target = torch.arange(len(logits))
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


torch.set_num_threads(THREADS)
torch.manual_seed(0)
model = Clip()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
pixels = torch.randn(BATCH, 3, SIDE, SIDE)
ids = torch.randint(0, VOCABULARY, (BATCH, TOKENS))
ends = torch.full((BATCH,), TOKENS - 1)
print(f"PyTorch {torch.__version__}, {sum(p.numel() for p in model.parameters())} parameters", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        optimizer.zero_grad()
        model(pixels, ids, ends).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(time.perf_counter() - start, flush=True)
