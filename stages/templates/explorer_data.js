"use strict";
// The images, what is chosen of them by the address, and in which order.
const data = JSON.parse(document.getElementById("data").textContent);
const {classes, runs, ids, depth} = data;
const [labels, answers, chances, trueChances] = [data.labels, data.answers, data.chances, data.true_chances].map(unpacked);
const N = ids.length;
const places = new Map(ids.map((id, place) => [String(id), place]));
const networks = [...new Set(runs.map(([network]) => network))];
const first = (run, image) => answers[(run * N + image) * depth];
const sure = (run, image) => chances[(run * N + image) * depth];
const wrong = Uint8Array.from({length: runs.length * N}, (_, place) => answers[place * depth] !== labels[place % N]);
const isWrong = (run, image) => wrong[run * N + image] === 1;
const wrongs = (scope, image) => scope.reduce((count, run) => count + wrong[run * N + image], 0);
const runsOf = (network, seed) => [...runs.keys()].filter((run) =>
  (!network || runs[run][0] === network) && (!seed || String(runs[run][1]) === seed));
const votes = data.votes && unpacked(data.votes.given);
const causes = Object.fromEntries(Object.entries(data.causes).map(([name, images]) => [name, unpacked(images)]));
const near = data.neighbours && {...data.neighbours, places: unpacked(data.neighbours.places), labels: unpacked(data.neighbours.labels)};
const dissent = Array.from({length: N}, (_, image) => votes && disagreeing(image));
const changes = new Map(data.changes.map((change) => [change.label, change]));
const known = new Map(); // what the changes turn, each once it is asked for

function unpacked({type, base64}) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return new {Uint8Array, Uint16Array, Uint32Array}[type](bytes.buffer);
}

const percent = (steps) => steps <= 1 ? "<1%" : steps >= 254 ? ">99%" : `${Math.round(steps / 2.55)}%`;
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const nameOf = (image) => data.paths ? data.paths[image] : `image ${ids[image]}`;

function votesOf(image) {
  return [...votes.subarray(image * data.votes.each, (image + 1) * data.votes.each)].filter((vote) => vote !== 255);
}

function disagreeing(image) { // null where nobody was asked
  const given = votesOf(image);
  return given.length ? given.filter((vote) => vote !== labels[image]).length : null;
}

function turned(label) { // by image, 1: made right, -1: made wrong, in most runs of both networks
  if (!known.has(label)) known.set(label, compared(changes.get(label)));
  return known.get(label);
}

function compared({base, network, left_out}) {
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
    ["missed", "most runs wrong"], ["sure", "surest wrong answers"], ["doubtful", "least probable label"],
    ...(votes ? [["votes", "most contradicted labels"]] : []),
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
  const [way, ...words] = chosen.change.split(" "), change = way && turned(words.join(" "));
  const text = chosen.name.toLowerCase();
  const fits = (image) => {
    if (label >= 0 && labels[image] !== label) return false;
    if (chosen.cause && !causes[chosen.cause][image]) return false;
    if (chosen.votes && String(dissent[image] ?? "none") !== chosen.votes) return false;
    if (change && change[image] !== (way === "right" ? 1 : -1)) return false;
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

function ranked(fitting, chosen, scope) { // fitting: the runs whose answers are as chosen, by image
  const probable = scope.filter((run) => data.probable[run]);
  const random = randomNumbers(integer(chosen.draw, 0));
  const keys = {
    missed: (image) => wrongs(scope, image),
    sure: (image) => Math.max(-1, ...fitting.get(image).filter((run) => data.probable[run] && isWrong(run, image)).map((run) => sure(run, image))),
    doubtful: (image) => -probable.reduce((sum, run) => sum + trueChances[run * N + image], 0),
    votes: (image) => dissent[image] ?? -1,
    random,
  };
  const key = keys[chosen.order] ?? (chosen.order ? (image) => data.values[chosen.order.slice(6)][image] ?? -Infinity : () => 0);
  const pairs = [...fitting.keys()].map((image) => [key(image), image]);
  return pairs.sort(([a, one], [b, other]) => (a === b ? one - other : a < b ? 1 : -1)).map(([, image]) => image);
}
