// What was typed and is not on the server yet is kept in this browser: by person, so that nobody sees another's text.
// Forms that ask for it by data-keep="<name>" are kept by this file; pages of answers by answering.js, which builds on it.
(() => {
  "use strict";

  const { person, sharedComputer } = document.body.dataset;
  const TOO_OLD = 30 * 24 * 3600 * 1000; // of other people's entries: who has not come back for a month lost interest
  const signOutForm = (form) => form.matches?.("form[method=post][action$='/accounts/logout/']");

  // --- the store: one row a person, an assessment, a question and a tab --------------------------------------------------
  let works = Boolean(person) && sharedComputer === undefined && "indexedDB" in window;
  let opening = null;
  let opened = null;
  const open = () => opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("hkguide", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept", { keyPath: ["person", "assessment", "question", "tab"] });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onclose = () => { opening = opened = null; };
      request.result.onversionchange = () => request.result.close();
      opened = request.result;
      resolve(opened);
    };
  });
  // Strict: the promise is kept when the text is on the disk, so that it outlives the browser being killed.
  const run = async (mode, work, complete = false) => {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction("kept", mode, { durability: "strict" });
      let found;
      transaction.oncomplete = () => resolve(found);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore("kept"), (result) => { found = result; });
      if (complete) transaction.commit(); // nothing follows: it need not wait until this page hears of its requests
    });
  };
  const keyOf = (entry) => [entry.person, entry.assessment, entry.question, entry.tab];

  // Written at once, one write at a time: what is typed meanwhile waits, and only the newest of it is written.
  const waiting = new Map();
  let writing = null;
  const write = async () => {
    while (waiting.size) {
      const batch = [...waiting.values()];
      waiting.clear();
      try {
        await run("readwrite", (store) => batch.forEach((act) => act(store)), batch.every((act) => act.entry));
      } catch (error) {
        works = false;
        document.dispatchEvent(new CustomEvent("hk-journal-fails", { detail: error }));
      }
    }
    writing = null;
  };
  const soon = (key, act) => {
    if (!works) return Promise.resolve();
    waiting.set(JSON.stringify(key), act);
    return writing ??= write();
  };
  // A page that goes away waits for nothing: the disk may still be busy with what was typed before.
  let leaving = false;
  const writeAtOnce = (entries) => {
    if (!works || !opened || !entries.length) return;
    try {
      const transaction = opened.transaction("kept", "readwrite", { durability: "strict" });
      const store = transaction.objectStore("kept");
      entries.forEach((entry) => {
        const key = keyOf(entry);
        if (waiting.has(JSON.stringify([...key, entry.stamp]))) store.delete(key); // saved by now
        else store.put(entry);
      });
      transaction.commit();
    } catch { /* the connection is closed: nothing more can be kept */ }
  };
  window.addEventListener("pagehide", () => {
    leaving = true;
    writeAtOnce([...waiting.values()].flatMap(({ entry }) => entry ?? []));
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  const journal = {
    get works() { return works; },
    // entry: assessment, question, tab, fields and whatever its page wants back.
    keep: (entry) => {
      const whole = { ...entry, person };
      if (leaving) writeAtOnce([whole]);
      return soon(keyOf(whole), Object.assign((store) => store.put(whole), { entry: whole }));
    },
    // Only this very edit goes: a newer one under the same key stays.
    forget: (entry) => {
      const key = keyOf({ ...entry, person });
      return soon([...key, entry.stamp], (store) => {
        store.get(key).onsuccess = ({ target }) => {
          if (target.result?.stamp === entry.stamp) store.delete(key);
        };
      });
    },
    mine: async () => {
      if (!works) return [];
      try {
        return await run("readonly", (store, found) => {
          store.getAll(IDBKeyRange.bound([person], [person, []])).onsuccess = ({ target }) => found(target.result);
        });
      } catch {
        works = false;
        return [];
      }
    },
    clear: async () => {
      waiting.clear();
      if (!works) return;
      works = false; // nothing is written after it
      await writing;
      await run("readwrite", (store) => store.delete(IDBKeyRange.bound([person], [person, []]))).catch(() => {});
    },
  };

  const sweep = () => run("readwrite", (store) => {
    store.openCursor().onsuccess = ({ target }) => {
      const cursor = target.result;
      if (!cursor) return;
      if (cursor.value.person !== person && cursor.value.at < Date.now() - TOO_OLD) cursor.delete();
      cursor.continue();
    };
  }).catch(() => {});

  // --- words -----------------------------------------------------------------------------------------------------------
  const part = (name) => document.getElementById(name)?.content.firstElementChild.cloneNode(true);
  const fill = (element, values) => {
    element.querySelectorAll("[data-fill]").forEach((place) => {
      if (place.dataset.fill in values) place.textContent = values[place.dataset.fill];
    });
    element.querySelectorAll("[data-count]").forEach((words) => { words.hidden = words.dataset.count !== (values.n === 1 ? "one" : "many"); });
    return element;
  };
  const zone = document.body.dataset.timeZone;
  const moment = (at) => {
    const day = (time) => new Date(time).toLocaleDateString("en-CA", { timeZone: zone });
    const hour = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
    return day(at) === day(Date.now()) ? hour : `${day(at)}, ${hour}`;
  };

  const channel = "BroadcastChannel" in window && person ? new BroadcastChannel("hkguide") : null;
  window.hkguide = { journal, person, part, fill, moment, channel, unsaved: async () => 0, ousted: false };
  if (!person) return;
  // Whoever signs in on this browser is who all its pages act for from then on: those of somebody else must know.
  channel?.addEventListener("message", ({ data }) => {
    if (data.here) window.hkguide.ousted = data.here !== person;
  });
  channel?.postMessage({ here: person });
  if (works) sweep();

  // --- signing out ---------------------------------------------------------------------------------------------------
  // What can be saved is saved first; what cannot be is named before it is taken away.
  const leave = async (form) => {
    await journal.clear();
    channel?.postMessage({ signedOut: person });
    form.submit();
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!signOutForm(form)) return;
    event.preventDefault();
    const here = await window.hkguide.unsaved();
    const left = Math.max(here, (await journal.mine()).length);
    if (!left) {
      await leave(form);
      return;
    }
    const asked = fill(part("hk-sign-out-asked"), { n: left });
    const [go, stay] = asked.querySelectorAll("button");
    go.addEventListener("click", () => leave(form));
    stay.addEventListener("click", () => {
      asked.remove();
      document.getElementById("main")?.focus();
    });
    document.getElementById("hk-alerts").replaceChildren(asked);
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { menu.open = false; });
    stay.focus();
  }, true);
  channel?.addEventListener("message", ({ data }) => {
    if (data.signedOut !== person) return;
    works = false;
    document.dispatchEvent(new CustomEvent("hk-signed-out"));
  });

  // --- forms with data-keep --------------------------------------------------------------------------------------------
  const WRITTEN = "textarea[name], input[name][type=text], input[name][type=date]";
  // Rows of answers are kept by answering.js, in whatever form they stand.
  const ours = (form) => [...form.querySelectorAll(WRITTEN)].filter((field) => !field.closest("[data-answer]"));
  // Choices are kept only where a form asks for it: a box that signs or confirms is ticked anew by whoever signs.
  const CHOSEN = "form[data-keep-choices] :is(input[name][type=radio], input[name][type=checkbox])";
  const choices = (form) => [...form.querySelectorAll(CHOSEN)];
  const isEmpty = ({ fields, chosen = [] }) => !fields.length && !chosen.length;
  const entryOf = (form, more) => ({
    assessment: "", question: `form:${form.dataset.keep}`, tab: "", stamp: `${Date.now()}-${Math.random()}`, at: Date.now(), url: location.pathname,
    fields: ours(form).filter((field) => field.value !== field.defaultValue).map((field) => [field.name, field.value]),
    chosen: choices(form).filter((box) => box.checked !== box.defaultChecked).map((box) => [box.name, box.value, box.checked]),
    ...more,
  });
  const kept = new WeakMap();
  const keepForm = (form, more = {}) => {
    const entry = entryOf(form, more);
    const before = kept.get(form);
    if (isEmpty(entry) && !before) return;
    kept.set(form, entry);
    if (!isEmpty(entry)) journal.keep(entry);
    else journal.forget(before);
  };
  const written = (event) => {
    const form = event.target.form;
    if (form?.dataset.keep && event.target.matches(`${WRITTEN}, ${CHOSEN}`) && !event.target.closest("[data-answer]")) keepForm(form);
  };
  document.addEventListener("input", written, true);
  document.addEventListener("change", written, true);
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.keep && !event.defaultPrevented) keepForm(event.target, { sent: true });
  });
  // What htmx saved of it is not unsaved any more.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-keep]");
    if (!form || !event.detail.successful || event.detail.xhr.responseText.includes("hk-save-failed")) return;
    const sent = event.detail.requestConfig.parameters;
    ours(form).forEach((field) => {
      if (sent[field.name] === field.value) field.defaultValue = field.value;
    });
    keepForm(form);
  });

  const bringBack = (form, entry) => {
    let differs = false;
    entry.fields.forEach(([name, value]) => {
      const field = ours(form).find((each) => each.name === name);
      if (!field || field.disabled || field.value === value) return;
      field.value = value;
      differs = true;
      for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
      field.dispatchEvent(new Event("input", { bubbles: true })); // so that a form which saves itself does
    });
    (entry.chosen ?? []).forEach(([name, value, checked]) => {
      const box = choices(form).find((each) => each.name === name && each.value === value);
      if (!box || box.disabled || box.checked === checked) return;
      box.checked = checked;
      differs = true;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    });
    if (differs) form.prepend(fill(part("hk-brought-back"), { at: moment(entry.at) }));
    return differs;
  };
  // A form that was sent is done with when a page of the same person follows that is no error and not the form with its faults.
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
  const faulty = status >= 400 || document.querySelector("[data-error-summary]");
  if (!location.pathname.startsWith("/held/")) journal.mine().then((entries) => {
    for (const entry of entries.filter(({ question }) => question.startsWith("form:"))) {
      const form = document.querySelector(`form[data-keep="${CSS.escape(entry.question.slice(5))}"]`);
      if (entry.sent && !faulty) {
        journal.forget(entry);
        continue;
      }
      if (entry.sent) journal.keep({ ...entry, sent: false });
      if (!form) continue;
      kept.set(form, entry);
      if (!bringBack(form, entry) && !faulty) journal.forget(entry);
    }
  });
})();
