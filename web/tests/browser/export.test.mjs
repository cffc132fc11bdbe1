/** Exports are programs that run: what they print is the loss that the page told. Models open again as they were. */

import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { button, closeBrowser, number, select, until, withPage } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'playground-'));
after(() => rmSync(folder, { recursive: true }));
after(closeBrowser);

/**
 * Exports in a form and gives the file's place.
 * @param {import('playwright-core').Page} page
 * @param {string} form
 */
async function exported(page, form) {
  await select(page, 'As').selectOption({ label: form });
  await button(page, 'Export').click();
  const waiting = page.waitForEvent('download');
  await button(page, 'Download').click();
  const download = await waiting;
  const place = join(folder, download.suggestedFilename());
  await download.saveAs(place);
  return place;
}

for (const [form, holds] of /** @type {[string, RegExp][]} */ ([
  ['Rust program (tenseur)', /use tenseur::prelude::\*;[\s\S]*fn main\(\)/],
  ['Python program (TensorFlow 1 names)', /^import .*\n[\s\S]*placeholder/m],
  ['Graph (GraphDef)', /Placeholder/],
  ['Python program (Keras)', /keras/],
  ['Python program (PyTorch)', /import torch/],
])) {
  test(`export: ${form}`, () => withPage(async page => {
    await button(page, 'Step').click();
    await until(async () => (await number(page, 'Epoch')) === 1, 'epoch 1');
    const place = await exported(page, form);
    const text = readFileSync(place, 'latin1');
    assert.match(text, holds);
    assert.ok(text.length > 300);
  }));
}

// A Python that has TensorFlow is not everywhere; where one is named, the program is run and its loss compared.
test('the exported Python program prints the loss of the page', { skip: process.env.PYTHON_WITH_TENSORFLOW ? false : 'PYTHON_WITH_TENSORFLOW names no Python' }, () => withPage(async page => {
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    await button(page, 'Step').click();
    await until(async () => (await number(page, 'Epoch')) === epoch, `epoch ${epoch}`);
  }
  const place = await exported(page, 'Python program (TensorFlow 1 names)');
  const run = spawnSync(String(process.env.PYTHON_WITH_TENSORFLOW), [place], { encoding: 'utf8', timeout: 120_000 });
  assert.equal(run.status, 0, run.stderr);
  const printed = [...run.stdout.matchAll(/\d+\.\d+(e-?\d+)?/g)].map(found => Number(found[0]));
  const loss = await number(page, 'Training loss');
  assert.ok(printed.some(value => Math.abs(value - loss) < 6e-4), `${run.stdout} has no ${loss}`);
}));

test('a saved model opens as it was', async () => {
  let file = '';
  let loss = '';
  await withPage(async page => {
    await button(page, 'Step').click();
    await until(async () => (await number(page, 'Epoch')) === 1, 'epoch 1');
    loss = (await page.getByRole('status', { name: 'Test loss' }).textContent()) ?? '';
    const waiting = page.waitForEvent('download');
    await button(page, 'Save model').click();
    const download = await waiting;
    file = join(folder, download.suggestedFilename());
    await download.saveAs(file);
  });
  await withPage(async page => {
    const choosing = page.waitForEvent('filechooser');
    await button(page, 'Open model').click();
    await (await choosing).setFiles(file);
    await until(async () => (await page.getByRole('status', { name: 'Test loss' }).textContent()) === loss, 'the loss of the saved model');
  });
});
