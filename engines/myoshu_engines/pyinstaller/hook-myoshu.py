"""The native search core comes along, and ONNX Runtime's library; what only training needs does not."""  # noqa: N999 -- PyInstaller's naming

from importlib.util import find_spec

from myoshu.runtime.evaluators.onnx_library import in_wheel

core = find_spec("myoshu.search._core")
if core is None or core.origin is None:
    raise SystemExit("myoshu.search._core: expected myoshu to be installed with its native core")
binaries = [(core.origin, "myoshu/search")]
library = in_wheel()
if library is not None:  # PyInstaller's own hook takes only names that end in .so, and this one ends in its version
    binaries.append((library, "onnxruntime/capi"))
hiddenimports = ["myoshu.search._core"]
excludedimports = ["torch", "onnx", "onnxscript", "tensorboard", "matplotlib", "rich", "myoshu.training"]
