"""The forms of a result: words, stories, documents for programs."""
