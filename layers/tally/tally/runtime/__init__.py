"""Give a Lambda function what it runs in: settings, cold start, logs, metrics, time and traffic.

``parts`` puts the functions together. May import the vendors' constants and what all rooms share;
only the functions' handlers and the command import it.
"""
