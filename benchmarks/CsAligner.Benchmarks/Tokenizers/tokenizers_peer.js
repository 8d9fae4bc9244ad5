// The same texts through Hugging Face's own library, on one thread. Arguments: the package's folder, a file of texts (a JSON array),
// tokenizer.json files. Prints a line about itself; then, for each number on stdin, the seconds that the tokenizer of that number
// took, how many ids it gave, and a checksum of them.
"use strict";
process.env.TOKENIZERS_PARALLELISM = "false";
process.env.RAYON_NUM_THREADS = "1";
const fs = require("fs");
const path = require("path");
const [folder, textsFile, ...files] = process.argv.slice(2);
// The cache keeps no scripts: the library itself is loaded, without the package's own loader.
const abi = { linux: "-gnu", win32: "-msvc" }[process.platform] ?? "";
const { Tokenizer } = require(path.join(folder, `tokenizers.${process.platform}-${process.arch}${abi}.node`));
const { version } = require(path.join(folder, "package.json"));
const texts = JSON.parse(fs.readFileSync(textsFile, "utf8"));
const tokenizers = files.map((file) => {
  const tokenizer = Tokenizer.fromFile(file);
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  return tokenizer;
});
console.log(`tokenizers ${version} (Hugging Face's library, Rust) under Node ${process.versions.node}`);
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const start = process.hrtime.bigint();
  const encodings = await tokenizers[Number(line)].encodeBatch(texts);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  let count = 0;
  let sum = 0;
  for (const encoding of encodings)
    for (const id of encoding.getIds()) {
      count++;
      sum = (Math.imul(sum, 31) + id) >>> 0;
    }
  console.log(`${seconds} ${count} ${sum}`);
});
