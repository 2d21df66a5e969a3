"""Rigs behind the numbers that we state.

Each rig runs ours and the peer side by side in one go, interleaved, every pass in a fresh process, and writes
``build/bench/NAME.json``, a picture, and one line per figure. Ours is called as the product calls it: nothing here may be a
faster form of what a school or district runs. A figure that misses its goal says so. Peers live in environments of their
own, made from ``peers/NAME/requirements.txt``; nothing in ``src`` imports this package, and it enters no wheel.
"""
