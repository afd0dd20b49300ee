"""Draw statements: as a page, a table for spreadsheets, a document for programs, a month's book.

``drawing`` chooses the form; ``statement_page``, ``statement_table`` and ``statement_document`` are
one form each; ``book`` has the index of all. May import the domain. Neither planner nor worker
imports it: it must not lengthen their cold starts.
"""
