"""Folders of LoRA as PEFT writes them for ../clip-tiny, and the features of the model with each.

Run with Debian's python3-numpy: /usr/bin/python3 make_lora.py
It writes one folder for each case beside itself, and golden.safetensors with "CASE.text" and "CASE.image" (float64, not normalised)
for the inputs of ../clip-tiny/golden.safetensors. What PEFT computes is written down here a second time, from its documentation and
the behaviour of peft 0.17: which modules target_modules, exclude_modules, layers_to_transform and layers_pattern choose, which rank and
lora_alpha a module has by rank_pattern and alpha_pattern, and W + scale * B A, scale = lora_alpha / r, or / sqrt(r) with use_rslora.
"""
import json
import math
import os
import re
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(HERE, "..", "clip-tiny")
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}


def read(path):
    raw = open(path, "rb").read()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(raw, TYPES[e["dtype"]], (e["data_offsets"][1] - e["data_offsets"][0]) // np.dtype(TYPES[e["dtype"]]).itemsize, 8 + length + e["data_offsets"][0]).reshape(e["shape"]) for name, e in header.items()}


def write(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        kind = next(k for k, t in TYPES.items() if np.dtype(t) == values.dtype)
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
        data += np.ascontiguousarray(values).tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


CONFIG = json.load(open(os.path.join(TINY, "config.json")))
WEIGHTS = {name: values.astype(np.float64) for name, values in read(os.path.join(TINY, "model.safetensors")).items()}
GOLDEN = read(os.path.join(TINY, "golden.safetensors"))
LINEAR = [name[:-len(".weight")] for name in WEIGHTS if re.search(r"(_proj|fc1|fc2|_projection)\.weight$", name)]


def targeted(config, name):
    excluded, target = config.get("exclude_modules"), config["target_modules"]
    ends = lambda names: name in names or any(name.endswith("." + end) for end in names)
    if excluded and (re.fullmatch(excluded, name) if isinstance(excluded, str) else ends(excluded)):
        return False
    if target == "all-linear":
        return True
    if isinstance(target, str):
        return re.fullmatch(target, name) is not None
    if not ends(target):
        return False
    layers, patterns = config.get("layers_to_transform"), config.get("layers_pattern")
    if layers is None or layers == []:
        return True
    for pattern in [r"[^.]*"] if not patterns else [patterns] if isinstance(patterns, str) else patterns:
        found = re.match(r".*\.%s\.(\d+)\." % pattern, name)
        if found:
            return int(found.group(1)) in ([layers] if isinstance(layers, int) else layers)
    return False


def by_pattern(patterns, name, otherwise):
    return next((value for key, value in (patterns or {}).items() if re.match(r"(.*\.)?(%s)$" % key, name)), otherwise)


def norm(w, name, x, eps):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def linear(w, name, x):
    return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)


def encode(w, prefix, config, x, mask):
    heads, eps = config["num_attention_heads"], config["layer_norm_eps"]
    for i in range(config["num_hidden_layers"]):
        at = "%s.encoder.layers.%d." % (prefix, i)
        y = norm(w, at + "layer_norm1", x, eps)
        split = lambda name: linear(w, at + "self_attn." + name, y).reshape(y.shape[0], y.shape[1], heads, -1).transpose(0, 2, 1, 3)
        q, k, v = split("q_proj"), split("k_proj"), split("v_proj")
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1]) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        out = (scores / scores.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(y.shape)
        x = x + linear(w, at + "self_attn.out_proj", out)
        h = linear(w, at + "mlp.fc1", norm(w, at + "layer_norm2", x, eps))
        x = x + linear(w, at + "mlp.fc2", h / (1 + np.exp(-1.702 * h)))
    return x


def text_features(w):
    config, ids = CONFIG["text_config"], GOLDEN["input_ids"]
    x = w["text_model.embeddings.token_embedding.weight"][ids] + w["text_model.embeddings.position_embedding.weight"][:ids.shape[1]]
    x = encode(w, "text_model", config, x, np.triu(np.full((ids.shape[1], ids.shape[1]), -np.inf), 1))
    x = norm(w, "text_model.final_layer_norm", x, config["layer_norm_eps"])
    return linear(w, "text_projection", x[np.arange(len(ids)), (ids == config["eos_token_id"]).argmax(-1)])


def image_features(w):
    config, pixels = CONFIG["vision_config"], GOLDEN["pixel_values"].astype(np.float64)
    size, side, at = config["patch_size"], config["image_size"] // config["patch_size"], "vision_model."
    patches = pixels.reshape(len(pixels), 3, side, size, side, size).transpose(0, 2, 4, 1, 3, 5).reshape(len(pixels), side * side, -1)
    x = patches @ w[at + "embeddings.patch_embedding.weight"].reshape(config["hidden_size"], -1).T
    x = np.concatenate([np.broadcast_to(w[at + "embeddings.class_embedding"], (len(pixels), 1, x.shape[-1])), x], 1) + w[at + "embeddings.position_embedding.weight"]
    x = encode(w, "vision_model", config, norm(w, at + "pre_layrnorm", x, config["layer_norm_eps"]), 0)
    return linear(w, "visual_projection", norm(w, at + "post_layernorm", x[:, 0], config["layer_norm_eps"]))


def case(name, keep=lambda module: True, **changes):
    config = dict(
        alpha_pattern={}, auto_mapping=None, base_model_name_or_path="clip-tiny", bias="none", corda_config=None, eva_config=None, exclude_modules=None,
        fan_in_fan_out=False, inference_mode=True, init_lora_weights=True, layer_replication=None, layers_pattern=None, layers_to_transform=None,
        loftq_config={}, lora_alpha=8, lora_bias=False, lora_dropout=0.05, megatron_config=None, megatron_core="megatron.core", modules_to_save=None,
        peft_type="LORA", qalora_group_size=16, r=4, rank_pattern={}, revision=None, target_modules=["q_proj", "v_proj"], target_parameters=None,
        task_type=None, trainable_token_indices=None, use_dora=False, use_qalora=False, use_rslora=False)
    config.update(changes)
    folder, random = os.path.join(HERE, name), np.random.default_rng(len(name) * 31 + ord(name[0]))
    os.makedirs(folder, exist_ok=True)
    json.dump(config, open(os.path.join(folder, "adapter_config.json"), "w"), indent=1)
    merged, tensors = dict(WEIGHTS), {}
    for module in LINEAR:
        if not targeted(config, module) or not keep(module):
            continue
        weight = WEIGHTS[module + ".weight"]
        r, alpha = by_pattern(config["rank_pattern"], module, config["r"]), by_pattern(config["alpha_pattern"], module, config["lora_alpha"])
        a, b = ((random.normal(size=shape) * 0.3).astype("<f2") for shape in ((r, weight.shape[1]), (weight.shape[0], r)))
        tensors["base_model.model.%s.lora_A.weight" % module], tensors["base_model.model.%s.lora_B.weight" % module] = a, b
        scale = alpha / math.sqrt(r) if config["use_rslora"] else alpha / r
        merged[module + ".weight"] = weight + scale * (b.astype(np.float64) @ a.astype(np.float64))
    assert tensors, name
    write(os.path.join(folder, "adapter_model.safetensors"), tensors)
    golden[name + ".text"], golden[name + ".image"] = text_features(merged), image_features(merged)


golden = {}
assert np.abs(text_features(WEIGHTS) - GOLDEN["text_embeds"]).max() < 1e-4
case("names-in-both-towers")
case("names-of-one-tower", keep=lambda module: module.startswith("text_model"))
case("expression", target_modules=r"vision_model\..*\.(k_proj|fc2)", use_rslora=True, r=3)
case("alpha-pattern", alpha_pattern={"q_proj": 64, r"layers\.1\.self_attn\.v_proj": 2}, keep=lambda module: module.startswith("text_model"))
case("rank-pattern", rank_pattern={"fc1": 2, ".*": 1}, alpha_pattern={r"text_model.*": 3}, target_modules=["fc1", "out_proj"])
case("rank-pattern-rslora", rank_pattern={"vision_model.encoder.layers.0.self_attn.q_proj": 2}, use_rslora=True)
case("end-of-path", target_modules=["1.self_attn.q_proj", "text_model.encoder.layers.2.mlp.fc1", "projection"], keep=lambda module: "projection" not in module)
case("layers", layers_to_transform=[0, 2], layers_pattern="layers")
case("one-layer", layers_to_transform=1, target_modules=["fc2"])
case("all-linear", target_modules="all-linear", exclude_modules=["out_proj", "vision_model.encoder.layers.0.mlp.fc1"], init_lora_weights="gaussian", r=1)
case("excluded-by-expression", target_modules="all-linear", exclude_modules=r".*(self_attn|projection).*", r=1)
case("projections", target_modules=["text_projection", "visual_projection"])
write(os.path.join(HERE, "golden.safetensors"), golden)
