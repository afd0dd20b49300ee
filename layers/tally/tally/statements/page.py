"""The frame of a page: one file that loads nothing, for screens of any width, and for paper."""

import base64
import hashlib
from html import escape

from tally.domain.model.screen import fit


def shown(text: object) -> str:
    """Return a text as a page shows it: fit for a screen (SAFE-10), and no markup."""
    return escape(fit(str(text)), quote=True)


def named(name: str) -> str:
    """Return a name that keeps its own direction of writing, and does not turn its neighbours."""
    return f"<bdi>{shown(name)}</bdi>"


def page(*, title: str, body: str, script: str = "") -> str:
    """Return a whole page. Of scripts, the browser runs the one given and no other."""
    # Names of others stand on the page: should one get through as markup, no script of it runs.
    allowed = "'none'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"'sha256-{digest}'"
    # Styles are inline, as one file is handed over and has no other beside it.
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{shown(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}"
        f"{f'<script>{script}</script>' if script else ''}\n</body>\n</html>\n"
    )


_STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #4d5761; --line: #c4cbd3; --fill: #2f5f8f; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; color: var(--ink);
  background: #fff; font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .4rem 0; max-width: 46rem; }
a { color: #0b4f94; }
:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.mark { display: inline-block; border: 2px solid; border-radius: .3rem; padding: 0 .5rem;
  font-weight: 700; text-transform: uppercase; letter-spacing: .04em; font-size: .875rem; }
.number { display: block; font-size: 3rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem;
  margin: 1rem 0; }
.facts div { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .75rem; }
.facts dt { color: var(--soft); font-size: .875rem; }
.facts dd { margin: 0; font-weight: 600; }
.waits { border: 2px solid; border-left-width: .6rem; border-radius: .3rem; padding: .5rem .75rem;
  margin: 1rem 0; }
figure { margin: 1rem 0; }
figure svg { display: block; width: 100%; height: 9rem; border-bottom: 1px solid; }
figure .scale { display: flex; justify-content: space-between; font-size: .875rem;
  color: var(--soft); }
figcaption { margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0;
  border-bottom: 1px solid var(--line); }
th { border-bottom-color: currentcolor; }
tbody th { font-weight: 600; border-bottom-color: var(--line); }
.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.code { font-family: ui-monospace, "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace;
  font-size: .875em; }
thead .code, td.code::before { font-family: system-ui, sans-serif; font-size: inherit; }
td.code::before { font-size: calc(1em / .875); }
.dates { white-space: nowrap; }
.wraps { overflow-wrap: anywhere; min-width: 6rem; }
.why { width: 60%; }
.narrow { display: none; font-weight: 400; }
th[aria-sort="ascending"] button::after { content: " \\25b2"; }
th[aria-sort="descending"] button::after { content: " \\25bc"; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0;
  cursor: pointer; text-decoration: underline; text-align: inherit; }
details { margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; }
.search { margin: 1rem 0; }
.search input { font: inherit; padding: .35rem .5rem; width: 100%; max-width: 24rem;
  border: 1px solid var(--soft); border-radius: .3rem; }
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid; font-size: .875rem; }
@media screen and (max-width: 40rem) {
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  .stacked, .stacked caption, .stacked tbody, .stacked tr { display: block; }
  .stacked tr { border-bottom: 1px solid; padding: .5rem 0; }
  .stacked td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .5rem;
    border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  .stacked .why { width: auto; }
  .stacked td::before { content: attr(data-label); color: var(--soft); }
  .listed { font-size: .875rem; }
  .listed th, .listed td { padding-right: .4rem; }
  .listed .right { white-space: normal; }
  .listed .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  table { font-size: 8.5pt; }
  th, td { padding: .15rem .6rem .15rem 0; }
  h2, h3 { break-after: avoid; }
  h3 { margin-top: 1rem; }
  tr, figure, .waits, .facts div { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
  .search { display: none; }
  th button { text-decoration: none; }
}
@media print {
  @supports selector(::details-content) {
    details::details-content { content-visibility: visible; }
    summary { display: none; }
  }
}
@page { margin: 15mm; }
"""
