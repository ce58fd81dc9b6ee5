#!/usr/bin/env bash
# The tests and fuzzing of search and networks on a core built with AddressSanitizer and UndefinedBehaviorSanitizer.
#
#     tests/sanitize.sh [pytest arguments]
#
# The instrumented core goes into build/sanitize beside a copy of the Python face, and that copy is imported instead of
# the installed one: nothing that is installed changes. Python itself leaks by design, so of the leaks reported only those
# with a frame in sdk/cpp or bindings/python count.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- tests/unit/search tests/unit/network tests/unit/runtime/test_onnx_library.py \
  tests/fuzz/test_search_calls.py -k "not program_ends"
python=${PYTHON:-.venv/bin/python}
build=build/sanitize
stage=$PWD/$build/stage
log=$PWD/$build/report

cmake -S bindings/python -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMYOSHU_SANITIZE=ON \
  -DPython_EXECUTABLE="$("$python" -c 'import sys; print(sys.executable)')" >/dev/null
cmake --build "$build" --parallel 2 >/dev/null
rm -rf "$stage" "$log".* "$build/status"
mkdir -p "$stage"
cp -R sdk/myoshu "$stage/myoshu"
rm -f "$stage"/myoshu/search/_core*.so
cmake --install "$build" --prefix "$stage" >/dev/null

# -S: no site directory, so the editable install's import hook stays out; its packages come by PYTHONPATH instead.
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["platlib"])')
LD_PRELOAD="$(c++ -print-file-name=libasan.so) $(c++ -print-file-name=libubsan.so) $(c++ -print-file-name=libstdc++.so)" \
  PYTHONPATH="$stage:$packages" PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1 \
  ASAN_OPTIONS="detect_leaks=1:log_path=$log:detect_odr_violation=0:allocator_may_return_null=1" \
  UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1" LSAN_OPTIONS="exitcode=0" \
  "$python" -S -c '
import sys
from pathlib import Path

import myoshu.search._core as core

assert Path(core.__file__).is_relative_to(sys.argv[1]), f"not the instrumented core: {core.__file__}"
import pytest

code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]])
Path(sys.argv[1]).with_name("status").write_text(str(int(code)))
' "$stage" "$@" || true

# The exit status is the sanitizers', and leaks of Python's own would count in it: the tests' own is in a file.
if [ "$(cat "$build/status" 2>/dev/null)" != 0 ]; then
  cat "$log".* 2>/dev/null || true
  echo "sanitize: the tests failed" >&2
  exit 1
fi
if grep -qE 'sdk/cpp/|bindings/python/|heap-|stack-|use-after|runtime error' "$log".* 2>/dev/null; then
  cat "$log".*
  echo "sanitize: see above" >&2
  exit 1
fi
echo "sanitize: no errors, no leaks in the core"
