// Makes the small tokenizers of this folder and the ids that Hugging Face's own library (Rust) gives for awkward texts.
// Usage: npm install --ignore-scripts tokenizers@0.23.2 && node make_tokenizers.js
"use strict";
const fs = require("fs");
const path = require("path");
const { Tokenizer } = require("tokenizers");

const folder = __dirname;
const root = path.join(folder, "..", "..", "..", "..");

// ---- Texts -------------------------------------------------------------------------------------------------------------
const texts = [
  "", " ", "  ", "\n", "a", "Hello, world!", "The quick brown fox jumps over the lazy dog.", "a photo of a cat", "  leading and trailing  ",
  "tabs\tand\nnew\r\nlines\n\n\n and more", "don't I'll we've they're HE'S I'D 'Tis 's 'S \u2019s \u017F'\u017F", "1234567890 3.14159 1,000,000 0x1F \u0664\u0662 \u2167 \u00BD \u00B2",
  "CamelCase snake_case kebab-case foo.bar(baz)[0] = {x: 1};", "https://example.org/path?query=1&other=%20#part", "e-mail: someone@example.org",
  "caf\u00E9 cafe\u0301 na\u00EFve \u00C5ngstr\u00F6m A\u030Angstrom \u1E9B\u0323 \uFB01ne \uFF21\uFF22\uFF23 \u2460 \u00B5", "\u0130stanbul \u0131\u015F\u0131k STRASSE stra\u00DFe \u1E9E \u03A3\u0391\u03A3 \u03C3\u03B1\u03C2",
  "\u4F60\u597D\uFF0C\u4E16\u754C\u3002\u65E5\u672C\u8A9E\u306E\u30C6\u30AD\u30B9\u30C8 \uD55C\uAD6D\uC5B4 \uD55C\uAE00", "\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440! \u0401\u043B\u043A\u0430 \u0438\u0306", "\u0645\u0631\u062D\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u064B\u064C \uFEFB",
  "\u0928\u092E\u0938\u094D\u0924\u0947 \u0926\u0941\u0928\u093F\u092F\u093E", "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\u0E0A\u0E32\u0E27\u0E42\u0E25\u0E01 \u0E19\u0E49\u0E33", "\u05E9\u05DC\u05D5\u05DD \u05E2\u05D5\u05DC\u05DD \u05E9\u05C1\u05B8\u05DC\u05D5\u05B9\u05DD",
  "\u{1F600}\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}\u{1F1E9}\u{1F1EA} \u2764\uFE0F \u{1F44D}\u{1F3FD}", "\u{1D49C}\u{1D4B7}\u{1D4B8} \u{10400}\u{10428} \u{20000}\u{2A6DF} \u{1D7D8}\u{1D7D9} \u{1F130}",
  "\u00A0no\u2003break\u3000spaces\u202F\u205F\u1680\u0085\u2028\u2029end", "zero\u200Bwidth\u200Cjoin\u200Ders\uFEFF\u00AD\u2060", "control\u0000\u0001\u0007\u001B\u007F\u0080\u009F chars\uFFFD\uE000",
  "<s>text</s> [CLS] and [SEP] <|endoftext|><|endoftext|> <mask> x<mask>y [MASK]", "  <mask>  between  [MASK]  ", "<|startoftext|>a b<|endoftext|>", "newtoken NEWTOKEN Newtokens anewtoken newtoken.", "  newtoken  newtoken\tnewtoken",
  "\u2581\u2581metaspace \u2581inside\u2581 \u2581", "&amp; &lt;b&gt; &quot;quoted&quot; &#39;", "!!!???...---___***+++===~~~^^^|||\\\\\\///", "\u201Ccurly\u201D \u2018quotes\u2019 \u00ABguillemets\u00BB \u2014 \u2013 \u2026 \u20AC\u00A3\u00A5 \u00A9\u00AE\u2122",
  "a".repeat(120), "ab".repeat(200) + " " + "x".repeat(101) + " " + "y".repeat(100), "\u00E9".repeat(60), " ".repeat(37) + "x" + " ".repeat(20), "\n".repeat(9) + " \n \n", "9".repeat(31) + " 12 345 6789 12345", "aaaa aaa aa a bbbbbbb abababab",
  "the the the of of of and and and in in to to", "for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; } // dot", "def f(x):\n    return x ** 2\n\n\nclass A:\n\tpass\n", "{\"key\": [1, 2.5, null, true], \"\\u00e9\": \"\\n\"}",
  "Multi-modal: images/text & audio", "\u0BA8\u0BBF \u1100\u1161\u11A8 \uAC01 \u0CC6\u0CC2 \u00C4\u0308 \u0041\u0300\u0301\u0302 \u0316\u0301", "x\u0301y\u0327 \u0301alone", "\u2126 \u212B \u212A \u1F80 \uFB4F \u3392 \uFDFA \u33A5", "q\u{1F9D1}\u{1F3FF}\u200D\u{1F680}w \u{E0067}\u{E0062}\u{E007F}", "\u24B6\u24E9 \u203F\u2040 a_b\u0300c\u20DD",
];

