#!/usr/bin/python3
"""Golden values of retrieval in one index of images and texts, by NumPy (python3-numpy) from the definition: every query ranks all
images, then all texts, but itself; equal scores go to the lower row. Writes mixed.json beside itself."""
import json
import os

import numpy as np


def ask(query_rows, targets, pool, selves, others):
    found = []
    for query, target, self in zip(query_rows, targets, selves):
        if not target:
            continue
        scores = pool @ query
        order = [i for i in np.argsort(-scores, kind="stable") if i != self][:10]
        places = [p for p, i in enumerate(order) if i in target]
        gain = sum(1 / np.log2(p + 2) for p in places)
        ideal = sum(1 / np.log2(p + 2) for p in range(min(10, len(target))))
        first = places[0] if places else 99
        found.append([first < 1, first < 5, first < 10, gain / ideal, sum(i in others for i in order)])
    return dict(zip(("r1", "r5", "r10", "ndcg10", "others"), np.mean(np.array(found, float), 0).tolist()))


def case(seed, images, texts, width, integers):
    random = np.random.default_rng(seed)
    image_of_text = random.integers(0, images, texts)
    # Small integers tie often and exactly; the rest lies around its partner, each modality off to a side.
    x = random.integers(-1, 2, (images, width)) if integers else random.normal(size=(images, width))
    y = x[image_of_text] + (random.integers(-1, 2, (texts, width)) if integers else random.normal(size=(texts, width)) + 0.6)
    x, y = (a.astype(np.float32).astype(float) for a in (x, y))
    pool, n = np.vstack([x, y]), images
    texts_of = [[n + j for j in range(texts) if image_of_text[j] == i] for i in range(images)]
    return dict(
        width=width, x=x.flatten().tolist(), y=y.flatten().tolist(), image_of_text=image_of_text.tolist(),
        text_query=ask(y, [[i] for i in image_of_text], pool, range(n, n + texts), range(n)),
        image_query=ask(x, texts_of, pool, range(n), range(n, n + texts)))


golden = [case(1, 40, 90, 8, False), case(2, 25, 30, 4, True), case(3, 4, 5, 3, False)]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mixed.json"), "w") as file:
    json.dump(golden, file)
