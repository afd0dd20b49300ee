"""Set pages in PDF: letters shaped and put in order, lines, tables, tags, and fonts cut to size.

``statements/statement_pdf.py`` says what stands on the pages. May import the domain, and alone
imports uharfbuzz (letters, fonts) and pydyf (the file). Nothing here knows of statements. Only a
PDF that is drawn imports it.
"""
