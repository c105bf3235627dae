"use strict";
/* Routes, filters, search and keys. The address after "#" says what is shown, so that the back
   button, a bookmark and a link from the report all work. */
(function () {
  const S = window.sempark;
  const { el, plain, count, grid, composition, imagePage, trail, length } = window.views;
  const { drawTree, treeKeys, cutPage } = window.trees;
  const view = document.getElementById("view");
  const FILTERS = [["category", "Category"], ["scale", "Scale"], ["by", "Category by"], ["scale_status", "Scale reading"]];
  const chosen = {};
  let around = []; /* rows of the sheet shown last: what previous and next step through */
  let turn = 0;

  /* Whether a row passes the filters. */
  function keep(row) {
    return row >= 0 && FILTERS.every(([name]) => chosen[name] === undefined || S.state.index[name][row] === chosen[name]);
  }

  function drawFilters() {
    const box = document.getElementById("filters");
    const { words, statusNames } = S.state.run;
    FILTERS.forEach(function ([name, title]) {
      const present = new Set(S.state.index[name]);
      const select = el("select", { id: "filter-" + name, onchange: (event) => {
        const value = event.target.value;
        value === "" ? delete chosen[name] : (chosen[name] = Number(value));
        route();
      } }, el("option", { value: "" }, "all"),
      words[name].map((word, i) => present.has(i) ? el("option", { value: i }, statusNames[word] || plain(word)) : null),
      present.has(-1) ? el("option", { value: -1 }, "none") : null);
      box.append(el("label", {}, el("span", {}, title), select));
    });
    box.append(el("button", { type: "button", id: "clear", onclick: function () {
      FILTERS.forEach(([name]) => { delete chosen[name]; document.getElementById("filter-" + name).value = ""; });
      route();
    } }, "Clear"));
  }

  function filtered(start, end) {
    const rows = [];
    for (let row = start; row < end; row++) if (keep(row)) rows.push(row);
    return rows;
  }

  function percent(value) {
    return Math.round(100 * value) + "\u00a0%";
  }

  function nodePage(id) {
    const node = S.state.byId.get(id);
    const rows = node ? filtered(node.start, node.end) : filtered(0, S.state.run.n);
    const all = node ? node.end - node.start : S.state.run.n;
    around = rows;
    const of = S.state.run.sampleOf ? " (a sample of " + S.state.run.sampleOf.toLocaleString("en") + " images is shown)" : "";
    const few = (rows.length < all ? count(rows.length, "image") + " of " + all.toLocaleString("en") : count(all, "image")) + of;
    const out = el("article", { class: "node" }, el("h1", {}, node ? trail(node) : "All images"), el("p", { class: "soft" }, few));
    if (node) {
      const f = node.facts || {};
      const said = [];
      if (f.labelled_share !== null && f.labelled_share !== undefined) said.push(percent(f.labelled_share) + " labelled");
      if (f.nm_per_px_low && f.nm_per_px_high) said.push(length(f.nm_per_px_low) + " to " + length(f.nm_per_px_high) + " a pixel");
      if (f.instrument) said.push(percent(f.instrument_share) + " from " + f.instrument + (f.one_instrument ? " (one instrument's cluster)" : ""));
      if (f.flat_overlap != null && node.depth) said.push(percent(f.flat_overlap) + " shared with its best cluster of a flat partition");
      if (f.stability !== null && f.stability !== undefined) said.push("stability " + f.stability.toFixed(2));
      if (f.rule) said.push(f.rule);
      if (said.length) out.append(el("p", { class: "soft" }, said.join(" · ")));
      if (node.children.length) {
        out.append(el("div", { class: "children" }, node.children.map((child) => el("a", { class: "child", href: "#/node/" + encodeURIComponent(child.id) },
          child.medoid >= 0 ? window.views.thumbnail(child.medoid).firstChild : null,
          el("span", {}, plain(child.name)), el("span", { class: "soft" }, count(child.end - child.start, "image"))))));
      }
      const border = node.border.filter(keep);
      const typical = [node.medoid, ...node.typical.filter((row) => row !== node.medoid)].filter(keep);
      if (typical.length) out.append(el("h2", {}, "Typical"), grid(typical, "Typical images"));
      if (border.length) out.append(el("h2", {}, "At the border"), grid(border, "Images at the border"));
      if (typical.length || border.length) out.append(el("h2", {}, "All of it"));
    } else if (rows.length) {
      out.append(composition(rows));
    }
    out.append(rows.length ? grid(rows, "Images") : el("p", { class: "soft" }, "No image passes the filters."));
    return out;
  }

  async function failedPage() {
    const rows = await S.failed();
    const out = el("article", { class: "failed" }, el("h1", {}, "Rows that failed"));
    if (!rows.length) return el("article", {}, el("h1", {}, "Rows that failed"), el("p", { class: "soft" }, "None."));
    const groups = new Map();
    rows.forEach((row) => groups.set(row[0] + " · " + row[2], (groups.get(row[0] + " · " + row[2]) || 0) + 1));
    const body = el("tbody", {});
    const note = el("p", { class: "soft" });
    function fill(group) {
      const some = rows.filter((row) => group === "" || row[0] + " · " + row[2] === group);
      body.replaceChildren(...some.slice(0, 500).map((row) => el("tr", {}, el("td", {}, row[0]), el("td", {}, plain(row[2])),
        el("td", {}, row[4] >= 0 ? el("a", { href: "#/image/" + row[4] }, row[1]) : row[1]), el("td", {}, row[3]))));
      note.textContent = some.length > 500 ? "The first 500 of " + some.length.toLocaleString("en") + "." : count(some.length, "row") + ".";
    }
    out.append(el("div", { class: "controls" }, el("select", { id: "failed-filter", "aria-label": "Table and status", onchange: (event) => fill(event.target.value) },
      el("option", { value: "" }, "every table and status"),
      Array.from(groups).sort().map(([name, n]) => el("option", { value: name }, plain(name) + " (" + n + ")")))), note,
    el("div", { class: "scroll", tabindex: "0" }, el("table", {}, el("thead", {}, el("tr", {}, ["table", "status", "what", "reason"].map((each) => el("th", { scope: "col" }, each)))), body)));
    fill("");
    return out;
  }

  async function searchPage(text) {
    const needle = text.trim().toLowerCase();
    const out = el("article", { class: "found" }, el("h1", {}, "Search"));
    if (!needle) return out;
    const nodes = S.state.nodes.filter((node) => plain(trail(node)).toLowerCase().includes(plain(needle)));
    const rows = [];
    if (/^[0-9a-f]{4,32}$/.test(needle)) {
      for (let row = 0; row < S.state.run.n && rows.length < 500; row++) {
        if (S.md5(row).startsWith(needle)) rows.push(row);
      }
    }
    const more = (await S.paths(needle, 2000)).filter((row) => !rows.includes(row));
    around = rows.concat(more).filter(keep);
    out.append(el("p", { class: "soft" }, "“" + text + "”: " + count(around.length, "image") + ", " + (nodes.length === 1 ? "1 sub-category" : nodes.length + " sub-categories")));
    if (nodes.length) {
      out.append(el("ul", { class: "paths" }, nodes.map((node) => el("li", {}, el("a", { href: "#/node/" + encodeURIComponent(node.id) }, trail(node))))));
    }
    if (around.length) out.append(grid(around, "Found images"));
    return out;
  }

  /* Show what the address says. */
  async function route() {
    const mine = ++turn;
    const raw = window.location.hash.replace(/^#\/?/, "");
    const [kind, ...rest] = raw.split("/");
    let rest0 = "";
    try { rest0 = decodeURIComponent(rest.join("/")); } catch (error) { rest0 = rest.join("/"); }
    let page;
    let id = "";
    try {
      if (kind === "image" && Number(rest[0]) >= 0 && Number(rest[0]) < S.state.run.n) {
        const row = Number(rest[0]);
        const node = S.nodeOf(row);
        id = node ? node.id : "";
        if (!around.includes(row)) around = node ? filtered(node.start, node.end) : [row];
        page = await imagePage(row, around);
      } else if (kind === "cut") {
        page = await cutPage(Number(rest[0]) || 0, Number(rest[1]) || 0, rest[2] || "", keep);
      } else if (kind === "failed") {
        page = await failedPage();
      } else if (kind === "search") {
        page = await searchPage(rest0);
      } else {
        id = S.state.byId.has(rest0) ? rest0 : "";
        page = nodePage(id);
      }
    } catch (error) {
      page = el("p", { class: "notice" }, "Not shown: " + error.message);
    }
    if (mine !== turn) return; /* something else was asked for meanwhile */
    drawTree(id);
    document.querySelectorAll(".modes a").forEach(function (link) {
      const active = link.getAttribute("href").startsWith("#/" + (["cut", "failed"].includes(kind) ? kind : "node"));
      active ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    });
    view.replaceChildren(page);
    window.scrollTo(0, 0);
    document.body.classList.remove("opened");
    document.getElementById("drawer").setAttribute("aria-expanded", "false");
  }

  /* Arrow keys walk a sheet; on an image left and right step, Escape leaves, "/" searches. */
  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = document.activeElement;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("query").focus();
      return;
    }
    if (target.getAttribute("role") === "treeitem") return treeKeys(event);
    if (target.classList.contains("thumb")) return sheetKeys(event, target);
    const step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
    if (step && document.getElementById(step)) document.getElementById(step).click();
    if (event.key === "Escape" && window.location.hash.startsWith("#/image/")) window.history.back();
  }

  function sheetKeys(event, target) {
    const all = Array.from(target.parentNode.children);
    const at = all.indexOf(target);
    const wide = all.findIndex((each) => each.offsetTop > all[0].offsetTop);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide }[event.key];
    if (!by || (wide < 0 && event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    const to = all[at + by];
    if (to) to.focus();
    event.preventDefault();
  }

  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", route);
  document.getElementById("search").addEventListener("submit", function (event) {
    event.preventDefault();
    window.location.hash = "#/search/" + encodeURIComponent(document.getElementById("query").value);
  });
  document.getElementById("drawer").addEventListener("click", function (event) {
    const opened = document.body.classList.toggle("opened");
    event.target.setAttribute("aria-expanded", String(opened));
  });

  S.start().then(function () {
    drawFilters();
    return route();
  }).then(function () {
    document.body.classList.add("ready");
    document.body.dataset.ready = String(Math.round(performance.now())); /* ms since it was opened */
  }).catch(function (error) {
    view.replaceChildren(el("p", { class: "notice" }, "The data can't be read: " + error.message));
  });
})();
