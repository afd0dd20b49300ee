"""The ledger's items about documents attached in ConnectWise (PROOF-7).

This room may import the ledger's own modules and ``domain.attaching``.
"""
