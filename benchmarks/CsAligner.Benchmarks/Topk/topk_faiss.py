"""Exact top-K with faiss IndexFlatIP, and the matrix product alone with NumPy: the peers of the benchmark "topk".

Reads lines from stdin: "search" prints the seconds of one search, its rows written to MATCHES; "product" prints those of
the same product in NumPy, in blocks of faiss's own 4096 queries.
usage: topk_faiss.py QUERIES.npy CANDIDATES.npy K THREADS MATCHES.npy
"""

import sys
import time

import faiss
import numpy

queries, candidates = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
k, threads = int(sys.argv[3]), int(sys.argv[4])
faiss.omp_set_num_threads(threads)
index = faiss.IndexFlatIP(candidates.shape[1])
index.add(candidates)
block = numpy.empty((4096, len(candidates)), numpy.float32)
print(f"faiss {faiss.__version__} IndexFlatIP, NumPy {numpy.__version__}", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    if line.strip() == "search":
        _, rows = index.search(queries, k)
        seconds = time.perf_counter() - start
        numpy.save(sys.argv[5], rows.reshape(-1))
    else:
        for first in range(0, len(queries), 4096):
            part = queries[first:first + 4096]
            numpy.matmul(part, candidates.T, out=block[:len(part)])
        seconds = time.perf_counter() - start
    print(seconds, flush=True)
