"""Search over HTTP with faiss and PyTorch: the peers of the benchmark "serve".

The plain one is Python's own threaded server; the other is Flask with the model, the index and the metadata in one process, as
clip-retrieval's back end is built. Both answer GET /search?q=WORDS&top=N and POST /search {"vector": […], "top": N} with ids, names and
scores, embed words with the same CLIP text tower, and are spared the tokenizer: token ids are made from the words' bytes.
usage: serve_faiss.py plain|flask flat|hnsw ROWS.npy INDEX PORT THREADS CLIP_FOLDER EF_SEARCH
"""

import json
import os
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import faiss
import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Embed"))
from clip_weights import read_clip

server, kind, rows_path, index_path, port, threads, clip_folder, ef = sys.argv[1:]
faiss.omp_set_num_threads(int(threads))
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
config, weights = read_clip(clip_folder)
text = config["text_config"]
width, heads, layers, context = (text[key] for key in
                                 ("hidden_size", "num_attention_heads", "num_hidden_layers", "max_position_embeddings"))
vocabulary = text["vocab_size"]
weights = {name: torch.from_numpy(numpy.array(value)) for name, value in weights.items() if not name.startswith("vision")}
causal = torch.full((context, context), float("-inf")).triu(1)


def linear(x, name):
    return torch.nn.functional.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def norm(x, name):
    return torch.nn.functional.layer_norm(x, (width,), weights[name + ".weight"], weights[name + ".bias"])


def embed(words):
    ids = [1 + byte % (vocabulary - 2) for byte in words.encode()][:context - 1]
    end = len(ids)
    tokens = torch.zeros(context, dtype=torch.long)
    tokens[:end] = torch.tensor(ids)
    x = weights["text_model.embeddings.token_embedding.weight"][tokens] \
        + weights["text_model.embeddings.position_embedding.weight"]
    for layer in range(layers):
        name = f"text_model.encoder.layers.{layer}."
        y = norm(x, name + "layer_norm1")
        q, k, v = (linear(y, name + f"self_attn.{part}_proj").view(context, heads, -1).transpose(0, 1) for part in "qkv")
        scores = q @ k.transpose(1, 2) * (width // heads) ** -0.5 + causal
        y = (scores.softmax(-1) @ v).transpose(0, 1).reshape(context, width)
        x = x + linear(y, name + "self_attn.out_proj")
        y = linear(norm(x, name + "layer_norm2"), name + "mlp.fc1")
        x = x + linear(y * torch.sigmoid(1.702 * y), name + "mlp.fc2")
    x = norm(x[end], "text_model.final_layer_norm") @ weights["text_projection.weight"].T
    return (x / x.norm()).numpy()[None]


if os.path.exists(index_path):
    index = faiss.read_index(index_path)
else:
    rows = numpy.load(rows_path, mmap_mode="r")
    index = faiss.IndexFlatIP(rows.shape[1]) if kind == "flat" else faiss.IndexHNSWFlat(rows.shape[1], 16,
                                                                                       faiss.METRIC_INNER_PRODUCT)
    if kind == "hnsw":
        index.hnsw.efConstruction = 128
    for first in range(0, len(rows), 16384):
        index.add(numpy.asarray(rows[first:first + 16384], numpy.float32))
    if kind == "hnsw":
        faiss.write_index(index, index_path)
if kind == "hnsw":
    index.hnsw.efSearch = int(ef)
names = [f"item {row}" for row in range(index.ntotal)]


def search(vector, top):
    scores, found = index.search(vector, top)
    return json.dumps({"hits": [{"id": int(row), "name": names[row], "score": float(score)}
                                for row, score in zip(found[0], scores[0])]}).encode()


def by_words(words, top):
    return search(embed(words), top)


def by_vector(body):
    asked = json.loads(body)
    return search(numpy.array(asked["vector"], numpy.float32)[None], asked["top"])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.answer(by_words(query["q"][0], int(query["top"][0])))

    def do_POST(self):
        self.answer(by_vector(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_):
        pass


def say(name):
    print(f"{name}, faiss {faiss.__version__} {type(index).__name__}, PyTorch {torch.__version__}", flush=True)


if server == "plain":
    with ThreadingHTTPServer(("127.0.0.1", int(port)), Handler) as http:
        http.daemon_threads = True
        say(f"Python {sys.version.split()[0]} http.server")
        http.serve_forever()
else:
    import logging

    import flask
    from werkzeug.serving import WSGIRequestHandler, make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    app = flask.Flask("search")
    app.get("/search", endpoint="words")(lambda: flask.Response(
        by_words(flask.request.args["q"], int(flask.request.args["top"])), mimetype="application/json"))
    app.post("/search", endpoint="vector")(lambda: flask.Response(by_vector(flask.request.get_data()), mimetype="application/json"))
    http = make_server("127.0.0.1", int(port), app, threaded=True)
    say(f"Flask {flask.__version__}")
    http.serve_forever()
