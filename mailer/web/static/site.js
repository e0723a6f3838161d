// Optional.
const all = (rule) => [...document.querySelectorAll(rule)], { sites, sent } = document.body.dataset;

// Copy or share.
for (const one of all("[data-copy],[data-share]")) {
  const { copy, done, share: url, title } = one.dataset, place = one.parentNode, { clipboard } = navigator;
  if (!(copy ? clipboard : navigator.share)) continue;
  one.hidden = place.hidden = false;
  const act = () => url ? navigator.share({ title, url }) : clipboard.writeText(all("#" + copy)[0].textContent);
  one.onclick = () => act().then(() => { if (copy) place.lastElementChild.textContent = done; }, () => {});
}

// Framed: tell the height.
if (sites && parent != self)
  new ResizeObserver(([{ target }]) => {
    for (const to of sites.split(" "))
      if ((location.ancestorOrigins?.[0] ?? to) == to) parent.postMessage({ type: "height", v: target.offsetHeight }, to);
  }).observe(document.body);

// Keep what is typed a day, until sent.
const [form] = all("[data-draft]"), [tick] = all("#shared"), [out] = all("[data-room]");
try {
  const box = localStorage;
  for (const key in box)
    if (key[0] == "/" && (box[key].slice(0, 13) < Date.now() - 864e5 || key.startsWith(sent))) delete box[key];
  const fields = all("input:not([type=hidden],.consent *),textarea,select");
  const key = form.dataset.draft + fields.map((one) => one.name), kept = box[key];
  if (kept && form.dataset.blank) {
    all("#kept")[0].hidden = false;
    JSON.parse(kept.slice(13)).map((was, at) => Object.assign(fields[at], was));
  }
  form.onreset = () => delete box[key];
  form.oninput = () => {
    form.onreset();
    if (tick) box.shared = tick.checked ? 1 : "";
    if (!box.shared) box[key] = Date.now() + JSON.stringify(fields.map(({ value, checked }) => ({ value, checked })));
  };
  tick.checked = box.shared;
  tick.parentNode.hidden = false;
} catch {}
if (out)
  (oninput = () => {
    out.textContent = all("textarea").reduce((n, one) => n - [...one.value].length, out.dataset.room).toLocaleString(all("html")[0].lang) + out.dataset.left;
  })();
