"""Proofs that tests cannot give: a simulation of months, planted bugs, and benches.

`make simulation`, `make mutations` and `make bench` run them. The modules may import everything,
and nothing but tests imports them.
"""
