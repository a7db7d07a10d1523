// Answers save themselves; without this file one button saves them all.
(() => {
  "use strict";

  // In a checklist a tick and an answer about the whole exclude each other.
  document.addEventListener("change", (event) => {
    const box = event.target;
    const list = box.closest?.("[data-checklist]");
    if (!list || box.type !== "checkbox" || !box.checked) return;
    const whole = box.hasAttribute("data-whole");
    list.querySelectorAll("input[type=checkbox]").forEach((other) => {
      if (other !== box && (whole || other.hasAttribute("data-whole"))) other.checked = false;
    });
  }, true);

  // What was typed and not yet confirmed by the server.
  const dirty = new Map();
  let edits = 0;
  const touch = (event) => {
    const row = event.target.closest?.("[data-answer]");
    if (row && event.target.name) dirty.set(row, ++edits);
  };
  document.addEventListener("input", touch, true);
  document.addEventListener("change", touch, true);

  const sentAt = new WeakMap();
  const rowOf = (event) => event.detail.elt.closest?.("[data-answer]");
  let underWay = 0;
  let waiting = null; // the form that is to be sent as soon as no save is under way
  const sendWaiting = () => {
    if (!waiting || underWay) return;
    const { form, submitter } = waiting;
    waiting = null;
    form.requestSubmit(submitter);
  };
  document.addEventListener("htmx:beforeSend", (event) => {
    const row = rowOf(event);
    if (!row) return;
    underWay += 1;
    sentAt.set(event.detail.xhr, dirty.get(row));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const row = rowOf(event);
    if (!row) return;
    underWay = Math.max(0, underWay - 1);
    setTimeout(sendWaiting); // after the next save in the queue has begun
    const arrived = event.detail.successful && !event.detail.xhr.responseURL.includes("/accounts/login/");
    row.classList.toggle("hk-not-saved", !arrived);
    if (arrived && dirty.get(row) === sentAt.get(event.detail.xhr)) dirty.delete(row);
  });
  document.addEventListener("htmx:abort", (event) => event.target.closest?.("[data-answer]")?.classList.add("hk-not-saved"));

  // A field says itself that it is wrong, also where only its message was replaced.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const slot = event.detail.target;
    if (!slot?.id?.endsWith("_error")) return;
    const field = document.getElementById(slot.id.slice(0, -"_error".length));
    if (!field) return;
    if (document.getElementById(slot.id)?.firstElementChild) field.setAttribute("aria-invalid", "true");
    else {
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-invalid");
    }
  });

  // Leaving the page in the middle of a sentence: save at once, and where the page goes away without waiting for the reply.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") dirty.forEach((_edit, row) => window.htmx?.trigger(row, "hk-save"));
  });
  window.addEventListener("pagehide", () => {
    const form = document.getElementById("section-form");
    if (!form) return;
    dirty.forEach((_edit, row) => {
      const body = new URLSearchParams();
      row.querySelectorAll("input, textarea").forEach((field) => {
        if (field.name && (!/^(checkbox|radio)$/.test(field.type) || field.checked)) body.append(field.name, field.value);
      });
      body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      fetch(row.getAttribute("hx-post"), { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } });
    });
    dirty.clear();
  });
  // The click on the button ends the typing and so starts a save: the page is sent after it, with the revision it made.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "section-form" || event.defaultPrevented) return;
    if (underWay) {
      event.preventDefault();
      if (!waiting) setTimeout(() => { underWay = 0; sendWaiting(); }, 5000); // a save that hangs holds nobody up
      waiting = { form: event.target, submitter: event.submitter };
      return;
    }
    waiting = null;
    dirty.clear();
  });
  // Back from another page: what stands there may be older than what is stored.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
