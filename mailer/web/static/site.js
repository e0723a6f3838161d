// All scripts of the site, 2 KB at most. Every page works without them.
"use strict";

// Buttons that copy a text of the page, or open the device's own way to share.
for (const button of document.querySelectorAll("[data-copy],[data-share]")) {
  const { copy, done, share, title } = button.dataset, place = button.parentNode;
  if (!(copy ? navigator.clipboard : navigator.share)) continue;
  button.hidden = place.hidden = false;
  button.onclick = async () => {
    try {
      if (share) return await navigator.share({ title, url: share });
      await navigator.clipboard.writeText(document.getElementById(copy).textContent);
      place.querySelector("[role=status]").textContent = done;
    } catch {} // closed again, or not allowed: the text can be selected all the same
  };
}

// In a frame: tell the page around it, if it may show the form, how tall the form is.
const sites = document.body.dataset.sites?.split(" ") ?? [], around = location.ancestorOrigins?.[0];
if (sites[0] && parent !== window)
  new ResizeObserver(() => {
    for (const site of sites)
      if (!around || site === around)
        parent.postMessage({ type: "height", v: document.body.offsetHeight }, site);
  }).observe(document.body);
