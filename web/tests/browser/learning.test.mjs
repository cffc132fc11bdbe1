/** What a newcomer does first: press play, step, look back, change a weight. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { button, closeBrowser, number, select, until, withPage } from './page.mjs';

after(closeBrowser);

test('the circle is learned to a test loss below 0.05 by pressing Play', () => withPage(async page => {
  assert.equal(await number(page, 'Epoch'), 0);
  await button(page, 'Play').click();
  await until(async () => (await number(page, 'Test loss')) < 0.05, 'a test loss below 0.05', 60);
  await button(page, 'Pause').click();
  await button(page, 'Play').waitFor();
  assert.ok((await number(page, 'Training loss')) < 0.05);
  assert.ok((await number(page, 'Accuracy')) > 0.95);
  const epoch = await number(page, 'Epoch');
  await page.waitForTimeout(300);
  assert.equal(await number(page, 'Epoch'), epoch, 'a paused network does not learn');
}));

test('a step is an epoch until it is chosen to be a sample or a batch, and goes back', () => withPage(async page => {
  const start = await page.getByRole('status', { name: 'Test loss' }).textContent();
  await button(page, 'Step').click();
  await until(async () => (await number(page, 'Epoch')) === 1, 'epoch 1');
  await button(page, 'Step').click();
  await until(async () => (await number(page, 'Epoch')) === 2, 'epoch 2');
  await button(page, 'Step back').click();
  await until(async () => (await number(page, 'Epoch')) === 1, 'back at epoch 1');
  await button(page, 'Step back').click();
  await until(async () => (await number(page, 'Epoch')) === 0, 'back at epoch 0');
  assert.equal(await page.getByRole('status', { name: 'Test loss' }).textContent(), start);

  await page.getByText('More settings').click();
  await select(page, 'One step is').selectOption({ label: 'a batch' });
  await button(page, 'Step').click();
  await page.getByText('Batch 1 of 25').waitFor();
}));

test('reset keeps the initial weights, new weights are others', () => withPage(async page => {
  const loss = page.getByRole('status', { name: 'Test loss' });
  const start = await loss.textContent();
  await button(page, 'Step').click();
  await until(async () => (await loss.textContent()) !== start, 'another loss');
  await button(page, 'Reset').click();
  await until(async () => (await number(page, 'Epoch')) === 0 && (await loss.textContent()) === start, 'the loss of the start');
  await button(page, 'New weights').click();
  await until(async () => (await loss.textContent()) !== start, 'the loss of other weights');
}));

test('an edited weight changes the loss at once', () => withPage(async page => {
  const loss = page.getByRole('status', { name: 'Training loss' });
  const start = await loss.textContent();
  await button(page, 'Neuron 1 of layer 1').click();
  const card = page.getByRole('dialog', { name: 'Neuron 1 of layer 1' });
  await card.getByRole('spinbutton', { name: 'Weight from x₁' }).fill('3');
  await until(async () => (await loss.textContent()) !== start, 'another loss');
  await page.keyboard.press('Enter');
  await card.waitFor({ state: 'hidden' });
  await page.getByText('The network as a table').click();
  assert.equal(await page.getByRole('spinbutton', { name: 'Neuron 1 of layer 1: Weight from x₁' }).inputValue(), '3');
  assert.equal(await number(page, 'Epoch'), 0, 'editing is not learning');
}));

test('the slider goes to any step that was made', () => withPage(async page => {
  for (let epoch = 1; epoch <= 4; epoch += 1) {
    await button(page, 'Step').click();
    await until(async () => (await number(page, 'Epoch')) === epoch, `epoch ${epoch}`);
  }
  await page.getByRole('slider', { name: 'Time' }).fill('50');
  await until(async () => (await number(page, 'Epoch')) === 2, 'epoch 2');
  await page.getByRole('slider', { name: 'Time' }).fill('100');
  await until(async () => (await number(page, 'Epoch')) === 4, 'epoch 4');
}));

test('rates change without a new start, another activation starts anew', () => withPage(async page => {
  for (let epoch = 1; epoch <= 2; epoch += 1) {
    await button(page, 'Step').click();
    await until(async () => (await number(page, 'Epoch')) === epoch, `epoch ${epoch}`);
  }
  await select(page, 'Learning rate').selectOption('0.1');
  await select(page, 'Regularization').selectOption('L2');
  await select(page, 'Regularization rate').selectOption('0.01');
  await page.getByRole('status', { name: 'With penalty' }).waitFor();
  await until(async () => (await number(page, 'With penalty')) > (await number(page, 'Training loss')), 'a penalty');
  assert.equal(await number(page, 'Epoch'), 2);
  await select(page, 'Activation').selectOption('sigmoid');
  await until(async () => (await number(page, 'Epoch')) === 0, 'epoch 0');
}));

test('noise and ratio keep the points where they can', () => withPage(async page => {
  await page.getByRole('img', { name: /250 training points and 250 test points/ }).waitFor();
  await page.getByRole('slider', { name: 'Training data' }).fill('80');
  await page.getByRole('img', { name: /400 training points and 100 test points/ }).waitFor();
  const seed = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('seed');
  await page.getByRole('slider', { name: 'Noise' }).fill('25');
  await until(async () => page.url().includes('noise=25'), 'the noise in the address');
  assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('seed'), seed);
}));

test('pointing at a line tells its weight, gradient and update', () => withPage(async page => {
  await button(page, 'Step').click();
  await until(async () => (await number(page, 'Epoch')) === 1, 'epoch 1');
  // Lines are pictures only: what they say is in the table too. Their middle is free of neurons.
  const from = await button(page, 'Feature x₁').boundingBox();
  const to = await button(page, 'Neuron 1 of layer 1').boundingBox();
  assert.ok(from && to);
  await page.mouse.move((from.x + from.width + to.x) / 2, from.y + from.height / 2);
  await page.getByText(/^gradient .*, last update /).waitFor();
  await page.mouse.click((from.x + from.width + to.x) / 2, from.y + from.height / 2);
  await page.getByRole('dialog', { name: 'Neuron 1 of layer 1' }).getByRole('spinbutton', { name: 'Weight from x₁' }).waitFor();
}));

test('layers and neurons are added and removed', () => withPage(async page => {
  await button(page, 'Add layer').click();
  await page.getByText('3 hidden layers').waitFor();
  await button(page, 'Neuron 2 of layer 3').waitFor();
  await button(page, 'Fewer neurons in layer 3').click();
  await button(page, 'Neuron 2 of layer 3').waitFor({ state: 'detached' });
  for (let layer = 0; layer < 3; layer += 1) await button(page, 'Remove layer').click();
  await page.getByText('0 hidden layers').waitFor();
  await button(page, 'Feature x₁ squared').click();
  await page.getByRole('button', { name: 'Feature x₁ squared', pressed: true }).waitFor();
}));

test('NaN is told and cured', () => withPage(async page => {
  await select(page, 'Problem type').selectOption({ label: 'Regression' });
  await select(page, 'Activation').selectOption({ label: 'Linear' });
  await select(page, 'Learning rate').selectOption('10');
  await button(page, 'Play').click();
  const notice = page.getByRole('alert').filter({ hasText: 'What helps' });
  await notice.waitFor({ timeout: 30_000 });
  await notice.getByRole('button', { name: /^Learning rate/ }).click();
  await notice.waitFor({ state: 'hidden' });
  await until(async () => Number.isFinite(await number(page, 'Training loss')), 'a loss that is a number');
}));
