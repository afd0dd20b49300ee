"""Prove what tests cannot: a simulation of months, planted bugs, and benches.

Run by ``make simulation``, ``make mutations`` and ``make bench``. May import everything.
"""
