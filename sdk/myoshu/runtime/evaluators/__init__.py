"""Kinds of evaluators: what can run a model's graphs.

Each is a file with what :class:`myoshu.runtime.evaluators.kind.Kind` lists, and a name in
:data:`myoshu.runtime.providers.KINDS`.
"""
