"""The networks: said once, trained in PyTorch, written as ONNX."""
