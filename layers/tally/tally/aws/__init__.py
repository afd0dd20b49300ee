"""Speak to AWS: the queue, the secret, the topic, and AWS's refusals.

The table has a room of its own, ``ledger``. May import the domain, ``errors``, ``messages`` and
``ports``; boto3 is imported here and in ``ledger`` alone.
"""
