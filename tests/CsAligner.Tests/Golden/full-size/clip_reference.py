"""CLIP's forward pass in plain PyTorch, written apart from the code under test, on a model folder in Hugging Face's layout.

python3 clip_reference.py FOLDER INPUTS.safetensors OUTPUTS.safetensors

INPUTS holds pixel_values [B, 3, S, S] (float32) and input_ids [B, T] (int64). OUTPUTS gets, for either nonlinearity whatever
config.json says, ACT.image_embeds and ACT.text_embeds [B, P], not normalised.
"""
import json
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    length = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for name, entry in json.loads(raw[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw[8 + length + begin:8 + length + end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(np.int64 if entry["dtype"] == "I64" else np.float32))
    return tensors


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        begin = len(data)
        data += tensor.numpy().astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    folder, inputs, outputs = sys.argv[1:]
    config = json.load(open(folder + "/config.json"))
    weights = read(folder + "/model.safetensors")
    given = read(inputs)

    def norm(x, name, epsilon):
        return F.layer_norm(x, x.shape[-1:], weights[name + ".weight"], weights[name + ".bias"], epsilon)

    def linear(x, name):
        return F.linear(x, weights[name + ".weight"], weights.get(name + ".bias"))

    def encoder(x, tower, section, act, mask):
        heads, epsilon = section["num_attention_heads"], section.get("layer_norm_eps", 1e-5)
        batch, tokens, width = x.shape
        for i in range(section["num_hidden_layers"]):
            name = "%s.encoder.layers.%d" % (tower, i)
            h = norm(x, name + ".layer_norm1", epsilon)
            q, k, v = (linear(h, name + ".self_attn.%s_proj" % p).view(batch, tokens, heads, -1).transpose(1, 2) for p in "qkv")
            scores = q @ k.transpose(-1, -2) / (width // heads) ** 0.5
            if mask is not None:
                scores = scores + mask
            h = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width)
            x = x + linear(h, name + ".self_attn.out_proj")
            h = linear(norm(x, name + ".layer_norm2", epsilon), name + ".mlp.fc1")
            h = h * torch.sigmoid(1.702 * h) if act == "quick_gelu" else F.gelu(h)
            x = x + linear(h, name + ".mlp.fc2")
        return x

    def embed(act):
        section = config["vision_config"]
        patches = F.conv2d(given["pixel_values"], weights["vision_model.embeddings.patch_embedding.weight"], stride=section["patch_size"])
        patches = patches.flatten(2).transpose(1, 2)
        first = weights["vision_model.embeddings.class_embedding"].expand(patches.shape[0], 1, -1)
        x = torch.cat([first, patches], 1) + weights["vision_model.embeddings.position_embedding.weight"]
        epsilon = section.get("layer_norm_eps", 1e-5)
        x = encoder(norm(x, "vision_model.pre_layrnorm", epsilon), "vision_model", section, act, None)
        images = linear(norm(x[:, 0], "vision_model.post_layernorm", epsilon), "visual_projection")

        section, ids = config["text_config"], given["input_ids"]
        tokens = ids.shape[1]
        x = weights["text_model.embeddings.token_embedding.weight"][ids] + weights["text_model.embeddings.position_embedding.weight"][:tokens]
        x = encoder(x, "text_model", section, act, torch.full((tokens, tokens), float("-inf")).triu(1))
        x = norm(x, "text_model.final_layer_norm", section.get("layer_norm_eps", 1e-5))
        texts = linear(x[torch.arange(ids.shape[0]), ids.argmax(-1)], "text_projection")
        return {act + ".image_embeds": images, act + ".text_embeds": texts}

    with torch.no_grad():
        write(outputs, {**embed("quick_gelu"), **embed("gelu")})


if __name__ == "__main__":
    main()
