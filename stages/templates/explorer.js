"use strict";
// Names come from anywhere: they become text by textContent alone, and never markup.
(() => {
const EACH = 60; // images of a page
const ZOOM = 8;
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const {classes, runs, ids, depth} = data;
const [labels, answers, chances, trueChances] = [data.labels, data.answers, data.chances, data.true_chances].map(unpacked);
const N = ids.length;
const places = new Map(ids.map((id, place) => [String(id), place]));
const networks = [...new Set(runs.map(([network]) => network))];
const first = (run, image) => answers[(run * N + image) * depth];
const sure = (run, image) => chances[(run * N + image) * depth];
const isWrong = (run, image) => first(run, image) !== labels[image];
const wrongs = (scope, image) => scope.reduce((count, run) => count + isWrong(run, image), 0);
const runsOf = (network, seed) => [...runs.keys()].filter((run) =>
  (!network || runs[run][0] === network) && (!seed || String(runs[run][1]) === seed));
const votes = data.votes && unpacked(data.votes.given);
const causes = Object.fromEntries(Object.entries(data.causes).map(([name, images]) => [name, unpacked(images)]));
const near = data.neighbours && {...data.neighbours, places: unpacked(data.neighbours.places), labels: unpacked(data.neighbours.labels)};
const dissent = Array.from({length: N}, (_, image) => votes && disagreeing(image));
const changes = new Map(data.changes.map((change) => [change.label, {...change, turned: turned(change)}]));

function unpacked({type, base64}) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return new {Uint8Array, Uint16Array, Uint32Array}[type](bytes.buffer);
}

const percent = (steps) => steps === 0 ? "<1%" : steps >= 254 ? ">99%" : `${Math.round(steps / 2.55)}%`;
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const nameOf = (image) => data.paths ? data.paths[image] : `image ${ids[image]}`;

function votesOf(image) {
  return [...votes.subarray(image * data.votes.each, (image + 1) * data.votes.each)].filter((vote) => vote !== 255);
}

function disagreeing(image) { // null where nobody was asked
  const given = votesOf(image);
  return given.length ? given.filter((vote) => vote !== labels[image]).length : null;
}

function turned({base, network, left_out}) { // 1: made right, -1: made wrong, in most runs of both networks
  const sides = [runsOf(base), runsOf(network)];
  return Int8Array.from({length: N}, (_, image) => {
    if (left_out.includes(classes[labels[image]])) return 0;
    const [before, after] = sides.map((scope) => Math.sign(2 * wrongs(scope, image) - scope.length));
    return before * after < 0 ? before : 0;
  });
}

// What can be chosen: [value, text] of each option.
const plain = (names) => names.map((name) => [String(name), String(name)]);
const most = dissent.reduce((highest, count) => Math.max(highest, count ?? -1), -1);
const FIELDS = {
  true: {title: "label", options: plain(classes)},
  network: {title: "network", options: plain(networks)},
  seed: {title: "seed", options: plain([...new Set(runs.map(([, seed]) => seed))])},
  answer: {title: "answer", options: [["right", "right"], ["wrong", "wrong"]], always: true},
  predicted: {title: "answered class", options: plain(classes)},
  from: {title: "wrong in at least"},
  to: {title: "wrong in at most"},
  cause: {title: "cause of the errors", options: plain(Object.keys(causes)), always: true},
  votes: {title: "votes for another class", always: true, options: votes ? [
    ...Array.from({length: most + 1}, (_, count) => [String(count), String(count)]), ["none", "nobody was asked"]] : []},
  change: {title: "a change in training", always: true, options: [...changes.keys()].flatMap((label) =>
    [[`right ${label}`, `made right by ${label}`], [`wrong ${label}`, `made wrong by ${label}`]])},
  name: {title: data.paths ? "id or file contains" : "id contains"},
  order: {title: "order", any: "as they come", always: true, options: [
    ["missed", "most runs wrong first"], ["sure", "surest wrong answers first"], ["doubtful", "least probable label first"],
    ...(votes ? [["votes", "most contradicted labels first"]] : []),
    ...Object.keys(data.values).map((name) => [`value ${name}`, `${name}, highest first`]), ["random", "random"]]},
};
const STATE = [...Object.keys(FIELDS), "draw", "page", "image"];

function state() { // of the address; what cannot be chosen is passed over
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(STATE.map((name) => {
    const value = given.get(name) ?? "", {options} = FIELDS[name] ?? {};
    return [name, options && !options.some(([known]) => known === value) ? "" : value];
  }));
}

function go(change) {
  const kept = Object.entries({...state(), ...change}).filter(([, value]) => value !== "");
  location.hash = new URLSearchParams(kept);
}

const integer = (text, otherwise) => /^\d+$/.test(text) ? Number(text) : otherwise;

// Which images, and in which order.

function matching(chosen, scope) { // of an image, the runs of the scope whose answers are as chosen; none where it is left out
  const [label, predicted] = [chosen.true, chosen.predicted].map((name) => classes.indexOf(name));
  const least = integer(chosen.from, 0), highest = integer(chosen.to, scope.length);
  const [way, ...words] = chosen.change.split(" "), change = changes.get(words.join(" "));
  const text = chosen.name.toLowerCase();
  const fits = (image) => {
    if (label >= 0 && labels[image] !== label) return false;
    if (chosen.cause && !causes[chosen.cause][image]) return false;
    if (chosen.votes && String(dissent[image] ?? "none") !== chosen.votes) return false;
    if (change && change.turned[image] !== (way === "right" ? 1 : -1)) return false;
    if (text && !String(ids[image]).includes(text) && !(data.paths && data.paths[image].toLowerCase().includes(text))) return false;
    const count = wrongs(scope, image);
    return count >= least && count <= highest;
  };
  return (image) => fits(image) ? scope.filter((run) =>
    (predicted < 0 || first(run, image) === predicted) && (!chosen.answer || isWrong(run, image) === (chosen.answer === "wrong"))) : [];
}

function randomNumbers(seed) { // xorshift (Marsaglia 2003)
  let bits = Math.imul(seed + 1, 2654435761) | 1;
  const next = () => { bits ^= bits << 13; bits ^= bits >>> 17; bits ^= bits << 5; return bits >>> 0; };
  for (let warm = 0; warm < 20; warm++) next();
  return next;
}

function ranked(images, chosen, scope, of) {
  const known = scope.filter((run) => data.probable[run]);
  const random = randomNumbers(integer(chosen.draw, 0));
  const keys = {
    missed: (image) => wrongs(scope, image),
    sure: (image) => Math.max(-1, ...of(image).filter((run) => data.probable[run] && isWrong(run, image)).map((run) => sure(run, image))),
    doubtful: (image) => -known.reduce((sum, run) => sum + trueChances[run * N + image], 0),
    votes: (image) => dissent[image] ?? -1,
    random,
  };
  const key = keys[chosen.order] ?? (chosen.order ? (image) => data.values[chosen.order.slice(6)][image] ?? -Infinity : () => 0);
  const pairs = images.map((image) => [key(image), image]);
  return pairs.sort(([a, one], [b, other]) => (a === b ? one - other : a < b ? 1 : -1)).map(([, image]) => image);
}

// What is shown.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
const text = (words, className = "text", tag = "span") => element(tag, {className, textContent: words});

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

function said(image, given) { // the answer that most of these runs give
  const counts = new Map();
  for (const run of given) counts.set(first(run, image), (counts.get(first(run, image)) ?? 0) + 1);
  const [answer, count] = [...counts].reduce((best, one) => one[1] > best[1] ? one : best);
  const alone = given.length === 1;
  const added = alone ? (data.probable[given[0]] ? percent(sure(given[0], image)) : "") : `${count}/${given.length}`;
  return text(`${classes[answer]} ${added}`, answer === labels[image] ? "right text" : "wrong text");
}

function tile(image, given) {
  const head = data.sheets ? picture(image, nameOf(image)) : text(nameOf(image), "name");
  const made = element("button", {className: "tile", type: "button", title: nameOf(image)}, head,
    text(classes[labels[image]], "true"), said(image, given));
  made.addEventListener("click", () => go({image: ids[image]}));
  return made;
}

let shown = [], drawn;
function render() {
  const chosen = state(), scope = runsOf(chosen.network, chosen.seed), list = JSON.stringify({...chosen, image: ""});
  if (list !== drawn) {
    drawn = list;
    const of = matching(chosen, scope);
    let count = 0;
    const images = [...Array(N).keys()].filter((image) => { const fitting = of(image).length; count += fitting; return fitting; });
    shown = ranked(images, chosen, scope, of);
    const pages = Math.max(1, Math.ceil(shown.length / EACH)), page = Math.min(Math.max(1, integer(chosen.page, 1)), pages);
    at("tiles").replaceChildren(...shown.slice((page - 1) * EACH, page * EACH).map((image) => tile(image, of(image))));
    at("count").replaceChildren(text(`${shown.length.toLocaleString("en")} of ${counted(N, "image")}`, "images"),
      text(` (${counted(count, "answer")} of ${counted(scope.length, "run")})`, "soft answers"));
    at("page").textContent = `page ${page} of ${pages}`;
    document.querySelector("[data-key=p]").disabled = page === 1;
    document.querySelector("[data-key=n]").disabled = page === pages;
    fill(chosen, scope);
  }
  open(places.get(chosen.image));
}

function fill(chosen, scope) {
  for (const [name, {control}] of Object.entries(FIELDS)) {
    control.value = chosen[name];
    control.parentElement.classList.toggle("set", chosen[name] !== "");
  }
  FIELDS.to.control.placeholder = counted(scope.length, "run");
}

function open(image) {
  const dialog = at("one");
  if (image === undefined) return dialog.close();
  dialog.replaceChildren(...details(image));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.focus();
}

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
    zoomed.style.width = `${ZOOM * data.sheets.width}px`;
    sides.append(zoomed);
  }
  sides.append(element("div", {}, facts(image)));
  return [element("p", {className: "buttons"}, ...buttons), title, sides,
    text("What every run answers", "", "h3"), element("div", {className: "scroll", tabIndex: 0}, answersOf(image)), ...neighboursOf(image)];
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
    const by = [...changes].filter(([, change]) => change.turned[image] === way);
    if (by.length) list.push([word, by.map(([label]) => label).join("; ")]);
  }
  return element("dl", {}, ...list.flatMap(([term, words]) => [text(term, "", "dt"), text(words, "text", "dd")]));
}

