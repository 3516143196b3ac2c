// Opens every page of a generated site in Debian's Chromium and prints one line a check: "ok - …" or "not ok - …".
//   node pages.mjs --base http://127.0.0.1/ --label en --lang en --shots DIR [--chromium /usr/bin/chromium]
// A page is looked at without scripts, then in light, dark and phone width under the server's own content security policy, in
// each by axe-core as well, which the browser's debugger puts into the page: the policy does not hold for that. Every page is
// walked; with --every each is also looked at in all modes, without it one of each kind is. With --no-pictures there
// must be none: the site of a log with less than two samples.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' },
    label: { type: 'string', default: 'site' },
    lang: { type: 'string', default: 'en' },
    shots: { type: 'string' },
    every: { type: 'boolean', default: false },
    'no-pictures': { type: 'boolean', default: false },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const base = new URL(options.base);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(options.shots, { recursive: true });

const modes = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

let failures = 0;
function verdict(words, problems) {
  if (problems.length === 0) {
    console.log(`ok - ${options.label}: ${words}`);
    return;
  }
  failures += 1;
  console.log(`not ok - ${options.label}: ${words}`);
  for (const problem of problems.slice(0, 15)) console.log(`    ${problem}`);
  if (problems.length > 15) console.log(`    … and ${problems.length - 15} more`);
}

/** The page's path as a name: "/web1/7d.html" is "web1-7d". */
const nameOf = (url) => new URL(url).pathname.replace(/^\/|\.html$/g, '').replaceAll('/', '-') || 'index';

/** One page of each kind: the fleet, a host's page of samples, a host's page of rollups. */
const isOfItsKind = (url) => !/(1h|6h|24h|7d|30d)\.html$/.test(url);

