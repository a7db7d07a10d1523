// Small comforts; every page works without them.
(() => {
  "use strict";

  // A form is sent once. It is free again after a while (a download leaves the page standing) and when somebody comes back.
  const HOLD = 10000;
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || form.hasAttribute("data-many")) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => {
      sent.delete(form);
      event.submitter?.removeAttribute("aria-busy");
    }, HOLD);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form").forEach((form) => sent.delete(form));
    document.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });

  // A press counts for the control on which it began, also where a saved answer moves the page before the hand lets go:
  // the browser gives no click where the two ends of a press meet different elements.
  const PULLED_AWAY = 4;
  let pressed = null;
  document.addEventListener("pointerdown", (event) => {
    const control = event.isPrimary && event.button === 0 ? event.target.closest?.("label, button, summary") : null;
    pressed = control && { control, x: event.clientX, y: event.clientY };
  }, true);
  document.addEventListener("pointerup", (event) => {
    const began = pressed;
    pressed = null;
    if (!began || !event.isPrimary || !began.control.isConnected || began.control.contains(event.target)) return;
    if (Math.hypot(event.clientX - began.x, event.clientY - began.y) <= PULLED_AWAY) began.control.click();
  }, true);
  document.addEventListener("pointercancel", () => { pressed = null; }, true);

  // What went wrong comes first: the summary takes the focus, its links the field.
  const focusSummary = (root) => {
    const summary = root.querySelector?.("[data-error-summary]");
    if (summary) summary.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-error-summary] a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    (field.matches("input, select, textarea, button, a, [tabindex]") ? field : field.querySelector("input, select, textarea"))?.focus();
  });

  // Menus close by Escape and by a click elsewhere.
  const closeMenus = (but) => document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (menu !== but) menu.open = false;
  });
  document.addEventListener("click", (event) => closeMenus(event.target.closest?.("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A save that failed is said aloud and stays on the page until one succeeds.
  const alerts = () => document.getElementById("hk-alerts");
  const tell = (words) => {
    const banner = document.createElement("div");
    banner.className = "hk-banner hk-banner-error";
    banner.setAttribute("role", "alert");
    const line = document.createElement("div");
    line.className = "hk-wrap";
    const text = document.createElement("p");
    text.textContent = words;
    line.append(text);
    banner.append(line);
    alerts()?.replaceChildren(banner);
  };
  const isSignIn = (xhr) => xhr.responseURL.includes("/accounts/login/");
  // What asks by itself saves nothing: a question that fails is asked again in silence, and not by somebody signed out.
  const asksByItself = ({ elt }) => elt?.matches?.("[data-poll]") ?? false;
  const failed = (event) => {
    const { xhr } = event.detail;
    if (asksByItself(event.detail)) {
      if (xhr && isSignIn(xhr)) event.detail.elt.replaceWith(...event.detail.elt.childNodes);
      return;
    }
    const words = document.body.dataset;
    const status = xhr && isSignIn(xhr) ? 401 : xhr?.status;
    tell({ 401: words.signIn, 403: words.refused, 429: xhr?.responseText }[status] ?? words.notSaved);
  };
  // The token changes with each sign-in, perhaps in another tab: what the page was drawn with would be refused. That is as
  // it should be where somebody else has signed in, in whose name nothing of this page may be sent.
  document.addEventListener("htmx:configRequest", (event) => {
    const token = /(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    if (!token || window.hkguide?.ousted) return;
    event.detail.headers["X-CSRFToken"] = token;
    delete event.detail.parameters.csrfmiddlewaretoken;
  });
  // Inside a form, htmx sends every field of the form. A part of a page that saves itself sends its own fields alone.
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    if (target.dataset.sends !== "own fields") return;
    const own = new Set(["target", ...[...target.querySelectorAll("[name]")].map(({ name }) => name)]);
    for (const name of [...detail.formData.keys()]) if (!own.has(name)) detail.formData.delete(name);
  });
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);

  // A sign-in page that a redirect led to has no place in the middle of the questions. A reply to a save that lacks what it
  // is to replace broke off on its way, or is not from our server. Neither has saved anything that the page could rely on.
  const lacks = ({ id }, xhr) => id.endsWith("-saved") && !xhr.responseText.includes(`id="${id}"`);
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!isSignIn(detail.xhr) && !lacks(detail.target, detail.xhr)) return;
    detail.shouldSwap = false;
    detail.isError = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && !asksByItself(event.detail)) alerts()?.replaceChildren();
  });
  document.addEventListener("htmx:afterSwap", (event) => focusSummary(event.detail.elt));
  focusSummary(document);
})();
