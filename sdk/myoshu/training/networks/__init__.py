"""The networks: described once, trained in PyTorch, written as ONNX."""
