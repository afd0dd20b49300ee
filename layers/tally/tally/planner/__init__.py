"""Plan a tick: read all lists, decide what is due for each company, put the jobs on the queue.

``plan`` is the use case; each other module has one part of it. May import the domain and what all
rooms share (``ports``, ``errors``, ``messages``), and no adapter.
"""
