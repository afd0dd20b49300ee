"""The forms of a result: words, stories, documents for programs, cells of a spreadsheet."""
