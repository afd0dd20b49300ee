"""Put each function together; nothing else knows which concrete classes are used.

``bootstrap`` holds what plans and bills, ``pulse`` and ``reporter`` what it imports for one of them
alone. Beside billing there is a module a function, and none imports another's: ``book``,
``evidence``, ``tickets``. May import everything; only the functions' handlers and the command
import it.
"""