function answersOf(image) {
  return element("table", {}, element("tbody", {}, ...runs.map(([network, seed], run) => {
    const cells = [];
    for (let rank = 0; rank < depth; rank++) {
      const place = (run * N + image) * depth + rank, mark = rank ? "" : isWrong(run, image) ? "wrong " : "right ";
      if (rank === 0 || chances[place] || (data.probable[run] && rank < classes.length)) cells.push(
        text(`${classes[answers[place]]}${data.probable[run] ? ` ${percent(chances[place])}` : ""}`, `${mark}text`, "td"));
    }
    return element("tr", {}, text(`${network}, seed ${seed}`, "text", "th"), ...cells);
  })));
}

function neighboursOf(image) {
  if (!near || !near.each) return [];
  const figures = Array.from({length: near.each}, (_, rank) => {
    const place = near.places[image * near.each + rank], name = classes[near.labels[place]];
    const same = near.labels[place] === labels[image] ? "right text" : "wrong text";
    return element("figure", {}, picture(N + place, `training image ${near.ids[place]}, ${name}`), element("figcaption", {},
      text(name, same), text(`similarity ${near.similarities[image * near.each + rank].toFixed(2)}`, "soft"), text(`image ${near.ids[place]}`, "soft")));
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
at("about").textContent = `${counted(N, "image")}, ${counted(runs.length, "run")} of ${counted(networks.length, "network")}, ${classes.length} classes.`;
at("filters").open = matchMedia("(min-width: 44rem)").matches;
render();
})();
