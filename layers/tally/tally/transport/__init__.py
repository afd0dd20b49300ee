"""Calls over HTTP: one attempt, the decision to repeat it, and the error when nothing came of it."""
