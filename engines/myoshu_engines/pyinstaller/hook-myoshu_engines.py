"""Games are found by their names when a program runs, so no import names them."""  # noqa: N999 -- PyInstaller's naming

from importlib.util import find_spec

from myoshu_engines import game_prefixes

NEEDS = {"openspiel": "pyspiel", "gymnasium": "gymnasium"}
hiddenimports = [f"myoshu_engines.{prefix}_game" for prefix in game_prefixes() if find_spec(NEEDS.get(prefix, "numpy"))]
excludedimports = ["torch", "matplotlib"]
