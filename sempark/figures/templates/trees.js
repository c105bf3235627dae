"use strict";
/* The tree of sub-categories at the left; dendrogram, decision graph and slider of the cuts. */
(function () {
  const S = window.sempark;
  const { el, svg, plain, count, grid, composition } = window.views;
  const LEAVES = 30;
  const open = new Set();

  /* The tree, with the node at `id` opened and marked. */
  function drawTree(id) {
    const root = document.getElementById("tree");
    for (let at = S.state.byId.get(id); at; at = S.state.byId.get(at.parent)) open.add(at.id);
    const tops = S.state.nodes.filter((node) => !node.parent);
    root.replaceChildren(...tops.map((node) => branch(node, id)));
    const items = root.querySelectorAll("[role=treeitem]");
    const current = root.querySelector("[aria-selected=true]") || items[0];
    items.forEach((item) => item.setAttribute("tabindex", item === current ? "0" : "-1"));
  }

  function branch(node, id) {
    const has = node.children.length > 0;
    const opened = has && open.has(node.id);
    const item = el("a", {
      role: "treeitem", href: "#/node/" + encodeURIComponent(node.id), "data-id": node.id,
      "aria-selected": String(node.id === id), "aria-level": node.depth + 1,
      "aria-expanded": has ? String(opened) : null, style: { "--depth": String(node.depth) },
    }, el("span", { class: "twig", "aria-hidden": "true" }, has ? (opened ? "▾" : "▸") : ""),
    el("span", { class: "name" }, plain(node.name)), el("span", { class: "n" }, (node.end - node.start).toLocaleString("en")));
    item.querySelector(".twig").addEventListener("click", function (event) {
      if (!has) return;
      event.preventDefault();
      event.stopPropagation();
      toggle(node, !opened);
    });
    return el("div", { class: "branch", role: "none" }, item,
      opened ? el("div", { role: "group" }, node.children.map((child) => branch(child, id))) : null);
  }

  function toggle(node, to) {
    to ? open.add(node.id) : open.delete(node.id);
    const selected = document.querySelector("#tree [aria-selected=true]");
    drawTreeKeeping(selected ? selected.dataset.id : "", node.id);
  }

  function drawTreeKeeping(selected, focus) {
    const root = document.getElementById("tree");
    const tops = S.state.nodes.filter((node) => !node.parent);
    root.replaceChildren(...tops.map((node) => branch(node, selected)));
    root.querySelectorAll("[role=treeitem]").forEach(function (item) {
      item.setAttribute("tabindex", item.dataset.id === focus ? "0" : "-1");
      if (item.dataset.id === focus) item.focus();
    });
  }

  /* Arrow keys as in any tree: up, down, right opens or enters, left closes or leaves. */
  function treeKeys(event) {
    const items = Array.from(document.querySelectorAll("#tree [role=treeitem]"));
    const at = items.indexOf(document.activeElement);
    if (at < 0) return;
    const node = S.state.byId.get(items[at].dataset.id);
    const go = (item) => {
      if (!item) return;
      items.forEach((each) => each.setAttribute("tabindex", "-1"));
      item.setAttribute("tabindex", "0");
      item.focus();
    };
    if (event.key === "ArrowDown") go(items[at + 1]);
    else if (event.key === "ArrowUp") go(items[at - 1]);
    else if (event.key === "Home") go(items[0]);
    else if (event.key === "End") go(items[items.length - 1]);
    else if (event.key === "ArrowRight" && node.children.length) open.has(node.id) ? go(items[at + 1]) : toggle(node, true);
    else if (event.key === "ArrowLeft" && open.has(node.id) && node.children.length) toggle(node, false);
    else if (event.key === "ArrowLeft" && node.parent) go(items.find((item) => item.dataset.id === node.parent));
    else return;
    event.preventDefault();
  }

  /* Slider position (0 to 1000) of k and back: even in the logarithm. */
  const toK = (at, n) => Math.round(Math.exp((at / 1000) * Math.log(n)));
  const toPosition = (k, n) => (n > 1 ? Math.round((1000 * Math.log(k)) / Math.log(n)) : 0);

  /* The clusters of a method in a space at k, with slider, scores, dendrogram, decision graph. */
  async function cutPage(number, k, only, keep) {
    const entries = S.state.run.clusterings;
    if (!entries.length) return el("p", { class: "soft" }, "This run has no clusterings.");
    const entry = entries[number] || entries[0];
    const data = await S.clustering(entry);
    const flat = entry.flat !== undefined;
    k = Math.max(1, Math.min(entry.n, k || Math.min(20, entry.n)));
    const labels = flat ? data.labels : S.cut(data.pairs, entry.n, k);
    const groups = S.clusters(labels, data.rows);
    const go = (to) => { window.location.hash = "#/cut/" + number + "/" + to; };
    const select = el("select", { id: "clustering", "aria-label": "Space and method",
      onchange: (event) => { window.location.hash = "#/cut/" + event.target.value + "/" + k; } },
    entries.map((each, i) => el("option", { value: i, selected: i === number }, label(each))));
    const out = el("article", { class: "cut" }, el("h1", {}, "Clusters"), el("div", { class: "controls" }, select));
    if (!flat) {
      const shown = el("input", { type: "number", id: "k", min: 1, max: entry.n, value: k, "aria-label": "Number of clusters",
        onchange: (event) => go(Math.max(1, Math.min(entry.n, Number(event.target.value) || 1))) });
      const slider = el("input", { type: "range", id: "slider", min: 0, max: 1000, value: toPosition(k, entry.n), "aria-label": "Number of clusters, logarithmic",
        "aria-valuetext": String(k), oninput: (event) => { shown.value = toK(event.target.value, entry.n); },
        onchange: (event) => go(toK(event.target.value, entry.n)) });
      out.querySelector(".controls").append(slider, el("label", {}, "k ", shown));
      out.append(el("div", { class: "graphs" }, scoreGraph(entry, k, go), decisionGraph(entry, data.heights, k, go),
        dendrogram(entry, data, k, number)));
    }
    const members = only ? only.split("-").map(Number) : null;
    if (members) {
      const inside = dendrogramRows(entry, data, members[0]).filter(keep);
      out.append(el("h2", {}, "The branch: " + count(inside.length, "image")), composition(inside), grid(inside));
      return out;
    }
    out.append(el("p", { class: "soft" }, count(groups.length, "cluster") + " of " + count(data.rows.length, "image") + ", the largest first."));
    groups.slice(0, 60).forEach(function (group) {
      const rows = group.rows.filter((row) => row >= 0 && keep(row));
      if (!rows.length) return;
      const name = group.label === -1 ? "In no cluster" : count(group.rows.length, "image");
      const details = el("details", { class: "cluster", open: groups.length < 13 }, el("summary", {}, el("span", {}, name), composition(rows)));
      const fill = () => { if (details.open && details.children.length < 2) details.append(grid(rows, name)); };
      details.addEventListener("toggle", fill);
      fill();
      out.append(details);
    });
    if (groups.length > 60) out.append(el("p", { class: "soft" }, "And " + (groups.length - 60) + " smaller ones."));
    return out;
  }

  function label(entry) {
    const untrained = S.state.run.spaces.some((space) => space.name === entry.space && space.untrained);
    return entry.space + " · " + (S.state.run.methodNames[entry.method] || plain(entry.method)) + (untrained ? " (untrained network)" : "");
  }

  /* A small graph on which a click chooses k. */
  function graph(title, xs, ys, k, n, go, alt) {
    const w = 300, h = 120, left = 4, top = 8;
    const high = Math.max(...ys, 1e-300), low = Math.min(...ys, 0);
    const x = (value) => left + ((w - 2 * left) * Math.log(Math.max(1, value))) / Math.log(Math.max(2, n));
    const y = (value) => h - 6 - ((h - top - 6) * (value - low)) / (high - low || 1);
    const out = svg("svg", { viewBox: "0 0 " + w + " " + h, role: "img", "aria-label": alt });
    out.append(svg("line", { class: "axis", x1: left, x2: w - left, y1: h - 5, y2: h - 5 }),
      svg("line", { class: "here", x1: x(k), x2: x(k), y1: 0, y2: h - 5 }),
      svg("polyline", { class: "line", points: xs.map((value, i) => x(value).toFixed(1) + "," + y(ys[i]).toFixed(1)).join(" ") }));
    out.addEventListener("click", function (event) {
      const box = out.getBoundingClientRect();
      const at = (((event.clientX - box.left) / box.width) * w - left) / (w - 2 * left);
      go(Math.max(1, Math.min(n, Math.round(Math.exp(at * Math.log(Math.max(2, n)))))));
    });
    return el("figure", {}, out, el("figcaption", {}, title));
  }

  function scoreGraph(entry, k, go) {
    const [ks, values] = entry.nmi;
    if (!ks.length) return null;
    const at = ks.indexOf(k);
    const here = at >= 0 ? ": " + values[at].toFixed(3) + " at k = " + k : "";
    return graph("NMI with the categories" + here, ks, values, k, entry.n, go, "NMI by number of clusters; click to choose k");
  }

  /* Heights of the last merges by the number of clusters they leave: for Density Peaks the decision
     graph, density times distance of the k-th center. */
  function decisionGraph(entry, heights, k, go) {
    const last = heights.slice().reverse();
    const peaks = entry.method === "density_peaks";
    const values = peaks ? last.map((v) => Math.log10(Math.max(v, 1e-12))) : last;
    const title = peaks ? "Decision graph: density × distance of each center (log)" : "Height of each merge";
    return graph(title, last.map((_, i) => i + 1), values, k, entry.n, go, title + "; click to choose k");
  }

  /* Members of merge or point `id` as rows. */
  function dendrogramRows(entry, data, id) {
    const out = [];
    const stack = [id];
    while (stack.length) {
      const at = stack.pop();
      if (at < entry.n) {
        if (data.rows[at] >= 0) out.push(data.rows[at]);
      } else {
        stack.push(data.pairs[2 * (at - entry.n)], data.pairs[2 * (at - entry.n) + 1]);
      }
    }
    return out.sort((a, b) => a - b);
  }

  /* The last merges as a tree; a click on a branch shows its images. */
  function dendrogram(entry, data, k, number) {
    const n = entry.n;
    if (n < 2) return null;
    const leaves = Math.min(LEAVES, n, Math.max(k, 2));
    const w = 300, h = 120;
    const first = n + (n - leaves); /* the first merge drawn */
    const height = (id) => data.heights[data.heights.length - (2 * n - 1 - id)];
    const high = Math.max(...data.heights.slice(1 - leaves), 1e-300);
    const y = (id) => (id < first ? h - 2 : h - 2 - ((h - 10) * Math.max(0, height(id))) / high);
    let next = 0;
    const out = svg("svg", { viewBox: "0 0 " + w + " " + h, role: "img", class: "dendrogram",
      "aria-label": "Dendrogram of the last " + (leaves - 1) + " merges; click on a branch to see its images" });
    function draw(id) {
      if (id < first) return ((next++ + 0.5) * w) / leaves;
      const [a, b] = [data.pairs[2 * (id - n)], data.pairs[2 * (id - n) + 1]];
      const [xa, xb] = [draw(a), draw(b)];
      const top = y(id);
      const d = "M" + xa.toFixed(1) + "," + y(a).toFixed(1) + "V" + top.toFixed(1) + "H" + xb.toFixed(1) + "V" + y(b).toFixed(1);
      const path = svg("path", { d: d }, svg("title", {}, "Show the images of this branch"));
      path.addEventListener("click", function () {
        window.location.hash = "#/cut/" + number + "/" + k + "/" + id;
      });
      out.append(path);
      return (xa + xb) / 2;
    }
    draw(2 * n - 2);
    return el("figure", {}, out, el("figcaption", {}, "Last " + (leaves - 1) + " merges"));
  }

  window.trees = { drawTree, treeKeys, cutPage };
})();
