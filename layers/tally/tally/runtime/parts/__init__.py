"""Put the functions together that stand beside billing: books, evidence, tickets.

A module a function; none imports another's. May import everything; only the functions' handlers and
the command import it.
"""