// Random texts: a generator of its own, so that they are the same ones everywhere.
let state = 12345;
const next = (n) => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return (state >>> 8) % n; };
const ranges = [[0x20, 0x7e], [0x61, 0x7a], [0x61, 0x7a], [0x20, 0x20], [0x30, 0x39], [0xa0, 0x24f], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x4ff], [0x5d0, 0x5ea], [0x620, 0x64f], [0x900, 0x97f],
  [0x2000, 0x206f], [0x2100, 0x218f], [0x2460, 0x24ff], [0x3040, 0x30ff], [0x4e00, 0x4eff], [0xac00, 0xacff], [0xff01, 0xffee], [0x1d400, 0x1d4ff], [0x1f600, 0x1f64f], [0x9, 0xd]];
for (let i = 0; i < 120; i++) {
  let text = "";
  const runs = 1 + next(8);
  for (let r = 0; r < runs; r++) {
    const [from, to] = ranges[next(ranges.length)];
    const length = 1 + next(7);
    for (let k = 0; k < length; k++) text += String.fromCodePoint(from + next(to - from + 1));
    if (next(3) === 0) text += " ";
  }
  texts.push(text);
}

// ---- Models, trained on this project's own pages ------------------------------------------------------------------------
const corpus = ["README.md", "docs/embedding/models.md", "docs/embedding/pictures.md", "docs/icon-sets.md"].map((f) => fs.readFileSync(path.join(root, f), "utf8")).join("\n").replace(/[^\x20-\x7e\n]/g, " ").slice(0, 24000);
const corpusFile = path.join(require("os").tmpdir(), "tokenizer-corpus.txt");
fs.writeFileSync(corpusFile, corpus);

function train(json) {
  const tokenizer = Tokenizer.fromString(JSON.stringify({ version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...json }));
  tokenizer.train([corpusFile]);
  const file = path.join(require("os").tmpdir(), "trained.json");
  tokenizer.save(file, false);
  return JSON.parse(fs.readFileSync(file, "utf8")).model;
}

const order = (vocab) => Object.keys(vocab).sort((a, b) => vocab[a] - vocab[b]);
const number = (tokens) => Object.fromEntries(tokens.map((t, i) => [t, i]));

// The alphabet first, then merges while there is room.
function cut(model, alphabet, specials, merges) {
  const kept = model.merges.slice(0, merges);
  const tokens = new Set([...specials, ...alphabet]);
  for (const [a, b] of kept) for (const t of [a, b, a + b]) tokens.add(t);
  return { ...model, vocab: number([...tokens]), merges: kept };
}

const bytes = [];
for (let b = 0, extra = 0; b < 256; b++) {
  const visible = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  bytes.push(String.fromCharCode(visible ? b : 256 + extra++));
}

