"""The script of a book's index: sorts by a column and finds customers. Without it all is listed."""

SCRIPT = """
"use strict";
(() => {
  const table = document.getElementById("statements");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const names = new Intl.Collator("en", {numeric: true, sensitivity: "base"});
  const plain = (text) => text.normalize("NFKD").replace(/\\p{M}/gu, "").toLowerCase();
  const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));
  const compare = (one, other) => "value" in one.dataset
    ? one.dataset.value - other.dataset.value
    : names.compare(one.textContent, other.textContent);
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      rows.sort((one, other) => sign * compare(one.cells[at], other.cells[at]));
      body.append(...rows);
    });
  });
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const show = () => {
    const wanted = plain(find.value).split(/\\s+/u);
    let number = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((word) => texts.get(row).includes(word));
      number += row.hidden ? 0 : 1;
    }
    found.textContent = find.value ? `${number} of ${rows.length}` : "";
  };
  find.addEventListener("input", show);
  document.getElementById("search").hidden = false;
  show();
})();
"""
"""Cells with a ``data-value`` sort by that number, others by their text."""
