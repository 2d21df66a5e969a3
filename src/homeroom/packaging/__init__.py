"""What an artifact contains and whether a file may enter one.

Lives here: building and reading the OCI manifest of a release (``artifacts``), and the limited process that looks at a
model file before anything else does (``intake``). Does not: network, signing, which release goes where.
May import: ``domain``; onnx and onnxruntime inside intake only.
"""
