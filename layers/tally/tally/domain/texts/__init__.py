"""Sentences for people, by subject. They know records and facts; no decision is made here."""
