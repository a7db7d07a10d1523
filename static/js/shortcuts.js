// Flags without leaving the page, and the keys of who has switched them on. Without this file a flag is a form like any other.
(() => {
  "use strict";

  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

  const flag = async (button) => {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    const form = button.form;
    const body = new URLSearchParams({ flag: button.value });
    const whose = form?.elements.whose?.value;
    if (whose) body.append("whose", whose);
    const token = cookie("__Host-csrftoken") ?? cookie("csrftoken") ?? form?.elements.csrfmiddlewaretoken?.value ?? "";
    try {
      const response = await fetch(button.formAction, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const made = document.createElement("template");
      made.innerHTML = (await response.text()).trim();
      const fresh = made.content.querySelector("[data-flag]");
      if (button.hasAttribute("form")) fresh.setAttribute("form", button.getAttribute("form"));
      const had = document.activeElement === button;
      button.replaceWith(fresh);
      if (had) fresh.focus();
    } catch {
      button.removeAttribute("aria-busy");
      document.dispatchEvent(new CustomEvent("htmx:sendError", { detail: { elt: document.body, xhr: null } })); // hkguide.js says what to do
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-flag]");
    if (!button) return;
    event.preventDefault();
    flag(button);
  });

  const keys = document.querySelector("dialog[data-shortcuts]");
  if (!keys) return;

  // The question in which the focus is, else the one that the address names, else the first in view.
  const rows = () => [...document.querySelectorAll(".hk-asked")];
  const current = () =>
    document.activeElement?.closest(".hk-asked") ??
    document.querySelector(".hk-asked:target") ??
    rows().find((row) => row.getBoundingClientRect().bottom > 0);
  const isEmpty = (row) => row.querySelector("input[type=radio], input[type=checkbox]") && !row.querySelector("input:checked");

  const next = () => {
    const all = rows();
    const here = current();
    // The first one in view is itself next, unless somebody is in it already.
    const from = here?.contains(document.activeElement) || here?.matches(":target") ? all.indexOf(here) + 1 : Math.max(0, all.indexOf(here));
    const found = all.slice(from).find(isEmpty);
    if (found) {
      found.scrollIntoView({ block: "start" });
      found.querySelector("input:not([type=hidden])").focus({ preventScroll: true });
      return;
    }
    const last = all.at(-1)?.id.replace(/^q-/, "") ?? "";
    window.location.assign(last ? `${keys.dataset.next}?after=${encodeURIComponent(last)}` : keys.dataset.next);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing || event.repeat) return;
    if (event.altKey && event.shiftKey) {
      const act = {
        KeyN: next,
        KeyF: () => { const button = current()?.querySelector("[data-flag]"); if (button) flag(button); },
        KeyC: () => current()?.querySelector("a[href*='/comments/']")?.click(),
      }[event.code]; // by the place of the key: with Alt, a Mac types other signs
      if (!act) return;
      event.preventDefault();
      act();
    } else if (event.key === "?" && !event.altKey && !event.target.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])")) {
      event.preventDefault();
      keys.showModal();
    }
  });
})();
