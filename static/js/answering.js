// Answers save themselves; without this file one button saves them all. journal.js keeps what is not saved yet.
(() => {
  "use strict";

  const form = document.getElementById("section-form");
  const words = document.getElementById("answers-kept");
  if (!words || !window.hkguide?.person) return;
  const { journal, person, part, fill, moment, channel } = window.hkguide;
  const { assessment } = words.dataset;
  const tab = Array.from(crypto.getRandomValues(new Uint32Array(3)), (number) => number.toString(36)).join("");
  const AUTOSAVE_DELAY_MS = document.body.dataset.sharedComputer === undefined ? 800 : 300; // without a journal the server is all there is
  const LONGEST = 3000; // of typing without a pause
  const PATIENCE = 15000; // with one request
  const FIRST_RETRY = 2000, LAST_RETRY = 15000; // at most so long after the server is back
  const KEEPALIVE = 60000; // bytes under way: browsers refuse more than 64 KiB in requests that outlive their page
  const UNREACHED = ["lost", "out", "other", "refused"]; // troubles that sending the page by its button would meet as well

  // In a checklist a tick and an answer about the whole, or about the rest of it, exclude each other.
  document.addEventListener("change", (event) => {
    const box = event.target;
    const row = box.closest?.("[data-answer]");
    if (!row || box.type !== "checkbox" || !box.checked || !box.matches("[data-checklist] *, [data-rest]")) return;
    const whole = box.hasAttribute("data-whole");
    row.querySelectorAll("[data-checklist] input[type=checkbox], [data-rest]").forEach((other) => {
      if (other !== box && (whole || other.hasAttribute("data-whole"))) other.checked = false;
    });
  }, true);

  // --- what stands in the controls ---------------------------------------------------------------------------------------
  const BOOKKEEPING = /--(base|operation|seen)$/;
  const ticked = (control) => /^(checkbox|radio)$/.test(control.type);
  const controls = (row) => [...row.querySelectorAll("input[name], textarea[name]")].filter(({ name }) => name.startsWith(`${row.dataset.key}--`));
  const fieldsOf = (row) => controls(row).filter((each) => !ticked(each) || each.checked).map(({ name, value }) => [name, value]);
  // As the page came from the server, whatever a browser put into the controls since.
  const served = (row) => controls(row).filter((each) => !ticked(each) || each.defaultChecked)
    .map((each) => [each.name, ticked(each) ? each.value : each.defaultValue]);
  const content = (fields) => fields.filter(([name]) => !BOOKKEEPING.test(name))
    .map(([name, value]) => [name, value.replace(/\r\n?/g, "\n").trim()]).filter(([, value]) => value).sort().map(String);
  const same = (one, other) => JSON.stringify(content(one)) === JSON.stringify(content(other));
  const inWords = (row) => controls(row).flatMap((each) => {
    if (ticked(each)) return each.checked ? [each.labels[0]?.querySelector("span")?.textContent ?? each.value] : [];
    return each.type !== "hidden" && each.value.trim() ? [each.value] : [];
  });
  const put = (row, fields) => controls(row).forEach((control) => {
    if (control.type === "hidden") return;
    const values = fields.filter(([name]) => name === control.name).map(([, value]) => value);
    if (ticked(control)) control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
    if (values.length && !ticked(control)) control.closest("details")?.setAttribute("open", "");
  });
  const textOf = (row) => row.querySelector("textarea.hk-typed");
  const hidden = (row, name) => row.querySelector(`input[name="${CSS.escape(`${row.dataset.key}--${name}`)}"]`);

  // --- one answer --------------------------------------------------------------------------------------------------------
  // edit counts what was typed or chosen, done how much of that the server has confirmed. trouble says why it has not:
  // lost (no connection, or a fault there), out (signed out), other (somebody else signed in), refused, said (on the page).
  class Answer {
    constructor(key) {
      Object.assign(this, { key, edit: 0, done: 0, sent: 0, since: 0, trouble: "", flight: null, doubtful: null, restored: [] });
    }

    get row() { return document.getElementById(`q-${this.key}`); }
    get foot() { return this.row.querySelector("[data-foot]"); }
    get unsaved() { return this.edit > this.done; }
    get number() { return this.row.dataset.number; }

    touched(now = false) {
      this.edit += 1;
      this.since ||= Date.now();
      this.row.querySelector(".hk-brought:not([data-brought])")?.remove();
      this.keep();
      if (this.trouble === "said" && !this.conflict) this.trouble = "";
      this.later(now ? 0 : this.pause);
      paint();
    }

    // Until the next save: as long as is waited for quiet, shorter where somebody types on and on.
    get pause() { return this.since ? Math.max(0, Math.min(AUTOSAVE_DELAY_MS, this.since + LONGEST - Date.now())) : 0; }

    keep() {
      const { row } = this;
      this.entry = {
        assessment, question: this.key, tab, fields: fieldsOf(row), sent: this.sentFields, words: inWords(row), at: Date.now(),
        stamp: `${tab}-${this.edit}-${Date.now()}`, url: `${location.pathname}#${row.id}`, title: row.dataset.title,
      };
      journal.keep(this.entry);
    }

    // Everything kept of this answer that the confirmed edit takes in.
    forget() {
      [this.entry, ...this.restored].forEach((entry) => entry && journal.forget(entry));
      this.entry = null;
      this.restored = [];
    }

    get conflict() { return this.foot.hasAttribute("data-conflict") && !this.together; }

    later(wait) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), wait);
    }

    // One save under way per answer: a later one waits for it.
    save(options = {}) {
      clearTimeout(this.timer);
      if (this.flight) {
        if (options.resolve || options.explicit) this.next = options;
        return this.flight;
      }
      const { resolve = "" } = options;
      if (!this.unsaved && !resolve) return Promise.resolve();
      if (this.conflict && !resolve) return Promise.resolve(); // two versions wait for a choice
      this.flight = this.send(options).finally(() => {
        this.flight = null;
        this.row.inert = false;
        const next = this.next;
        this.next = null;
        paint();
        if (next) this.save(next);
        else if (this.sent < this.edit && !this.conflict && !UNREACHED.includes(this.trouble)) this.later(this.pause);
      });
      paint();
      return this.flight;
    }

    async send({ resolve = "", explicit = false }) {
      // A save without a reply may have arrived: the very same is sent again first, which changes nothing there.
      const again = !resolve && this.doubtful;
      if (resolve) this.row.inert = true; // what is typed now would be about a version that is going away
      const { fields, edit } = again || { fields: fieldsOf(this.row), edit: this.edit };
      const before = this.trouble;
      this.sent = edit;
      this.since = 0;
      this.doubtful = { fields, edit };
      this.sentFields = fields;
      if (this.entry) this.keep(); // with what was sent, so that its arrival is recognised after a crash
      const reply = await post(this.row.dataset.answer, [...fields, ...(resolve ? [["resolve", resolve]] : [])]);
      this.trouble = reply.trouble;
      if (reply.trouble !== "lost") this.doubtful = null;
      if (reply.html) this.arrived(reply, edit);
      if (this.trouble && this.trouble !== before) say(this.trouble === "said" ? "" : "failed", this.number);
      else if (!this.trouble && (explicit || resolve || before)) say("saved", this.number);
      if (this.trouble === "lost") line.fails(reply.faulty);
      else if (this.trouble === "other") line.other(reply.words);
      else if (!this.trouble || this.trouble === "said") line.works();
    }

    arrived({ html }, edit) {
      const whole = swap(this, html);
      const failed = this.foot.dataset.saved === "failed";
      this.trouble = failed ? "said" : "";
      this.brought(failed ? "kept" : "saved");
      if (failed) return;
      line.savedAt = Date.now();
      this.done = whole ? this.edit : edit;
      if (!this.unsaved) {
        this.forget();
        if (!whole) channel?.postMessage({ person, assessment, question: this.key, fields: fieldsOf(this.row), html, path: location.pathname });
      } else this.keep(); // the later edit builds on the revision that has just been made
    }

    // What became of text that was brought back; said until the answer is touched again.
    brought(what, at = this.row.querySelector("[data-brought]")?.dataset.brought) {
      if (!at) return;
      this.row.querySelector(".hk-brought")?.remove();
      const said = fill(part(`answer-brought-${what}`), { at });
      if (what !== "saved") said.dataset.brought = at;
      this.foot.before(said);
    }

    // Sent while the page goes away: nobody waits for the reply.
    abandon() {
      if (!this.unsaved || ((this.flight || this.trouble === "said") && this.sent === this.edit)) return;
      this.keep();
      if (["out", "other", "refused"].includes(this.trouble)) return;
      this.sent = this.edit;
      post(this.row.dataset.answer, fieldsOf(this.row));
    }
  }

  const answers = new Map();
  const answerOf = (node) => {
    const row = node.closest?.("[data-answer]");
    if (!row) return null;
    if (!answers.has(row.dataset.key)) answers.set(row.dataset.key, new Answer(row.dataset.key));
    return answers.get(row.dataset.key);
  };

  // --- the wire --------------------------------------------------------------------------------------------------------
  // The token changes whenever somebody signs in, perhaps in another tab: the cookie has the one that counts.
  const token = () => /(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? form.elements.csrfmiddlewaretoken?.value ?? "";
  let outliving = 0;
  const post = async (url, fields) => {
    const body = new URLSearchParams(fields);
    body.append("whose", form.elements.whose?.value ?? person);
    const size = String(body).length;
    const keepalive = outliving + size < KEEPALIVE;
    if (keepalive) outliving += size;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE);
    try {
      const response = await fetch(url, {
        method: "POST", body, keepalive, redirect: "manual", signal: giveUp.signal, headers: { "HX-Request": "true", "X-CSRFToken": token() },
      });
      if (response.type === "opaqueredirect" || response.status === 401) return { trouble: "out" };
      if (response.status >= 500 || response.status === 429) return { trouble: "lost", faulty: true };
      const html = await response.text();
      if (response.status === 409) return { trouble: "other", words: sentence(html) };
      if (html.includes("data-foot")) return { trouble: "said", html };
      // A success without the answer broke off on its way, or is not from our server: the save may have arrived or not.
      return { trouble: response.ok ? "lost" : "refused" };
    } catch {
      return { trouble: "lost" };
    } finally {
      clearTimeout(timer);
      if (keepalive) outliving -= size;
    }
  };
  const sentence = (html) => new DOMParser().parseFromString(html, "text/html").querySelector(".hk-said strong")?.textContent ?? "";

  // Every piece of a reply takes the place of the one with its id. Returns whether the whole question was among them.
  const swap = (answer, html) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    const focused = document.activeElement;
    let whole = false;
    for (const fresh of [...box.content.children]) {
      const old = document.getElementById(fresh.id);
      fresh.removeAttribute("hx-swap-oob");
      if (!old || old.isEqualNode(fresh)) continue;
      if (answer.together && fresh.id.endsWith("--said") && !fresh.querySelector(".hk-versions")) continue;
      whole ||= fresh.matches("[data-answer]");
      old.replaceWith(fresh);
      window.htmx?.process(fresh);
      if (fresh.id.endsWith("_error")) mark(fresh);
    }
    if (answer.row.querySelector(".hk-said .hk-versions [data-mine]")) answer.together = false;
    scripted(answer.row);
    if (!focused.isConnected) {
      const there = focused.id && document.getElementById(focused.id);
      (there || textOf(answer.row)).focus({ preventScroll: true });
    }
    return whole;
  };
  // A field says itself that it is wrong, also where only its message was replaced.
  const mark = (slot) => {
    const field = document.getElementById(slot.id.slice(0, -"_error".length));
    if (!field) return;
    if (slot.firstElementChild) field.setAttribute("aria-invalid", "true");
    else {
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-invalid");
    }
  };
  const scripted = (root) => root.querySelectorAll("[data-scripted]").forEach((each) => { each.hidden = false; });

  // --- the connection ----------------------------------------------------------------------------------------------------
  const line = {
    wait: FIRST_RETRY, timer: 0, faulty: false, words: "", savedAt: 0,
    fails(faulty) {
      this.faulty = Boolean(faulty);
      if (this.timer) return;
      this.timer = setTimeout(() => retry(), this.wait);
      this.wait = Math.min(this.wait * 2, LAST_RETRY);
    },
    works() {
      clearTimeout(this.timer);
      this.timer = 0;
      this.wait = FIRST_RETRY;
      answers.forEach((answer) => { if (answer.trouble === "lost" && !answer.flight) answer.later(0); });
    },
    other(said) { this.words = said; },
  };
  const retry = (which = ["lost"], options = {}) => {
    clearTimeout(line.timer);
    line.timer = 0;
    answers.forEach((answer) => { if (which.includes(answer.trouble)) answer.save(options); });
  };
  window.addEventListener("online", () => {
    line.wait = FIRST_RETRY;
    retry();
    paint();
  });
  window.addEventListener("offline", () => paint());
  window.addEventListener("focus", () => retry(["lost", "out", "other"]));

  // --- what is said ------------------------------------------------------------------------------------------------------
  // Aloud: failures and saves that somebody asked for, not each one that happens by itself.
  const aloud = document.getElementById("answers-aloud");
  const say = (what, n) => {
    if (what && part(`answer-said-${what}`)) aloud.replaceChildren(fill(part(`answer-said-${what}`), { n }));
  };
  const state = document.getElementById("answers-state");
  let elsewhere = 0; // answers kept in this browser that are not on this page
  let shownBanner = "";
  const paint = () => {
    let [under, troubled, any] = [false, elsewhere, ""];
    answers.forEach((answer) => {
      const { row, trouble, flight, unsaved } = answer;
      if (!row) return;
      row.classList.toggle("hk-saving", Boolean(flight));
      row.classList.toggle("hk-together", Boolean(answer.together));
      row.classList.toggle("hk-not-saved", unsaved && UNREACHED.includes(trouble));
      if (unsaved && trouble) troubled += 1;
      else if (unsaved || flight) under = true;
      if (unsaved && UNREACHED.includes(trouble)) any = !any || UNREACHED.indexOf(trouble) > UNREACHED.indexOf(any) ? trouble : any;
    });
    if (!any && !navigator.onLine) any = "lost";
    if (any === "lost" && line.faulty && navigator.onLine) any = "faulty";
    const now = troubled ? "kept" : under ? "saving" : line.savedAt ? "saved-at" : "saved";
    state?.querySelectorAll("[data-when]").forEach((each) => { each.hidden = each.dataset.when !== now || (now === "kept" && journal.works !== each.hasAttribute("data-kept")); });
    if (state) {
      fill(state, { n: troubled, at: line.savedAt ? moment(line.savedAt) : "" });
      state.hidden = false;
    }
    words.querySelectorAll("[data-banner]").forEach((each) => { each.hidden = each.dataset.banner !== any; });
    words.querySelectorAll("[data-journal]").forEach((each) => { each.hidden = (each.dataset.journal === "works") !== journal.works; });
    if (any === "other" && line.words) words.querySelector("[data-fill=other]").textContent = line.words;
    if (any && any !== shownBanner) say(`banner-${any}`, "");
    shownBanner = any;
  };
  document.addEventListener("hk-journal-fails", paint);
  document.addEventListener("hk-signed-out", () => {
    answers.forEach((answer) => { if (answer.unsaved) answer.trouble = "out"; });
    paint();
  });

  // --- typing, choosing, leaving -----------------------------------------------------------------------------------------
  const own = (event) => {
    const answer = event.target.name && answerOf(event.target);
    return answer && event.target.name.startsWith(`${answer.key}--`) ? answer : null;
  };
  document.addEventListener("input", (event) => {
    if (!ticked(event.target)) own(event)?.touched();
  });
  document.addEventListener("change", (event) => {
    if (ticked(event.target) || event.target.type === "date") own(event)?.touched(true);
  });
  document.addEventListener("focusout", (event) => {
    const answer = own(event);
    if (answer?.unsaved && !answer.trouble) answer.save();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") answers.forEach((answer) => { if (!answer.trouble) answer.save(); });
    else retry(["lost", "out", "other"]);
  });
  window.addEventListener("pagehide", () => answers.forEach((answer) => answer.abandon()));
  window.addEventListener("beforeunload", (event) => {
    if (!journal.works && [...answers.values()].some((answer) => answer.unsaved && UNREACHED.includes(answer.trouble))) event.preventDefault();
  });
  // Back from another page: what stands there may be older than what is stored.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  const settle = async (limit = 5000) => {
    const until = Date.now() + limit;
    for (;;) {
      const open = [...answers.values()].filter((answer) => answer.flight || (answer.unsaved && answer.trouble !== "said" && !answer.conflict));
      if (!open.length || Date.now() > until) break;
      await Promise.race([Promise.all(open.map((answer) => answer.save())), new Promise((wait) => setTimeout(wait, until - Date.now()))]);
      if (open.some((answer) => UNREACHED.includes(answer.trouble))) break;
    }
    return [...answers.values()].filter((answer) => answer.unsaved);
  };
  window.hkguide.unsaved = async () => (await settle()).length + elsewhere;

  // The page is sent by its button after the saves under way, with the revisions that they made.
  let sure = false;
  document.addEventListener("submit", async (event) => {
    if (!form || event.target !== form) return;
    const { submitter } = event;
    if (submitter?.name === "resolve") {
      event.preventDefault();
      answerOf(submitter)?.save({ resolve: submitter.value });
      return;
    }
    form.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token(); });
    if (sure || ![...answers.values()].some((answer) => answer.unsaved || answer.flight)) return;
    event.preventDefault();
    const left = await settle();
    if (left.some((answer) => UNREACHED.includes(answer.trouble))) {
      paint();
      words.querySelector("[data-banner]:not([hidden]) :is(a, button)")?.focus();
      return;
    }
    await new Promise((later) => setTimeout(later)); // a form is not sent from within its own event
    sure = true;
    form.requestSubmit(submitter);
    sure = false;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-retry], [data-retry-all], [data-together], [data-done]");
    if (!button) return;
    if (button.hasAttribute("data-retry-all")) {
      line.wait = FIRST_RETRY;
      retry(["lost", "out", "other", "refused"], { explicit: true });
      return;
    }
    const answer = answerOf(button);
    if (button.hasAttribute("data-retry")) answer.save({ explicit: true });
    else if (button.hasAttribute("data-together")) together(answer);
    else {
      answer.together = false;
      answer.row.querySelector(".hk-said").replaceChildren();
      textOf(answer.row).focus();
    }
  });
  // Mine stays in the controls, theirs beside it; from now on a save builds on theirs.
  const together = (answer) => {
    const { row } = answer;
    hidden(row, "base").value = hidden(row, "seen").value;
    answer.together = true; // until the next letter it waits as before
    row.querySelector("[data-mine]").remove();
    row.querySelectorAll("[data-choosing]").forEach((each) => each.remove());
    row.querySelector(".hk-versions").classList.add("hk-one");
    row.querySelector(".hk-said .hk-panel").append(part("answer-together"));
    textOf(row).focus();
  };

  // --- one's own other tabs ------------------------------------------------------------------------------------------------
  channel?.addEventListener("message", ({ data }) => {
    if (data.person !== person || data.assessment !== assessment) return;
    const row = document.getElementById(`q-${data.question}`);
    const answer = row && answerOf(row);
    if (!answer || answer.unsaved || answer.flight) return;
    const operation = hidden(row, "operation").value;
    put(row, data.fields);
    if (data.path === location.pathname) swap(answer, data.html);
    hidden(row, "base").value = data.fields.find(([name]) => name.endsWith("--base"))[1];
    hidden(row, "operation").value = operation; // each tab names its saves itself
  });

  // --- coming back -------------------------------------------------------------------------------------------------------
  const copies = [];
  const offer = (entry, here) => {
    copies.push(entry);
    const list = words.querySelector("[data-elsewhere]");
    const item = fill(part(here ? "answer-copy" : "answer-elsewhere"), { title: entry.title, at: moment(entry.at), text: entry.words.join("\n\n") });
    item.querySelector("a")?.setAttribute("href", entry.url);
    item.querySelector("[data-drop]").addEventListener("click", () => {
      journal.forget(entry);
      copies.splice(copies.indexOf(entry), 1);
      item.remove();
      count();
      document.getElementById("main").focus();
    });
    list.querySelector(here ? "[data-copies]" : "[data-links]").append(item);
  };
  const count = () => {
    const list = words.querySelector("[data-elsewhere]");
    list.querySelectorAll("ul").forEach((items) => { items.parentElement.hidden = !items.children.length; fill(items.parentElement, { n: items.children.length }); });
    list.hidden = !copies.length;
    elsewhere = copies.length;
    paint();
  };
  const bringBack = (row, entry) => {
    const answer = answerOf(row);
    const before = served(row);
    const shown = answer.foot.dataset.saved === "failed" ? null : before;
    const text = (fields) => fields.find(([name]) => name === `${answer.key}--text`)?.[1].trim() ?? "";
    const others = (fields) => content(fields.filter(([name]) => name !== `${answer.key}--text`)).join("\n");
    // Saved on leaving, a moment after it was kept: then the stored one is my own and longer.
    const overtaken = shown && answer.foot.hasAttribute("data-own") && others(shown) === others(entry.fields) && text(shown).startsWith(text(entry.fields));
    if (shown && (same(shown, entry.fields) || overtaken)) {
      journal.forget(entry);
      return;
    }
    answer.restored.push(entry);
    put(row, entry.fields);
    if (shown && !(entry.sent && same(shown, entry.sent))) {
      // Its own base, so that a version stored since is not written over.
      for (const name of ["base", "operation"]) hidden(row, name).value = entry.fields.find(([field]) => field.endsWith(`--${name}`))[1];
    }
    if (shown) answer.brought("now", moment(entry.at));
    answer.touched(true);
  };
  const says = (row, typed) => typed.length && typed.every((words) => squeezed(row.textContent).includes(squeezed(words)));
  const squeezed = (text) => text.replace(/\s+/g, " ").trim();
  const comeBack = async () => {
    // What the page says is not saved (a form that came back with faults) is kept until it is.
    document.querySelectorAll("[data-answer]").forEach((row) => {
      const answer = answerOf(row);
      if (answer.foot.dataset.saved !== "failed") return;
      answer.edit = answer.sent = 1;
      answer.trouble = "said";
      answer.keep();
    });
    const entries = (await journal.mine()).filter((entry) => entry.assessment === assessment && entry.tab !== tab);
    const brought = new Set();
    for (const entry of entries.sort((one, other) => other.at - one.at)) {
      const row = document.getElementById(`q-${entry.question}`);
      const writing = row?.matches("[data-answer]") && answerOf(row).edit && answerOf(row).foot.dataset.saved !== "failed"; // already
      if (row?.matches("[data-answer]") && !brought.has(entry.question) && !writing) {
        brought.add(entry.question);
        bringBack(row, entry);
      } else if (row?.matches("[data-answer]") && same(fieldsOf(row), entry.fields)) answerOf(row).restored.push(entry);
      else if (row && says(row, entry.words)) journal.forget(entry); // saved: this page only shows it
      else offer(entry, entry.url.split("#")[0] === location.pathname);
    }
    count();
  };
  scripted(document);
  comeBack();
})();
