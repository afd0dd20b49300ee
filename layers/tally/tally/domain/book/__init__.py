"""The published book of a month: its editions, its manifest, and the chain of manifests (PROOF-6).

``edition`` has what the ledger knows of a month's books, ``manifest`` the document that names every
file by its hash, ``chain`` finds what differs. ``bucket_port`` and ``ledger_port`` are what is
needed of the world. May import ``domain.model`` alone; nothing that bills imports it (PROOF-2).
"""
