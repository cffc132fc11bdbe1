/** A page of the playground in a real browser. Tests find everything by role and name, as its users do. */

import { strict as assert } from 'node:assert';
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** @type {Promise<import('playwright-core').Browser>|null} */
let started = null;

function browser() {
  started ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return started;
}

/** Ends the browser; once, after a file's tests. */
export async function closeBrowser() {
  if (started) await (await started).close();
}

/**
 * Opens the playground, gives the page to `use`, and fails if the page logged an error meanwhile.
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 * @param {{ hash?: string, options?: import('playwright-core').BrowserContextOptions }} [how]
 */
export async function withPage(use, { hash = '', options = {} } = {}) {
  const url = process.env.PLAYGROUND_URL;
  assert.ok(url, 'PLAYGROUND_URL says where the playground is: run tests/browser/run.mjs');
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', error => errors.push(error.stack ?? error.message));
  page.on('console', message => message.type() === 'error' && errors.push(message.text()));
  try {
    await page.goto(url + hash);
    await page.waitForFunction(() => document.body.classList.contains('ready'), null, { timeout: 20_000 });
    await use(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

/**
 * The number that a status shows.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function number(page, name) {
  const text = await page.getByRole('status', { name, exact: true }).textContent();
  const plain = (text ?? '').replace(/[,\s\u202f\u00a0]/g, '').replace('−', '-').replace(/·10(.*)$/, (_, power) => `e${ordinary(power)}`);
  return plain.endsWith('%') ? Number(plain.slice(0, -1)) / 100 : Number(plain);
}

/** @param {string} raised digits */
function ordinary(raised) {
  return [...raised].map(character => (character === '⁻' ? '-' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(character))).join('');
}

/**
 * Waits until something about the page holds.
 * @param {() => Promise<boolean>} holds
 * @param {string} what
 * @param {number} [seconds]
 */
export async function until(holds, what, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`${what}: not within ${seconds} s`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export function button(page, name) {
  return page.getByRole('button', { name, exact: true });
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export function select(page, name) {
  return page.getByRole('combobox', { name, exact: true });
}
