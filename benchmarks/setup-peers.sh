#!/bin/sh
# Installs what the benchmarks compare with (Debian, Ubuntu). Nothing of it is needed to build or use CsAligner.
set -eu
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
$sudo apt-get update
# The threaded build of OpenBLAS; PyTorch, NumPy, faiss, Flask and onnx (to export models) for the system's /usr/bin/python3.
# ONNX Runtime itself comes from npm, with the first run of the benchmark "embed".
$sudo apt-get install -y --no-install-recommends libopenblas0-pthread python3-torch python3-numpy python3-faiss python3-flask python3-onnx
