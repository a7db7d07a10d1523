// A page of facts: a question that other answers make needless is put away, "none of these" unticks the rest, and what is
// chosen is kept as a draft. Without this file every question is in view, a needless answer has no effect, and Save keeps all.
(() => {
  "use strict";

  const form = document.querySelector("form[data-facts]");
  if (!form) return;
  const UNKNOWN = "unknown";
  const DRAFT_DELAY = 800; // milliseconds without a change before a draft is sent

  // --- what is asked -----------------------------------------------------------------------------------------------
  const rows = [...form.querySelectorAll("[data-fact]")];
  const controls = (key) => [...form.querySelectorAll(`input[name="${CSS.escape(key)}"]`)];
  const chosen = (key) => controls(key).filter((control) => control.checked && !control.disabled).map((control) => control.value);
  // As on the server, an open answer counts as every answer.
  const holds = (tree) => {
    if (typeof tree === "boolean") return tree;
    if (tree.all) return tree.all.every(holds);
    if (tree.any) return tree.any.some(holds);
    const values = chosen(tree.fact);
    return !values.length || values.includes(UNKNOWN) || values.some((value) => tree.answers.includes(value));
  };
  const arrange = () => rows.forEach((row) => {
    const asked = row.querySelector("[data-asked]");
    if (!asked) return; // locked
    if (row.dataset.when) {
      const shown = holds(JSON.parse(row.dataset.when));
      asked.hidden = !shown;
      asked.querySelectorAll("input, textarea").forEach((control) => { control.disabled = !shown; });
      row.querySelector("[data-filled]").hidden = shown;
    }
    const reason = row.querySelector("[data-for-yes]");
    if (reason) reason.hidden = !chosen(row.dataset.fact).includes("yes") && !reason.querySelector(".is-invalid");
  });

  // Of a tick list: an option that stands alone and the others exclude each other.
  const exclude = (control) => {
    const alone = control.closest("[data-alone]")?.dataset.alone.split(" ");
    if (!alone || !control.checked) return;
    controls(control.name).forEach((other) => {
      if (other !== control && (alone.includes(control.value) || alone.includes(other.value))) other.checked = false;
    });
  };

  // --- the draft ---------------------------------------------------------------------------------------------------
  const said = form.querySelector("[data-draft-said]");
  let timer = 0;
  let sent = Promise.resolve();
  let leaving = false;
  const send = (last = false) => {
    clearTimeout(timer);
    timer = 0;
    if (!form.dataset.draft || leaving || window.hkguide?.ousted) return;
    const body = new FormData(form);
    const token = /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? body.get("csrfmiddlewaretoken");
    const post = () => fetch(form.dataset.draft, { method: "POST", body, headers: { "X-CSRFToken": token }, keepalive: last });
    // One at a time, so that an older state never arrives after a newer one.
    sent = (last ? post() : sent.then(post)).then(async (response) => {
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const at = await response.text();
      said.textContent = at ? said.dataset.words.replace("{time}", at) : "";
    }).catch(() => { if (!leaving) said.textContent = said.dataset.failed; });
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(send, DRAFT_DELAY);
  };

  form.addEventListener("change", (event) => {
    exclude(event.target);
    arrange();
    soon();
  });
  form.addEventListener("input", soon);
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
  window.addEventListener("pagehide", () => { if (timer) send(true); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
  arrange();
})();
