"""Define the usage record: all that is known of one (company, month, service).

``usage_record`` is the whole; ``lines``, ``writes`` and ``rulings`` are its parts. May import
``domain.model``.
"""
