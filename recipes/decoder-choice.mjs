// Short trainings of a decoder with one thing changed, for one time: what its design was chosen by.
//   node recipes/decoder-choice.mjs FOLDER -- dotnet run -c Release --no-build --project src/CsAligner.Cli --
// What follows -- starts csalign; on a quiet machine. Samples are in proportion to the pictures/s of each case (benchmarks: decoder), so that
// all take the time of the first. Runs that are in FOLDER already are not repeated. The table goes to docs/results/decoder-choice.md.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const cases = [
  ["none", 20480, {}],
  ["learning rate 0.001", 20480, { learning_rate: 0.001 }],
  ["8 layers", 15936, { layers: 8 }],
  ["patch 4, width 128, 2 heads", 8192, { patch_size: 4, width: 128, heads: 2 }],
  ["batch 16, learning rate 0.00045", 18560, { batch_size: 16, learning_rate: 0.00045 }],
];
const start = { patch_size: 8, width: 192, layers: 6, heads: 3, batch_size: 32, learning_rate: 0.0006 };
const short = { warmup_samples: 3000, decay_samples: 0, preview_samples: 1e9 };

const [folder, , ...command] = process.argv.slice(2);
if (!folder || command.length === 0) throw new Error("usage: node recipes/decoder-choice.mjs FOLDER -- COMMAND OF CSALIGN");
const published = JSON.parse(readFileSync("recipes/icon-decoder.json", "utf8"));
mkdirSync(folder, { recursive: true });

const rows = [];
for (const [index, [name, samples, changes]] of cases.entries()) {
  const recipe = join(folder, `${index}.json`), out = join(folder, `${index}`), progress = join(out, "progress.jsonl");
  writeFileSync(recipe, JSON.stringify({ ...published, ...start, ...short, ...changes, samples }));
  if (!hasLine(progress)) await train(recipe, out, progress);
  const line = JSON.parse(readFileSync(progress, "utf8").trim().split("\n").at(-1));
  const errors = Object.values(line.one_step_error).map((e) => e.toFixed(4));
  rows.push([name, line.samples.toLocaleString("en"), ...errors, line.frechet.toFixed(3), `${(100 * line.own_nearest).toFixed(0)}`]);
}

const times = ["0.1", "0.3", "0.5", "0.7", "0.9"];
const header = ["change", "samples", ...times.map((t) => `error at t = ${t}`), "Fréchet distance", "own nearest, %"];
const table = [header, header.map((_, i) => (i === 0 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
writeFileSync("docs/results/decoder-choice.md", `# How the design of icon-decoder was chosen

Written by \`recipes/decoder-choice.mjs\` on ${cpus()[0].model}, ${cpus().length} threads. Each row is a decoder of patch 8, width 192,
6 layers and 3 heads in batches of 32 at a learning rate of 0.0006, with one change and otherwise as in recipes/icon-decoder.json. Each trains from random
weights for the same time (about two and a half minutes), so faster designs see more samples. The averaged weights are judged on 256 validation
icons. "Error" is the mean squared error of the picture predicted in one step from t parts picture and 1 - t parts noise. For the last two columns,
pictures are made in 20 steps from the icons' embeddings: their squared Fréchet distance to all validation icons, and how often the embedding that
a picture was made from is the nearest of all.

${table}

Such a short time favours small, fast designs; the table does not show what longer training would favour.
`);

function hasLine(path) {
  return existsSync(path) && readFileSync(path, "utf8").trim() !== "";
}

// The line of progress is all that is wanted: the card that follows it is not waited for.
function train(recipe, out, progress) {
  const child = spawn(command[0], [...command.slice(1), "pretrain", recipe, "--out", out, "--resume"], { stdio: "inherit" });
  const watch = setInterval(() => { if (hasLine(progress)) child.kill("SIGINT"); }, 500);
  return new Promise((resolve, reject) => child.on("exit", () => {
    clearInterval(watch);
    if (hasLine(progress)) resolve();
    else reject(new Error(`no progress from ${recipe}`));
  }));
}
