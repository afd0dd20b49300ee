"""Decide what is due for one company at one tick, and what its standing becomes.

Begin with ``company_plan``; ``tick_context`` has its inputs. May import ``domain.model`` and
``domain.record``.
"""