/** Opens `url` and collects what must not happen while it loads. */
async function open(context, url, problems) {
  const page = await context.newPage();
  const complain = (what) => problems.push(`${nameOf(url)}: ${what}`);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complain(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`script: ${error.message}`));
  page.on('requestfailed', (request) => {
    const error = request.failure()?.errorText;
    // The browser itself cancels a lazy picture when it moves on; that every picture is shown is a check of its own.
    if (error !== 'net::ERR_ABORTED') complain(`failed: ${request.url()} ${error}`);
  });
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (target.protocol !== 'data:' && target.host !== base.host) complain(`asks another host: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complain(`status ${response.status()}: ${response.url()}`);
  });
  const response = await page.goto(url, { waitUntil: 'load' });
  // Pictures below the fold may be lazy: ask for all of them.
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = 'eager';
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  });
  return { page, response };
}

async function lookAt(page, url, mode, found) {
  const facts = await page.evaluate(() => {
    const root = document.documentElement;
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 0.5)
      .map((element) => `<${element.tagName.toLowerCase()} class="${element.className}">`);
    return {
      images: [...document.images].map((image) => ({
        source: image.currentSrc || image.src,
        width: image.naturalWidth,
        alt: image.alt,
        chart: image.closest('picture') !== null,
      })),
      overflow: root.scrollWidth - root.clientWidth,
      wide: wide.slice(0, 4),
      lang: root.lang,
      title: document.title,
      text: document.body.innerText.length,
      links: [...document.links].map((link) => link.href),
    };
  });
  const name = nameOf(url);
  for (const image of facts.images) {
    if (!(image.width > 0)) found.images.push(`${name}: ${image.source} is not shown`);
    if (image.chart && !/\d/.test(image.alt)) found.alternatives.push(`${name}: "${image.alt}" says no number (${image.source})`);
    if (image.chart && mode !== 'phone' && !image.source.includes(`-${mode}`)) found.themes.push(`${name}: ${image.source}`);
  }
  if (facts.overflow > 0) found.overflow.push(`${name}: ${facts.overflow} px too wide: ${facts.wide.join(' ')}`);
  if (!facts.lang.toLowerCase().startsWith(options.lang)) found.language.push(`${name}: lang="${facts.lang}"`);
  if (facts.title.trim() === '') found.language.push(`${name}: no title`);
  if (facts.text < 50) found.language.push(`${name}: hardly any text`);
  return facts;
}

function policyProblems(url, response) {
  const policy = response.headers()['content-security-policy'] ?? '';
  const problems = [];
  if (!/default-src 'none'/.test(policy)) problems.push(`${nameOf(url)}: policy "${policy}" does not begin from nothing`);
  if (/unsafe-|\*|https?:/.test(policy)) problems.push(`${nameOf(url)}: policy "${policy}" is not strict`);
  return problems;
}

/** Walks the site by its own links and returns every page found. */
async function walk(browser) {
  const context = await browser.newContext(modes.light);
  const seen = new Map([[base.href, null]]);
  const problems = [];
  for (const url of seen.keys()) {
    const { page, response } = await open(context, url, problems);
    problems.push(...policyProblems(url, response));
    const links = await page.evaluate(() => [...document.links].map((link) => link.href));
    for (const link of links) {
      const target = new URL(link);
      target.hash = '';
      if (target.origin !== base.origin) problems.push(`${nameOf(url)}: links to ${link}`);
      else if (/(\.html|\/)$/.test(target.pathname) && !seen.has(target.href)) seen.set(target.href, null);
      else if (!seen.has(target.href) && !/(\.html|\/)$/.test(target.pathname)) {
        const answer = await context.request.get(target.href);
        if (!answer.ok()) problems.push(`${nameOf(url)}: ${link} answers ${answer.status()}`);
      }
    }
    await page.close();
  }
  await context.close();
  verdict(`${seen.size} pages linked; each answers, under a strict policy`, problems);
  return [...seen.keys()];
}

async function inMode(browser, urls, mode) {
  const found = { noise: [], images: [], alternatives: [], themes: [], overflow: [], language: [], barriers: [] };
  const context = await browser.newContext(modes[mode]);
  let images = 0;
  for (const url of urls) {
    const noise = [];
    const { page } = await open(context, url, noise);
    images += (await lookAt(page, url, mode, found)).images.length;
    if (isOfItsKind(url)) await page.screenshot({ path: `${options.shots}/${options.label}-${nameOf(url)}-${mode}.png`, fullPage: true });
    // What axe-core asks the page for is none of the page's noise.
    found.noise.push(...noise);
    if (isOfItsKind(url)) await lookForBarriers(page, url, found.barriers);
    await page.close();
  }
  await context.close();
  verdict(`${mode}: no console message, failed request or foreign request on ${urls.length} pages`, found.noise);
  verdict(`${mode}: all ${images} pictures are shown`, (images > 0) !== options['no-pictures'] ? found.images : [`there are ${images} pictures`]);
  verdict(`${mode}: no horizontal scrolling`, found.overflow);
  verdict(`axe-core finds nothing on ${urls.filter(isOfItsKind).length} pages in ${mode}`, found.barriers);
  if (mode === 'phone') return;
  verdict(`${mode}: pictures are of this theme`, found.themes);
  verdict(`${mode}: alternative texts say numbers; language and title are set`, [...found.alternatives, ...found.language]);
}

async function withoutScripts(browser, urls) {
  const problems = [];
  const context = await browser.newContext({ ...modes.light, javaScriptEnabled: false });
  for (const url of urls) {
    const page = await context.newPage();
    const answered = [];
    page.on('response', (response) => answered.push(response));
    await page.goto(url, { waitUntil: 'load' });
    const text = await page.locator('body').innerText();
    if (text.length < 50) problems.push(`${nameOf(url)}: hardly any text`);
    if (/enable (javascript|scripts)/i.test(text)) problems.push(`${nameOf(url)}: asks for scripts`);
    for (const response of answered) if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`);
    await page.close();
  }
  await context.close();
  verdict(`without scripts: ${urls.length} pages are readable`, problems);
}

async function lookForBarriers(page, url, problems) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations);
  for (const violation of violations) {
    const [node] = violation.nodes;
    problems.push(`${nameOf(url)}: ${violation.id} (${violation.impact}, ${violation.nodes.length}×): ${node.target.join(' ')}: ${node.failureSummary?.replaceAll('\n', ' ')}`);
  }
}

const browser = await chromium.launch({
  executablePath: options.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const urls = await walk(browser);
  const some = urls.filter(isOfItsKind);
  await withoutScripts(browser, some);
  for (const mode of Object.keys(modes)) await inMode(browser, options.every ? urls : some, mode);
} finally {
  await browser.close();
}
process.exitCode = failures === 0 ? 0 : 1;
