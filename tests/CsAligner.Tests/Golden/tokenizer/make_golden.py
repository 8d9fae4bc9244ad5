"""Golden values for the tokenizer and the BPE trainer, by the plainest means and apart from the C# code.

Run in this folder with Python 3.11 (standard library only):  python3 make_golden.py
Reads captions.tsv (count, tab, caption) and texts.json; writes vocab.json, merges.txt and golden.json.
"""
import html
import json
import unicodedata

SPECIAL = ["<|startoftext|>", "<|endoftext|>"]
SPACES = {*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def kind(character):
    category = unicodedata.category(character)
    return "L" if category[0] == "L" else "N" if category[0] == "N" else " " if ord(character) in SPACES else "P"


def words_of(text):
    text = html.unescape(html.unescape(text)).strip().lower()
    words, at = [], 0
    while at < len(text):
        rest, here = text[at:], kind(text[at])
        fixed = [s for s in SPECIAL + ["'s", "'\u017f", "'t", "'re", "'ve", "'m", "'ll", "'d"] if rest.startswith(s)]
        if fixed:
            end = at + len(fixed[0])
        else:
            end = at + 1
            while here in "LP" and end < len(text) and kind(text[end]) == here:
                end += 1
        if here != " ":
            words.append(text[at:end])
        at = end
    return words


def byte_characters():
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in visible]
    return {**{b: chr(b) for b in visible}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


CHARACTERS = byte_characters()


def symbols_of(word):
    symbols = [CHARACTERS[b] for b in word.encode("utf-8")]
    return symbols[:-1] + [symbols[-1] + "</w>"]


def merged(symbols, left, right):
    result, i = [], 0
    while i < len(symbols):
        if symbols[i:i + 2] == [left, right]:
            result.append(left + right)
            i += 2
        else:
            result.append(symbols[i])
            i += 1
    return result


def train(captions, size):
    tokens = list(CHARACTERS.values())
    tokens += [t + "</w>" for t in tokens]
    counts = {}
    for count, caption in captions:
        for word in words_of(caption):
            if word not in SPECIAL:
                counts[word] = counts.get(word, 0) + count
    words = [(symbols_of(word), count) for word, count in counts.items()]
    merges = []
    while len(tokens) < size - 2:
        pairs = {}
        for symbols, count in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] = pairs.get(pair, 0) + count
        ids = {t: i for i, t in enumerate(tokens)}
        pairs = {p: c for p, c in pairs.items() if c >= 2 and p[0] + p[1] not in ids}
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], ids[p[0]], ids[p[1]]))
        merges.append(best)
        tokens.append(best[0] + best[1])
        words = [(merged(symbols, *best), count) for symbols, count in words]
    return tokens + SPECIAL, merges


def encode(text, ids, merges):
    result = [ids[SPECIAL[0]]]
    for word in words_of(text):
        symbols = [word] if word in SPECIAL else symbols_of(word)
        while True:
            known = [pair for pair in zip(symbols, symbols[1:]) if pair in merges]
            if not known:
                break
            symbols = merged(symbols, *min(known, key=merges.get))
        result += [ids[symbol] for symbol in symbols]
    return result + [ids[SPECIAL[1]]]


if __name__ == "__main__":
    with open("captions.tsv", encoding="utf-8") as file:
        captions = [(int(count), caption) for count, caption in (line.rstrip("\n").split("\t", 1) for line in file)]
    with open("texts.json", encoding="utf-8") as file:
        texts = json.load(file)
    tokens, merges = train(captions, 900)
    ids = {token: i for i, token in enumerate(tokens)}
    ranks = {pair: i for i, pair in enumerate(merges)}
    with open("vocab.json", "w", encoding="utf-8") as file:
        json.dump(ids, file, ensure_ascii=False)
    with open("merges.txt", "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges))
    with open("golden.json", "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps({"text": t, "ids": encode(t, ids, ranks)}) for t in texts) + "\n]\n")
    print(len(tokens), "tokens,", len(texts), "texts")
