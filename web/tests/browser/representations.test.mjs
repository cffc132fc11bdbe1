/** Formulas, the dataflow graph, the point that goes through the network. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { button, closeBrowser, select, withPage } from './page.mjs';

after(closeBrowser);

test('formulas, with symbols and with numbers', () => withPage(async page => {
  await page.getByRole('tab', { name: 'Formulas' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Formulas' });
  await panel.getByRole('math').first().waitFor();
  await panel.getByRole('heading', { name: 'Layer 1' }).waitFor();
  const symbols = await panel.textContent();
  await panel.getByRole('checkbox', { name: 'With the weights as they are' }).check();
  await page.waitForFunction(before => document.querySelector('#panel-formulas')?.textContent !== before, symbols);
}));

test('the dataflow graph unfolds to operations with rule, shapes and values', () => withPage(async page => {
  await page.getByRole('tab', { name: 'Graph' }).click();
  const graph = page.getByRole('group', { name: 'Graph' });
  const scopes = graph.getByRole('button', { name: /, a scope$/ });
  await scopes.first().waitFor();
  const before = await graph.getByRole('button').count();
  await scopes.first().click();
  await page.waitForFunction(count => document.querySelectorAll('.graph [role=button]').length > count, before);
  await page.getByRole('button', { name: /^Fold / }).click();
  await page.waitForFunction(count => document.querySelectorAll('.graph [role=button]').length === count, before);
  await graph.getByRole('button', { name: /^layer1 .*, a scope$/ }).click();
  await graph.getByRole('button', { name: /^MatMul / }).first().click();
  const details = page.getByRole('complementary');
  await details.getByRole('table', { name: 'Output' }).waitFor();
  await details.getByText(/float32/).first().waitFor();
}));

test('a point is followed through the network', () => withPage(async page => {
  await page.getByRole('spinbutton', { name: 'Example' }).fill('3');
  const loss = page.getByRole('table', { name: 'L = ½ Σ (σᵢ − yᵢ)²' });
  await loss.getByRole('rowheader', { name: '∂L/∂sᵢ' }).waitFor();
  await select(page, 'Problem type').selectOption({ label: 'Several classes' });
  await page.getByRole('table', { name: '∂σᵢ/∂sⱼ = σᵢ·(δᵢⱼ − σⱼ)' }).waitFor();
  const difference = page.getByRole('row', { name: /^∂L\/∂sᵢ = σᵢ − yᵢ/ });
  const numbers = ((await difference.textContent()) ?? '').replace(/^.*yᵢ/, '');
  assert.match(numbers, /[−\d]/);
}));

test('hovering a neuron shows its map, and the value under the pointer is told', () => withPage(async page => {
  await button(page, 'Neuron 3 of layer 1').hover();
  await page.getByRole('paragraph').filter({ hasText: /^Neuron 3 of layer 1$/ }).waitFor();
  await page.getByRole('img', { name: /Output of the network/ }).hover();
  await page.getByText(/^\(0(\.\d+)?, −?0(\.\d+)?\)/).waitFor();
}));
