// The page of what is chosen. Names come from anywhere: they become text by textContent alone, and never markup.
const EACH = 60; // images of a page
const ZOOM = 8, LEAST = 256, MOST = 512; // times, pixels
const at = (id) => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
const text = (words, className = "text", tag = "span") => element(tag, {className, textContent: words});
const marked = (answer, right, added, tag) => element(tag, {className: {true: "right", false: "wrong"}[right] ?? ""},
  text(classes[answer]), text(added && ` ${added}`, "soft"));

const sheets = new Map();
function sheet(number) { // loaded when it is first needed
  if (!sheets.has(number)) {
    const image = new Image();
    sheets.set(number, new Promise((done, failed) => { image.onload = () => done(image); image.onerror = failed; }));
    image.src = `sheet-${number}.png`;
  }
  return sheets.get(number);
}

function picture(place, words) { // of an image, or after these of a neighbour
  const {height, width, rows, columns} = data.sheets, canvas = element("canvas", {width, height});
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  const within = place % (rows * columns);
  const [x, y] = [width * (within % columns), height * Math.floor(within / columns)];
  sheet(Math.floor(place / (rows * columns))).then(
    (image) => canvas.getContext("2d").drawImage(image, x, y, width, height, 0, 0, width, height),
    () => canvas.classList.add("lost"));
  return canvas;
}

function said(image, given, scope) { // the answer that most of the given runs of the scope give
  const counts = new Map();
  for (const run of given) counts.set(first(run, image), (counts.get(first(run, image)) ?? 0) + 1);
  const [answer, count] = [...counts].reduce((best, one) => one[1] > best[1] ? one : best);
  const known = data.probable[scope[0]] ? percent(sure(scope[0], image)) : "";
  const added = scope.length > 1 ? `${count}/${scope.length}` : known;
  return marked(answer, answer === labels[image], added, "span");
}

function tile(image, given, scope) {
  const head = data.sheets ? picture(image, nameOf(image)) : text(nameOf(image), "name");
  const made = element("button", {className: "tile", type: "button", title: nameOf(image)}, head,
    text(classes[labels[image]], "true"), said(image, given, scope));
  made.addEventListener("click", () => go({image: ids[image]}));
  return made;
}

let shown = [], drawn;
function render() {
  const chosen = state(), scope = runsOf(chosen.network, chosen.seed), list = JSON.stringify({...chosen, image: ""});
  if (list !== drawn) {
    drawn = list;
    const of = matching(chosen, scope), fitting = new Map();
    let count = 0;
    for (let image = 0; image < N; image++) {
      const given = of(image);
      if (given.length) fitting.set(image, given);
      count += given.length;
    }
    shown = ranked(fitting, chosen, scope);
    const pages = Math.max(1, Math.ceil(shown.length / EACH)), page = Math.min(Math.max(1, integer(chosen.page, 1)), pages);
    at("tiles").replaceChildren(...shown.slice((page - 1) * EACH, page * EACH).map((image) => tile(image, fitting.get(image), scope)));
    at("count").replaceChildren(text(`${shown.length.toLocaleString("en")} of ${counted(N, "image")}`, "images"),
      text(` (${counted(count, "answer")} of ${counted(scope.length, "run")})`, "soft answers"));
    at("page").textContent = `page ${page} of ${pages}`;
    document.querySelector("[data-key=p]").disabled = page === 1;
    document.querySelector("[data-key=n]").disabled = page === pages;
    fill(chosen, scope);
  }
  openImage(places.get(chosen.image));
}

function fill(chosen, scope) {
  for (const [name, {control}] of Object.entries(FIELDS)) {
    control.value = chosen[name];
    control.parentElement.classList.toggle("set", chosen[name] !== "");
  }
  FIELDS.to.control.placeholder = counted(scope.length, "run");
}

function openImage(image) {
  const dialog = at("one");
  if (image === undefined) return dialog.close();
  dialog.replaceChildren(...details(image));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.focus();
}

const zoom = (width) => Math.max(1, Math.ceil(LEAST / width), Math.min(ZOOM, Math.floor(MOST / width)));

function details(image) {
  const buttons = [["previous", () => step(-1)], ["next", () => step(1)], ["close", () => at("one").close()]].map(([words, click]) => {
    const made = element("button", {type: "button", textContent: words});
    made.addEventListener("click", click);
    return made;
  });
  const title = element("h2", {id: "title", textContent: `image ${ids[image]}`});
  const sides = element("div", {className: "sides"});
  if (data.sheets) {
    const zoomed = picture(image, nameOf(image));
    zoomed.className = "zoomed";
    zoomed.style.width = `${zoom(data.sheets.width) * data.sheets.width}px`;
    sides.append(zoomed);
  }
  sides.append(element("div", {}, facts(image), ...neighboursOf(image)));
  return [element("p", {className: "buttons"}, ...buttons), title, sides,
    text("What every run answers", "", "h3"), element("div", {className: "scroll", tabIndex: 0}, answersOf(image))];
}

