// Staff pages: parts marked data-fresh are asked for again while somebody looks; keys press buttons;
// and what stands there goes when nobody looks any more, or the session is over.
(() => {
  const wait = document.querySelector("[data-often]") ? 2000 : 15000;
  const idle = 20 * 60 * 1000; // a page that nobody touches must not keep a session alive
  let touched = Date.now(), asking = false;
  for (const what of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(what, () => { touched = Date.now(); }, { passive: true });
  }

  const away = document.getElementById("away"), opened = Date.now();
  const putAway = () => {
    const main = document.getElementById("main");
    if (!document.body.contains(away)) return;
    document.title = away.content.querySelector("h1").textContent;
    main.replaceChildren(away.content.cloneNode(true)); // without asking: a request would count as work
    main.querySelector("h1").focus();
  };
  const look = () => {
    const now = Date.now(), { idle: most, over } = away.dataset;
    if (now - touched > most * 1000 || now - opened > over * 1000) putAway();
  };
  if (away) {
    setInterval(look, 15000);
    document.addEventListener("visibilitychange", look);
    addEventListener("pageshow", look);
  }

  // Where the focus is, in words that fit the new part as well.
  const nameOf = (part) => {
    const at = document.activeElement;
    if (!at || !part.contains(at) || at === part) return null;
    const same = [...part.querySelectorAll(at.tagName)].filter((one) => one.textContent === at.textContent);
    return { tag: at.tagName, text: at.textContent, id: at.id, place: same.indexOf(at) };
  };
  const find = (part, was) => was.id ? document.getElementById(was.id)
    : [...part.querySelectorAll(was.tag)].filter((one) => one.textContent === was.text)[was.place];

  const replace = (old, fresh) => {
    const open = [...old.querySelectorAll("details")].filter((one) => one.id);
    const scrolls = [...old.querySelectorAll(".scroll")].map((one) => one.scrollTop);
    const tokens = /name="csrf_token" value="[^"]*"/g;
    for (const one of open) fresh.querySelector("#" + CSS.escape(one.id))?.toggleAttribute("open", one.open);
    if (old.innerHTML.replace(tokens, "") === fresh.innerHTML.replace(tokens, "")) return;
    const focus = nameOf(old);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".scroll").forEach((one, place) => { one.scrollTop = scrolls[place] || 0; });
    if (focus) find(fresh, focus)?.focus({ preventScroll: true });
  };

  const refresh = async () => {
    if (asking || document.hidden || Date.now() - touched > idle || !away?.isConnected) return;
    asking = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect") return putAway(); // signed out, here or elsewhere
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-fresh]")) {
        const fresh = page.getElementById(old.id);
        if (fresh) replace(old, document.importNode(fresh, true));
      }
    } catch { /* no network: the page stays as it is */ } finally { asking = false; }
  };
  if (document.querySelector("[data-fresh]")) {
    setInterval(refresh, wait);
    document.addEventListener("visibilitychange", refresh);
  }

  const keys = document.querySelector("[data-keys]");
  if (!keys) return;
  const on = keys.querySelector("input"), kept = "staff-keys";
  keys.hidden = false;
  on.checked = localStorage.getItem(kept) !== "off";
  on.addEventListener("change", () => localStorage.setItem(kept, on.checked ? "on" : "off"));
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (!on.checked || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  });
})();
