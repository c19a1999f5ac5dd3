// Sorts and filters long tables, and copies letters. All that a page says it says without this: only controls are added.
"use strict";
(() => {
  const SORTED_FROM = 6;
  const FILTERED_FROM = 21;

  function element(name, text, attributes) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  // What a row sorts by: the number that its cell begins with, or the cell's first words; null where it has none.
  function sortKey(row, column) {
    const cell = row.cells[column];
    if (!cell) return null;
    if (cell.dataset.value) return Number(cell.dataset.value);
    const words = [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent);
    const text = words.join(" ").trim();
    const number = text.replace(/\u202f/g, "").replace("\u2212", "-").match(/^[<>\u2264]?\s*([+-]?\d+(\.\d+)?)/);
    if (number) return Number(number[1]);
    return text === "" || text === "\u2013" ? null : text;
  }

  // Numbers by size, words as in a dictionary, numbers before words, and what is empty last in either direction.
  function compared(first, second, direction) {
    if (first === null || second === null) return (first === null) - (second === null);
    if (typeof first !== typeof second) return typeof first === "number" ? -1 : 1;
    if (typeof first === "number") return direction * (first - second);
    return direction * first.localeCompare(second, "en", { numeric: true });
  }

  const isSum = (row) => row.classList.contains("total");

  function sort(table, rows, column, direction) {
    const order = rows.filter((row) => !isSum(row));
    if (direction) order.sort((a, b) => compared(sortKey(a, column), sortKey(b, column), direction));
    table.tBodies[0].append(...order, ...rows.filter(isSum));
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      if (index !== column || !direction) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    });
  }

  // Up, down, and as the page lists them.
  function addButtons(table, rows) {
    return [...table.tHead.rows[0].cells].flatMap((head, column) => {
      const heading = head.textContent.trim();
      if (!heading || rows.every((row) => sortKey(row, column) === null)) return [];
      const button = element("button", "", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: -1, descending: 0 }[head.getAttribute("aria-sort")] ?? 1;
        sort(table, rows, column, next);
      });
      return [{ heading, column }];
    });
  }

  // Where a table has become cards it has no headings to press.
  function addChoice(tools, table, rows, columns) {
    const label = element("label", "Sort by ", { class: "choice" });
    const choice = element("select", "", {});
    choice.append(element("option", "as listed", { value: "0 0" }));
    columns.forEach(({ heading, column }) => {
      choice.append(element("option", `${heading}, up`, { value: `${column} 1` }));
      choice.append(element("option", `${heading}, down`, { value: `${column} -1` }));
    });
    choice.addEventListener("change", () => sort(table, rows, ...choice.value.split(" ").map(Number)));
    label.append(choice);
    tools.append(label);
  }

  function addFilter(tools, name, rows) {
    const label = element("label", "Filter ", {});
    const field = element("input", "", { type: "search", "aria-label": `Filter ${name}`, autocomplete: "off" });
    const searched = rows.filter((row) => !isSum(row));
    const texts = searched.map((row) => row.textContent.toLowerCase());
    const count = element("output", `${searched.length} rows`, { "aria-live": "polite" });
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      searched.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
      });
      // A sum is of all rows.
      rows.filter(isSum).forEach((row) => { row.hidden = words.length > 0; });
      const shown = searched.filter((row) => !row.hidden).length;
      count.textContent = words.length ? `${shown} of ${searched.length} rows` : `${searched.length} rows`;
    });
    label.append(field);
    tools.append(label, count);
  }

  document.querySelectorAll(".scroll > table").forEach((table) => {
    const body = table.tBodies[0];
    if (!body || table.tHead?.rows.length !== 1 || body.querySelector("[rowspan]")) return;
    const rows = [...body.rows];
    const tools = element("div", "", { class: "tools" });
    const columns = rows.length < SORTED_FROM ? [] : addButtons(table, rows);
    if (columns.length && table.classList.contains("verdicts")) addChoice(tools, table, rows, columns);
    if (rows.length >= FILTERED_FROM) addFilter(tools, table.parentElement.getAttribute("aria-label"), rows);
    if (tools.children.length) table.parentElement.before(tools);
  });

  // What moves sideways can be moved by keys.
  function reach() {
    document.querySelectorAll("figure").forEach((figure) => {
      if (figure.scrollWidth > figure.clientWidth) figure.tabIndex = 0;
      else figure.removeAttribute("tabindex");
    });
  }
  document.addEventListener("toggle", reach, true);
  window.addEventListener("resize", reach);
  window.addEventListener("load", reach);
  reach();

  document.querySelectorAll(".letter").forEach((letter) => {
    const button = element("button", "Copy the letter", { type: "button" });
    button.addEventListener("click", () => {
      getSelection().selectAllChildren(letter);
      button.textContent = document.execCommand("copy") ? "Copied" : "Marked: copy it with your keys";
    });
    letter.before(button);
  });
})();
