"""Publish the book of a month in a bucket, and check what was published (PROOF-4, PROOF-6).

``publish`` is the use case of the function ``book``, ``verify`` that of ``tally book verify``. May
import the domain, ``statements``, ``people`` and what all rooms share, and no adapter.
"""
