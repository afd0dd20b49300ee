"""The command ``tally``: what the person who runs Tally does by hand."""
