// Plays pages in a real browser, and looks at what is wrong with them.
//
// node check.mjs BROWSER PROGRAM PAGES PICTURES
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [executablePath, program, pages, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(pictures, { recursive: true });

/** The kernels of which every state is visited by its link, and of which pictures are made. */
const WHOLE = ['kubernetes-1321', 'kubernetes-6632', 'playground-cancel'];
const PICTURES = ['kubernetes-1321', 'etcd-7443', 'etcd-5349', 'kubernetes-58107', 'etcd-4476'];
const WIDTHS = [400, 900, 1400];
const THEMES = ['light', 'dark'];
const BYTES_MAX = 150_000;

const wrong = [];
function expect(holds, what) {
  if (!holds) {
    wrong.push(what);
    console.error(`WRONG: ${what}`);
  }
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const url = file => pathToFileURL(join(pages, file)).href;

/** Opens a page that may neither fail nor ask for anything. */
async function open(name, options, address = '') {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const own = url(`${name}.html`);
  page.on('pageerror', error => expect(false, `${name}: ${error}`));
  page.on('console', message => expect(!['error', 'warning'].includes(message.type()), `${name}: console: ${message.text()}`));
  page.on('request', request => expect(request.url().split('#')[0] === own || request.url().startsWith('data:'), `${name}: it asks for ${request.url()}`));
  await page.goto(own + address);
  return page;
}

const names = readdirSync(pages).filter(file => file.endsWith('.html')).map(file => file.slice(0, -5)).sort();
expect(names.includes('index') && names.length > 10, 'there are pages');
for (const name of names) {
  const bytes = statSync(join(pages, `${name}.html`)).size;
  expect(bytes < BYTES_MAX, `${name}: ${bytes} bytes`);
}

/** Returns the steps of each state: the next state and the choice, as a schedule has it. */
function stepsOf(graph) {
  return graph.states.split('|').map((text, i) => {
    const numbers = (text.split(';')[3] || '').split(' ').filter(Boolean).map(it => it === '.' ? null : parseInt(it, 36));
    return numbers.flatMap((it, k) => k % 2 ? [] : [[it === null ? null : i + it, graph.strings[graph.steps[numbers[k + 1]][0]]]]);
  });
}

/** Goes the bad path by keys, there and back. */
async function byKeys(name) {
  const page = await open(name, { viewport: { width: 1400, height: 1000 } });
  const data = JSON.parse(await page.textContent('#data'));
  const [first] = data.variants;
  const way = first.graph.ways[0];
  const said = () => page.textContent('#say');
  const state = () => page.evaluate(() => Number(document.body.dataset.state));
  const end = await state();
  const bad = (await said()).includes(first.verdict);
  expect(bad, `${name}: the counterexample is shown first, and ends in a ${first.verdict}: ${await said()}`);
  await page.keyboard.press('Home');
  expect(await state() === 0, `${name}: Home goes to the start`);
  for (let i = 0; i < way.length; i++) await page.keyboard.press(i % 2 ? 'ArrowRight' : 'j');
  expect(await state() === end, `${name}: a step on, and on, comes to the end`);
  for (let i = 0; i < way.length; i++) await page.keyboard.press('u');
  expect(await state() === 0, `${name}: undone, it is at the start`);
  for (const edge of way) {
    if (edge < 9) await page.keyboard.press(String(edge + 1));
    else await page.locator(`[data-key="choice-${edge}"]`).click();
  }
  expect(await state() === end, `${name}: the choices by their numbers lead to the end`);
  expect((await page.textContent('#goal')).includes('reached a bad end'), `${name}: the goal is reached`);
  await page.goBack();
  expect(await state() !== end, `${name}: the back button takes a choice back`);
  await page.keyboard.press('c');
  expect(await state() === end, `${name}: c is the counterexample`);
  await page.keyboard.press('f');
  expect((await page.textContent('#badge')) === data.variants[1].verdict, `${name}: f is the other variant`);
  await page.keyboard.press('f');
  await page.keyboard.press('h');
  await page.keyboard.press('Home');
  const hints = await page.locator('.choice i').count();
  expect(hints > 0, `${name}: h gives hints`);
  await page.keyboard.press('h');
  expect(await page.locator('.choice i').count() === 0, `${name}: h takes them back`);
  await page.keyboard.press('?');
  expect(await page.locator('#keys').isVisible(), `${name}: ? shows the keys`);
  await page.keyboard.press('Escape');
  await page.locator('[data-key="choice-0"]').focus();
  await page.keyboard.press('Enter');
  const focus = await page.evaluate(() => document.activeElement.dataset.key || document.activeElement.id);
  expect(/^choice|undo/.test(focus), `${name}: the focus is kept: ${focus}`);
  await page.context().close();
}

/** Goes to every state by its link. */
async function byLinks(name) {
  const page = await open(name, { viewport: { width: 1400, height: 1000 } });
  const data = JSON.parse(await page.textContent('#data'));
  const links = data.variants.flatMap(variant => {
    const ways = [[]];
    stepsOf(variant.graph).forEach((edges, i) => edges.forEach(([to, choice]) => {
      if (to !== null) ways[to] ??= ways[i].concat(choice);
    }));
    return ways.map((way, i) => [`#v=${variant.name}&s=${encodeURIComponent(way.join(','))}&at=${way.length}`, i, `${variant.name} ${i}`]);
  });
  const found = await page.evaluate(async links => {
    const misses = [];
    for (const [link, state, what] of links) {
      const changed = new Promise(resolve => addEventListener('hashchange', resolve, { once: true }));
      location.hash = link;
      await changed;
      if (Number(document.body.dataset.state) !== state || !document.getElementById('misfit').hidden) misses.push(what);
    }
    return { misses, visited: links.length };
  }, links);
  expect(found.visited > 1 && found.misses.length === 0, `${name}: ${found.visited} links, of which these go elsewhere: ${found.misses}`);
  console.log(`${name}: ${found.visited} links`);
  const misfits = ['#v=buggy&s=nobody', '#v=none', '#v=buggy&s=main*99', '#v=buggy&s=&at=7', '#v=buggy&s=%', '#&&=&v'];
  for (const address of misfits.slice(0, 4)) {
    await page.goto(`about:blank`);
    await page.goto(url(`${name}.html`) + address);
    expect(await page.locator('#misfit').isVisible(), `${name}: it says that ${address} does not fit`);
  }
  for (const address of misfits.slice(4)) {
    await page.goto(`about:blank`);
    await page.goto(url(`${name}.html`) + address);
    expect(await page.locator('#lanes table').isVisible(), `${name}: ${address} does no harm`);
  }
  await page.context().close();
}

/** Asks of every whole schedule if it was explored, and compares the answer with that of the program. */
async function twins(name) {
  const page = await open(name, {});
  const data = JSON.parse(await page.textContent('#data'));
  let asked = 0, itself = 0;
  for (const { name: variant, graph } of data.variants) {
    const steps = stepsOf(graph);
    const schedules = (state, way) => steps[state].length ? steps[state].flatMap(([to, choice]) => schedules(to, way.concat(choice))) : [way];
    for (const way of schedules(0, [])) {
      await page.evaluate(async ([variant, way]) => {
        const changed = new Promise(resolve => addEventListener('hashchange', resolve, { once: true }));
        location.hash = `#v=${variant}&s=${encodeURIComponent(way)}&at=0`;
        await changed;
      }, [variant, way.join(',')]);
      const said = await page.textContent('#twin');
      const answer = JSON.parse(execFileSync(program, ['twin', data.name, '--variant', variant, '--schedule', way.join(','), '--json']));
      const expected = answer.swaps.length ? `No: number ${answer.number} of` : `Yes: it is number ${answer.number} of`;
      const swaps = Number((/(\d+) swaps? of/.exec(said) || [0, 0])[1]);
      expect(said.startsWith(expected) && swaps === answer.swaps.length, `${name}: of ${way} the page says “${said.slice(0, 80)}”, the program ${answer.number} by ${answer.swaps.length} swaps`);
      if (swaps) {
        await page.locator('[data-key="twin"]').click();
        const there = decodeURIComponent(new URL(page.url()).hash);
        expect(there.includes(`s=${answer.explored}&`), `${name}: the explored one is ${answer.explored}, and shown is ${there}`);
        expect((await page.textContent('#twin')).startsWith('Yes'), `${name}: what is shown then was explored`);
      } else itself++;
      asked++;
    }
  }
  console.log(`${name}: ${asked} schedules, of which ${itself} were explored`);
  expect(asked > itself && itself > 0, `${name}: there are some of each`);
  await page.context().close();
}

/** Returns texts and boxes that lie over one another, and what is wider than the page. */
const looks = () => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide in ${innerWidth}`);
  const groups = ['.panel', 'button:not(.lanes button)', '.lanes tbody .t, .lanes tbody .no', '#arcs text', '.stand > *, .stand', 'header > *', '.choice b, .choice i', 'td svg', '.facts > div'];
  for (const group of groups) {
    const boxes = [...document.querySelectorAll(group)].filter(it => it.getClientRects().length).map(it => [it, it.getBoundingClientRect()]).sort((a, b) => a[1].top - b[1].top);
    for (let i = 0; i < boxes.length; i++) {
      for (let k = i + 1; k < boxes.length && boxes[k][1].top < boxes[i][1].bottom - 1; k++) {
        const [[a, x], [b, y]] = [boxes[i], boxes[k]];
        if (a.contains(b) || b.contains(a)) continue;
        if (x.left < y.right - 1 && y.left < x.right - 1 && y.top < x.bottom - 1) found.push(`${group}: “${a.textContent.slice(0, 30)}” lies over “${b.textContent.slice(0, 30)}”`);
      }
    }
  }
  // Who waits for a lock is told the step in which its holder is told to have taken it.
  const stands = document.getElementById('stands')?.textContent || '';
  for (const stand of document.querySelectorAll('.stand p')) {
    const told = /^\S*lock (\S+) .*held by .+ since step (\d+)$/.exec(stand.textContent);
    if (told && !stands.includes(`${told[1]} (since step ${told[2]},`)) found.push(`“${stand.textContent}” is not what its holder says`);
  }
  for (const id of ['states', 'lanes', 'choices', 'stands', 'objects', 'say']) {
    const node = document.getElementById(id);
    if (node && !node.textContent.trim() && !node.querySelector('svg')) found.push(`#${id} is empty`);
  }
  return found.slice(0, 5);
};

/** Looks at a page in each width and each theme. */
async function atAllWidths(name) {
  for (const colorScheme of THEMES) {
    const page = await open(name, { viewport: { width: 1400, height: 1000 }, colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 1000 });
      for (const what of await page.evaluate(looks)) expect(false, `${name} at ${width}, ${colorScheme}: ${what}`);
      if (PICTURES.includes(name) || name === 'index') await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    await page.evaluate(axe);
    const points = PICTURES.includes(name) ? [null, 'Home'] : [null];
    for (const key of points) {
      if (key) await page.keyboard.press(key);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      for (const it of violations) expect(false, `${name}, ${colorScheme}: axe: ${it.id}: ${it.nodes.length} of ${it.nodes[0].html.slice(0, 120)}`);
    }
    await page.context().close();
  }
}

async function printed(name) {
  const page = await open(name, {});
  const pdf = await page.pdf({ path: join(pictures, `${name}.pdf`), format: 'A4' });
  expect(pdf.length > 10_000, `${name}: the print has ${pdf.length} bytes`);
  await page.context().close();
}

async function withoutScript(name) {
  const page = await open(name, { javaScriptEnabled: false });
  const text = await page.evaluate(() => document.body.innerText).catch(() => page.innerText('body'));
  for (const part of ['The bug', 'counterexample', 'Source', 'Without a script']) expect(text.includes(part), `${name}: without a script it says “${part}”`);
  expect(!text.includes('You are the scheduler'), `${name}: without a script nothing is there that needs one`);
  await page.context().close();
}

const begin = Date.now();
for (const name of WHOLE) {
  await byKeys(name);
  await byLinks(name);
}
await twins(WHOLE[0]);
// Two at a time.
const left = names.slice();
const work = async () => {
  for (let name = left.shift(); name; name = left.shift()) await atAllWidths(name);
};
await Promise.all([work(), work()]);
for (const name of PICTURES.slice(0, 2)) await printed(name);
await withoutScript(PICTURES[0]);
await browser.close();
console.log(`${names.length} pages in ${Math.round((Date.now() - begin) / 1000)} s; pictures in ${pictures}`);
process.exit(wrong.length ? 1 : 0);
