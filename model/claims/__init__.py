"""What texts on convolutional networks claim of layers, as experiments: what is trained, what came of it.

``catalogue`` names the claims and the recipes that are compared, ``outcomes`` what a run of one of them left,
``verdicts`` what that says of the claim. ``benchmarks.claims`` trains them all into ``assets/claims``.
"""
