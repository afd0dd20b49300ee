"""Make a call over HTTP: one attempt, whether to repeat it, and the error if nothing came of it.

Both vendors' adapters are built on ``calls``. May import ``errors`` and ``redaction``, and knows
neither vendor.
"""
