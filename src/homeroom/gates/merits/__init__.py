"""What a model is worth: is it the one that was evaluated, does it help more than no model, can its scores be taken at their word?

Lives here: one module for each question of the quality gate, which ``gates.quality`` puts together. Each is asked of all pupils
and of every band that the release serves; a band with too few pupils or schools gets no number and no pass.
"""
