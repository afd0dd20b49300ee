"""Put a Lambda function together: settings, cold start, logs, metrics, and all adapters.

``bootstrap`` is the only place that knows which concrete classes are used. May import everything;
only the functions' handlers and the command import it.
"""
