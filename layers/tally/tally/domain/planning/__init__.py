"""Decide what is due for one company at one tick, and what its standing becomes.

``company_plan`` is where to begin; ``tick_context`` is what it is told. May import
``domain.model`` and ``domain.record``.
"""
