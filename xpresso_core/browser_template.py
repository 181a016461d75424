"""The empty page that `browser_page` fills: its frame, its looks, and the script that hands the data to igv.js."""

from __future__ import annotations

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {{policy}}; \
style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<style>{{style}}</style>
</head>
<body>
<h1>{{title}}</h1>
{{note}}
<p>Drag to move; zoom with &minus; and +; type the name of a gene, or a place, into the box beside the magnifying \
glass and press Enter; click a bar or a gene to read what it is. Bars rise from the foot of the axis and are pale \
below zero, the grey line; zoomed out, each is as high as the highest value that it covers.</p>
<p id="message" role="status"></p>
<div id="browser"></div>
<details><summary>Made with igv.js {{version}}</summary><pre>{{licence}}</pre></details>
<script type="application/json" id="data">{{data}}</script>
<script>{{library}}</script>
<script>{{script}}</script>
</body>
</html>
"""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; margin: 1rem 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
p { margin: 0 0 .4rem; max-width: 85rem; }
#message { color: #a33c00; font-weight: 600; }
#message:empty { display: none; }
details { margin-top: 1rem; color: #555; font-size: .85rem; }
pre { white-space: pre-wrap; }
"""

SCRIPT = """
"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const message = document.getElementById("message");

// igv.js asks for a sequence. One unknown base is enough, with the true length beside it.
function reference(sizes) {
  const records = Object.entries(sizes).map(([name, size]) => `>${name}:1-1 @len=${size}\\nN\\n`);
  return "data:text/plain;base64," + btoa(records.join(""));
}

// Parts of exons outside the coding reach are drawn thin.
function exon(start, end, coding) {
  if (coding.length === 0) return { start, end };
  const [first, last] = coding;
  if (end <= first || start >= last) return { start, end, utr: true };
  return { start, end, cdStart: Math.max(start, first), cdEnd: Math.min(end, last) };
}

function feature([chr, start, end, name, strand, offsets, coding]) {
  const made = { chr, start, end, name, strand };
  if (offsets.length > 0) made.exons = [];
  for (let i = 0; i < offsets.length; i += 2) {
    made.exons.push(exon(start + offsets[i], start + offsets[i + 1], coding));
  }
  return made;
}

function track(given) {
  const shared = { name: given.name, color: given.colour };
  if (given.kind === "signal") {
    return {
      ...shared, type: "wig", format: "bigwig", url: "data:application/octet-stream;base64," + given.bigwig,
      altColor: given.tint, min: given.min, max: given.max, height: 130, graphType: "bar", windowFunction: "max",
    };
  }
  return {
    ...shared, altColor: given.minus, type: "annotation",
    features: given.rows.map(feature), searchable: given.searchable,
    displayMode: given.searchable ? "EXPANDED" : "COLLAPSED", height: given.searchable ? 110 : 60, visibilityWindow: -1,
    margin: 28,  // the name of the track stands there
  };
}

// igv.js draws bars from zero on; of logarithms, zero is no bottom. These rise from the foot of the axis, paler below
// zero, which a line marks.
function drawFromFoot(options) {
  const { context, bpStart, bpPerPixel, pixelWidth } = options;
  const { min, max } = this.dataRange;
  const foot = options.pixelHeight - 1;
  const height = (value) => (Math.min(max, Math.max(min, value)) - min) / (max - min) * foot;
  for (const bin of options.features || []) {
    // Whole pixels: bars that share an edge leave no seam.
    const x = Math.round((bin.start - bpStart) / bpPerPixel);
    const width = Math.max(1, Math.round((bin.end - bpStart) / bpPerPixel) - x);
    if (x + width < 0 || x > pixelWidth) continue;
    const rise = Math.max(1, height(bin.value));
    const fillStyle = bin.value < 0 ? this.altColor : this.color;
    igv.IGVGraphics.fillRect(context, x, foot - rise, width, rise, { fillStyle });
  }
  if (min < 0) {
    const y = foot - height(0);
    igv.IGVGraphics.strokeLine(context, 0, y, pixelWidth, y, { strokeStyle: "#9A9A9A" });
  }
}

function useFoot(view) {
  const usual = view.track.draw;
  view.track.draw = function (options) {
    const plain = this.graphType === "bar" && !this.logScale && !this.flipAxis;
    (plain ? drawFromFoot : usual).call(this, options);
  };
  view.repaintViews();
}

async function start() {
  const browser = await igv.createBrowser(document.getElementById("browser"), {
    reference: {
      id: page.assembly, name: page.assembly, fastaURL: reference(page.sizes), indexed: false, wholeGenomeView: false,
    },
    locus: page.locus,
    tracks: page.tracks.map(track),
    flanking: 10000,
    loadDefaultGenomes: false,  // a list that igv.js fetches
    search: false,  // a service that igv.js asks for names it does not know
    showIdeogram: false,
    showSequence: false,
  });
  browser.trackViews.filter((view) => view.track.type === "wig").forEach(useFoot);
  const known = page.tracks.filter((given) => given.searchable).flatMap((given) => given.rows.map((row) => row[3]));
  const list = document.createElement("datalist");  // completes what is typed
  list.id = "names";
  for (const name of new Set(known)) list.append(new Option(name, name));
  browser.navbar.searchInput.after(list);
  browser.navbar.searchInput.setAttribute("list", list.id);
  browser.navbar.searchInput.placeholder = "gene or place";
  browser.navbar.doSearch = async (text) => {
    message.textContent = "";
    if (text.trim() === "" || await browser.search(text.trim())) return;
    message.textContent = `Nothing called \\u201c${text}\\u201d is on this page. It knows ${known.length} ` +
      `names, in upper or lower case, and places such as ${page.locus}.`;
  };
  window.xpressoBrowser = browser;  // for whoever opens the console
}

start().catch((error) => { message.textContent = `The tracks cannot be shown: ${error.message}`; });
"""
