"use strict";
/* What the views are built of: elements, thumbnails, sheets, the page of one image. */
(function () {
  const S = window.sempark;
  const SVG = "http://www.w3.org/2000/svg";
  const PER_PAGE = 120;

  /* An element with attributes and children; texts stay texts. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    return filled(node, attributes, children);
  }

  function svg(tag, attributes, ...children) {
    return filled(document.createElementNS(SVG, tag), attributes, children);
  }

  function filled(node, attributes, children) {
    Object.entries(attributes || {}).forEach(function ([name, value]) {
      if (value === null || value === undefined || value === false) return;
      if (name === "onclick" || name === "oninput" || name === "onchange") {
        node.addEventListener(name.slice(2), value);
      } else if (name === "style") {
        Object.entries(value).forEach(([key, text]) => node.style.setProperty(key, text));
      } else {
        node.setAttribute(name, value === true ? "" : value);
      }
    });
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }

  function plain(name) {
    return String(name).replaceAll("_", " ");
  }

  function count(n, words) {
    return n.toLocaleString("en") + " " + words + (n === 1 ? "" : "s");
  }

  /* What an image is, in words: its alternative text. */
  function words(row) {
    const parts = [plain(S.word("category", row) || "no category")];
    if (S.word("scale", row)) parts.push("scale " + S.word("scale", row));
    parts.push("image " + S.md5(row).slice(0, 8));
    return parts.join(", ");
  }

  /* A tile cut out of its sheet by position; only what is seen is loaded. */
  function picture(row) {
    const sheet = S.state.run.sheet;
    const place = row % sheet.images;
    const number = Math.floor(row / sheet.images);
    const n = Math.min(sheet.images, S.state.run.n - number * sheet.images);
    const lines = Math.ceil(n / sheet.columns);
    const x = place % sheet.columns;
    const y = Math.floor(place / sheet.columns);
    const share = (at, of) => (of > 1 ? (100 * at) / (of - 1) : 0) + "%";
    return el("span", {
      class: "tile",
      role: "img",
      "aria-label": words(row),
      style: {
        "background-image": 'url("sheets/' + String(number).padStart(4, "0") + '.jpg")',
        "background-size": 100 * sheet.columns + "% " + 100 * lines + "%",
        "background-position": share(x, sheet.columns) + " " + share(y, lines),
      },
    });
  }

  function thumbnail(row, note) {
    const link = el("a", { class: "thumb", href: "#/image/" + row, title: words(row) }, picture(row));
    if (S.word("by", row) === "prediction") {
      link.append(el("span", { class: "flag", title: "category by prediction" }, "predicted"));
    }
    if (note) link.append(el("span", { class: "note" }, note));
    return link;
  }

  /* A contact sheet, page by page. */
  function grid(rows, label) {
    const box = el("div", { class: "grid", role: "group", "aria-label": label || "Images" });
    const more = el("button", { type: "button", class: "more-images" });
    let shown = 0;
    function add() {
      const next = rows.slice(shown, shown + PER_PAGE);
      box.append(...next.map((row) => thumbnail(row)));
      shown += next.length;
      more.textContent = "Show more (" + (rows.length - shown).toLocaleString("en") + " left)";
      more.hidden = shown >= rows.length;
    }
    more.addEventListener("click", function () {
      const first = shown;
      add();
      if (box.children[first]) box.children[first].focus();
    });
    add();
    return el("div", { class: "sheet" }, box, more);
  }

  /* Share of each category among rows, as one thin bar. */
  function composition(rows) {
    const counts = new Map();
    rows.forEach(function (row) {
      const name = S.word("category", row) || "no category";
      counts.set(name, (counts.get(name) || 0) + 1);
    });
    const parts = Array.from(counts).sort((a, b) => b[1] - a[1]);
    const said = parts.slice(0, 3).map(([name, n]) => plain(name) + " " + Math.round((100 * n) / rows.length) + "\u00a0%");
    const bar = el("span", { class: "bar", role: "img", "aria-label": said.join(", ") });
    parts.forEach(function ([name, n]) {
      const code = S.state.run.words.category.indexOf(name);
      bar.append(el("span", { class: "c" + (code < 0 ? "none" : code % 10), title: plain(name) + ": " + n,
        style: { "flex-grow": String(n) } }));
    });
    return el("div", { class: "composition" }, bar, el("span", { class: "soft" }, said.join(" · ")));
  }

  /* "12.5 nm", "3.2 µm": a length with a fitting unit. */
  function length(nm) {
    const units = [["mm", 1e6], ["µm", 1e3], ["nm", 1]];
    const [unit, by] = units.find((each) => nm >= each[1]) || units[2];
    return Number((nm / by).toPrecision(3)) + " " + unit;
  }

  /* A round length of at most a quarter of the width: 1, 2 or 5 times a power of ten. */
  function roundLength(most) {
    const ten = 10 ** Math.floor(Math.log10(most));
    return [5, 2, 1].find((each) => each * ten <= most) * ten;
  }

  /* Marks over the picture: data bar box, and a scale bar from the read scale. */
  function marks(image) {
    const w = image.width;
    const h = image.height;
    const out = svg("svg", { class: "marks", viewBox: "0 0 " + w + " " + h, "aria-hidden": "true" });
    if (image.databar) {
      const [x0, y0, x1, y1] = image.databar;
      out.append(svg("rect", { class: "databar", x: x0, y: y0, width: x1 - x0, height: y1 - y0 }));
    }
    if (image.nm_per_px > 0) {
      const nm = roundLength((image.nm_per_px * w) / 4);
      const px = nm / image.nm_per_px;
      const top = image.databar && image.databar[1] > h / 2 ? image.databar[1] : h;
      const x = 0.03 * w;
      const y = top - 0.04 * h;
      out.append(
        svg("rect", { class: "plate", x: x - 0.012 * w, y: y - 0.065 * h, width: px + 0.024 * w, height: 0.09 * h, rx: 0.008 * w }),
        svg("line", { class: "scalebar", x1: x, x2: x + px, y1: y, y2: y, "stroke-width": 0.009 * h }),
        svg("text", { class: "scalebar-text", x: x + px / 2, y: y - 0.018 * h, "font-size": 0.038 * h }, length(nm)),
      );
    }
    return out;
  }

  function fact(list, name, value) {
    if (value === null || value === undefined || value === "") return;
    list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  }

  function facts(row, image) {
    const list = el("dl", { class: "facts" });
    const node = S.nodeOf(row);
    const category = image.category
      ? plain(image.category) + (image.by === "prediction" ? " (predicted)" : " (labelled)")
      : "none";
    fact(list, "Category", category);
    if (image.predicted) {
      const sure = image.probability ? ", " + Math.round(100 * image.probability) + "\u00a0%" : "";
      fact(list, "Network says", plain(image.predicted) + sure);
    }
    if (node) fact(list, "Sub-category", el("a", { href: "#/node/" + encodeURIComponent(node.id) }, trail(node)));
    fact(list, "Scale", S.word("scale", row) || S.state.run.statusNames[image.scale_status] || "not read");
    if (image.nm_per_px) {
      fact(list, "Pixel", length(image.nm_per_px));
      fact(list, "Field width", length(image.nm_per_px * image.width));
    }
    if (image.agreement) fact(list, "Pixel size in the file", plain(image.agreement));
    if (image.confidence !== undefined) fact(list, "Confidence of the reading", image.confidence.toFixed(2));
    if (image.text) fact(list, "Text beside the bar", image.text);
    fact(list, "Size", image.width + " × " + image.height + " px" + (image.bits ? ", " + image.bits + " bit" : ""));
    fact(list, "Instrument", image.vendor);
    fact(list, "md5", el("code", {}, image.md5));
    return list;
  }

  function trail(node) {
    const names = [];
    for (let at = node; at; at = S.state.byId.get(at.parent)) names.unshift(plain(at.name));
    return names.join(" › ");
  }

  function spaceName(space) {
    return space.name + (space.untrained ? " (untrained network)" : "");
  }

  /* The page of one image. */
  async function imagePage(row, around) {
    const image = await S.detail(row);
    const at = around.indexOf(row);
    const frame = el("div", { class: "frame", style: { "aspect-ratio": image.width + " / " + image.height } });
    const path = "pictures/" + String(Math.floor(row / 1000)).padStart(3, "0") + "/" + String(row).padStart(6, "0") + ".jpg";
    const img = el("img", { src: path, alt: words(row), width: image.width, height: image.height });
    img.addEventListener("error", function () {
      frame.replaceChildren(el("p", { class: "soft" }, "No picture: a name may stand in it."));
    });
    frame.append(img, marks(image));
    const step = (by, name, text) => {
      const to = around[at + by];
      return at >= 0 && to !== undefined
        ? el("a", { class: "step", id: name, href: "#/image/" + to }, text)
        : el("span", { class: "step off" }, text);
    };
    const bar = el("div", { class: "steps" }, step(-1, "previous", "← previous"), step(1, "next", "next →"),
      el("label", {}, el("input", { type: "checkbox", checked: true, onchange: (event) => frame.classList.toggle("bare", !event.target.checked) }), " marks"));
    const out = el("article", { class: "image" },
      el("h1", {}, plain(S.word("category", row) || "No category"), el("span", { class: "soft" }, " " + (S.word("scale", row) || ""))),
      bar, el("div", { class: "two" }, frame, facts(row, image)));
    if (image.paths && image.paths.length) {
      out.append(el("h2", {}, "Sources"), el("ul", { class: "paths" }, image.paths.map((each) => el("li", {}, each))));
    }
    if (S.state.run.spaces.length && !(image.near || []).some((pairs) => pairs.length)) {
      out.append(el("p", { class: "soft" }, "No neighbors: it lies outside the chosen scale range."));
    }
    (image.near || []).forEach(function (pairs, i) {
      if (!pairs.length) return;
      out.append(el("h2", {}, "Nearest in ", el("span", { class: "space" }, spaceName(S.state.run.spaces[i]))),
        el("div", { class: "grid near", role: "group", "aria-label": "Nearest in " + S.state.run.spaces[i].name },
          pairs.map(([other, distance]) => thumbnail(other, String(distance)))));
    });
    return out;
  }

  window.views = { el, svg, plain, count, words, grid, thumbnail, composition, imagePage, trail, length, spaceName };
})();
