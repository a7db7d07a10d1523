// The keys of a review, for who has switched them on: J and K go from answer to answer, N to the next without a mark, 1 to 4
// mark the one in focus.
(() => {
  "use strict";

  const list = document.querySelector("dialog[data-marking-keys]");
  if (!list) return;

  const rows = [...document.querySelectorAll("[data-row]")];
  // The row in which the focus is, else the one that the address names, else the first in view.
  const current = () =>
    document.activeElement?.closest("[data-row]") ??
    document.querySelector("[data-row]:target") ??
    rows.find((row) => row.getBoundingClientRect().bottom > 0);
  const isInside = (row) => row?.contains(document.activeElement);
  const marks = (row) => row?.querySelectorAll(".hk-marks input[type=radio]") ?? [];

  const goTo = (row) => {
    if (!row) return;
    row.scrollIntoView({ block: "start" });
    const found = [...marks(row)];
    (found.find((radio) => radio.checked) ?? found[0] ?? row.querySelector("a, button, summary"))?.focus({ preventScroll: true });
  };
  const step = (by) => {
    const here = current();
    // The first one in view is itself next, unless the focus is in it already.
    goTo(isInside(here) || by < 0 ? rows[rows.indexOf(here) + by] : here);
  };
  const mark = (value) => {
    const row = current();
    const radio = [...marks(row)].find((one) => one.value === value);
    if (!radio) return;
    radio.focus();
    radio.click();
    // What the mark asks for is typed next.
    const next = { accepted_with_action: "input[name$='-action_title']", change_needed: "select[name$='-reason']" }[value];
    if (next) row.querySelector(next)?.focus();
  };

  const isUnmarked = (row) => [...marks(row)].some((radio) => radio.checked && radio.value === "");
  // What is being saved is waited for before the page is left.
  const whenSaved = (go) => {
    if (!document.querySelector(".hk-mark.htmx-request")) return go();
    document.body.addEventListener("htmx:afterSettle", () => whenSaved(go), { once: true });
  };
  const nextUnmarked = () => {
    const here = current();
    const from = isInside(here) ? rows.indexOf(here) + 1 : Math.max(0, rows.indexOf(here));
    const found = rows.slice(from).find(isUnmarked);
    if (found) return goTo(found);
    const last = rows.at(-1)?.dataset.row ?? "";
    whenSaved(() => window.location.assign(`${list.dataset.next}?after=${encodeURIComponent(last)}`));
  };

  const isTyping = (target) => target.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || isTyping(event.target) || list.open) return;
    const act = { j: () => step(1), k: () => step(-1), n: nextUnmarked, 1: () => mark("accepted"), 2: () => mark("accepted_with_action"), 3: () => mark("change_needed"), 4: () => mark(""), "?": () => list.showModal() }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
