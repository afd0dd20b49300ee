"""Keep the evidence of machines in the ledger's table, apart from all that bills (PROOF-2).

``evidence_table`` is the adapter, ``evidence_codec`` the stored form. May import ``ledger``'s keys
and forms, the domain, ``errors`` and ``aws``.
"""
