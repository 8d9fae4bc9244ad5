"""Small models of each family, exported to ONNX by PyTorch, and what PyTorch gives for some inputs.

Run with Debian's python3-torch, python3-onnx and python3-pil: /usr/bin/python3 make_graphs.py
It writes one folder for each model beside itself:
  clip-tiny, icon-clip   graphs without weights: these lie in the model.safetensors that the repository has already, and the graph
                         names places in that file ("external data"). The tests put both into one folder. If models/icon-clip is
                         trained again, run this again.
  siglip-tiny            float16 in and out; texts of exactly 12 tokens, padding read as text
  dinov2-tiny            a batch of exactly 2 images; last_hidden_state alone
  bad                    graphs that are none of an encoder, or that lie
  sentence-tiny          BERT with a WordPiece tokenizer.json and 1_Pooling; model_int32.onnx takes int32, and its metadata says "cls"
"""
import json
import math
import os
import struct
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "U8": np.uint8}


def read_safetensors(path):
    """Tensors, and for each its offset and length in the file."""
    raw = open(path, "rb").read()
    length = struct.unpack("<Q", raw[:8])[0]
    tensors, places = {}, {}
    for name, entry in json.loads(raw[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = torch.from_numpy(np.frombuffer(raw[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"]).copy())
            places[name] = (begin, end - begin, raw[begin:end])
    return tensors, places


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        values = np.ascontiguousarray(values)
        begin = len(data)
        data += values.tobytes()
        kind = next(k for k, t in TYPES.items() if t == values.dtype)
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


def export(module, inputs, path, names, outputs, dynamic, fold=True):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(module, inputs, file.name, input_names=names, output_names=outputs, dynamic_axes=dynamic, opset_version=14, do_constant_folding=fold)
        model = onnx.load(file.name)
    for node in model.graph.node:
        node.doc_string = ""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if path:
        onnx.save(model, path)
    return model


def refer(path, places):
    """Takes weights out of a graph that a safetensors file holds too, and names their place there."""
    model = onnx.load(path)
    by_bytes = {data: (begin, length) for begin, length, data in places.values()}
    for tensor in model.graph.initializer:
        place = by_bytes.get(tensor.raw_data)
        if place is None:
            assert len(tensor.raw_data) < 256, tensor.name + " is in no file"
            continue
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "model.safetensors"), ("offset", place[0]), ("length", place[1])):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
    open(path, "wb").write(model.SerializeToString())


class Clip(nn.Module):
    """CLIP's towers on the tensors of a file, whatever their precision."""

    def __init__(self, folder):
        super().__init__()
        self.config = json.load(open(os.path.join(folder, "config.json")))
        tensors, self.places = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.names = {name: name.replace(".", "_") for name in tensors}
        for name, values in tensors.items():
            self.register_parameter(self.names[name], nn.Parameter(values, requires_grad=False))

    def weight(self, name):
        return getattr(self, self.names[name]).float()

    def linear(self, x, name, bias=True):
        x = x @ self.weight(name + ".weight").t()
        return x + self.weight(name + ".bias") if bias else x

    def norm(self, x, name, section):
        return F.layer_norm(x, [section["hidden_size"]], self.weight(name + ".weight"), self.weight(name + ".bias"), section["layer_norm_eps"])

    def encoder(self, x, tower, section, mask):
        heads, width = section["num_attention_heads"], section["hidden_size"]
        for i in range(section["num_hidden_layers"]):
            name = "%s.encoder.layers.%d" % (tower, i)
            h = self.norm(x, name + ".layer_norm1", section)
            q, k, v = (self.linear(h, name + ".self_attn.%s_proj" % p).reshape(h.shape[0], h.shape[1], heads, width // heads).transpose(1, 2) for p in "qkv")
            scores = q @ k.transpose(-1, -2) / math.sqrt(width // heads)
            if mask is not None:
                scores = scores + mask
            x = x + self.linear((scores.softmax(-1) @ v).transpose(1, 2).reshape(h.shape[0], h.shape[1], width), name + ".self_attn.out_proj")
            h = self.linear(self.norm(x, name + ".layer_norm2", section), name + ".mlp.fc1")
            x = x + self.linear(h * torch.sigmoid(1.702 * h), name + ".mlp.fc2")
        return x

    def images(self, pixel_values):
        section = self.config["vision_config"]
        x = F.conv2d(pixel_values, self.weight("vision_model.embeddings.patch_embedding.weight"), stride=section["patch_size"]).flatten(2).transpose(1, 2)
        first = self.weight("vision_model.embeddings.class_embedding").expand(x.shape[0], 1, -1)
        x = torch.cat([first, x], 1) + self.weight("vision_model.embeddings.position_embedding.weight")
        x = self.encoder(self.norm(x, "vision_model.pre_layrnorm", section), "vision_model", section, None)
        return self.linear(self.norm(x[:, 0], "vision_model.post_layernorm", section), "visual_projection", bias=False)

    def texts(self, input_ids):
        section = self.config["text_config"]
        tokens = input_ids.shape[1]
        x = self.weight("text_model.embeddings.token_embedding.weight")[input_ids] + self.weight("text_model.embeddings.position_embedding.weight")[:tokens]
        mask = torch.full((section["max_position_embeddings"],) * 2, float("-inf")).triu(1)[:tokens, :tokens]
        x = self.norm(self.encoder(x, "text_model", section, mask), "text_model.final_layer_norm", section)
        return self.linear(x[torch.arange(x.shape[0]), input_ids.argmax(-1)], "text_projection", bias=False)


class Images(nn.Module):
    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, pixel_values):
        return self.clip.images(pixel_values)


class Texts(nn.Module):
    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, input_ids):
        return self.clip.texts(input_ids)


class Both(nn.Module):
    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, input_ids, pixel_values):
        images, texts = F.normalize(self.clip.images(pixel_values)), F.normalize(self.clip.texts(input_ids))
        return images @ texts.t(), texts, images


def export_clip(name, folder, whole):
    clip = Clip(folder).eval()
    out, side = os.path.join(HERE, name), clip.config["vision_config"]["image_size"]
    pixels, ids = torch.zeros(2, 3, side, side), torch.tensor([[1, 2, 3, 4], [1, 5, 4, 4]])
    tokens = {0: "batch", 1: "tokens"}
    export(Images(clip), pixels, out + "/vision_model.onnx", ["pixel_values"], ["image_embeds"], {"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}}, fold=False)
    export(Texts(clip), ids, out + "/text_model.onnx", ["input_ids"], ["text_embeds"], {"input_ids": tokens, "text_embeds": {0: "batch"}}, fold=False)
    files = ["vision_model", "text_model"]
    if whole:
        dynamic = {"pixel_values": {0: "images"}, "input_ids": {0: "texts", 1: "tokens"}, "logits_per_image": {0: "images", 1: "texts"}, "text_embeds": {0: "texts"}, "image_embeds": {0: "images"}}
        export(Both(clip), (ids, pixels), out + "/model.onnx", ["input_ids", "pixel_values"], ["logits_per_image", "text_embeds", "image_embeds"], dynamic, fold=False)
        files.append("model")
    for file in files:
        refer("%s/%s.onnx" % (out, file), clip.places)


class Layer(nn.Module):
    """A transformer layer, norms first."""

    def __init__(self, width, heads, scale=False):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.scale = nn.Parameter(torch.rand(width) + 0.5) if scale else 1

    def forward(self, x, mask=None):
        q, k, v = (p.reshape(x.shape[0], x.shape[1], self.heads, x.shape[2] // self.heads).transpose(1, 2) for p in self.qkv(self.norm1(x)).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores + mask
        x = x + self.scale * self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))
        return x + self.scale * self.fc2(F.gelu(self.fc1(self.norm2(x))))


class SigLipVision(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.place = nn.Conv2d(3, 32, 8, 8), nn.Parameter(torch.randn(1, 16, 32))
        self.layer, self.norm, self.probe = Layer(32, 2), nn.LayerNorm(32), nn.Parameter(torch.randn(1, 1, 32))

    def forward(self, pixel_values):
        x = self.patch(pixel_values.float()).flatten(2).transpose(1, 2) + self.place
        x = self.norm(self.layer(x))
        pooled = ((self.probe @ x.transpose(1, 2) / math.sqrt(32)).softmax(-1) @ x)[:, 0]
        return x.half(), pooled.half()


class SigLipText(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.place = nn.Embedding(40, 32), nn.Parameter(torch.randn(1, 12, 32))
        self.layer, self.norm, self.head = Layer(32, 2), nn.LayerNorm(32), nn.Linear(32, 32)

    def forward(self, input_ids):
        x = self.norm(self.layer(self.table(input_ids) + self.place))
        return x, self.head(x[:, -1])


class DinoV2(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.first, self.place = nn.Conv2d(3, 32, 14, 14), nn.Parameter(torch.randn(1, 1, 32)), nn.Parameter(torch.randn(1, 5, 32))
        self.layer, self.norm = Layer(32, 2, scale=True), nn.LayerNorm(32)

    def forward(self, pixel_values):
        x = self.patch(pixel_values).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], 1, -1), x], 1) + self.place
        return self.norm(self.layer(x))


class Bert(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.table, self.place, self.kind = nn.Embedding(vocabulary, 24), nn.Embedding(20, 24), nn.Embedding(2, 24)
        self.norm, self.layer = nn.LayerNorm(24), Layer(24, 2)

    def forward(self, input_ids, attention_mask, token_type_ids):
        input_ids, token_type_ids = input_ids.long(), token_type_ids.long()
        x = self.table(input_ids) + self.place(torch.arange(input_ids.shape[1])) + self.kind(token_type_ids)
        mask = (1 - attention_mask[:, None, None, :].float()) * -1e9
        return self.layer(self.norm(x), mask)


def pictures(sizes):
    result = {}
    for i, (width, height) in enumerate(sizes):
        x, y, c = np.meshgrid(np.arange(width), np.arange(height), np.arange(3), indexing="xy")
        result["picture.%d" % i] = ((np.abs((x * (5 + i) + y * 3 + c * 90) % 510 - 255) + (x * y * (i + 1)) % 17 * 3) % 256).astype(np.uint8)
    return result


def prepare(picture, short_side, crop, square, mean, deviation):
    image = Image.fromarray(picture)
    width, height = image.size
    if square:
        size = (short_side, short_side)
    else:
        long_side = int(short_side * max(width, height) / min(width, height))
        size = (short_side, long_side) if width <= height else (long_side, short_side)
    resized = np.asarray(image.resize(size, Image.BICUBIC)).astype(np.float32) / 255
    top, left = (resized.shape[0] - crop) // 2, (resized.shape[1] - crop) // 2
    cropped = resized[top:top + crop, left:left + crop]
    return torch.from_numpy(((cropped - np.float32(mean)) / np.float32(deviation)).transpose(2, 0, 1).copy())


def unit(features):
    return F.normalize(features.float()).numpy()


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def export_siglip():
    out, vision, text = HERE + "/siglip-tiny", SigLipVision().eval(), SigLipText().eval()
    batch = {0: "batch"}
    export(vision, torch.zeros(2, 3, 32, 32).half(), out + "/onnx/vision_model.onnx", ["pixel_values"], ["last_hidden_state", "pooler_output"], {"pixel_values": batch, "last_hidden_state": batch, "pooler_output": batch})
    export(text, torch.ones(2, 12, dtype=torch.long), out + "/onnx/text_model.onnx", ["input_ids"], ["last_hidden_state", "pooler_output"], {"input_ids": batch, "last_hidden_state": batch, "pooler_output": batch})
    write_json(out + "/config.json", {"model_type": "siglip", "text_config": {"model_type": "siglip_text_model", "vocab_size": 40, "max_position_embeddings": 12}, "vision_config": {"image_size": 32}})
    write_json(out + "/preprocessor_config.json", {"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "image_processor_type": "SiglipImageProcessor", "resample": 3, "rescale_factor": 1 / 255, "size": {"height": 32, "width": 32}})
    golden = pictures([(40, 30), (32, 32), (17, 61)])
    pixels = torch.stack([prepare(p, 32, 32, True, [0.5] * 3, [0.5] * 3) for p in golden.values()])
    ids = torch.tensor([[5, 6, 7, 1] + [1] * 8, [9, 1] + [1] * 10, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1]])
    with torch.no_grad():
        golden["image_features"] = unit(vision(pixels.half())[1])
        golden["text_features"] = unit(text(ids)[1])
    golden["input_ids"] = ids.numpy()
    write_safetensors(out + "/golden.safetensors", golden)


def export_dinov2():
    out, model = HERE + "/dinov2-tiny", DinoV2().eval()
    export(model, torch.zeros(2, 3, 28, 28), out + "/model.onnx", ["pixel_values"], ["last_hidden_state"], {})
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    write_json(out + "/config.json", {"model_type": "dinov2", "hidden_size": 32, "image_size": 28, "patch_size": 14})
    write_json(out + "/preprocessor_config.json", {"crop_size": {"height": 28, "width": 28}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": mean, "image_processor_type": "BitImageProcessor", "image_std": deviation, "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 32}})
    golden = pictures([(40, 30), (28, 28), (45, 90)])
    pixels = torch.stack([prepare(p, 32, 28, False, mean, deviation) for p in golden.values()])
    with torch.no_grad():
        x = model(pixels)
    golden["image_features"], golden["image_means"] = unit(x[:, 0]), unit(x.mean(1))
    write_safetensors(out + "/golden.safetensors", golden)


SENTENCES = ["a red fox", "the quick fox jumps over the lazy dog", "dog", "a", "unjumping dogs, over the red fox!", "the the the the the the the the the the the the the the the the the the the the the the"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "red", "quick", "lazy", "fox", "dog", "over", "jump", "un", "##s", "##jump", "##ing", ",", "!", "."]


def word_pieces(text, most):
    words = text.lower().replace(",", " , ").replace("!", " ! ").split()
    ids = []
    for word in words:
        pieces, start = [], 0
        while start < len(word):
            end = next((e for e in range(len(word), start, -1) if ("##" if start else "") + word[start:e] in PIECES), None)
            if end is None:
                pieces = ["[UNK]"]
                break
            pieces.append(("##" if start else "") + word[start:end])
            start = end
        ids += [PIECES.index(p) for p in pieces]
    return [2] + ids[:most - 2] + [3]


def export_sentences():
    out, model, most = HERE + "/sentence-tiny", Bert(len(PIECES)).eval(), 16
    names = ["input_ids", "attention_mask", "token_type_ids"]
    dynamic = {name: {0: "batch", 1: "tokens"} for name in names + ["last_hidden_state"]}
    example = torch.ones(2, 5, dtype=torch.long)
    export(model, (example,) * 3, out + "/model.onnx", names, ["last_hidden_state"], dynamic)
    small = export(model, (example.int(),) * 3, out + "/model_int32.onnx", names, ["last_hidden_state"], dynamic)
    entry = small.metadata_props.add()
    entry.key, entry.value = "pooling", "cls"
    onnx.save(small, out + "/model_int32.onnx")
    write_json(out + "/config.json", {"model_type": "bert", "hidden_size": 24, "max_position_embeddings": 20, "vocab_size": len(PIECES)})
    write_json(out + "/sentence_bert_config.json", {"max_seq_length": most, "do_lower_case": False})
    write_json(out + "/modules.json", [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind} for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    write_json(out + "/1_Pooling/config.json", {"word_embedding_dimension": 24, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})
    special = [{"id": i, "content": PIECES[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for i in range(5)]
    write_json(out + "/tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                           "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
                           "special_tokens": {name: {"id": name, "ids": [PIECES.index(name)], "tokens": [name]} for name in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {piece: i for i, piece in enumerate(PIECES)}}})
    golden = {name: [] for name in ("mean", "cls", "last", "max")}
    rows = [word_pieces(text, most) for text in SENTENCES]
    for row in rows:
        ids = torch.tensor([row])
        with torch.no_grad():
            x = model(ids, torch.ones_like(ids), torch.zeros_like(ids))
        for name, pooled in (("mean", x.mean(1)), ("cls", x[:, 0]), ("last", x[:, -1]), ("max", x.max(1).values)):
            golden[name].append(unit(pooled)[0])
    golden = {name: np.stack(values) for name, values in golden.items()}
    golden["lengths"] = np.array([len(row) for row in rows])
    golden["input_ids"] = np.array([row + [0] * (most - len(row)) for row in rows])
    write_safetensors(out + "/golden.safetensors", golden)
    write_json(out + "/texts.json", SENTENCES)


def export_bad():
    from onnx import TensorProto, helper, numpy_helper

    out = HERE + "/bad"
    os.makedirs(out, exist_ok=True)
    image = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, 8, 8])
    features = helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["batch", 192])
    flatten = helper.make_node("Flatten", ["pixel_values"], ["image_embeds"])

    def save(name, nodes=(flatten,), inputs=(image,), outputs=(features,), constants=(), opset=14):
        graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(np.array(value), key) for key, value in constants])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        open("%s/%s.onnx" % (out, name), "wb").write(model.SerializeToString())

    def number(name, kind, shape):
        return helper.make_tensor_value_info(name, kind, shape)

    save("good")
    save("opset", opset=99)
    save("operator", [helper.make_node("NoSuchOperator", ["pixel_values"], ["image_embeds"])])
    save("no_inputs", [helper.make_node("Identity", ["c"], ["image_embeds"])], [], constants=[("c", np.ones((1, 192), np.float32))])
    save("extra_input", [flatten], [image, number("temperature", TensorProto.FLOAT, [1])])
    save("integer_image", [helper.make_node("Cast", ["pixel_values"], ["f"], to=1), helper.make_node("Flatten", ["f"], ["image_embeds"])], [number("pixel_values", TensorProto.INT64, ["batch", 3, 8, 8])])
    save("channels_last", inputs=[number("pixel_values", TensorProto.FLOAT, ["batch", 8, 8, 3])])
    save("huge_image", inputs=[number("pixel_values", TensorProto.FLOAT, ["batch", 3, 1 << 30, 1 << 30])], outputs=[number("image_embeds", TensorProto.FLOAT, None)])
    save("huge_batch", inputs=[number("pixel_values", TensorProto.FLOAT, [1 << 40, 3, 8, 8])], outputs=[number("image_embeds", TensorProto.FLOAT, None)])
    save("huge_output", [helper.make_node("ConstantOfShape", ["shape"], ["image_embeds"])], outputs=[number("image_embeds", TensorProto.FLOAT, None)], constants=[("shape", np.array([1, 1 << 42], np.int64))])
    save("wrong_rank", [helper.make_node("ReduceMean", ["pixel_values"], ["image_embeds"], keepdims=0)], outputs=[number("image_embeds", TensorProto.FLOAT, [])])
    save("not_finite", [helper.make_node("Log", ["pixel_values"], ["l"]), helper.make_node("Flatten", ["l"], ["image_embeds"])])
    save("zero", [flatten_to("f"), helper.make_node("Mul", ["f", "c"], ["image_embeds"])], constants=[("c", np.zeros(1, np.float32))])
    save("text_output", [helper.make_node("Identity", ["c"], ["image_embeds"])], outputs=[number("image_embeds", TensorProto.STRING, [1, 2])], constants=[("c", np.array([["a", "b"]], object))])
    save("two_outputs", [flatten_to("x"), helper.make_node("Identity", ["x"], ["y"])], outputs=[number(name, TensorProto.FLOAT, ["batch", 192]) for name in "xy"])
    save("sequence", [helper.make_node("SequenceAt", ["pixel_values", "c"], ["i"]), helper.make_node("Flatten", ["i"], ["image_embeds"])], [helper.make_tensor_sequence_value_info("pixel_values", TensorProto.FLOAT, None)], constants=[("c", np.array(0, np.int64))])
    for name, location in (("missing_weights", "no-such-file.bin"), ("escaping_weights", "../../../../../../../../etc/passwd")):
        save(name, [flatten_to("f"), helper.make_node("Add", ["f", "c"], ["image_embeds"])], constants=[("c", np.zeros(192, np.float32))])
        model = onnx.load("%s/%s.onnx" % (out, name))
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", 0), ("length", 768)):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)
        open("%s/%s.onnx" % (out, name), "wb").write(model.SerializeToString())
    write_json(out + "/preprocessor_config.json", {"crop_size": 8, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": 8})


def flatten_to(name):
    return onnx.helper.make_node("Flatten", ["pixel_values"], [name])


torch.manual_seed(5)
export_clip("clip-tiny", os.path.join(ROOT, "tests", "CsAligner.Tests", "Golden", "clip-tiny"), whole=True)
export_clip("icon-clip", os.path.join(ROOT, "models", "icon-clip"), whole=False)
export_siglip()
export_dinov2()
export_sentences()
export_bad()
