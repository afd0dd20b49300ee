"""Names that a person would read as the same."""

import unicodedata

LONG = "Consolidated Amalgamated Widgets & Sprockets of the Greater Metropolitan Area"
NEAR = {
    "composed otherwise": ("Müller", unicodedata.normalize("NFD", "Müller")),
    "composed otherwise, two marks": (
        unicodedata.normalize("NFC", "Việt"),
        unicodedata.normalize("NFD", "Việt"),
    ),
    "without its accent": ("Café Olé", "Cafe Ole"),
    "a ligature": ("Griffin Office", "Gri\ufb03n O\ufb03ce"),
    "wide letters": ("Acme 24", "\uff21\uff43\uff4d\uff45\u3000\uff12\uff14"),
    "a no-break space": ("Harbor Dental", "Harbor\u00a0Dental"),
    "spaces at the ends": ("Harbor Dental", "  Harbor\tDental\u3000"),
    "a zero-width space": ("Harbor Dental", "Harbor \u200bDental\ufeff"),
    "a soft hyphen": ("Harbor Dental", "Har\u00adbor Dental"),
    "a filler that is a letter": ("Harbor Dental", "Harbor Dental\u3164"),
    "a bidi mark": ("Harbor Dental", "\u200eHarbor Dental\u200f"),
    "curly quotes": ('Ann\'s "Best" Bakery', "Ann\u2019s \u201cBest\u201d Bakery"),
    "a dash": ("Coop-Bakery", "Coop\u2013Bakery"),
    "an escaped ampersand": ("Smith & Sons", "Smith &amp; Sons"),
    "an ampersand escaped twice": ("Smith & Sons", "Smith &amp;amp; Sons"),
    "an escaped apostrophe": ("Ann's Bakery", "Ann&#39;s Bakery"),
    "an escaped apostrophe in hex": ("Ann's Bakery", "Ann&#x27;s Bakery"),
    "an escaped quote and space": ('The "Mill" Inn', "The &quot;Mill&quot;&nbsp;Inn"),
    "an escaped letter": ("Müller", "M&uuml;ller"),
    "and": ("Smith & Sons", "Smith and Sons"),
    "Ltd": ("Acme Ltd", "Acme Limited"),
    "Inc.": ("Acme", "Acme, Inc."),
    "GmbH & Co. KG": ("Acme", "Acme GmbH & Co. KG"),
    "a trade mark": ("Acme", "Acme\u2122"),
    "Cyrillic letters": ("Acme", "\u0410\u0441m\u0435"),
    "Greek letters": ("MONO ZETA", "\u039c\u039f\u039d\u039f \u0396\u0395\u03a4\u0391"),
    "a dotless i": ("Dental Clinic", "Dental Cl\u0131n\u0131c"),
    "I, l and 1": ("Illinois 1", "lIIinois I"),
    "O and 0": ("Oak 100", "0ak IOO"),
    "case": ("Straße", "STRASSE"),
}
