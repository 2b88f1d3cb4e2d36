"use strict";
// Builds what the server answers as plain data, and tells it what is clicked, moved and written.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.lca = (() => {
  const nothing = () => window.dash_clientside.no_update;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const tell = (id, data) => window.dash_clientside.set_props(id, { data });

  // Elements and attributes that may be built; of addresses only those of the web.
  const TAGS = new Set("a b button caption datalist dd details div dl dt fieldset form h3 input label legend li ol option output p select small span summary table tbody td textarea th thead tr ul".split(" "));
  const ATTRIBUTES = /^(class|title|for|id|name|type|value|min|max|step|list|placeholder|hidden|open|selected|scope|role|tabindex|rel|target|autocomplete|data-[a-z-]+|aria-[a-z-]+)$/;
  const build = (node) => {
    if (typeof node === "string") return document.createTextNode(node);
    const [tag, attributes, within] = node;
    const made = document.createElement(TAGS.has(tag) ? tag : "span");
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "href") { if (/^https?:\/\//.test(value)) made.href = value; }
      else if (name === "data-width") made.style.width = value;
      else if (name === "data-colour") made.style.color = value;
      else if (typeof value === "boolean") made.toggleAttribute(name, value);
      else if (ATTRIBUTES.test(name)) made.setAttribute(name, value);
    }
    made.append(...within.map(build));
    return made;
  };
  const fill = (nodes, store) => {
    const id = store.replace(/-nodes$/, "");
    if (nodes) find(`#${id}`).replaceChildren(...nodes.map(build));
    if (nodes && id === "levers") all("[data-lever]").forEach(read);
    return nothing();
  };

  // At most one question in `every` milliseconds while something moves; the last one is always asked.
  let timer = null;
  let rest = null;
  let last = 0;
  const moved = () => {
    const values = {};
    for (const lever of all("[data-lever]")) values[lever.dataset.lever] = lever.type === "range" ? Number(lever.value) : lever.value;
    const asked = () => ({ key: find("[data-lever]").dataset.of, values, at: Date.now() });
    clearTimeout(timer);
    timer = setTimeout(() => { last = Date.now(); tell("moving", asked()); }, Math.max(0, last + 120 - Date.now()));
    clearTimeout(rest);
    rest = setTimeout(() => tell("rested", asked()), 400);
  };
  const read = (lever) => {
    const output = find(`output[data-of="${lever.dataset.lever}"]`);
    if (!output) return;
    const number = lever.dataset.logarithmic ? Number((10 ** Number(lever.value)).toPrecision(3)) : Number(lever.value);
    const text = number >= 1e6 || number < 1e-3 ? number.toExponential().replace("e+", "e") : number.toLocaleString(document.documentElement.lang);
    output.textContent = [text, lever.dataset.unit].filter(Boolean).join(" ");
  };
  const written = (form) => {
    const fields = {};
    for (const field of all("[data-field]", form)) fields[field.dataset.field] = field.value;
    return fields;
  };

  document.addEventListener("input", ({ target }) => {
    if (target.dataset?.lever) { read(target); moved(); }
  });
  document.addEventListener("click", ({ target }) => {
    const pressed = target.closest?.("[data-do]");
    if (!pressed) return;
    const { to, do: what, value } = pressed.dataset;
    const form = find("#form");
    const named = pressed.dataset.named ? find(`#${pressed.dataset.named}`).value : "";
    tell(`${to}-did`, { do: what, value, named, fields: to === "write" ? written(form) : null, at: Date.now() });
  });
  document.addEventListener("change", ({ target }) => { // a table that is added to a form
    if (target.id === "more" && target.value) tell("write-did", { do: "more", value: target.value, fields: written(find("#form")), at: Date.now() });
  });

  return {
    fill,
    entered: (clicks) => {
      const context = window.dash_clientside.callback_context;
      return context.triggered.length && context.triggered[0].value ? context.triggered_id.go : nothing();
    },
    shown: (room) => {
      const { outputs_list } = window.dash_clientside.callback_context;
      return [outputs_list[0].map((o) => o.id.room !== room), outputs_list[1].map((o) => (o.id.go === room ? "page" : "false"))];
    },
  };
})();
