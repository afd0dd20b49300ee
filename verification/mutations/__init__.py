"""Plausible bugs, planted one at a time into a copy of the product: the simulation or a rule's test must notice each."""