const bpe = { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: {}, merges: [] };
const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
const models = {};
models.bytes = cut(train({ model: bpe, pre_tokenizer: byteLevel }), bytes, ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"], 900);

// CLIP's: every byte also as one that ends a word.
{
  const trained = train({ model: { ...bpe, end_of_word_suffix: "</w>" }, normalizer: { type: "Lowercase" }, pre_tokenizer: byteLevel });
  models.clip = cut(trained, [...bytes, ...bytes.map((b) => b + "</w>")], ["<|startoftext|>", "<|endoftext|>"], 700);
  models.clip.unk_token = "<|endoftext|>";
  models.clip.end_of_word_suffix = "</w>";
}

// Llama 2's: characters, marks for spaces, bytes for what is left.
const byteTokens = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
{
  const trained = train({ model: bpe, pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always", split: true } });
  const alphabet = [...new Set([..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'\u2581\u00E9\u4F60"])];
  models.fallback = cut(trained, [...byteTokens, ...alphabet], ["<unk>", "<s>", "</s>"], 700);
  Object.assign(models.fallback, { unk_token: "<unk>", fuse_unk: true, byte_fallback: true });
  models.unknown = { ...models.fallback, byte_fallback: false, vocab: Object.fromEntries(Object.entries(models.fallback.vocab).filter(([t]) => !byteTokens.includes(t))) };
}

// BERT's, made from the merges of the byte level: whole words and their ends.
{
  const trained = train({ model: bpe, normalizer: { type: "Lowercase" }, pre_tokenizer: { type: "BertPreTokenizer" } });
  const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"-()[]{}:;/&%#@*+=_\u00E9\u4F60\u597D\u0430\u0431\u0432\u0628\u0D9A\u{1D49C}"];
  const pieces = trained.merges.slice(0, 600).map(([a, b]) => a + b);
  const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...letters, ...letters.map((l) => "##" + l), ...pieces, ...pieces.map((p) => "##" + p)];
  models.wordpiece = { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: number([...new Set(tokens)]) };
  models.words = { type: "WordLevel", unk_token: "[UNK]", vocab: number(["[UNK]", "[PAD]", "the", "of", "a", "photo", "cat", "Hello", ",", "world", "!", "\u597D", "\u24B6\u24E9"]) };
}

// SentencePiece's.
{
  const trained = train({ model: { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0]], byte_fallback: false }, pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always", split: true } });
  const pieces = trained.vocab.filter(([t]) => t !== "<unk>").slice(0, 900).map(([t, s]) => [t, Math.round(s * 1e4) / 1e4]);
  const known = new Set(pieces.map(([t]) => t));
  const extra = [..."\u2581abcdefghijklmnopqrstuvwxyz0123456789.,!?'\u00E9\u4F60\u597D\u0430\u{1D49C}"].filter((c) => !known.has(c)).map((c) => [c, -12.5]);
  const specials = [["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0]];
  models.unigram = { type: "Unigram", unk_id: 3, vocab: [...specials, ...pieces, ...extra], byte_fallback: false };
  models.unigramBytes = { ...models.unigram, byte_fallback: true, vocab: [...specials, ...byteTokens.map((t) => [t, 0]), ...pieces, ...extra] };
}

// ---- A table of SentencePiece's kind ---------------------------------------------------------------------------------------
function charsmap() {
  const map = new Map();
  for (let c = 1; c < 0x20; c++) map.set(String.fromCodePoint(c), c === 9 || c === 10 || c === 13 ? " " : "");
  map.set("\u007F", "");
  for (const [from, to] of [[0x80, 0x24f], [0x2000, 0x206f], [0x2100, 0x218f], [0x2460, 0x24ff], [0xfb00, 0xfb06], [0xff01, 0xffee], [0x1d400, 0x1d454], [0x3392, 0x3392], [0xfdfa, 0xfdfa]])
    for (let c = from; c <= to; c++) {
      const character = String.fromCodePoint(c);
      const composed = character.normalize("NFKC");
      if (composed !== character) map.set(character, composed);
      const apart = character.normalize("NFD");
      if (apart !== character && c < 0x250) map.set(apart, composed);
    }
  const tree = {};
  let strings = Buffer.alloc(0);
  for (const [from, to] of map) {
    let node = tree;
    for (const b of Buffer.from(from)) node = node[b] ??= {};
    node.value = strings.length;
    strings = Buffer.concat([strings, Buffer.from(to), Buffer.from([0])]);
  }
  const units = new Map([[0, 0]]);
  const bases = new Set();
  const place = (node, at) => {
    const labels = Object.keys(node).filter((k) => k !== "value").map(Number);
    const slots = node.value === undefined ? labels : [0, ...labels];
    let base = 1;
    while (bases.has(base) || slots.some((l) => units.has(base ^ l))) base++;
    bases.add(base);
    units.set(at, ((units.get(at) | ((at ^ base) << 10) | (node.value === undefined ? 0 : 0x100)) >>> 0));
    if (node.value !== undefined) units.set(base, (node.value | 0x80000000) >>> 0);
    for (const l of labels) units.set(base ^ l, l);
    for (const l of labels) place(node[l], base ^ l);
  };
  place(tree, 0);
  const size = (Math.max(...units.keys()) + 256) & ~255;
  const out = Buffer.alloc(4 + 4 * size);
  out.writeUInt32LE(4 * size, 0);
  for (const [at, unit] of units) out.writeUInt32LE(unit, 4 + 4 * at);
  return Buffer.concat([out, strings]).toString("base64");
}

// ---- Pipelines ---------------------------------------------------------------------------------------------------------
const added = (vocab, content, options = {}) => ({ id: Array.isArray(vocab) ? vocab.findIndex(([t]) => t === content) : vocab[content], content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...options });
const template = (before, behind, ids) => ({
  type: "TemplateProcessing",
  single: [...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: "A", type_id: 0 } }, ...behind.map((id) => ({ SpecialToken: { id, type_id: 0 } }))],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([...before, ...behind].map((id) => [id, { id, ids: [ids[id]], tokens: [id] }])),
});
const split = (Regex, behavior = "Isolated", invert = false) => ({ type: "Split", pattern: { Regex }, behavior, invert });
const byteLast = { ...byteLevel, use_regex: false };
const metaspace = (prepend_scheme = "always", s = true) => ({ type: "Metaspace", replacement: "\u2581", prepend_scheme, split: s });
const sequence = (...steps) => (steps[0].type.match(/^(NF|Low|Rep|Strip|Pre[pc]|Nmt|BertN)/) ? { type: "Sequence", normalizers: steps } : { type: "Sequence", pretokenizers: steps });
const B = models.bytes.vocab, W = models.wordpiece.vocab, U = models.unigram.vocab, F = models.fallback.vocab, C = models.clip.vocab;
const precompiled = { type: "Precompiled", precompiled_charsmap: charsmap() };
const llama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const qwen = llama3.replace("{1,3}", "");
const bertMarks = { type: "BertProcessing", sep: ["[SEP]", W["[SEP]"]], cls: ["[CLS]", W["[CLS]"]] };
const bertAdded = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((t) => added(W, t));
const unigramMarks = template(["<s>"], ["</s>"], { "<s>": 0, "</s>": 2 });

const pipelines = {
  gpt2: { model: "bytes", pre_tokenizer: byteLevel, post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false }, added_tokens: [added(B, "<|endoftext|>")] },
  roberta: {
    model: "bytes", pre_tokenizer: { ...byteLevel, add_prefix_space: true }, post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: true, add_prefix_space: true },
    added_tokens: [added(B, "<s>"), added(B, "<pad>"), added(B, "</s>"), added(B, "<mask>", { lstrip: true })],
  },
  llama3: {
    model: "bytes", options: { ignore_merges: true }, pre_tokenizer: sequence(split(llama3), byteLast), added_tokens: [added(B, "<s>"), added(B, "<|endoftext|>")],
    post_processor: { type: "Sequence", processors: [{ type: "ByteLevel", add_prefix_space: true, trim_offsets: false }, template(["<s>"], [], { "<s>": 0 })] },
  },
  qwen2: { model: "bytes", normalizer: { type: "NFC" }, pre_tokenizer: sequence(split(qwen), byteLast), added_tokens: [added(B, "<|endoftext|>")] },
  clip: {
    model: "clip", normalizer: sequence({ type: "NFC" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, { type: "Lowercase" }),
    pre_tokenizer: sequence(split("<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+", "Removed", true), byteLevel),
    post_processor: { type: "RobertaProcessing", sep: ["<|endoftext|>", 1], cls: ["<|startoftext|>", 0], trim_offsets: false, add_prefix_space: false }, added_tokens: [added(C, "<|startoftext|>", { normalized: true }), added(C, "<|endoftext|>")],
  },
  falcon: { model: "bytes", pre_tokenizer: sequence({ type: "Punctuation", behavior: "Contiguous" }, byteLevel, { type: "Digits", individual_digits: false }, split("[0-9][0-9][0-9]")) },
  digits: { model: "bytes", pre_tokenizer: sequence({ type: "Digits", individual_digits: true }, { type: "Punctuation", behavior: "MergedWithNext" }, { type: "CharDelimiterSplit", delimiter: "e" }, byteLevel) },
  behaviors: { model: "bytes", pre_tokenizer: sequence(split("[aeiou]", "MergedWithPrevious"), split("\\d+", "MergedWithNext"), split("\\w+", "Contiguous", true), { ...byteLevel, use_regex: false }) },
  byteNormalizer: { model: "bytes", normalizer: sequence({ type: "Strip", strip_left: true, strip_right: false }, { type: "ByteLevel" }) },
  // What normalizers make of a text, seen byte by byte.
  bertBytes: { model: "bytes", normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: true, lowercase: true }, pre_tokenizer: byteLevel },
  precompiledBytes: { model: "bytes", normalizer: precompiled, pre_tokenizer: byteLevel },
  accentBytes: { model: "bytes", normalizer: sequence({ type: "NFKD" }, { type: "StripAccents" }, { type: "Lowercase" }), pre_tokenizer: sequence({ type: "Whitespace" }, byteLevel) },
  nmtBytes: { model: "bytes", normalizer: sequence({ type: "Nmt" }, { type: "NFD" }, { type: "Strip", strip_left: false, strip_right: true }), pre_tokenizer: sequence({ type: "BertPreTokenizer" }, byteLevel) },
  bertUncased: { model: "wordpiece", normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }, pre_tokenizer: { type: "BertPreTokenizer" }, post_processor: template(["[CLS]"], ["[SEP]"], W), added_tokens: bertAdded },
  bertCased: { model: "wordpiece", normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: false, strip_accents: null, lowercase: false }, pre_tokenizer: { type: "BertPreTokenizer" }, post_processor: bertMarks, added_tokens: bertAdded },
  bertRaw: { model: "wordpiece", normalizer: { type: "BertNormalizer", clean_text: false, handle_chinese_chars: true, strip_accents: true, lowercase: true }, pre_tokenizer: { type: "WhitespaceSplit" }, post_processor: bertMarks },
  words: {
    model: "words", normalizer: sequence({ type: "NFKD" }, { type: "StripAccents" }), pre_tokenizer: { type: "Whitespace" },
    added_tokens: [{ ...added({}, "newtoken"), id: 13, normalized: true, special: false, single_word: true }, { ...added({}, "[MASK]"), id: 14, lstrip: true, rstrip: true }],
  },
  addedWords: {
    model: "wordpiece", normalizer: { type: "Lowercase" }, pre_tokenizer: { type: "Whitespace" },
    added_tokens: [...bertAdded, { ...added({}, "NEWTOKEN"), id: Object.keys(W).length, normalized: true, special: false, rstrip: true }, { ...added({}, "Newtokens"), id: Object.keys(W).length + 1, normalized: false, special: false }],
  },
  xlmr: { model: "unigram", normalizer: precompiled, pre_tokenizer: metaspace(), post_processor: unigramMarks, added_tokens: [added(U, "<s>"), added(U, "<pad>"), added(U, "</s>"), added(U, "<unk>"), { ...added({}, "<mask>"), id: U.length, lstrip: true }] },
  t5: { model: "unigram", normalizer: precompiled, pre_tokenizer: sequence({ type: "WhitespaceSplit" }, metaspace()), post_processor: template([], ["</s>"], { "</s>": 2 }) },
  albert: {
    model: "unigram", normalizer: sequence({ type: "Replace", pattern: { String: "``" }, content: "\"" }, { type: "NFKD" }, { type: "StripAccents" }, { type: "Lowercase" }, precompiled, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }),
    pre_tokenizer: metaspace(), post_processor: unigramMarks, added_tokens: [added(U, "<s>"), added(U, "</s>")],
  },
  mistral: { model: "fallback", pre_tokenizer: metaspace("first", false), post_processor: template(["<s>"], [], { "<s>": 1 }), added_tokens: [added(F, "<unk>"), added(F, "<s>"), added(F, "</s>")] },
  firstWords: { model: "unigram", pre_tokenizer: sequence({ type: "WhitespaceSplit" }, metaspace("first")), added_tokens: [added(U, "</s>")] },
  siglip: {
    model: "unigram", normalizer: sequence({ type: "Lowercase" }, { type: "Replace", pattern: { Regex: "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]" }, content: "" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, { type: "Strip", strip_left: true, strip_right: true }),
    pre_tokenizer: sequence({ type: "WhitespaceSplit" }, metaspace()), post_processor: template([], ["</s>"], { "</s>": 2 }),
  },
  nmt: { model: "unigram", normalizer: sequence({ type: "Nmt" }, { type: "NFKC" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }), pre_tokenizer: metaspace("never") },
  unigramBytes: { model: "unigramBytes", normalizer: sequence({ type: "NFD" }), pre_tokenizer: metaspace("always", false) },
  llama2: { model: "fallback", normalizer: sequence({ type: "Prepend", prepend: "\u2581" }, { type: "Replace", pattern: { String: " " }, content: "\u2581" }), post_processor: template(["<s>"], [], { "<s>": 1 }), added_tokens: [added(F, "<unk>"), added(F, "<s>"), added(F, "</s>")] },
  gemma: { model: "fallback", normalizer: { type: "Replace", pattern: { String: " " }, content: "\u2581" }, pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false }, added_tokens: [added(F, "<s>")] },
  fused: { model: "unknown", normalizer: { type: "Replace", pattern: { String: " " }, content: "\u2581" } },
  unfused: { model: "unknown", options: { fuse_unk: false }, pre_tokenizer: metaspace() },
};

