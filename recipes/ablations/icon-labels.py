"""Labels of the icons of three tests: what designers or Unicode say that they are about, from packages of npm.

icon-labels.py FEATURES > icon-labels.tsv: FEATURES holds the feature sets icons-tabler, icons-noto and icons-lucide that the sweep has
embedded (--features). A label is kept if at least 15 icons of the test have it, and each icon has at most one:

- tabler: the category that Tabler's designers gave it (@tabler/icons, MIT);
- noto: Unicode's subgroup of the emoji or, where too few icons have it, its group (emojibase-data, MIT; @iconify-json/noto says which
  emoji an icon draws);
- lucide has no categories, but several tags an icon (lucide-static, ISC): the tag that most icons have is the first label, then the tag
  that most of the other icons have, and so on.
"""
import collections, json, os, subprocess, sys, tarfile, tempfile

LEAST = 15


def package(name, version, *files):
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", f"{name}@{version}", "--ignore-scripts", "--silent", "--pack-destination", place], check=True,
                       stdout=subprocess.DEVNULL)
        with tarfile.open(os.path.join(place, os.listdir(place)[0])) as archive:
            return [json.load(archive.extractfile("package/" + file)) for file in files]


def icons(test):
    with open(os.path.join(sys.argv[1], "icons-" + test, "metadata", "metadata_0.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line)["image_path"].split(":")[1] for line in lines]


def common(labels):
    counts = collections.Counter(labels.values())
    return {icon: label for icon, label in labels.items() if label and counts[label] >= LEAST}


def tabler():
    (known,) = package("@tabler/icons", "3.52.0", "icons.json")
    plain = {icon: icon if icon in known else icon.removesuffix("-filled") for icon in icons("tabler")}
    return common({icon: known[name]["category"] for icon, name in plain.items() if name in known})


def noto():
    (characters,) = package("@iconify-json/noto", "1.2.9", "chars.json")
    emoji, messages = package("emojibase-data", "17.0.0", "en/data.json", "en/messages.json")
    names = {kind: {entry["order"]: entry["message"] for entry in messages[kind]} for kind in ("groups", "subgroups")}
    code = lambda text: "-".join(part for part in text.upper().split("-") if part not in ("FE0F", "FE0E"))
    drawn = {icon: code(text) for text, icon in characters.items()}
    of = {code(each["hexcode"]): (names["groups"].get(entry.get("group")), names["subgroups"].get(entry.get("subgroup")))
          for entry in emoji for each in [entry, *entry.get("skins", [])]}
    found = {icon: of[drawn[icon]] for icon in icons("noto") if drawn.get(icon) in of}
    narrow = common({icon: f"{group}: {subgroup}" for icon, (group, subgroup) in found.items() if group})
    return narrow | common({icon: group for icon, (group, _) in found.items() if icon not in narrow})


def lucide():
    (tags,) = package("lucide-static", "1.62.0", "tags.json")
    left, labels = {icon: {tag.lower() for tag in tags.get(icon, [])} for icon in icons("lucide")}, {}
    while True:
        counts = collections.Counter(tag for own in left.values() for tag in own)
        tag = min(counts, key=lambda each: (-counts[each], each))
        if counts[tag] < LEAST:
            return labels
        labels |= {icon: tag for icon, own in left.items() if tag in own}
        left = {icon: own for icon, own in left.items() if tag not in own}


for test, labels in (("lucide", lucide()), ("noto", noto()), ("tabler", tabler())):
    for icon in sorted(labels):
        print(f"{test}:{icon}\t{labels[icon]}")
