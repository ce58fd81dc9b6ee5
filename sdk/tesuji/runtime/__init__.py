"""Playing: bundles, ONNX Runtime, and search, behind agents and sessions."""
