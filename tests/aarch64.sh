#!/usr/bin/env bash
# The project's own kernels on aarch64 (Debian's cross compiler, run under qemu-user) compute the bits that they compute here.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
build=build/aarch64
mkdir -p "$build"
network=$(ls sdk/cpp/network/*.cpp | grep -v '_avx\|onnxruntime')
# shellcheck disable=SC2086  # one word a file
aarch64-linux-gnu-g++ -std=c++17 -O3 -ffp-contract=off -fno-math-errno -static -Isdk/cpp \
  tests/conformance/evaluate.cpp $network -o "$build/evaluate"
"$python" tests/conformance/other_processor.py qemu-aarch64 "$build/evaluate"
