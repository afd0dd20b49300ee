"""Put a Lambda function together: settings, cold start, logs, metrics, and all adapters.

``bootstrap``, and ``parts`` for functions beside billing, alone know which concrete classes are
used. May import everything; only the functions' handlers and the command import it.
"""
