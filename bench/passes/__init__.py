"""One pass each: builds the common frames, does one contestant's work, prints one line of JSON.

A pass runs as ``python -m bench.passes.NAME`` in the interpreter of its contestant, so it may import that contestant, numpy
and ``bench.frames``, and ours only where ours is the contestant. Seconds cover the work; building frames and importing are
outside, and so is whatever ours prepared at release time, as the stored reference is in the product.
"""
