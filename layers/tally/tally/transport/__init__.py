"""Make a call over HTTP: attempts, the decision to repeat one, and the error that is left.

Both vendors' adapters are built on ``http_call``. May import ``errors`` and ``redaction``, and
knows neither vendor.
"""