const golden = { texts, pipelines: {} };
(async () => {
  for (const [name, { model, options, ...rest }] of Object.entries(pipelines)) {
    const json = { version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...rest, model: { ...models[model], ...options } };
    const tokenizer = Tokenizer.fromString(JSON.stringify(json));
    const ids = [];
    for (const text of texts) ids.push((await tokenizer.encode(text)).getIds());
    // Cut and filled up on both sides, to 12 ids.
    const rows = {};
    for (const direction of ["Right", "Left"]) {
      const cutting = Tokenizer.fromString(JSON.stringify({ ...json, truncation: { direction, max_length: 12, strategy: "LongestFirst", stride: 0 }, padding: { strategy: { Fixed: 12 }, direction, pad_to_multiple_of: null, pad_id: 1, pad_type_id: 0, pad_token: "x" } }));
      rows[direction] = [];
      for (const text of texts.slice(0, 16)) rows[direction].push((await cutting.encode(text)).getIds());
    }
    golden.pipelines[name] = { model, options: options ?? {}, ...rest, ids, right: rows.Right, left: rows.Left };
  }
  fs.writeFileSync(path.join(folder, "models.json"), JSON.stringify(models));
  fs.writeFileSync(path.join(folder, "golden.json"), JSON.stringify(golden).replace(/\},"/g, "},\n\""));
  console.log(Object.entries(golden.pipelines).map(([n, p]) => `${n} ${p.ids.reduce((s, r) => s + r.length, 0)}`).join("\n"));
})();
