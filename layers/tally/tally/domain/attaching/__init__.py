"""Attach final statements in ConnectWise once: what, where, and by which title (PROOF-7).

This room may import ``model``, ``record`` and ``statement``; nothing that bills imports it.
"""
