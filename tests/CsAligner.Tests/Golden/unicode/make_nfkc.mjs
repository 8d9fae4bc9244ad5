// Writes nfkc.json: random texts and their form NFKC as Node gives it, apart from the C# code and its table. Texts are arrays of
// UTF-16 units in hexadecimal, for some hold half a surrogate pair.
//   node make_nfkc.mjs
import fs from "node:fs";
import path from "node:path";

let state = 11;
const below = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * n);
};
// Blocks in which normalisation has work to do: from, to.
const blocks = [
  [0x20, 0x7e], [0xa0, 0x17f], [0x1c4, 0x233], [0x300, 0x36f], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x45f], [0x591, 0x5c7], [0x5d0, 0x5ea], [0x610, 0x670],
  [0x930, 0x95f], [0x9be, 0x9df], [0xb92, 0xbcc], [0xe33, 0xe33], [0xf40, 0xf84], [0x1025, 0x1037], [0x1100, 0x1112], [0x1161, 0x1175], [0x11a8, 0x11c2],
  [0x1e00, 0x1fff], [0x2000, 0x203f], [0x2070, 0x209c], [0x2100, 0x214f], [0x2150, 0x2189], [0x2460, 0x24ff], [0x2a74, 0x2a76], [0x3000, 0x30ff], [0x3130, 0x318e],
  [0x3200, 0x33ff], [0xac00, 0xd7a3], [0xac00, 0xac60], [0xd800, 0xdfff], [0xf900, 0xfad9], [0xfb00, 0xfb06], [0xfb1d, 0xfb4f], [0xfe30, 0xfeff], [0xff01, 0xffee],
  [0x11099, 0x110ba], [0x1d15e, 0x1d164], [0x1d400, 0x1d7ff], [0x1f100, 0x1f251], [0x2f800, 0x2fa1d],
];
const units = (text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16)).join(" ");
const cases = [];
for (let i = 0; i < 600; i++) {
  const few = Array.from({ length: 1 + below(3) }, () => blocks[below(blocks.length)]);
  let text = "";
  for (let k = 2 + below(7); k > 0; k--) {
    const [from, to] = few[below(few.length)];
    const character = from + below(to - from + 1);
    text += character >= 0xd800 && character < 0xe000 ? String.fromCharCode(character) : String.fromCodePoint(character);
  }
  cases.push([units(text), units(text.normalize("NFKC"))]);
}
fs.writeFileSync(path.join(import.meta.dirname, "nfkc.json"), `[\n${cases.map((c) => JSON.stringify(c)).join(",\n")}\n]\n`);
