"""Set pages in PDF with reportlab: its fonts, its looks, and what a statement is built of.

``statements/statement_pdf.py`` says what stands on the pages. May import the domain, and alone
imports reportlab and what puts letters in order. Nothing here knows of statements. Only a PDF that
is drawn imports it.
"""
