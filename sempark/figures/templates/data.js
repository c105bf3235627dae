"use strict";
/* Data of the browser: chunks come as scripts, since a page opened from disk can't fetch.
   Every text that reaches the page goes through textContent or setAttribute, never through HTML. */
(function () {
  const waiting = new Map();
  const chunks = new Map();

  /* What a chunk's script calls. */
  function chunk(name, content) {
    chunks.set(name, content);
  }

  /* A promise of a chunk; each is loaded once. */
  function load(name) {
    if (waiting.has(name)) return waiting.get(name);
    const promise = new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = "data/" + name + ".js";
      script.onload = function () {
        script.remove();
        chunks.has(name) ? resolve(chunks.get(name)) : reject(new Error(name + " is empty"));
      };
      script.onerror = function () {
        waiting.delete(name);
        reject(new Error("data/" + name + ".js can't be read"));
      };
      document.head.append(script);
    });
    waiting.set(name, promise);
    return promise;
  }

  const state = { run: null, nodes: [], byId: new Map(), index: null };

  /* What every view needs: the run, the tree, and a few bytes an image. */
  async function start() {
    const [run, nodes] = await Promise.all([load("run"), load("tree")]);
    state.run = run;
    state.nodes = nodes;
    nodes.forEach(function (node) {
      node.children = [];
      state.byId.set(node.id, node);
    });
    nodes.forEach(function (node) {
      if (node.parent) state.byId.get(node.parent).children.push(node);
    });
    const names = [];
    for (let i = 0; i * run.chunks.index < run.n; i++) names.push("index-" + i);
    const parts = await Promise.all(names.map(load));
    const index = { md5: parts.map((part) => part.md5).join("") };
    Object.keys(run.words).forEach(function (name) {
      index[name] = Int16Array.from([].concat(...parts.map((part) => part[name])));
    });
    state.index = index;
  }

  function md5(row) {
    return state.index.md5.slice(row * 32, row * 32 + 32);
  }

  /* The word a column holds for a row, or "". */
  function word(name, row) {
    const code = state.index[name][row];
    return code < 0 ? "" : state.run.words[name][code];
  }

  async function detail(row) {
    const size = state.run.chunks.detail;
    const part = await load("detail-" + Math.floor(row / size));
    return part[row % size];
  }

  async function failed() {
    const names = [];
    for (let i = 0; i * state.run.chunks.failed < state.run.failed; i++) names.push("failed-" + i);
    return [].concat(...(await Promise.all(names.map(load))));
  }

  /* Rows whose path holds a text; chunk after chunk, at most `most`. */
  async function paths(text, most) {
    const found = [];
    const size = state.run.chunks.paths;
    if (!state.run.paths) return found;
    for (let i = 0; i * size < state.run.n && found.length < most; i++) {
      const lines = await load("paths-" + i);
      lines.forEach(function (line, j) {
        if (line.toLowerCase().includes(text)) found.push(i * size + j);
      });
    }
    return found.slice(0, most);
  }

  /* The deepest node that holds a row, or null. */
  function nodeOf(row) {
    let best = null;
    state.nodes.forEach(function (node) {
      if (node.start <= row && row < node.end && (!best || node.depth > best.depth)) best = node;
    });
    return best;
  }

  /* Points and merges of a clustering; merged pairs in order. */
  async function clustering(entry) {
    const points = load("space-" + entry.points);
    if (entry.flat !== undefined) {
      return { rows: await points, labels: await load("partition-" + entry.flat) };
    }
    const names = [];
    for (let i = 0; i < entry.parts; i++) names.push("merges-" + entry.file + "-" + i);
    const parts = await Promise.all(names.map(load));
    const pairs = entry.parts === 1 ? parts[0].pairs : [].concat(...parts.map((p) => p.pairs));
    return { rows: await points, pairs: pairs, heights: parts[0].heights };
  }

  /* Labels of the partition in k clusters: what the first n - k merges leave. */
  function cut(pairs, n, k) {
    const root = new Int32Array(2 * n - 1);
    for (let i = 0; i < root.length; i++) root[i] = i;
    for (let t = 0; t < n - k; t++) root[pairs[2 * t]] = root[pairs[2 * t + 1]] = n + t;
    /* A merge points to a later one only: from the last to the first, each finds its root at once. */
    for (let i = root.length - 1; i >= 0; i--) root[i] = root[root[i]];
    return root.slice(0, n);
  }

  /* Clusters of labelled points, largest first: {label, rows}; label -1 is noise and comes last. */
  function clusters(labels, rows) {
    const groups = new Map();
    for (let i = 0; i < rows.length; i++) {
      if (!groups.has(labels[i])) groups.set(labels[i], []);
      groups.get(labels[i]).push(rows[i]);
    }
    return Array.from(groups, ([label, members]) => ({ label: label, rows: members })).sort(
      (a, b) => (a.label === -1) - (b.label === -1) || b.rows.length - a.rows.length || a.label - b.label,
    );
  }

  window.sempark = { chunk, load, state, start, md5, word, detail, failed, paths, nodeOf, clustering,
    cut, clusters };
})();
