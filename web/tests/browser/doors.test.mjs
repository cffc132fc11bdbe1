/** The page for all: by keyboard alone, by screen reader, in French, on a phone, in both themes. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { button, closeBrowser, number, until, withPage } from './page.mjs';

after(closeBrowser);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('French', () => withPage(async page => {
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'fr');
  await button(page, 'Un pas').click();
  await until(async () => (await number(page, 'Époque')) === 1, 'époque 1');
  await button(page, 'Lancer').click();
  await button(page, 'Pause').click();
  await page.getByRole('combobox', { name: 'Langue' }).selectOption({ label: 'English' });
  await button(page, 'Play').waitFor();
}, { options: { locale: 'fr-FR' } }));

test('theme and language are kept', () => withPage(async page => {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await button(page, 'Colours: as the system').click();
  await button(page, 'Colours: light').click();
  await button(page, 'Colours: dark').waitFor();
  assert.notEqual(await ground(), light);
  await page.getByRole('combobox', { name: 'Language' }).selectOption('fr');
  await page.reload();
  await button(page, 'Lancer').waitFor();
  assert.equal(await theme(), 'dark');
  assert.notEqual(await ground(), light);
}));

test('keys run, step and step back', () => withPage(async page => {
  await page.keyboard.press('ArrowRight');
  await until(async () => (await number(page, 'Epoch')) === 1, 'epoch 1');
  await page.keyboard.press('ArrowLeft');
  await until(async () => (await number(page, 'Epoch')) === 0, 'epoch 0');
  await page.keyboard.press('Space');
  await button(page, 'Pause').waitFor();
  await page.keyboard.press('Space');
  await button(page, 'Play').waitFor();
}));

test('everything is reached with the Tab key, and a weight is edited without a pointer', () => withPage(async page => {
  const reached = new Set();
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!(focused instanceof HTMLElement) || focused === document.body) return '';
      const labels = 'labels' in focused ? /** @type {HTMLInputElement} */ (focused).labels : null;
      const named = focused.querySelector('.visually-hidden, .button-name');
      return focused.getAttribute('aria-label') ?? (labels?.[0] ?? named ?? focused).textContent ?? '';
    });
    reached.add(name.trim());
  }
  for (const name of ['Play', 'Step', 'Reset', 'New weights', 'Learning rate', 'Activation', 'Problem type', 'Loss', 'Optimizer', 'Dataset',
    'Noise', 'Batch size', 'New data', 'Neurons', 'Add layer', 'Feature sine of x₂', 'Neuron 4 of layer 1', 'Output neuron',
    'Discretize output', 'Export']) {
    assert.ok(reached.has(name), `the Tab key does not reach "${name}": ${[...reached].join(' · ')}`);
  }
  await button(page, 'Neuron 2 of layer 1').focus();
  await page.keyboard.press('Enter');
  const field = page.getByRole('dialog').getByRole('spinbutton', { name: 'Weight from x₁' });
  assert.equal(await field.evaluate(input => input === document.activeElement), true);
  await page.keyboard.type('1.5');
  await page.keyboard.press('Escape');
  assert.equal(await button(page, 'Neuron 2 of layer 1').evaluate(neuron => neuron === document.activeElement), true);
  await page.getByRole('tab', { name: 'Neurons' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Formulas', selected: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Graph', selected: true }).waitFor();
}));

test('no request leaves the place the page came from', () => withPage(async page => {
  /** @type {string[]} */
  const asked = [];
  page.on('request', request => asked.push(request.url()));
  page.on('websocket', socket => asked.push(socket.url()));
  await page.reload();
  await button(page, 'Step').click();
  await page.getByRole('tab', { name: 'Graph' }).click();
  await button(page, 'Export').click();
  await page.waitForTimeout(500);
  const here = new URL(page.url()).host;
  assert.ok(asked.length > 20);
  assert.deepEqual(asked.filter(url => !/^(data|blob):/.test(url) && new URL(url).host !== here), []);
}));

test('what happens is said aloud, politely', () => withPage(async page => {
  await button(page, 'Step').click();
  const said = page.getByRole('status').filter({ hasText: /^Epoch 1\. Test loss .*, training loss .*\. Accuracy/ });
  await said.waitFor();
  assert.equal(await said.getAttribute('aria-live'), 'polite');
}));

test('a phone of 360 pixels shows everything without scrolling sideways', () => withPage(async page => {
  const small = await page.evaluate(() => [...document.querySelectorAll('button, select, input[type=range]')]
    .filter(each => each.checkVisibility() && !each.closest('.network-view'))
    .map(each => ({ name: each.textContent?.trim() || each.id, ...each.getBoundingClientRect().toJSON() }))
    .filter(({ height }) => height < 43.5).map(({ name, height }) => `${name}: ${height}`));
  assert.deepEqual(small, [], 'targets lower than 44 pixels');
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  await button(page, 'Play').tap();
  await until(async () => (await number(page, 'Epoch')) > 0, 'an epoch');
}, { options: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } }));

test('nothing moves for those who ask for it', () => withPage(async page => {
  await button(page, 'Play').click();
  await button(page, 'Pause').waitFor();
  assert.deepEqual(await page.evaluate(() => document.getAnimations().length), 0);
}, { options: { reducedMotion: 'reduce' } }));

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const tab of ['Neurons', 'Formulas', 'Graph']) {
    test(`axe finds nothing, ${colorScheme}, ${tab}`, () => withPage(async page => {
      await button(page, 'Step').click();
      for (const summary of ['More settings', 'Your own data', 'The network as a table', 'Confusion matrix', 'Make a lesson: choose what is shown']) {
        if (tab === 'Neurons' || summary !== 'The network as a table') await page.getByText(summary, { exact: true }).click();
      }
      await page.getByRole('tab', { name: tab }).click();
      if (tab === 'Neurons') await button(page, 'Neuron 1 of layer 1').click();
      await page.waitForTimeout(400);
      // The page lets no script in that it did not bring: the test's comes through the debugger.
      const violations = await page.evaluate(`${axe}; axe.run().then(result => result.violations.map(each => each.id + ': '
        + each.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + node.any.concat(node.all).map(check => check.message).join('; ')).join(' | ')))`);
      assert.deepEqual(violations, []);
    }, { options: { colorScheme } }));
  }
}
