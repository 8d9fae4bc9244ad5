"""Golden values of a tiny decoder, in float64 PyTorch: python3 make_decoder.py writes golden.safetensors and config.json here.

Written apart from the code under test, from the formulas alone. Every weight is drawn at random, also those that a training
starts at zero, so that every path carries a gradient. Weights and inputs are rounded to float32 before anything is computed.

golden.safetensors (float32): weights.NAME; x, noise, t, z = t x + (1 - t) noise, condition, dropped (0 or 1); xhat, loss,
grad.NAME and grad_input.condition, the gradients of the loss; euler_4 and heun_4, the pictures that the samplers make of noise.
B batch, S side, P patch, T tokens, W width, D condition width.
"""
import json
import math
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F

BATCH, SIDE, PATCH, WIDTH, MLP, LAYERS, HEADS, CONDITION, FREQUENCIES = 3, 8, 4, 12, 48, 2, 3, 5, 128
GRID, LEAST_DIVISOR = SIDE // PATCH, 0.05
here = pathlib.Path(__file__).parent
generator = np.random.default_rng(20)


def exact(values):
    """A float64 tensor of values that float32 holds exactly."""
    return torch.from_numpy(np.asarray(values, np.float32).astype(np.float64))


def shapes():
    patch = 3 * PATCH * PATCH
    linears = {
        "patch_embed": (WIDTH, patch), "time_embed.0": (WIDTH, 2 * FREQUENCIES), "time_embed.2": (WIDTH, WIDTH),
        "condition_embed": (WIDTH, CONDITION),
    }
    for i in range(LAYERS):
        linears |= {
            f"layers.{i}.modulation": (6 * WIDTH, WIDTH), f"layers.{i}.attention.qkv": (3 * WIDTH, WIDTH),
            f"layers.{i}.attention.out": (WIDTH, WIDTH), f"layers.{i}.mlp.fc1": (MLP, WIDTH), f"layers.{i}.mlp.fc2": (WIDTH, MLP),
        }
    linears |= {"final.modulation": (2 * WIDTH, WIDTH), "final.linear": (patch, WIDTH)}
    all_shapes = {"position_embedding": (GRID * GRID, WIDTH), "null_condition": (WIDTH,)}
    for name, shape in linears.items():
        all_shapes |= {name + ".weight": shape, name + ".bias": shape[:1]}
    return all_shapes


weights = {name: exact(0.2 * generator.normal(size=shape)).requires_grad_() for name, shape in shapes().items()}


def linear(x, name):
    return F.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def modulated(x, shift, scale):
    return F.layer_norm(x, (WIDTH,), eps=1e-6) * (1 + scale[:, None]) + shift[:, None]


def attention(x, name):
    q, k, v = (part.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2) for part in linear(x, name + ".qkv").chunk(3, -1))
    mixed = (q @ k.transpose(-1, -2) / math.sqrt(WIDTH / HEADS)).softmax(-1) @ v
    return linear(mixed.transpose(1, 2).flatten(2), name + ".out")


def decoder(z, t, condition, dropped):
    """z [B, 3, S, S], t [B], condition [B, D], dropped [B] -> the estimate of the clean picture [B, 3, S, S]."""
    # A patch's values: channel by channel, its rows, their columns.
    patches = z.reshape(-1, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(-1, GRID * GRID, 3 * PATCH * PATCH)
    x = linear(patches, "patch_embed") + weights["position_embedding"]
    frequencies = torch.exp(-math.log(10000) * torch.arange(FREQUENCIES, dtype=torch.float64) / FREQUENCIES)
    phases = 1000 * t[:, None] * frequencies
    time = linear(F.silu(linear(torch.cat([phases.cos(), phases.sin()], 1), "time_embed.0")), "time_embed.2")
    given = linear(math.sqrt(CONDITION) * condition, "condition_embed")
    s = F.silu(time + torch.where(dropped[:, None], weights["null_condition"], given))
    for i in range(LAYERS):
        name = f"layers.{i}"
        shift1, scale1, gate1, shift2, scale2, gate2 = linear(s, name + ".modulation").chunk(6, -1)
        x = x + gate1[:, None] * attention(modulated(x, shift1, scale1), name + ".attention")
        x = x + gate2[:, None] * linear(F.gelu(linear(modulated(x, shift2, scale2), name + ".mlp.fc1")), name + ".mlp.fc2")
    y = linear(modulated(x, *linear(s, "final.modulation").chunk(2, -1)), "final.linear")
    return y.reshape(-1, GRID, GRID, 3, PATCH, PATCH).permute(0, 3, 1, 4, 2, 5).reshape(-1, 3, SIDE, SIDE)


def velocity(picture, z, t):
    return (picture - z) / (1 - t).clamp(min=LEAST_DIVISOR)[:, None, None, None]


def sample(z, condition, steps, guidance, heun):
    """From noise at t = 0 to a picture at t = 1. Heun's last step is Euler's: there is no velocity at t = 1."""
    def guided(z, time):
        t = torch.full((len(z),), time, dtype=torch.float64)
        without, with_condition = (
            velocity(decoder(z, t, condition, torch.full((len(z),), dropped)), z, t) for dropped in (True, False))
        return without + guidance * (with_condition - without)

    for i in range(steps):
        first = guided(z, i / steps)
        if heun and i + 1 < steps:
            z = z + (first + guided(z + first / steps, (i + 1) / steps)) / 2 / steps
        else:
            z = z + first / steps
    return z


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


x = exact(generator.uniform(-1, 1, (BATCH, 3, SIDE, SIDE)))
noise = exact(generator.normal(size=(BATCH, 3, SIDE, SIDE)))
# 1 - 0.99 is below the least divisor of a velocity.
t = exact([0.13, 0.4, 0.99])
dropped = torch.tensor([False, True, False])
rows = generator.normal(size=(BATCH, CONDITION))
condition = exact(rows / np.linalg.norm(rows, axis=1, keepdims=True)).requires_grad_()
z = exact(t[:, None, None, None] * x + (1 - t)[:, None, None, None] * noise)

xhat = decoder(z, t, condition, dropped)
loss = ((velocity(xhat, z, t) - velocity(x, z, t)) ** 2).mean()
loss.backward()
with torch.no_grad():
    euler, heun = (sample(noise, condition, 4, 2.5, heun) for heun in (False, True))

golden = {"weights." + name: values for name, values in weights.items()}
golden |= {"x": x, "noise": noise, "t": t, "z": z, "condition": condition, "dropped": dropped, "xhat": xhat, "loss": loss}
golden |= {"grad." + name: values.grad for name, values in weights.items()}
golden |= {"grad_input.condition": condition.grad, "euler_4": euler, "heun_4": heun}
write(here / "golden.safetensors", golden)
(here / "config.json").write_text(json.dumps({
    "model_type": "csaligner_decoder", "image_size": SIDE, "patch_size": PATCH, "hidden_size": WIDTH, "intermediate_size": MLP,
    "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "condition_size": CONDITION,
}, indent=2) + "\n")
