#!/usr/bin/env bash
# A GPU execution provider for real, without a GPU: ONNX Runtime's WebGPU over Vulkan, on the SwiftShader driver that
# Debian's chromium carries. It lives in a virtual environment of its own, since the wheel onnxruntime-webgpu takes the
# place of onnxruntime.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv-webgpu
onnxruntime=onnxruntime-webgpu==1.27.0
export PIP_CONSTRAINT="$PWD/constraints.txt" PIP_DISABLE_PIP_VERSION_CHECK=1

find_driver() {
  local folder
  for folder in /usr/lib/chromium /usr/lib/chromium-browser /usr/lib64/chromium-browser /opt/google/chrome; do
    if [ -e "$folder/vk_swiftshader_icd.json" ]; then
      echo "$folder/vk_swiftshader_icd.json"
      return
    fi
  done
}

driver=${VK_ICD_FILENAMES:-$(find_driver)}
if [ -z "$driver" ]; then
  .ci/packages
  driver=$(find_driver)
fi
if [ -z "$driver" ]; then
  echo "no vk_swiftshader_icd.json: install Debian's chromium, or name a Vulkan driver in VK_ICD_FILENAMES" >&2
  exit 1
fi

[ -x .venv/bin/python ] || make setup
wheels=$(mktemp -d)
runtime=$(mktemp -d)
trap 'rm -rf "$wheels" "$runtime"' EXIT
PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$wheels" .
[ -x "$venv/bin/python" ] || .venv/bin/python -m venv "$venv"
"$venv/bin/python" -m pip install --quiet "$onnxruntime" numpy msgpack msgspec typer onnx pytest pytest-timeout
"$venv/bin/python" -m pip install --quiet --no-deps --force-reinstall "$wheels"/*.whl

export VK_ICD_FILENAMES=$driver VK_DRIVER_FILES=$driver XDG_RUNTIME_DIR=$runtime
"$venv/bin/python" -m pytest -p no:cacheprovider tests/webgpu/webgpu_checks.py "$@"
