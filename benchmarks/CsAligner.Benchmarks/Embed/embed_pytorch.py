"""The vision tower of a CLIP in PyTorch eager, as a user would write it: a peer of the benchmark "embed".

Reads lines from stdin: "B N" embeds a batch of B images N times and prints the seconds; "B FILE.npy" writes the features of
the images in PIXELS_B.npy.
usage: embed_pytorch.py MODEL_FOLDER THREADS PIXELS
"""

import sys
import time

import numpy
import torch
import torch.nn.functional as F

from clip_weights import read_clip

FOLDER, THREADS, PIXELS = sys.argv[1], int(sys.argv[2]), sys.argv[3]
settings, tensors = read_clip(FOLDER)
config = settings["vision_config"]
weights = {name: torch.from_numpy(values.copy()) for name, values in tensors.items()}
heads, width, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]


def linear(x, name):
    return F.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def norm(x, name):
    return F.layer_norm(x, (width,), weights[name + ".weight"], weights[name + ".bias"], epsilon)


def block(x, name):
    b, t, w = x.shape
    normal = norm(x, name + ".layer_norm1")
    q, k, v = (linear(normal, f"{name}.self_attn.{part}_proj").view(b, t, heads, w // heads).transpose(1, 2) for part in "qkv")
    p = ((q * (w // heads) ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
    x = x + linear((p @ v).transpose(1, 2).reshape(b, t, w), name + ".self_attn.out_proj")
    h = linear(norm(x, name + ".layer_norm2"), name + ".mlp.fc1")
    return x + linear(h * torch.sigmoid(1.702 * h), name + ".mlp.fc2")


def embed(pixels):
    prefix = "vision_model."
    x = F.conv2d(pixels, weights[prefix + "embeddings.patch_embedding.weight"], stride=config["patch_size"]).flatten(2).transpose(1, 2)
    first = weights[prefix + "embeddings.class_embedding"].expand(x.shape[0], 1, -1)
    x = norm(torch.cat([first, x], 1) + weights[prefix + "embeddings.position_embedding.weight"], prefix + "pre_layrnorm")
    for i in range(config["num_hidden_layers"]):
        x = block(x, f"{prefix}encoder.layers.{i}")
    return F.linear(norm(x[:, 0], prefix + "post_layernorm"), weights["visual_projection.weight"])


torch.set_num_threads(THREADS)
print(f"PyTorch {torch.__version__}", flush=True)
inputs = {}
with torch.inference_mode():
    for line in sys.stdin:
        batch, task = line.split(maxsplit=1)
        task = task.strip()
        if batch not in inputs:
            inputs[batch] = torch.from_numpy(numpy.load(f"{PIXELS}_{batch}.npy"))
        times = int(task) if task.isdigit() else 1
        start = time.perf_counter()
        for _ in range(times):
            features = embed(inputs[batch])
        seconds = time.perf_counter() - start
        if not task.isdigit():
            numpy.save(task, features.numpy())
        print(seconds, flush=True)
