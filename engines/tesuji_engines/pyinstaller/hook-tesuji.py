"""The native search core comes along; what only training needs does not."""  # noqa: N999 -- PyInstaller's naming

from importlib.util import find_spec

core = find_spec("tesuji.search._core")
if core is None or core.origin is None:
    raise SystemExit("tesuji.search._core: expected tesuji to be installed with its native core")
binaries = [(core.origin, "tesuji/search")]
hiddenimports = ["tesuji.search._core"]
excludedimports = ["torch", "onnx", "onnxscript", "tensorboard", "matplotlib", "rich", "tesuji.training"]
