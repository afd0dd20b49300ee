"""The whole of Tally in one deterministic simulation: a seed decides an MSP, its life and all trouble; the books are checked."""
