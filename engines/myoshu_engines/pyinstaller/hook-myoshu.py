"""Includes the native search core; excludes what only training needs."""  # noqa: N999 -- PyInstaller's naming

from importlib.util import find_spec

core = find_spec("myoshu.search._core")
if core is None or core.origin is None:
    raise SystemExit("myoshu.search._core: expected myoshu to be installed with its native core")
binaries = [(core.origin, "myoshu/search")]
hiddenimports = ["myoshu.search._core"]
excludedimports = ["torch", "onnx", "onnxscript", "tensorboard", "matplotlib", "rich", "myoshu.training"]