function facts(image) {
  const list = [["label", classes[labels[image]]], ["wrong in", `${wrongs([...runs.keys()], image)} of ${counted(runs.length, "run")}`]];
  if (data.paths) list.push(["file", data.paths[image]]);
  const found = Object.keys(causes).filter((name) => causes[name][image]);
  if (found.length) list.push([found.length > 1 ? "causes" : "cause", found.join(", ")]);
  if (votes) {
    const given = votesOf(image), names = [...new Set(given)].map((vote) => [given.filter((other) => other === vote).length, classes[vote]]);
    list.push(["people", names.sort(([a], [b]) => b - a).map(([count, name]) => `${count}\u00d7 ${name}`).join(", ") || "nobody was asked"]);
  }
  for (const [name, values] of Object.entries(data.values)) if (values[image] !== null) list.push([name, String(values[image])]);
  for (const [word, way] of [["made right by", 1], ["made wrong by", -1]]) {
    const by = [...changes.keys()].filter((label) => turned(label)[image] === way);
    if (by.length) list.push([word, by.join("; ")]);
  }
  return element("dl", {}, ...list.flatMap(([term, words]) => [text(term, "", "dt"), text(words, "text", "dd")]));
}

function answersOf(image) {
  return element("table", {}, element("tbody", {}, ...runs.map(([network, seed], run) => {
    const cells = [];
    for (let rank = 0; rank < depth; rank++) {
      const place = (run * N + image) * depth + rank, right = rank ? null : !isWrong(run, image);
      if (rank < (data.probable[run] ? classes.length : 1)) cells.push(
        marked(answers[place], right, data.probable[run] ? percent(chances[place]) : "", "td"));
    }
    return element("tr", {}, text(`${network}, seed ${seed}`, "text", "th"), ...cells);
  })));
}

function neighboursOf(image) {
  if (!near || !near.each) return [];
  const figures = Array.from({length: near.each}, (_, rank) => {
    const place = near.places[image * near.each + rank], name = classes[near.labels[place]];
    const same = near.labels[place] === labels[image];
    return element("figure", {}, picture(N + place, `training image ${near.ids[place]}, ${name}`), element("figcaption", {},
      marked(near.labels[place], same, "", "span"), text(`similarity ${near.similarities[image * near.each + rank].toFixed(2)}`, "soft"), text(`image ${near.ids[place]}`, "soft")));
  });
  return [text("The training images most like it, by brightness", "", "h3"), element("div", {className: "near"}, ...figures)];
}

// What the reader does.

function step(by) {
  const place = shown.indexOf(places.get(state().image)) + by;
  if (place >= 0 && place < shown.length) go({image: ids[shown[place]], page: place < EACH ? "" : Math.floor(place / EACH) + 1});
}

function draw(answer) {
  const chosen = state();
  go({answer, predicted: "", order: "random", draw: integer(chosen.draw, 0) + 1, page: "", image: ""});
}

function turn(by) {
  const page = integer(state().page, 1) + by;
  if (page >= 1 && page <= Math.ceil(shown.length / EACH)) go({page: page === 1 ? "" : page});
}

const KEYS = {
  r: () => draw("right"),
  w: () => draw("wrong"),
  c: () => go({network: ["", ...networks][(networks.indexOf(state().network) + 2) % (networks.length + 1)], page: ""}),
  n: () => turn(1),
  p: () => turn(-1),
  x: () => { location.hash = ""; },
};

function move(key) { // the focus, from tile to tile
  const tiles = [...at("tiles").children], here = tiles.indexOf(document.activeElement);
  if (here < 0 && key !== "ArrowDown" && key !== "ArrowRight") return false;
  const columns = Math.max(1, tiles.findIndex((one) => one.offsetTop > tiles[0].offsetTop));
  const by = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[key];
  const next = tiles[here < 0 ? 0 : here + by];
  next?.focus();
  return Boolean(next);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
  const sideways = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (at("one").open) {
    if (sideways) step(sideways);
  } else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
  else if (event.key.startsWith("Arrow") && move(event.key)) event.preventDefault();
});
for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => KEYS[button.dataset.key]());
at("one").addEventListener("close", () => { if (state().image) go({image: ""}); });
at("form").addEventListener("submit", (event) => event.preventDefault());
at("form").addEventListener("change", (event) => go({[event.target.name]: event.target.value.trim(), page: ""}));
addEventListener("hashchange", render);

for (const [name, field] of Object.entries(FIELDS)) {
  const {title, options, any, always} = field;
  field.control = options ? element("select", {name}, ...[["", any ?? "any"], ...options].map(([value, words]) =>
    element("option", {value, textContent: words}))) : element("input", {name, type: name === "name" ? "search" : "number"});
  if (!options && name !== "name") Object.assign(field.control, {min: 0, max: runs.length, placeholder: "0"});
  const label = element("label", {textContent: title, hidden: Boolean(options) && options.length < (always ? 1 : 2)});
  label.append(field.control);
  at("form").append(label);
}
at("about").textContent = `${counted(N, "image")}, ${counted(runs.length, "run")} of ${counted(networks.length, "network")}, ${classes.length.toLocaleString("en")} classes.`;
at("tiles").className = data.sheets ? "" : "names";
document.querySelector("[data-key=c]").hidden = networks.length < 2;
at("filters").open = matchMedia("(min-width: 44rem)").matches;
render();
