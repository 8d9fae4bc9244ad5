"""Precision and recall of search --min-score auto, and what --without leaves, on icon sets with names.

measure.py CSALIGN MODEL RUN SET...: SET is a feature set from embed --data icons:NAME, RUN what align wrote on icons:alignment.
Queries are single words that occur in 3 to 50 of the set's names; a row is relevant if its name has the word. --without gets the 20 most
common of these words, each beside every word that shares two names with it and has three of its own. The collection is searched
raw and mapped with RUN, images and texts by themselves. Prints two Markdown tables.
"""
import collections, json, os, subprocess, sys, tempfile

csalign, model, run, *sets = sys.argv[1:]


def search(folder, words, adapter, find, *options):
    line = [csalign, "search", folder, "--model", model, "--find", find, "--json", *options]
    line += (["--adapter", run] if adapter else []) + ["--", *words]
    return json.loads(subprocess.run(line, capture_output=True, check=True, text=True).stdout)["queries"]


def names_of(folder):
    lines = [json.loads(line) for line in open(os.path.join(folder, "metadata", "metadata_0.jsonl"), encoding="utf-8")]
    return [set(line["caption"].split()) for line in lines]


print("| set | space | found | precision | recall | other rows per query | queries without a result | precision of the first 10 |")
print("|---|---|---|---|---|---|---|---|")
without = []
for folder in sets:
    name, names = os.path.basename(folder.rstrip("/")), names_of(folder)
    counts = collections.Counter(word for words in names for word in words)
    queries = sorted(word for word, count in counts.items() if 3 <= count <= 50 and len(word) > 1)
    common = [word for word, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])) if word in queries][:20]
    pairs = sorted((a, b) for a in queries for b in common if a != b and sum(a in n and b in n for n in names) >= 2
                   and sum(a in n and b not in n for n in names) >= 3)
    with tempfile.TemporaryDirectory() as place:
        mapped = os.path.join(place, name)
        subprocess.run([csalign, "apply", "--adapter", run, folder, mapped], check=True, capture_output=True)
        for space, rows in (("raw", folder), ("aligned", mapped)):
            for find in ("images", "texts"):
                right = found = relevant = empty = first = 0
                cut = search(rows, queries, space == "aligned", find, "--min-score", "auto", "--top", "1000")
                top = search(rows, queries, space == "aligned", find, "--top", "10")
                for word, result, ten in zip(queries, cut, top):
                    hits = [word in names[match["row"]] for match in result["matches"]]
                    right, found, empty = right + sum(hits), found + len(hits), empty + (not hits)
                    relevant += counts[word]
                    first += sum(word in names[match["row"]] for match in ten["matches"])
                print(f"| {name}, {len(queries)} words | {space} | {find} | {right / found:.2f} | {right / relevant:.2f} "
                      f"| {(found - right) / len(queries):.1f} | {empty / len(queries):.0%} | {first / 10 / len(queries):.2f} |", flush=True)
                good = bad = good_plain = bad_plain = 0
                for b in sorted({b for _, b in pairs}):
                    words = [a for a, other in pairs if other == b]
                    plain = dict(zip(queries, top))
                    for a, result in zip(words, search(rows, words, space == "aligned", find, "--top", "10", "--without", b)):
                        good += sum(a in names[m["row"]] and b not in names[m["row"]] for m in result["matches"])
                        bad += sum(b in names[m["row"]] for m in result["matches"])
                        good_plain += sum(a in names[m["row"]] and b not in names[m["row"]] for m in plain[a]["matches"])
                        bad_plain += sum(b in names[m["row"]] for m in plain[a]["matches"])
                n = 10 * len(pairs)
                without.append(f"| {name}, {len(pairs)} pairs | {space} | {find} | {good_plain / n:.3f} | {good / n:.3f} "
                               f"| {bad_plain / n:.3f} | {bad / n:.3f} |")

print("\n| set | space | found | wanted | wanted with --without | unwanted | unwanted with --without |\n|---|---|---|---|---|---|---|")
print("\n".join(without))
