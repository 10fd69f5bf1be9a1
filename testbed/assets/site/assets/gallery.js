// Adds to each caption what the browser received: the picture it chose, the status, the type, the size and the state
// of the cache. Without it, the gallery is complete but for these lines.

const received = new Map();

function describe({ responseStatus, contentType, encodedBodySize, serverTiming, transferSize }) {
  const cache = serverTiming.find(({ name }) => name === "cache")?.description;
  const size = encodedBodySize > 0 ? `${(encodedBodySize / 1000).toFixed(1)} kB` : "";
  const from = transferSize === 0 ? "browser cache" : cache;
  return [responseStatus || "", contentType, size, from].filter(Boolean).join(" · ");
}

function show(image) {
  const url = image.currentSrc;
  const caption = image.closest("figure").querySelector("figcaption");
  if (image.classList.contains("as-stored") || !received.has(url)) return;
  let facts = caption.querySelector(".facts");
  if (facts === null) {
    facts = document.createElement("span");
    facts.className = "facts";
    caption.append(facts);
  }
  facts.textContent = `${new URL(url).pathname} · ${describe(received.get(url))}`;
}

const images = [...document.querySelectorAll("figure img")];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) received.set(entry.name, entry);
  images.forEach(show);
}).observe({ type: "resource", buffered: true });
for (const image of images) image.addEventListener("load", () => show(image));
