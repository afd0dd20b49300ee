"""Keep what the ledger knows of published books: one item a month, apart from billing records.

May import the domain, ``aws.refusals`` and the ledger's own keys and forms.
"""
