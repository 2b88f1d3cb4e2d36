"use strict";
// Fills the charts and the tree from the data that the page carries. Text becomes text nodes, never markup.
(async () => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (name, text = "", kind = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const inflate = (id) => {
    const bytes = Uint8Array.from(atob(find(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  let data;
  try {
    data = JSON.parse(await inflate("#data"));
    const bundle = make("script", await inflate("#bundle"));
    document.head.append(bundle);
    if (!window.Plotly) throw new Error("Plotly did not start");
  } catch (error) {
    find("#trouble").append(` (${error})`);
    find("#trouble").hidden = false;
    return;
  }

  const font = { family: getComputedStyle(document.body).fontFamily, size: 13, color: "#1a1a1a" };
  const base = { font, margin: { l: 8, r: 16, t: 8, b: 48 }, separators: data.separators, paper_bgcolor: "#fff", plot_bgcolor: "#fff", showlegend: false,
    hoverlabel: { font, bgcolor: "#fff" }, dragmode: false };
  const axis = { gridcolor: "#d9d9d9", zerolinecolor: "#767676", fixedrange: true };
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
  const hidden = new Set(); // "chart trace" of the keys that are not pressed
  const chosen = () => ({ "": "", category: find("#category").value,
    both: `${find("#scenario").value} ${find("#category").value}` });

  const tabled = (rows) => {
    const table = make("table");
    rows.forEach((cells, n) => {
      const row = make("tr");
      cells.forEach((text, column) => row.append(make(n && column ? "td" : "th", text)));
      table.append(row);
    });
    return table;
  };

  const draw = (figure) => {
    const chart = data.charts[figure.dataset.chart][chosen()[figure.dataset.by]];
    const place = find(".chart", figure);
    const numbers = find("details", figure);
    find(".note", figure).textContent = chart.empty ?? chart.note;
    place.parentElement.hidden = Boolean(chart.empty);
    numbers.hidden = !chart.table;
    if (chart.table) find(".table", numbers).replaceChildren(tabled(chart.table));
    if (chart.empty) return;
    place.setAttribute("aria-label", chart.alt);
    const traces = chart.traces.map((trace, n) => ({ ...trace, visible: !hidden.has(`${figure.dataset.chart} ${n}`) }));
    const layout = { ...base, ...chart.layout, xaxis: { ...axis, ...chart.layout.xaxis }, yaxis: { ...axis, ...chart.layout.yaxis } };
    return Plotly.react(place, traces, layout, config);
  };

  const branch = (entry, open) => {
    const row = document.createDocumentFragment();
    row.append(make("span", entry.v, "value"), " ");
    if (entry.p) row.append(make("span", entry.p, "share"), " ");
    row.append(make("bdi", entry.t));
    if (entry.w) {
      const bar = make("span", "", entry.w < 0 ? "bar credit" : "bar");
      bar.style.width = `${Math.min(Math.abs(entry.w), 1) * 100}%`;
      row.append(bar);
    }
    if (!entry.f && !entry.s && !entry.b && !entry.g) {
      const leaf = make("div", "", "leaf");
      leaf.append(row);
      return leaf;
    }
    const made = make("details");
    const head = make("summary");
    head.append(row);
    made.append(head);
    const fill = () => { // below a row is made when it is opened first
      if (made.dataset.full) return;
      made.dataset.full = "yes";
      if (entry.f || entry.s || entry.g) made.append(facts(entry));
      made.append(...(entry.b ?? []).map((below) => branch(below, false)));
    };
    made.addEventListener("toggle", fill);
    if (open) { fill(); made.open = true; }
    return made;
  };

  const link = (text, target) => {
    const made = make("a", text);
    made.href = target;
    made.addEventListener("click", () => all(`${target.startsWith("#source") ? "#sources" : target} details`)
      .forEach((closed) => { closed.open = true; }));
    return made;
  };

  const facts = (entry) => {
    const list = make("dl");
    for (const [label, text] of entry.f ?? []) list.append(make("dt", label), make("dd", text));
    if (entry.s) {
      const cited = make("dd");
      for (const number of entry.s) cited.append(link(data.words.source.replace("{number}", number), `#source-${number}`), " ");
      list.append(make("dt", data.words.cites), cited);
    }
    if (entry.g) {
      const gaps = make("dd");
      gaps.append(link(data.words[entry.g > 1 ? "gaps" : "gap"].replace("{count}", entry.g), "#completeness"));
      list.append(make("dt", data.words.open), gaps);
    }
    return list;
  };

  const refresh = () => {
    const root = data.trees[chosen().both];
    find("#branches").replaceChildren(branch(root, true));
    return Promise.all(all("figure[data-chart]").map(draw));
  };

  for (const key of all("button[data-chart]")) {
    key.addEventListener("click", () => {
      const { chart, trace } = key.dataset;
      const shown = key.getAttribute("aria-pressed") !== "true";
      key.setAttribute("aria-pressed", String(shown));
      hidden[shown ? "delete" : "add"](`${chart} ${trace}`);
      draw(find(`figure[data-chart="${chart}"]`));
    });
  }
  for (const select of all("select")) select.addEventListener("change", refresh);

  const paper = 680; // pixels: the width of an A4 page within its margins
  const closed = [];
  addEventListener("beforeprint", () => {
    closed.push(...all("figure details:not([open])"));
    closed.forEach((details) => { details.open = true; });
    for (const place of all(".js-plotly-plot")) place.style.zoom = Math.min(1, paper / place.offsetWidth);
  });
  addEventListener("afterprint", () => {
    closed.splice(0).forEach((details) => { details.open = false; });
    for (const place of all(".js-plotly-plot")) place.style.zoom = 1;
  });

  find("#controls").hidden = false;
  await refresh();
  document.documentElement.dataset.ready = "yes";
})();
