"""Exports the vision tower of a CLIP in Hugging Face layout (config.json, model.safetensors in float32) to ONNX: what the
benchmark "embed" gives to ONNX Runtime.

Two graphs of the same weights. "standard" has ONNX's own operators alone, as an exporter writes them, and leaves fusing to
the runtime. "fused" names the runtime's fused operators itself (MultiHeadAttention, SkipLayerNormalization, QuickGelu;
bias inside the product), as its own optimizer for transformers would.
usage: embed_onnx.py MODEL_FOLDER standard|fused OUT.onnx
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from clip_weights import read_clip


class Graph:
    """Nodes in order, and the weights that they name."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(numpy.array(value, order="C"), name))
        return name

    def add(self, operator, *inputs, outputs=1, domain="", **attributes):
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def fused(self, operator, *inputs, **attributes):
        return self.add(operator, *inputs, domain="com.microsoft", **attributes)


class VisionTower:
    def __init__(self, weights, config, projection, fused):
        self.weights, self.config, self.projection, self.fused = weights, config, projection, fused
        self.graph = Graph()
        self.width, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.tokens = 1 + (config["image_size"] // config["patch_size"]) ** 2
        self.size = self.width // self.heads
        if fused:
            self.rows = self.graph.constant("rows", numpy.array([-1, self.width], numpy.int64))
            self.sequence = self.graph.constant("sequence", numpy.array([-1, self.tokens, self.width], numpy.int64))

    def weight(self, name):
        return self.graph.constant(name, self.weights[name])

    def linear(self, x, prefix):
        """x Wᵀ + b; weights are stored as the runtime packs them best, [in, out]."""
        w = self.graph.constant(prefix + ".weight", self.weights[prefix + ".weight"].T)
        if self.fused:
            return self.graph.add("Gemm", x, w, self.weight(prefix + ".bias"))
        return self.graph.add("Add", self.graph.add("MatMul", x, w), self.weight(prefix + ".bias"))

    def norm(self, x, prefix):
        return self.graph.add("LayerNormalization", x, self.weight(prefix + ".weight"), self.weight(prefix + ".bias"), epsilon=self.config["layer_norm_eps"])

    def add_norm(self, x, y, prefix):
        """x + y, and its layer norm."""
        g = self.graph
        if not self.fused:
            total = g.add("Add", x, y)
            return total, self.norm(total, prefix)
        normal, _, _, total = g.fused("SkipLayerNormalization", x, y, self.weight(prefix + ".weight"), self.weight(prefix + ".bias"), outputs=4, epsilon=self.config["layer_norm_eps"])
        return total, normal

    def activate(self, x):
        g = self.graph
        assert self.config["hidden_act"] == "quick_gelu"
        if self.fused:
            return g.fused("QuickGelu", x, alpha=1.702)
        slope = g.constant(x + "_slope", numpy.array(1.702, numpy.float32))
        return g.add("Mul", x, g.add("Sigmoid", g.add("Mul", x, slope)))

    def attention(self, normal, prefix):
        g = self.graph
        q, k, v = (self.linear(normal, f"{prefix}.self_attn.{name}_proj") for name in "qkv")
        if self.fused:
            q, k, v = (g.add("Reshape", x, self.sequence) for x in (q, k, v))
            return self.linear(g.add("Reshape", g.fused("MultiHeadAttention", q, k, v, num_heads=self.heads), self.rows), prefix + ".self_attn.out_proj")
        split = g.constant(prefix + ".split", numpy.array([0, 0, self.heads, self.size], numpy.int64))
        q, k, v = (g.add("Reshape", x, split) for x in (q, k, v))
        scale = g.constant(prefix + ".scale", numpy.array(self.size ** -0.5, numpy.float32))
        scores = g.add("MatMul", g.add("Mul", g.add("Transpose", q, perm=[0, 2, 1, 3]), scale), g.add("Transpose", k, perm=[0, 2, 3, 1]))
        attended = g.add("MatMul", g.add("Softmax", scores, axis=-1), g.add("Transpose", v, perm=[0, 2, 1, 3]))
        join = g.constant(prefix + ".join", numpy.array([0, 0, self.width], numpy.int64))
        return self.linear(g.add("Reshape", g.add("Transpose", attended, perm=[0, 2, 1, 3]), join), prefix + ".self_attn.out_proj")

    def build(self):
        g, prefix = self.graph, "vision_model."
        size = self.config["patch_size"]
        patches = g.add("Conv", "pixels", self.weight(prefix + "embeddings.patch_embedding.weight"), kernel_shape=[size, size], strides=[size, size])
        flat = g.constant("flat", numpy.array([0, self.width, -1], numpy.int64))
        patches = g.add("Transpose", g.add("Reshape", patches, flat), perm=[0, 2, 1])
        batch = g.add("Slice", g.add("Shape", "pixels"), g.constant("zero", numpy.array([0], numpy.int64)), g.constant("one", numpy.array([1], numpy.int64)))
        shape = g.add("Concat", batch, g.constant("ends", numpy.array([1, self.width], numpy.int64)), axis=0)
        first = g.add("Expand", g.constant("class", self.weights[prefix + "embeddings.class_embedding"].reshape(1, 1, -1)), shape)
        x = g.add("Add", g.add("Concat", first, patches, axis=1), self.weight(prefix + "embeddings.position_embedding.weight"))
        if self.fused:
            x = g.add("Reshape", x, self.rows)
        x = self.norm(x, prefix + "pre_layrnorm")
        layers = [f"{prefix}encoder.layers.{i}" for i in range(self.config["num_hidden_layers"])]
        normal = self.norm(x, layers[0] + ".layer_norm1")
        for i, layer in enumerate(layers):
            x, normal = self.add_norm(x, self.attention(normal, layer), layer + ".layer_norm2")
            y = self.linear(self.activate(self.linear(normal, layer + ".mlp.fc1")), layer + ".mlp.fc2")
            if i + 1 < len(layers):
                x, normal = self.add_norm(x, y, layers[i + 1] + ".layer_norm1")
            else:
                x = g.add("Add", x, y)
        if self.fused:
            x = g.add("Reshape", x, self.sequence)
        pooled = g.add("Gather", x, g.constant("first", numpy.array(0, numpy.int64)), axis=1)
        pooled = self.norm(pooled, prefix + "post_layernorm")
        g.nodes.append(helper.make_node("MatMul", [pooled, g.constant("projection", self.weights["visual_projection.weight"].T)], ["features"]))
        side = self.config["image_size"]
        graph = helper.make_graph(
            g.nodes, "vision",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, side, side])],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", self.projection])], g.initializers)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="embed_onnx.py")


settings, tensors = read_clip(sys.argv[1])
tower = VisionTower(tensors, settings["vision_config"], settings["projection_dim"], sys.argv[2] == "fused")
onnx.save(tower.build(), sys.argv[3])
