"""Draw statements: as a page, a PDF, a table, a document for programs, and a month's book.

``drawing`` chooses the form; ``statement_page``, ``statement_pdf``, ``statement_table`` and
``statement_document`` are one form each; ``book`` has the index of all. May import the domain,
which has the words, and ``pdf/``, which sets pages. Neither planner nor worker imports it: it must
not lengthen their cold starts.
"""
