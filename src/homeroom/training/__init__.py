"""Making a release: the files that an author's training script writes, in the forms that gates, packaging and schools read.

Lives here: networks as ONNX (``networks``), rates of groups (``grouprates``), scores of people whom a model has not seen
(``crossfitting``), and the documents beside them (``documents``). Does not: fitting a model, which is the author's, reading
the author's data, judging, registering.
May import: ``stats``, ``domain``; onnx and onnxruntime in ``networks`` only. ``pip install homeroom[gates]`` brings all that it
imports; scikit-learn, whose models it writes, is the author's. The scripts under ``examples/`` show the use.
"""
