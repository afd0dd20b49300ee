"""Decide by the totals of partners what a firing reads, and whether they may be believed (PULSE).

A total is a tripwire, never a count. This room may import ``model``, ``record`` and ``planning``.
"""
