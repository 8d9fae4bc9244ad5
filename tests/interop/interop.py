"""Reads what CsAligner writes, and writes what CsAligner reads, with nothing but NumPy and PyTorch.

    interop.py read FOLDER     checks what InteroperabilityTests has put into FOLDER; ends with 1 and a message where something differs
    interop.py write FOLDER    writes files, and what they hold, for InteroperabilityTests to check

The functions are short enough to copy: read_safetensors, write_safetensors, apply_adapter and merge_lora are all it takes to use
CsAligner's adapters and LoRA from Python. docs/interoperability.md describes the layouts.
"""
import glob
import json
import math
import os
import struct
import sys

import numpy as np
import torch

# ---- safetensors: the length of a header, the header (JSON), the tensors' bytes --------------------------------------------------

TYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8, "BOOL": np.bool_}


def read_safetensors(path):
    """Its tensors as NumPy arrays (bfloat16 as float32), and its metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        part = data[first:last]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(part, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(part, np.dtype(TYPES[entry["dtype"]]).newbyteorder("<"))
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(path, tensors, metadata=None):
    """tensors: names to (type, array); BF16 takes the upper halves of float32."""
    header, parts, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name, (kind, array) in tensors.items():
        part = (np.ascontiguousarray(array, "<f4").view("<u4") >> 16).astype("<u2").tobytes() if kind == "BF16" else np.asarray(array, TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(np.shape(array)), "data_offsets": [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


# ---- adapters ------------------------------------------------------------------------------------------------------------


def layer_norm(x, weight, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias


gelu = np.vectorize(lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))), otypes=[np.float64])


def apply_adapter(path, rows, tokens=None):
    """Unit rows that the adapter makes of unit rows [N, D]. tokens: for each row its tokens [T, D], for the kind "transformer"."""
    tensors, metadata = read_safetensors(path)
    assert metadata["format"] == "csaligner-adapter" and metadata["format_version"] == "1", metadata
    t = {name: values.astype(np.float64) for name, values in tensors.items()}
    z = rows.astype(np.float64) + t["shift"]
    kind = metadata["kind"]
    if kind == "low-rank":
        z = z + z @ t["down.weight"].T @ t["up.weight"].T
    elif kind == "linear":
        z = z @ t["weight"].T + t["bias"]
    elif kind == "mlp":
        hidden = gelu(z @ t["down.weight"].T + t["down.bias"]) / math.sqrt(len(t["down.bias"]))
        z = z + hidden @ t["up.weight"].T + t["up.bias"]
    elif kind == "stack":
        layer = 0
        while f"layers.{layer}.up.weight" in t:
            block = {name[len(f"layers.{layer}."):]: values for name, values in t.items() if name.startswith(f"layers.{layer}.")}
            hidden = gelu(layer_norm(z, block["norm.weight"], block["norm.bias"]) @ block["up.weight"].T + block["up.bias"])
            z = z + hidden @ block["down.weight"].T + block["down.bias"]
            layer += 1
        z = layer_norm(z, t["norm.weight"], t["norm.bias"]) @ t["out.weight"].T + t["out.bias"]
    elif kind == "transformer":
        z = np.stack([transformer(t, np.concatenate([row[None], sample.astype(np.float64) + t["shift"]]))[0] for row, sample in zip(z, tokens)])
    else:
        assert kind == "mean-shift", kind
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def transformer(t, z):
    """One sample: its feature, then its tokens, all of which see each other. PyTorch's attention takes the weights as they are."""
    shifted, width, layer = z, z.shape[1], 0
    heads = max(1, width // 64)
    while width % heads:
        heads -= 1
    while f"layers.{layer}.mlp.fc1.weight" in t:
        block = {name[len(f"layers.{layer}."):]: values for name, values in t.items() if name.startswith(f"layers.{layer}.")}
        attention = torch.nn.MultiheadAttention(width, heads, batch_first=True, dtype=torch.float64)
        attention.load_state_dict({name[len("self_attn."):]: torch.from_numpy(values) for name, values in block.items() if name.startswith("self_attn.")})
        x = torch.from_numpy(layer_norm(z, block["layer_norm1.weight"], block["layer_norm1.bias"]))[None]
        z = z + attention(x, x, x, need_weights=False)[0][0].detach().numpy()
        hidden = gelu(layer_norm(z, block["layer_norm2.weight"], block["layer_norm2.bias"]) @ block["mlp.fc1.weight"].T + block["mlp.fc1.bias"])
        z = z + hidden @ block["mlp.fc2.weight"].T + block["mlp.fc2.bias"]
        layer += 1
    return shifted + layer_norm(z, t["norm.weight"], t["norm.bias"]) @ t["out.weight"].T + t["out.bias"]


# ---- LoRA, as PEFT writes it ---------------------------------------------------------------------------------------------


def merge_lora(weights, folder):
    """A model's weights with those of a LoRA folder added to them."""
    with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
        config = json.load(file)
    assert config["peft_type"] == "LORA" and not config["fan_in_fan_out"], config
    lora, _ = read_safetensors(os.path.join(folder, "adapter_model.safetensors"))
    merged = {name: values.astype(np.float64) for name, values in weights.items()}
    modules = sorted({name.rsplit(".lora_", 1)[0] for name in lora})
    for module in modules:
        a, b = (lora[f"{module}.lora_{part}.weight"].astype(np.float64) for part in "AB")
        merged[module[len("base_model.model."):] + ".weight"] += config["lora_alpha"] / config["r"] * (b @ a)
    return merged, len(modules)


# ---- What CsAligner has written --------------------------------------------------------------------------------------------


def near(actual, expected, tolerance, what):
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    difference = float(np.max(np.abs(actual.astype(np.float64) - expected.astype(np.float64)))) if actual.size else 0.0
    assert difference <= tolerance, f"{what}: differs by {difference:.3g}, at most {tolerance:.3g} was expected"


def read_features(folder, modality, expected):
    """All rows of a feature set in the order of its shards, checked against features.json."""
    with open(os.path.join(folder, "features.json"), encoding="utf-8") as file:
        info = json.load(file)
    short = {"image": "img", "text": "text"}[modality]
    shards = [np.load(path) for path in sorted(glob.glob(os.path.join(folder, f"{short}_emb", "*.npy")))]
    rows = np.concatenate(shards)
    assert rows.shape == (info[f"{modality}_count"], info[f"{modality}_width"]), f"{rows.shape} rows, but features.json says {info}"
    assert len(shards) == expected, f"{len(shards)} shards of {modality}s, expected {expected}"
    return rows, info


def read_tokens(folder, short):
    samples = []
    for path in sorted(glob.glob(os.path.join(folder, f"{short}_tokens", f"{short}_tokens_*.npy"))):
        lengths = np.load(path.replace(f"{short}_tokens_", f"{short}_lengths_"))
        samples += np.split(np.load(path), np.cumsum(lengths)[:-1])
    return samples


def read(folder):
    at = lambda *parts: os.path.join(folder, *parts)
    checks = 0
    for path in sorted(glob.glob(at("adapters", "*.safetensors"))):
        kind = os.path.basename(path)[: -len(".safetensors")]
        if kind == "transformer":
            rows, _ = read_features(at("sample-set"), "image", 2)
            actual = apply_adapter(path, unit(rows), [unit(sample) for sample in read_tokens(at("sample-set"), "img")])
        else:
            actual = apply_adapter(path, np.load(at("rows.npy")))
        near(np.load(at("adapters", kind + ".npy")), actual, 1e-5, f"csalign apply with {kind}")
        checks += 1
    assert checks == 6, f"{checks} adapters"

    base, _ = read_safetensors(at("base", "model.safetensors"))
    expected, modules = merge_lora(base, at("lora"))
    merged, _ = read_safetensors(at("merged", "model.safetensors"))
    assert merged.keys() == expected.keys() and modules > 0
    changed = 0
    for name, values in merged.items():
        near(values, expected[name], 1e-6, f"merged {name}")
        changed += not np.array_equal(values, base[name])
    assert changed == modules, f"{changed} weights changed by {modules} modules"

    for name, kind in {"float32": "<f4", "float16": "<f2", "int64": "<i8", "int32": "<i4"}.items():
        array = np.load(at("npy", name + ".npy"))
        assert array.dtype == np.dtype(kind), f"{name}.npy has {array.dtype}"
        near(array, np.load(at("rows.npy")) if name.startswith("f") else np.array([3, -1, 2**31 - 1]), 1e-3 if name == "float16" else 0, name + ".npy")

    rows, info = read_features(at("features"), "image", 2)
    near(rows, np.load(at("rows.npy")), 1e-3, "images of the feature set")
    texts, _ = read_features(at("features"), "text", 2)
    near(texts, np.load(at("rows.npy")), 1e-3, "texts of the feature set")
    assert rows.dtype == np.float16 and info["encoder"] == "interop" and info["normalised"], info
    lines = [json.loads(line) for path in sorted(glob.glob(at("features", "metadata", "*.jsonl"))) for line in open(path, encoding="utf-8")]
    assert [line["caption"] for line in lines] == [f"caption {i} \u4f60" for i in range(len(rows))], lines[:2]
    print(f"{checks} adapters, {modules} LoRA modules, 4 npy types and 2 feature sets are as expected")


def unit(rows):
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# ---- What CsAligner is to read -----------------------------------------------------------------------------------------------


def write(folder):
    at = lambda *parts: os.path.join(folder, *parts)
    random = np.random.default_rng(7)
    for name in ("npy", "safetensors", "clip-retrieval/img_emb", "clip-retrieval/text_emb", "adapter", "lora"):
        os.makedirs(at(name))

    # Matrices of each type, byte order and layout in memory, all of the same values.
    values = random.integers(-8, 9, (5, 3)).astype(np.float64) / 4
    for kind in ("f2", "f4", "f8"):
        for order in "<>":
            for layout in "CF":
                np.save(at("npy", f"{kind}-{'little' if order == '<' else 'big'}-{layout}.npy"), np.array(values, order + kind, order=layout))
    np.save(at("npy", "pairs.npy"), np.arange(5, dtype=np.int64)[::-1])
    with open(at("npy", "version2.npy"), "wb") as file:
        np.lib.format.write_array(file, values.astype(np.float32), version=(2, 0))
    with open(at("expected.json"), "w", encoding="utf-8") as file:
        json.dump({"values": values.ravel().tolist()}, file)

    # Quarters up to 2 are exact in every type.
    tensors = {kind: (kind, values.astype(np.float32)) for kind in ("F16", "BF16", "F32", "F64")}
    tensors["I64"] = ("I64", np.array([1, -2, 2**40]))
    tensors["scalar"] = ("F32", np.array(1.5, np.float32))
    tensors["empty"] = ("F32", np.zeros((0, 4), np.float32))
    write_safetensors(at("safetensors", "model.safetensors"), tensors, {"made by": "interop.py \u4f60"})
    bfloat16 = torch.from_numpy(values).to(torch.bfloat16)
    assert np.array_equal(bfloat16.float().numpy(), read_safetensors(at("safetensors", "model.safetensors"))[0]["BF16"])

    # clip-retrieval's layout, without its parquet: two shards, float16, unit rows.
    rows = unit(random.standard_normal((9, 6)))
    for shard, part in enumerate((rows[:5], rows[5:])):
        np.save(at("clip-retrieval", "img_emb", f"img_emb_{shard}.npy"), part.astype(np.float16))
        np.save(at("clip-retrieval", "text_emb", f"text_emb_{shard}.npy"), part[:, ::-1].astype(np.float16))
    np.save(at("rows.npy"), rows.astype(np.float32))

    # An adapter of the kind "linear", and what it gives.
    linear = {"shift": random.standard_normal(6) / 10, "weight": random.standard_normal((4, 6)), "bias": random.standard_normal(4) / 10}
    path = at("adapter", "linear.safetensors")
    write_safetensors(path, {name: ("F32", array.astype(np.float32)) for name, array in linear.items()}, {"format": "csaligner-adapter", "format_version": "1", "kind": "linear"})
    np.save(at("adapter", "expected.npy"), apply_adapter(path, rows.astype(np.float32)))

    # LoRA of PEFT's layout for the model beside, and the merged weights.
    base, _ = read_safetensors(at("base", "model.safetensors"))
    lora = {}
    for name, array in base.items():
        if name.startswith("text_model.encoder.layers.") and name.endswith(("q_proj.weight", "v_proj.weight")):
            module = "base_model.model." + name[: -len(".weight")]
            lora[module + ".lora_A.weight"] = ("F32", random.standard_normal((3, array.shape[1])).astype(np.float32) / 10)
            lora[module + ".lora_B.weight"] = ("F32", random.standard_normal((array.shape[0], 3)).astype(np.float32) / 10)
    write_safetensors(at("lora", "adapter_model.safetensors"), lora, {"format": "pt"})
    with open(at("lora", "adapter_config.json"), "w", encoding="utf-8") as file:
        json.dump({"peft_type": "LORA", "r": 3, "lora_alpha": 6, "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": False, "target_modules": r"text_model\..*\.(q_proj|v_proj)"}, file)
    merged, _ = merge_lora(base, at("lora"))
    write_safetensors(at("lora", "merged.safetensors"), {name: ("F64", array) for name, array in merged.items()})


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](sys.argv[2])
