// Draws the states of a program and plays schedules on them. No library, no build step.
(() => {
'use strict';

// ---- The document ----

const $ = id => document.getElementById(id);

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') node.addEventListener('click', value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(2)) if (child !== null && child !== undefined && child !== '') node.append(child);
  return node;
}
const el = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => put(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const count = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;
const listed = names => names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;

// ---- The data ----

const data = JSON.parse($('data').textContent);
const READY = 2, STUCK = 1, RETURNED = 0, WAITING = 3, PANICKED = 4;

function read(raw) {
  const g = raw.graph, s = i => g.strings[i];
  const place = i => ({ file: s(g.places[i][0]), line: g.places[i][1], drop: g.places[i][2] === 0 });
  const goroutines = g.goroutines.map(([name, parent, at, timer]) => ({ name: s(name), parent: parent === null ? '' : s(parent), place: place(at), timer: !!timer }));
  const numbers = new Map(goroutines.map((it, i) => [it.name, i]));
  const objects = g.objects.map(([name, kind, at]) => ({ name: s(name), kind: s(kind), place: place(at) }));
  const objectNumbers = new Map(objects.map((it, i) => [it.name, i]));
  const act = ([who, verb, object, note, value, at, takes, releases, select]) => ({ who: s(who), verb: s(verb), object: s(object), note: s(note), value: s(value), place: place(at), takes: takes.map(s), releases: releases.map(s), select: !!select });
  const steps = g.steps.map(([choice, full, acts, wakes, actors, touches]) => ({ choice: s(choice), full: s(full || choice), by: acts.map(act), wakes: wakes.map(s), actors: (actors.length ? actors : acts.map(it => it[0])).map(s), touches }));
  const standings = g.standings.map(([who, state, op, at, reason, holds]) => ({ who: s(who), state, op: s(op), place: place(at), reason: s(reason), holds: holds.map(([lock, mode]) => ({ lock: s(lock), mode: s(mode) })) }));
  const contents = g.contents.map(([object, state, values, waiting]) => ({ object: s(object), state: s(state), values: values.map(s), waiting: waiting.map(([who, verb]) => ({ who: s(who), verb: s(verb) })) }));
  const waits = g.waits.map(([from, to, object, certain, text]) => ({ from: s(from), to: s(to), object: s(object), certain: !!certain, text: s(text) }));
  const reasons = g.reasons.map(([kind, members, cycle, text]) => ({ kind: s(kind), members: members.map(s), cycle, text: s(text) }));
  const numbersOf = text => text ? text.split(' ').map(it => it === '.' ? null : parseInt(it, 36)) : [];
  const raws = g.states.split('|').map(text => text.split(';').map(numbersOf)), states = raws.map(() => null);
  states[0] = { parent: null, via: null, depth: 0, standings: [], objects: [] };
  raws.forEach(([newStandings, newContents = [], [list] = [], edges = [], [end] = []], i) => {
    const it = states[i];
    for (const n of newStandings) it.standings[numbers.get(standings[n].who)] = standings[n];
    for (const n of newContents) it.objects[objectNumbers.get(contents[n].object)] = contents[n];
    it.waits = g.lists[list].map(n => waits[n]);
    it.outlook = g.outlook[i];
    it.toBad = g.to_bad[i] ?? -1;
    it.end = end === undefined ? null : { name: g.ends[end][0], bad: !!g.ends[end][1], reasons: g.ends[end][2].map(n => reasons[n]) };
    it.edges = [];
    for (let k = 0; k < edges.length; k += 2) {
      const to = edges[k] === null ? null : i + edges[k];
      it.edges.push({ to, step: steps[edges[k + 1]] });
      if (to !== null && states[to] === null) states[to] = { parent: i, via: it.edges.length - 1, depth: it.depth + 1, standings: it.standings.slice(), objects: it.objects.slice() };
    }
  });
  // The executions of the search: each has the beginning of the one before.
  const executions = g.executions === null ? null : g.executions.split('|').map(numbersOf).reduce((all, [same, ...rest]) => all.concat([(all[all.length - 1] || []).slice(0, same).concat(rest)]), []);
  if (g.whole) countToBad(states);
  return { raw, name: raw.name, goroutines, numbers, objects, states, rows: g.rows, way: g.ways[0] || [], executions, whole: g.whole, complete: g.complete, visited: g.visited, edges: g.edges };
}
/** Counts the steps from each state to the nearest bad end. */
function countToBad(states) {
  const before = states.map(() => []);
  states.forEach((it, i) => it.edges.forEach(edge => before[edge.to].push(i)));
  let nearest = states.flatMap((it, i) => it.end && it.end.bad ? [i] : []);
  for (let n = 0; nearest.length; n++) {
    nearest.forEach(i => { states[i].toBad = n; });
    nearest = [...new Set(nearest.flatMap(i => before[i]))].filter(i => states[i].toBad < 0 && !states[i].end);
  }
}
const variants = data.variants.map(read);

/** Returns the lines of a file, as they are in the fold below. */
const files = new Map();
function lines(variant, file) {
  const [id, leftOut] = variant.raw.files[file] || [];
  if (!id || !$(id)) return null;
  const key = id + leftOut;
  if (!files.has(key)) {
    const parts = [...$(id).childNodes].filter(node => node.nodeName !== leftOut);
    files.set(key, parts.map(node => node.textContent).join('').split('\n'));
  }
  return files.get(key);
}

// ---- The game: a variant, a path of edges, and the point that is looked at ----

const game = { v: 0, path: [], at: 0, hints: false, opened: new Set() };
const variant = () => variants[game.v];
const other = () => variants.length > 1 ? variants[1 - game.v] : null;

/** Returns the states along a path. */
function along(v, path) {
  const found = [0];
  for (const edge of path) found.push(v.states[found[found.length - 1]].edges[edge].to);
  return found;
}
function wayTo(v, state) {
  const path = [];
  for (let at = state; v.states[at].parent !== null; at = v.states[at].parent) path.unshift(v.states[at].via);
  return path;
}
function stepsOf(v, path) {
  const states = along(v, path);
  return path.map((edge, i) => v.states[states[i]].edges[edge].step);
}
const line = (v, place) => {
  if (!place.line) return '';
  const main = mainFile(v);
  const file = place.file && place.file !== main ? place.file.split(/[/\\]/).pop() : '';
  return place.drop ? `(${file}:${place.line})` : `${file}:${place.line}`;
};
function mainFile(v) {
  if (v.main === undefined) {
    const counts = new Map();
    for (const it of v.states) for (const one of it.standings) if (one && one.place.file) counts.set(one.place.file, (counts.get(one.place.file) || 0) + 1);
    v.main = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(it => it[0])[0] || '';
  }
  return v.main;
}
const actText = act => [act.verb, act.object].filter(Boolean).join(' ') + (act.note ? ` (${act.note})` : '');
function stepText(step) {
  if (step.by.length === 2) return `${step.by[0].who} → ${step.by[1].who}: ${step.by[0].object}`;
  return step.by.map(act => `${act.who}: ${actText(act)}`).join(', ');
}
/** Returns where and when each lock was taken that is held after a path. */
function taken(v, path) {
  const held = new Map();
  stepsOf(v, path).forEach((step, i) => step.by.forEach(act => {
    act.releases.forEach(lock => held.delete(`${act.who} ${lock}`));
    act.takes.forEach(lock => held.set(`${act.who} ${lock}`, { n: i + 1, place: act.place }));
  }));
  return held;
}

// ---- The same schedule on another variant ----

const signature = step => step.by.map(act => `${act.who}|${act.verb}|${act.object || (act.verb === 'choose' ? act.note : '')}`);
const same = (a, b) => a.join(' ') === b.join(' ') || (a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0]);

function follow(from, path, to) {
  const wanted = stepsOf(from, path).map(signature);
  const movers = stepsOf(from, path).map(step => step.by.map(act => act.who));
  const found = { path: [], common: [], parted: null, why: '' };
  let at = 0;
  for (let i = 0; i < wanted.length; i++) {
    for (let extra = 0; ; extra++) {
      const edges = to.states[at].edges;
      const known = edges.filter(edge => edge.to !== null);
      const hit = known.find(edge => same(signature(edge.step), wanted[i]));
      const rest = wanted.slice(i);
      const own = hit || extra >= 8 ? null : known.find(edge => edge.step.by.every(act => !from.numbers.has(act.who) || movers[i].includes(act.who)) && !rest.some(sign => sign.join(' ') === signature(edge.step).join(' ')));
      if (!hit && !own) {
        found.parted = i;
        found.why = noLonger(from, path, i, to, at);
        return found;
      }
      found.path.push(edges.indexOf(hit || own));
      found.common.push(hit ? i : null);
      at = (hit || own).to;
      if (hit) break;
    }
  }
  return found;
}
function noLonger(from, path, index, to, at) {
  const parts = stepsOf(from, path)[index].by.map(act => {
    const now = to.states[at].standings[to.numbers.get(act.who)];
    const came = `where ${act.who} came to ${actText(act)} ${line(from, act.place)}`;
    if (!now) return `${came}, it is not there yet`;
    if (!now.op) return `${came}, it has ended`;
    if (now.op === [act.verb, act.object].filter(Boolean).join(' ')) return '';
    return `${came}, it now stands at ${now.op} ${line(to, now.place)}`;
  }).filter(Boolean);
  return parts.length ? parts.join('; ') : `step ${index + 1} is there, and cannot be taken`;
}
/** Goes on with the first choice, to an end or for a while. */
function runOn(v, path) {
  const whole = path.slice(), seen = new Set(along(v, path));
  let at = along(v, path)[path.length];
  while (whole.length < path.length + 80) {
    const edge = v.states[at].edges.findIndex(it => it.to !== null);
    if (v.states[at].end || edge < 0) break;
    at = v.states[at].edges[edge].to;
    whole.push(edge);
    if (seen.has(at)) break;
    seen.add(at);
  }
  return whole;
}

// ---- Why a schedule was not explored: another one was, which swaps of independent steps lead to ----

/** Returns true if two accesses to one object may be swapped; a decrement has the number after it. */
const commute = (a, b) => Array.isArray(a) && Array.isArray(b) ? Math.max(a[0] - b[1], b[0] - a[1]) >= 0 : a === 0 && b === 0;
const independent = (a, b) => !a.actors.some(it => b.actors.includes(it)) && a.touches.every(([object, access]) => b.touches.every(([other, how]) => object !== other || commute(access, how)));

/** Returns the swaps of neighbours, as few as possible, that make the path another; null if none do. */
function swaps(v, path, to) {
  const names = it => stepsOf(v, it).map(step => step.full), wanted = names(to);
  if (path.length !== to.length || names(path).sort().join() !== wanted.slice().sort().join()) return null;
  const found = [], numbers = path.map((_, i) => i + 1);
  path = path.slice();
  for (let place = 0; place < to.length; place++) {
    for (let at = names(path).indexOf(wanted[place], place); at > place; at--) {
      const states = along(v, path).slice(at - 1), [before, between] = states.map(i => v.states[i].edges);
      const moved = before.findIndex(edge => edge.step.full === wanted[place]), first = before[path[at - 1]].step;
      if (moved < 0 || !independent(first, between[path[at]].step)) return null;
      const after = v.states[before[moved].to].edges.findIndex(edge => edge.step.full === first.full);
      found.push({ earlier: numbers[at], later: numbers[at - 1], touches: first.touches.map(it => it[0]).filter(object => before[moved].step.touches.some(it => it[0] === object)) });
      path.splice(at - 1, 2, moved, after);
      numbers.splice(at - 1, 2, numbers[at], numbers[at - 1]);
    }
    if (names(path)[place] !== wanted[place]) return null;
  }
  return found;
}
/** Returns the execution that was explored in place of a path, with the swaps that lead there. */
function twin(v, path) {
  for (const [i, to] of v.executions.entries()) {
    const found = swaps(v, path, to);
    if (found) return { number: i + 1, path: to, swaps: found };
  }
  return null;
}

// ---- The address ----

const encode = text => encodeURIComponent(text).replace(/%2C/g, ',').replace(/%2B/g, '+').replace(/%3A/g, ':').replace(/%2F/g, '/');
function schedule(v, path) {
  const out = [];
  for (const step of stepsOf(v, path)) {
    const last = out[out.length - 1];
    if (last && last[0] === step.choice) last[1]++;
    else out.push([step.choice, 1]);
  }
  return out.map(([choice, n]) => n > 1 ? `${choice}*${n}` : choice).join(',');
}
const address = () => `#v=${encode(variant().name)}&s=${encode(schedule(variant(), game.path))}&at=${game.at}`;
function keep(isNew) {
  try {
    history[isNew && location.hash !== address() ? 'pushState' : 'replaceState'](null, '', address());
  } catch {
    location.replace(address());
  }
}

/** Plays the address. Returns what does not fit in it. */
function play() {
  const parts = new Map(location.hash.slice(1).split('&').filter(Boolean).map(part => {
    const at = part.indexOf('=');
    let value = part.slice(at + 1);
    try { value = decodeURIComponent(value); } catch { /* As it stands. */ }
    return [at < 0 ? part : part.slice(0, at), value];
  }));
  const complaints = [];
  const name = parts.get('v');
  const index = variants.findIndex(v => v.name === name);
  if (name !== undefined && index < 0) complaints.push(`The address names the variant “${name}”, which is not here: ${variants.map(v => v.name).join(' and ')} ${variants.length > 1 ? 'are' : 'is'}.`);
  game.v = Math.max(index, 0);
  const v = variant();
  if (!parts.has('s')) {
    game.path = index > 0 && !v.raw.bad ? followed(variants[1 - index], v) : v.way.slice();
    game.at = game.path.length;
    return complaints;
  }
  game.path = [];
  let state = 0;
  const tokens = parts.get('s').split(',').map(token => token.trim()).filter(Boolean).flatMap(token => {
    const times = /^(.*)\*(\d{1,6})$/.exec(token);
    return times ? Array(Number(times[2])).fill(times[1].trim()) : [token];
  });
  for (const token of tokens) {
    const edges = v.states[state].edges;
    const edge = edges.findIndex(it => it.step.choice === token);
    const step = game.path.length + 1;
    if (edge < 0 || edges[edge].to === null) {
      const can = edges.map(it => it.step.choice).join(', ');
      complaints.push(edge >= 0 ? `The schedule of the address leaves the states of this page at step ${step}: ${token}. Shown is the way up to there.`
        : `The schedule of the address does not fit ${v.name} from step ${step} on: “${token}” cannot be taken there. ${can ? `These can: ${can}.` : 'Nothing can move there.'} Shown is the way up to there.`);
      break;
    }
    game.path.push(edge);
    state = edges[edge].to;
  }
  const at = Number(parts.get('at') ?? game.path.length);
  if (!Number.isInteger(at) || at < 0 || at > tokens.length) complaints.push(`The address asks for step “${parts.get('at')}” of ${tokens.length}.`);
  game.at = Number.isInteger(at) && at >= 0 ? Math.min(at, game.path.length) : game.path.length;
  return complaints;
}
const followed = (from, to) => follow(from, from.way, to).path;

// ---- Moves ----

function go(at) {
  game.at = Math.max(0, Math.min(at, game.path.length));
  keep(false);
  draw();
}
function take(edge) {
  if (variant().states[along(variant(), game.path)[game.at]].edges[edge]?.to == null) return;
  game.path = game.path.slice(0, game.at).concat(edge);
  game.at++;
  keep(true);
  draw();
}
function undo() {
  if (game.at === 0) return;
  game.path = game.path.slice(0, game.at - 1);
  game.at--;
  keep(true);
  draw();
}
function show(v, path) {
  game.v = v;
  game.path = path;
  game.at = path.length;
  game.opened.clear();
  keep(true);
  draw();
}
function counterexample() {
  const v = variants[game.v].raw.bad && variant().way.length ? game.v : variants.findIndex(it => it.raw.bad);
  if (v >= 0) show(v, variants[v].way.slice());
}
function swap(v) {
  if (v === game.v || !variants[v]) return;
  show(v, follow(variant(), game.path.slice(0, game.at), variants[v]).path);
}

// ---- Panel: all states ----

const SHAPES = { d: 'a bad end is certain', a: 'a bad end can still be reached', p: 'a bad end can be reached', s: 'no bad end can be reached any more', u: 'what can come is not known' };

function drawStates() {
  const v = variant(), way = along(v, game.path);
  $('states-title').textContent = v.whole ? `All ${v.states.length} states: every order in which they can move` : `${v.states.length} of ${v.complete ? '' : 'at least '}${v.visited.toLocaleString('en')} states: those on the way that is shown first, and beside it`;
  $('states-say').textContent = `${label(v)}.${v.complete ? '' : ' Not all states were visited, so what can still come is not known of each.'}${v.rows.length ? '' : ' Each bar has the states that are so many steps from the start.'}`;
  $('states').replaceChildren(v.rows.length ? drawNodes(v, way) : drawBars(v, way));
  const here = $('states').querySelector('.here');
  if (here) reveal($('states'), Number(here.dataset.x));
}
function reveal(box, x) {
  if (x < box.scrollLeft + 40 || x > box.scrollLeft + box.clientWidth - 40) box.scrollLeft = x - box.clientWidth / 2;
}
function drawNodes(v, way) {
  const room = $('states').clientWidth || 1000;
  const depth = Math.max(...v.states.map(it => it.depth)), rows = Math.max(...v.rows) + 1;
  const dx = Math.max(30, Math.min(96, (room - 44) / Math.max(depth, 1))), dy = rows > 8 ? 26 : 32;
  const x = i => 22 + v.states[i].depth * dx, y = i => 20 + v.rows[i] * dy;
  const curve = (i, to) => {
    if (i === to) return `M${x(i)} ${y(i)}c-18 -26 18 -26 0 0`;
    const bend = v.states[to].depth > v.states[i].depth ? (x(i) + x(to)) / 2 : x(i) + 14;
    return `M${x(i)} ${y(i)}C${bend} ${y(i)} ${bend} ${y(to)} ${x(to)} ${y(to)}`;
  };
  const edges = v.states.flatMap((it, i) => it.edges.filter(edge => edge.to !== null).map(edge => {
    const to = v.states[edge.to].outlook;
    return svg('path', { d: curve(i, edge.to), class: 'dap'.includes(to) ? 'e r' : it.outlook !== to && to === 's' ? 'e g' : 'e' });
  }));
  const taken = way.slice(1).map((to, i) => svg('path', { d: curve(way[i], to), class: i < game.at ? 'way' : 'way undone' }));
  const nodes = v.states.map((it, i) => svg('g', { 'data-go': i }, svg('title', {}, `${count(it.depth, 'step')} from the start: ${it.end ? it.end.name : SHAPES[it.outlook]}`), mark(it, x(i), y(i))));
  const here = way[game.at];
  const w = 44 + depth * dx, h = rows * dy + 12;
  return svg('svg', { width: w, height: h, viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': label(v) }, edges, taken, nodes, svg('circle', { cx: x(here), cy: y(here), r: 13, class: 'here', 'data-x': x(here) }));
}
function mark(it, x, y) {
  const colour = 'dap'.includes(it.outlook) ? 'r' : it.outlook === 's' ? 'g' : 'u';
  if (it.end) return [svg('circle', { cx: x, cy: y, r: 9, class: `n ${it.end.bad ? 'r' : it.end.name === 'complete' ? 'g' : 'u'}` }), svg('text', { x, y: y + 4, 'text-anchor': 'middle', class: it.end.bad ? 'r' : it.end.name === 'complete' ? 'g' : 'm' }, it.end.bad ? '✗' : it.end.name === 'complete' ? '✓' : '…')];
  const circle = svg('circle', { cx: x, cy: y, r: 6.5, class: `n ${colour}${it.outlook === 'd' ? ' f' : ''}` });
  return 'ap'.includes(it.outlook) ? [circle, svg('path', { d: `M${x} ${y - 6.5}a6.5 6.5 0 0 0 0 13z`, class: 'h' })] : [circle];
}
function label(v) {
  const parts = Object.keys(SHAPES).map(letter => [v.states.filter(it => it.outlook === letter).length, SHAPES[letter]]).filter(it => it[0]);
  const text = parts.length === 1 ? `in all of them ${parts[0][1]}` : listed(parts.map(it => `in ${it[0]} ${it[1]}`));
  return text[0].toUpperCase() + text.slice(1);
}

/** Draws a bar for each distance from the start. */
function drawBars(v, way) {
  const room = $('states').clientWidth || 1000, high = 130;
  const depth = Math.max(...v.states.map(it => it.depth));
  const step = Math.max(9, Math.min(56, (room - 20) / (depth + 1)));
  const groups = ['d', 'ap', 'u', 's'];
  const columns = Array.from({ length: depth + 1 }, () => groups.map(() => []));
  v.states.forEach((it, i) => columns[it.depth][groups.findIndex(group => group.includes(it.outlook))].push(i));
  const most = Math.max(...columns.map(column => column.flat().length));
  const middle = new Map();
  const bars = columns.flatMap((column, d) => {
    let y = 6 + high - column.reduce((sum, states) => sum + (states.length ? Math.max(3, states.length / most * high) + 1 : 0), 0);
    return column.map((states, part) => {
      if (!states.length) return null;
      const tall = Math.max(3, states.length / most * high);
      states.forEach(i => middle.set(i, [10 + d * step + step / 2, y + tall / 2]));
      const fill = ['var(--bad)', 'var(--bad)', 'var(--mut)', 'var(--ok)'][part], opacity = [1, .45, .6, .5][part];
      const bar = svg('g', { 'data-go': states[0] }, svg('title', {}, `${count(d, 'step')} from the start: ${count(states.length, 'state')} in which ${SHAPES[groups[part][0]]}`), svg('rect', { x: 10 + d * step, y, width: step - 1.5, height: tall, fill, 'fill-opacity': opacity }));
      y += tall + 1;
      return bar;
    });
  });
  const ends = v.states.map((it, i) => it.end ? [it.depth, it.end.bad] : null).filter(Boolean);
  const signs = columns.map((_, d) => {
    const bad = ends.some(it => it[0] === d && it[1]), good = ends.some(it => it[0] === d && !it[1]);
    return svg('text', { x: 10 + d * step + step / 2, y: high + 26, 'text-anchor': 'middle', class: bad ? 'r' : 'g' }, bad ? '✗' : good ? '✓' : '');
  });
  const points = way.map(i => middle.get(i));
  const path = (from, to) => points.slice(from, to).map((p, i) => `${i ? 'L' : 'M'}${p[0]} ${p[1]}`).join('');
  const w = 20 + (depth + 1) * step, h = high + 34;
  const here = points[game.at];
  return svg('svg', { width: w, height: h, viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': label(v) }, bars, signs, svg('path', { d: path(game.at, points.length), class: 'way undone' }), svg('path', { d: path(0, game.at + 1), class: 'way' }), svg('circle', { cx: here[0], cy: here[1], r: 8, class: 'here', 'data-x': here[0] }));
}

// ---- Panel: the schedule, a column for each goroutine ----

const short = (text, max) => text.length > max ? `${text.slice(0, max - 2)}…` : text;
/** Returns the data under locks that are not as before; of a long value the part that is not. */
function storedIn(v, before, now) {
  return v.objects.flatMap(({ name, kind }, i) => {
    if (!/mutex/i.test(kind) || !before.objects[i] || before.objects[i].values === now.objects[i].values) return [];
    const [old, its] = [before, now].map(state => state.objects[i].values.join(', '));
    return old === its ? [] : `${name} = ${changed(old, its)}`;
  });
}
function changed(old, now) {
  if (now.length <= 80) return now;
  let start = 0, end = 0;
  while (start < now.length && now[start] === old[start]) start++;
  while (end < now.length - start && end < old.length - start && now[now.length - 1 - end] === old[old.length - 1 - end]) end++;
  start = Math.max(now.lastIndexOf(' ', start - 1), now.lastIndexOf('[', start - 1)) + 1;
  return `${start ? '.. ' : ''}${short(now.slice(start, now.length - end), 90)}${end ? ' ..' : ''}`;
}

/** Returns which steps nobody could have disturbed: they had no rival, and their locks are free again. */
function quiet(v, path) {
  const steps = stepsOf(v, path), states = along(v, path), users = new Map(), kept = new Set([...taken(v, path).values()].map(it => it.n - 1));
  for (const step of steps) for (const act of step.by) users.set(act.object, (users.get(act.object) || new Set()).add(act.who));
  return steps.map((step, i) => !kept.has(i) && (v.states[states[i]].edges.length === 1 || step.by.every(act => act.verb !== 'go' && act.object && users.get(act.object).size === 1)));
}
const NOTES = {
  d: n => ['bad', `Point of no return: after step ${n} every way ends badly.`],
  s: n => ['ok', `After step ${n} no bad end can be reached any more.`],
};

/**
 * Draws a path as a table. `look` has the point that is looked at, what to do with a click, notes
 * below steps, how many quiet steps are folded, and from which step on.
 */
function lanes(v, path, look) {
  const states = along(v, path).map(i => v.states[i]), steps = stepsOf(v, path);
  const acting = new Set(steps.flatMap(step => step.by.map(act => act.who)));
  const columns = v.goroutines.filter((it, i) => acting.has(it.name) || (!it.timer && states.some(state => state.standings[i])));
  const held = steps.reduce((all, step) => {
    const now = new Map([...all[all.length - 1]].map(([who, locks]) => [who, locks.slice()]));
    for (const act of step.by) {
      for (const lock of act.releases) now.set(act.who, (now.get(act.who) || []).filter(it => it !== lock));
      for (const lock of act.takes) now.set(act.who, (now.get(act.who) || []).concat(lock));
    }
    return all.concat(now);
  }, [new Map()]);
  const slots = new Map(columns.map(it => [it.name, [...new Set(held.flatMap(now => now.get(it.name) || []))]]));
  const inset = who => 26 + 9 * slots.get(who).length;
  const isQuiet = quiet(v, path);
  const standing = (state, who) => state.standings[v.numbers.get(who)];

  function cell(who, i) {
    const before = standing(states[i], who), after = standing(states[i + 1], who), step = steps[i];
    const index = step.by.findIndex(act => act.who === who), parts = [];
    const is = it => it && ![RETURNED, PANICKED].includes(it.state);
    const timer = v.goroutines[v.numbers.get(who)].timer;
    const style = it => it.state === READY ? '' : it.state === STUCK ? ' s' : ' w';
    if (is(before) && index >= 0) parts.push(el('span', { class: 'l up' }), is(after) ? el('span', { class: `l dn${style(after)}` }) : null);
    else if (is(before)) parts.push(el('span', { class: `l${style(before)}` }));
    else if (is(after)) parts.push(el('span', { class: `l dn${style(after)}` }), el('span', { class: 'd o' }));
    slots.get(who).forEach((lock, slot) => {
      const was = (held[i].get(who) || []).includes(lock), now = (held[i + 1].get(who) || []).includes(lock);
      if (was || now) parts.push(el('span', { class: `k${was && now ? '' : was ? ' up' : ' dn'}`, style: `left:${24 + 9 * slot}px`, title: `holds ${lock}` }));
    });
    parts.push(...arrow(who, i));
    if (index >= 0) {
      const act = step.by[index];
      const value = act.value && act.value !== '()' && index === 0 ? ` = ${act.value}` : '';
      const wakes = step.wakes.length && index === 0 ? `, wakes ${listed(step.wakes)}` : '';
      const select = act.select ? 'select: ' : '';
      const stored = index === 0 ? storedIn(v, states[i], states[i + 1]).map(text => el('small', {}, text)) : [];
      parts.push(timer ? null : el('span', { class: 'd' }), el('span', { class: 't' }, `${select}${actText(act)}${short(value, 60)}${wakes} `, el('span', { class: 'mut' }, line(v, act.place)), stored));
    }
    return el('td', { style: `padding-left:${inset(who)}px` }, parts);
  }
  function arrow(who, i) {
    const step = steps[i], at = columns.findIndex(it => it.name === who);
    const ends = step.by.length === 2 ? [step.by[0].who, step.by[1].who] : step.by[0].verb === 'go' ? [step.by[0].who, step.by[0].object] : null;
    if (!ends) return [];
    const [from, to] = ends.map(name => columns.findIndex(it => it.name === name));
    if (from < 0 || to < 0 || from === to || at < Math.min(from, to) || at > Math.max(from, to)) return [];
    const kind = step.by.length === 2 ? '' : ' go', head = kind ? '' : at !== to ? '' : from < to ? ' hr' : ' hl';
    return [el('span', { class: `x${kind}${at === Math.min(from, to) ? ' fr' : at === Math.max(from, to) ? ' to' : ''}${head}` })];
  }
  const head = el('thead', {}, el('tr', {}, el('th', { class: 'no', scope: 'col' }, 'step'), columns.map(it => el('th', { scope: 'col' }, it.name, slots.get(it.name).map((lock, slot) => el('small', { title: `Bar ${slot + 1} beside this column is the lock ${lock}` }, el('span', { class: 'key lock' }), lock))))));
  const body = el('tbody');
  const number = (n, text) => el('th', { class: 'no', scope: 'row' }, look.click ? el('button', { on: () => look.click(n), 'data-key': `step-${n}`, 'aria-label': `To the point after step ${n}` }, text) : text);
  const note = (kind, text) => body.append(el('tr', { class: `note ${kind}` }, el('td', { colspan: columns.length + 1 }, el('span', {}, text))));
  const turn = i => look.turns && NOTES[states[i].outlook] && (i === 0 || states[i].outlook !== states[i - 1].outlook);
  if (look.turns && states[0].outlook === 'd') note('bad', 'Every order ends badly: no scheduler can help.');
  const folds = [];
  for (let i = 0; i < steps.length; i++) {
    let last = i;
    while (last < steps.length && isQuiet[last] && !(turn(last + 1)) && last + 1 !== look.at && !(look.notes && look.notes.has(last))) last++;
    if (last - i >= look.fold && steps.length > 14 && i >= look.from && !game.opened.has(`${look.name}${i}`)) {
      const few = steps.slice(i, last), key = `${look.name}${i}`;
      folds.push(key);
      body.append(el('tr', { class: 'fold' }, el('td', { colspan: columns.length + 1 }, el('button', { on: () => { game.opened.add(key); draw(); }, 'data-key': `fold-${key}` }, `▸ ${i + 1} to ${last}: ${few.length} steps with which nobody could interfere, of ${listed([...new Set(few.flatMap(step => step.by.map(act => act.who)))])}`), storedIn(v, states[i], states[last]).map(text => el('small', {}, text)))));
      i = last - 1;
      continue;
    }
    body.append(el('tr', { class: i >= look.at ? 'future' : null, 'aria-current': i + 1 === look.at ? 'step' : null }, number(i + 1, i + 1), columns.map(it => cell(it.name, i))));
    if (turn(i + 1)) note(...NOTES[states[i + 1].outlook](i + 1));
    if (look.notes && look.notes.has(i)) note(...look.notes.get(i));
  }
  const now = states[Math.min(look.at, steps.length)];
  if (look.at >= steps.length) {
    body.append(el('tr', { class: 'end' }, el('th', { class: 'no', scope: 'row' }, now.end ? 'end' : 'now'), columns.map(it => {
      const its = standing(now, it.name);
      if (!its) return el('td', {}, '');
      const style = its.state === STUCK ? ' s' : its.state === READY ? '' : ' w';
      const bars = slots.get(it.name).map((lock, slot) => (held[steps.length].get(it.name) || []).includes(lock) ? el('span', { class: 'k', style: `left:${24 + 9 * slot}px`, title: `holds ${lock}` }) : null);
      const live = ![RETURNED, PANICKED].includes(its.state);
      return el('td', { style: `padding-left:${inset(it.name)}px` }, live ? el('span', { class: `l${style}` }) : null, live ? bars : null, el('span', { class: 't' }, sign(its), ' ', its.op || its.reason || WORDS[its.state], el('small', {}, its.op ? its.reason : '')));
    })));
  }
  return el('table', { class: 'lanes', style: `--room:${columns.length < 4 ? 44 : columns.length < 5 ? 34 : columns.length < 6 ? 27 : 22}ch` }, head, body);
}
function sign(its) {
  const [kind, text] = its.state === STUCK || its.state === PANICKED ? ['bad', '✗'] : its.state === RETURNED ? ['ok', '✓'] : its.state === READY ? ['ok', '▶'] : ['mut', '…'];
  return el('b', { class: kind }, text);
}

// ---- The other panels ----

const WORDS = { [READY]: 'can move', [STUCK]: 'stuck for ever', [RETURNED]: 'has returned', [WAITING]: 'waits', [PANICKED]: 'has panicked' };

function drawSay(v, states) {
  const now = states[game.at], step = game.at ? stepsOf(v, game.path)[game.at - 1] : null;
  const done = step ? `Step ${game.at}: ${stepText(step)}. ` : 'The start. ';
  const who = now.standings.filter(it => it && it.state === STUCK).map(it => it.who);
  const end = now.end && (who.length ? `The end is a ${now.end.name}: ${listed(who)} ${who.length === 1 ? 'is' : 'are'} blocked for ever.` : now.end.name === 'complete' ? 'The end: everybody has returned.' : now.end.name === 'bounded' ? 'The end: what is waited for lies beyond the bound.' : `The end: ${now.end.name}.`);
  const next = now.edges.length ? `Can move: ${now.edges.map(it => it.step.choice).slice(0, 12).join(', ')}.` : '';
  $('say').textContent = done + (end ? end + (now.edges.length ? ' What the others could still do is looked at, too.' : '') : next);
}

function drawChoices(v, states) {
  const now = states[game.at], goal = $('goal'), best = v.states[0].toBad;
  const bad = now.end && now.end.bad;
  if (bad) goal.replaceChildren(el('b', { class: 'bad' }, '✗ '), `You have reached a bad end in ${count(game.at, 'step')}. ${best >= 0 ? game.at > best ? `The shortest way has ${best}.` : 'No way is shorter.' : ''}`);
  else if (v.raw.proved) goal.textContent = `The goal: reach a bad end. Nobody can: ${v.raw.ground}.`;
  else if (!v.raw.bad) goal.textContent = `The goal: reach a bad end. None is known: ${v.raw.ground}.`;
  else goal.textContent = `The goal: reach a bad end. ${best >= 0 ? `The shortest way has ${count(best, 'step')}; you` : 'You'} have taken ${game.at}.`;
  const hint = it => {
    if (!game.hints) return '';
    if (it.to === null) return el('i', { class: 'mut' }, 'leaves this page');
    const next = v.states[it.to];
    if (next.outlook === 's') return el('i', { class: 'ok' }, 'no bad end after it');
    if (next.outlook === 'd') return el('i', { class: 'bad' }, next.toBad ? `bad for sure, in ${next.toBad}` : 'the bad end');
    return next.toBad >= 0 ? el('i', { class: 'hold' }, `${next.toBad} to a bad end`) : el('i', { class: 'mut' }, 'not known');
  };
  $('choices').replaceChildren(...now.edges.slice(0, 60).map((it, i) => el('button', { class: 'choice', on: () => take(i), disabled: it.to === null, 'data-key': `choice-${i}` }, hint(it), el('b', {}, i < 9 ? i + 1 : ''), choiceText(it.step))));
  if (!now.edges.length) $('choices').append(el('p', { class: 'mut' }, 'Nothing can move.'));
  if (now.edges.length > 60) $('choices').append(el('p', { class: 'mut' }, `and ${now.edges.length - 60} more`));
  $('undo').disabled = $('again').disabled = game.at === 0;
}
const choiceText = step => step.by.length === 2 ? `${step.by[0].who} ⇄ ${step.by[1].who}: ${step.by[0].object}${/:/.test(step.choice) ? ` (${step.choice})` : ''}` : `${step.by.map(act => `${act.who}: ${actText(act)}`).join(', ')}${/:/.test(step.choice) && step.by[0].verb !== 'choose' ? ` (${step.choice})` : ''}`;

function drawStands(v, state) {
  const since = taken(v, game.path.slice(0, game.at));
  $('stands').replaceChildren(...state.standings.filter(Boolean).map(it => {
    const holds = it.holds.map(({ lock, mode }) => {
      const known = since.get(`${it.who} ${lock}`);
      return `${lock}${mode === 'rlock' ? ' for reading' : ''}${known ? ` (since step ${known.n}, ${line(v, known.place).replace(/[()]/g, '')})` : ''}`;
    });
    const reason = it.state === READY || it.state === RETURNED ? '' : withSince(v, it, since);
    return el('div', { class: `stand${it.state === STUCK || it.state === PANICKED ? ' stuck' : ''}` },
      el('h3', {}, sign(it), ' ', it.who), ' ', el('span', { class: it.state === STUCK || it.state === PANICKED ? 'bad' : 'mut' }, WORDS[it.state]),
      el('p', {}, it.op ? el('span', { class: 'op' }, it.op, ' ', el('span', { class: 'mut' }, line(v, it.place))) : null, reason ? `${it.op ? ' — ' : ''}${reason}` : ''),
      holds.length ? el('p', { class: 'hold' }, `holds ${listed(holds)}`) : null,
      /^select .* \(?nil\b/.test(it.op) ? el('p', { class: 'legend' }, 'nil: this channel variable is nil there, so that its case is never ready') : null,
      it.op || it.state === PANICKED ? snippet(v, it.place) : null);
  }));
}
/** Adds to `held by loop` when that was, on the way that was taken, and to `no signal` which one was lost. */
function withSince(v, it, since) {
  const holder = /held by (.+)$/.exec(it.reason);
  if (it.reason === 'no signal') {
    const cond = it.op.replace(/^wait /, '');
    const lost = stepsOf(v, game.path.slice(0, game.at)).findLastIndex(step => step.by[0].object === cond && step.by[0].note === 'nobody waits');
    return lost < 0 ? it.reason : `the signal of step ${lost + 1} found nobody`;
  }
  const held = holder ? [...since].filter(([key]) => key.startsWith(`${holder[1]} `)) : [];
  const of = held.find(([key]) => it.op.endsWith(key.slice(holder[1].length))) || (held.length === 1 ? held[0] : null);
  return of ? `${it.reason} since step ${of[1].n}` : it.reason;
}
function snippet(v, place) {
  const all = place.line && lines(v, place.file);
  if (!all) return null;
  const first = Math.max(1, Math.min(place.line - 1, all.length - 4)), shown = all.slice(first - 1, first + 3);
  const indent = Math.min(...shown.filter(text => text.trim()).map(text => text.search(/\S/)));
  return el('pre', { class: 'snip' }, shown.map((text, i) => el('span', { class: first + i === place.line ? 'at' : null }, `${String(first + i).padStart(4)}  ${text.slice(indent)}`)));
}

function drawWaits(v, state) {
  const names = state.standings.filter(Boolean).map(it => it.who), waits = state.waits;
  if (!waits.length && !(state.end && state.end.reasons.length)) {
    $('arcs').replaceChildren();
    $('arcs').hidden = true;
    $('waits').replaceChildren(el('p', { class: 'mut' }, 'Nobody waits for anybody.'));
    return;
  }
  $('arcs').hidden = !waits.length;
  if (waits.length) $('arcs').replaceChildren(drawArcs(names, waits, state));
  const reasons = state.end ? state.end.reasons.map(it => el('p', {}, el('b', { class: 'bad' }, `${it.kind}: `), it.text)) : [];
  const legends = waits.some(it => !it.certain) ? v.raw.legends : [];
  $('waits').replaceChildren(...reasons, el('ol', { class: 'waits' }, waits.map(it => el('li', {}, it.text))), ...legends.map(text => el('p', { class: 'legend' }, text)));
}
function drawArcs(names, waits, state) {
  const width = name => Math.max(40, name.length * 7.4 + 24);
  const places = new Map();
  let w = 8;
  for (const name of names) { places.set(name, w + width(name) / 2); w += width(name); }
  const span = it => Math.abs(names.indexOf(it.from) - names.indexOf(it.to)) || 0.6;
  const above = waits.filter(it => names.indexOf(it.from) <= names.indexOf(it.to)), below = waits.filter(it => !above.includes(it));
  const tall = list => list.length ? 16 + 20 * Math.max(...list.map(span)) + 5 * list.length : 6;
  const y = tall(above) + 6, h = y + 26 + tall(below);
  const cycle = new Set((state.end ? state.end.reasons : []).filter(it => it.cycle).flatMap(it => it.members.slice(0, it.cycle).map((name, i) => `${name} ${it.members[(i + 1) % it.cycle]}`)));
  const labels = new Map();
  const arcs = waits.map((it, n) => {
    const up = above.includes(it) ? -1 : 1, base = up < 0 ? y : y + 20;
    const nudge = 5 * (up < 0 ? above : below).indexOf(it);
    const x1 = places.get(it.from) + 4, x2 = (places.get(it.to) ?? x1) - (it.from === it.to ? 16 : 4) * Math.sign(places.get(it.to) - places.get(it.from) || 1);
    const top = base + up * (16 + 20 * span(it) + nudge);
    const colour = cycle.has(`${it.from} ${it.to}`) ? 'var(--bad)' : 'var(--fg)';
    let x = (x1 + x2) / 2;
    while (labels.has(`${Math.round(x / 14)} ${up}`)) x += 14;
    labels.set(`${Math.round(x / 14)} ${up}`, n);
    return [
      svg('path', { d: `M${x1} ${base}C${x1} ${top} ${x2} ${top} ${x2} ${base + up * 5}`, class: `arc${it.certain ? '' : ' maybe'}`, style: `stroke:${colour}` }),
      svg('path', { d: `M${x2 - 4} ${base + up * 7}h8l-4 ${-up * 7}z`, style: `fill:${colour}` }),
      svg('circle', { cx: x, cy: base + up * (12 + 15 * span(it) + nudge * .75), r: 8, style: 'fill:var(--panel)' }),
      svg('text', { x, y: base + up * (12 + 15 * span(it) + nudge * .75) + 4, 'text-anchor': 'middle' }, n + 1),
    ];
  });
  return svg('svg', { width: w + 8, height: h, viewBox: `0 0 ${w + 8} ${h}`, role: 'img', 'aria-label': 'The sentences below as arrows, numbered as they are' }, arcs, names.map(name => svg('text', { x: places.get(name), y: y + 14, 'text-anchor': 'middle', 'font-weight': 600 }, name)));
}

function drawObjects(v, states) {
  const now = states[game.at].objects, before = game.at ? states[game.at - 1].objects : now;
  const rows = v.objects.map((it, i) => now[i] && el('tr', { class: now[i] !== before[i] ? 'new' : null },
    el('th', { scope: 'row' }, it.name), el('td', {}, it.kind), el('td', {}, now[i].state, now[i].values.length ? el('div', { class: 'mut' }, short(now[i].values.join(', '), 300)) : null),
    el('td', {}, now[i].waiting.map(who => `${who.who} (${who.verb})`).join(', ')))).filter(Boolean);
  $('objects').replaceChildren(el('thead', {}, el('tr', {}, ['object', 'kind', 'now', 'waiting'].map(text => el('th', { scope: 'col' }, text)))), el('tbody', {}, rows));
}

function drawTwin(v) {
  const steps = stepsOf(v, game.path), last = v.states[along(v, game.path)[steps.length]];
  const say = (...parts) => $('twin').replaceChildren(...parts);
  const text = words => el('p', {}, words);
  const asked = v.raw.command ? ` The answer: ${data.program} twin ${v.raw.command} --schedule ..` : '';
  if (!v.executions) return say(text(`The search “optimal” has more executions of this variant than a page has room for.${asked}`));
  const all = `the ${count(v.executions.length, 'execution')} that the search “optimal” explores`;
  if (last.edges.length) return say(text(`Play to an end, and this says whether your schedule is one of ${all}, and if not, why.`));
  const found = twin(v, game.path);
  if (!found) return say(text(`None of ${all} is this one in another order: goroutines race for memory that no step names.`));
  if (!found.swaps.length) return say(text(`Yes: it is number ${found.number} of ${all}.`));
  const step = n => `step ${n} (${stepText(steps[n - 1])})`;
  const moves = [];
  for (const swap of found.swaps) {
    const move = moves[moves.length - 1];
    if (move && move.earlier === swap.earlier) { move.over.unshift(swap.later); move.touches.push(...swap.touches); }
    else moves.push({ earlier: swap.earlier, over: [swap.later], touches: swap.touches.slice() });
  }
  const common = touches => touches.length ? `no goroutine in common, and the order does not matter to ${listed([...new Set(touches)].map(n => v.raw.graph.strings[n]))}` : 'no goroutine and no object in common';
  say(text(`No: number ${found.number} of ${all} has the same steps in another order, and ends in the same state. ${count(found.swaps.length, 'swap')} of neighbouring steps ${found.swaps.length === 1 ? 'leads' : 'lead'} there. The two are independent each time: neither changes what the other one does.`),
    el('ol', { class: 'waits' }, moves.map(it => el('li', {}, `${step(it.earlier)} goes before ${listed(it.over.map(step))}: ${common(it.touches)}`))),
    el('button', { on: () => show(game.v, found.path.slice()), 'data-key': 'twin' }, 'Show the one that was explored'));
}

function drawCommands(v) {
  const text = schedule(v, game.path.slice(0, game.at)), quoted = text.replace(/'/g, "'\\''");
  const command = (name, rest) => `${data.program} ${name} ${v.raw.command}${rest}`;
  const played = ` --schedule '${quoted}'`;
  $('commands').textContent = (v.raw.command ? [command('run', ''), command('replay', played), command('replay', `${played} --json`), command('twin', `${played} --continue`), command('step', '')] : [`gordian::replay(KERNEL, "${text}")`]).join('\n');
}

function drawOther(v) {
  const to = other();
  $('other-panel').hidden = !to;
  if (!to) return;
  const found = follow(v, game.path.slice(0, game.at), to);
  const whole = runOn(to, found.path), rest = whole.length - found.path.length;
  $('other-title').textContent = `The same schedule on the ${to.name} variant`;
  const said = found.parted === null ? game.at ? `${game.at === 1 ? 'The step' : `All ${game.at} steps`} can be taken here as well.` : 'Nothing has been taken yet.' : `Here they part: ${found.why}.`;
  const ends = to.states[along(to, whole)[whole.length]].end;
  $('other-say').textContent = `${said}${rest ? ` Then it goes on, for example so${ends ? `, to ${ends.bad ? `a ${ends.name}` : 'a good end'}` : ''}.` : ''}`;
  const notes = new Map();
  const mark = ['hold', found.parted === null ? 'So far the two are the same; from here on it runs by itself.' : `Here they part: step ${found.parted + 1} above cannot be taken.`];
  if (found.path.length) notes.set(found.path.length - 1, mark);
  const table = lanes(to, whole, { at: whole.length, name: 'other', notes, fold: 6, from: found.path.length + 5 });
  if (!found.path.length && rest) table.tBodies[0].prepend(el('tr', { class: `note ${mark[0]}` }, el('td', { colspan: table.tHead.rows[0].cells.length }, el('span', {}, mark[1]))));
  $('other').replaceChildren(table);
  const why = v.raw.bad && to.raw.proved && data.why.length;
  $('why').replaceChildren(...(why ? [el('h3', {}, 'Why the fix works'), el('ul', {}, data.why.map(text => el('li', {}, text))), el('p', {}, `Ground: ${data.ground}.`)] : []));
}

function drawHead(v) {
  const badge = $('badge');
  badge.textContent = v.raw.verdict;
  badge.className = `js badge ${v.raw.bad ? 'bad' : v.raw.proved ? 'ok' : 'hold'}`;
  badge.title = v.raw.ground;
  $('variants').replaceChildren(...(variants.length > 1 ? variants.map((it, i) => el('button', { on: () => swap(i), 'aria-pressed': i === game.v ? 'true' : 'false', 'data-key': `variant-${i}`, title: 'The other variant, on the same schedule (f)' }, it.name)) : []));
  $('pos').textContent = `step ${game.at} of ${game.path.length}`;
  $('first').disabled = $('prev').disabled = game.at === 0;
  $('next').disabled = $('last').disabled = game.at === game.path.length;
  $('bad').hidden = !variants.some(it => it.raw.bad && it.way.length);
  $('hints').setAttribute('aria-pressed', String(game.hints));
}

function draw() {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : undefined;
  const v = variant(), states = along(v, game.path).map(i => v.states[i]);
  document.body.dataset.state = along(v, game.path)[game.at];
  drawHead(v);
  drawStates();
  drawSay(v, states);
  $('lanes').replaceChildren(lanes(v, game.path, { at: game.at, name: 'own', click: go, turns: true, fold: 4, from: 0 }));
  drawChoices(v, states);
  drawStands(v, states[game.at]);
  drawWaits(v, states[game.at]);
  drawObjects(v, states);
  drawTwin(v);
  drawCommands(v);
  drawOther(v);
  // Lanes that need more room get the whole width.
  v.broad ||= innerWidth > 1000 && [$('lanes'), $('other')].some(it => it.scrollWidth > it.clientWidth + 1);
  document.querySelector('main').classList.toggle('broad', v.broad);
  const row = $('lanes').querySelector('[aria-current]');
  if (row) $('lanes').scrollTop = Math.max(0, row.offsetTop + row.offsetHeight * 4 - $('lanes').clientHeight);
  if (focused !== undefined) {
    const again = document.querySelector(`[data-key="${CSS.escape(focused)}"]:enabled`) || document.querySelector('.choice:enabled') || $('undo');
    again.focus({ preventScroll: true });
  }
}

// ---- Whatever starts it ----

const KEYS = {
  ArrowLeft: () => go(game.at - 1), k: () => go(game.at - 1), ArrowRight: () => go(game.at + 1), j: () => go(game.at + 1),
  Home: () => go(0), End: () => go(game.path.length), u: undo, c: counterexample, f: () => swap(1 - game.v),
  h: () => { game.hints = !game.hints; draw(); }, '?': () => $('keys').showModal(),
};
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || $('keys').open) return;
  const scrolls = event.target instanceof Element && event.target.closest('.scroll') === event.target && /^(Arrow|Home|End)/.test(event.key);
  const action = KEYS[event.key] || (/^[1-9]$/.test(event.key) ? () => take(Number(event.key) - 1) : null);
  if (!action || scrolls) return;
  event.preventDefault();
  action();
});
$('states').addEventListener('click', event => {
  const node = event.target.closest('[data-go]');
  if (!node) return;
  const to = Number(node.dataset.go), on = along(variant(), game.path).indexOf(to);
  if (on >= 0) go(on);
  else show(game.v, wayTo(variant(), to));
});
for (const [id, action] of [['first', () => go(0)], ['prev', () => go(game.at - 1)], ['next', () => go(game.at + 1)], ['last', () => go(game.path.length)], ['bad', counterexample], ['hints', KEYS.h], ['undo', undo], ['again', () => show(game.v, [])], ['help', KEYS['?']]]) $(id).addEventListener('click', action);
$('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
});
function load() {
  const complaints = play();
  $('misfit').hidden = !complaints.length;
  $('misfit').textContent = complaints.join(' ');
  game.opened.clear();
  draw();
}
addEventListener('popstate', load);
addEventListener('hashchange', load);
let width = innerWidth;
addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; drawStates(); } });
// On paper all is open, and the schedule is at its end.
const folds = [...document.querySelectorAll('details')];
let before = null;
addEventListener('beforeprint', () => {
  before = { at: game.at, open: folds.map(fold => fold.open) };
  folds.forEach(fold => { fold.open = true; });
  game.at = game.path.length;
  draw();
});
addEventListener('afterprint', () => {
  folds.forEach((fold, i) => { fold.open = before.open[i]; });
  game.at = before.at;
  draw();
});
for (const fold of folds) fold.open = false;
load();
})();
