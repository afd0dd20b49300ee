"""The whole of Tally in one deterministic simulation: `make simulation`.

A seed decides an MSP, its life and all trouble; the checks compare its books with the truth. The
modules import the product, `simulators` and `testing`; `verification.mutations` imports them.
"""
