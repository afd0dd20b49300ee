"""Speak to AWS: the queue, the secret, the topic, an item of a table, and AWS's refusals.

The ledger's table has a room of its own, ``ledger``. May import the domain, ``errors``,
``messages`` and ``ports``; boto3 is imported here and in ``ledger`` alone.
"""
