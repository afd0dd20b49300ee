"""Read and write the ConnectWise PSA REST API.

``client`` is the adapter; ``writes`` holds the four calls that change anything. May import the
domain, ``errors`` and ``transport``.
"""
