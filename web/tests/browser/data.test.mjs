/** Other problems, other data, addresses of TensorFlow Playground. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { button, closeBrowser, number, select, until, withPage } from './page.mjs';

after(closeBrowser);

test('three classes are learned with softmax', () => withPage(async page => {
  await select(page, 'Problem type').selectOption({ label: 'Several classes' });
  await select(page, 'Classes').selectOption('3');
  await until(async () => (await select(page, 'Loss').inputValue()) === 'softmax-cross-entropy', 'the softmax cross-entropy');
  assert.equal(await page.getByRole('button', { name: /^Output neuron/ }).count(), 3);
  await button(page, 'Play').click();
  await until(async () => (await number(page, 'Accuracy')) > 0.9, 'an accuracy above 90 %', 60);
  await button(page, 'Pause').click();
  await page.getByText('Confusion matrix').click();
  const confusion = page.getByRole('table', { name: /Rows: what it is/ });
  await confusion.getByRole('row').nth(3).waitFor();
  assert.equal(await confusion.getByRole('row').count(), 4);
}));

test('an address of TensorFlow Playground opens with the same meaning', () => withPage(async page => {
  assert.equal(await select(page, 'Activation').inputValue(), 'relu');
  assert.equal(await select(page, 'Learning rate').inputValue(), '0.1');
  assert.equal(await select(page, 'Regularization').inputValue(), 'L2');
  assert.equal(await select(page, 'Regularization rate').inputValue(), '0.001');
  assert.equal(await select(page, 'Dataset').inputValue(), 'spiral');
  assert.equal(await select(page, 'Problem type').inputValue(), 'classification');
  await page.getByText('3 hidden layers').waitFor();
  for (const [layer, neurons] of [[1, 5], [2, 3], [3, 2]]) await button(page, `Neuron ${neurons} of layer ${layer}`).waitFor();
  await page.getByRole('button', { name: 'Feature sine of x₁', pressed: true }).waitFor();
  await page.getByRole('button', { name: 'Feature x₂', exact: true, pressed: false }).waitFor();
  assert.equal(await page.getByRole('slider', { name: 'Noise' }).inputValue(), '20');
  assert.equal(await page.getByRole('slider', { name: 'Training data' }).inputValue(), '70');
  assert.equal(await page.getByRole('slider', { name: 'Batch size' }).inputValue(), '15');
  assert.equal(await page.getByRole('checkbox', { name: 'Discretize output' }).isChecked(), true);
  assert.equal(await page.getByRole('combobox', { name: 'Optimizer' }).inputValue(), 'sgd');
  assert.equal(await button(page, 'Step').isVisible(), false, 'stepButton_hide hides the step button');
}, {
  hash: '#activation=relu&regularization=L2&batchSize=15&dataset=spiral&regDataset=reg-plane&learningRate=0.1&regularizationRate=0.001'
    + '&noise=20&networkShape=5,3,2&seed=0.35432&showTestData=true&discretize=true&percTrainData=70&x=true&y=false&xTimesY=false'
    + '&xSquared=false&ySquared=false&cosX=false&sinX=true&cosY=false&sinY=false&collectStats=false&problem=classification'
    + '&initZero=false&hideText=false&stepButton_hide=true',
}));

test('what is set stands in the address, and the address sets it again', async () => {
  let hash = '';
  await withPage(async page => {
    await select(page, 'Optimizer').selectOption({ label: 'Adam' });
    await select(page, 'Function of layer 2').selectOption({ label: 'PReLU' });
    await until(async () => page.url().includes('prelu'), 'an address with PReLU');
    hash = new URL(page.url()).hash;
  });
  await withPage(async page => {
    assert.equal(await select(page, 'Optimizer').inputValue(), 'adam');
    assert.equal(await select(page, 'Function of layer 1').inputValue(), 'tanh');
    assert.equal(await select(page, 'Function of layer 2').inputValue(), 'prelu');
    await button(page, 'Neuron 1 of layer 2').click();
    await page.getByRole('dialog').getByRole('spinbutton', { name: 'α' }).waitFor();
  }, { hash });
});

test('a pasted CSV becomes the data', () => withPage(async page => {
  await page.getByText('Your own data').click();
  const rows = Array.from({ length: 40 }, (_, index) => {
    const x = (index % 8) - 3.5;
    const y = Math.floor(index / 8) - 2;
    return `${x},${y},${x > 0 ? 1 : -1}`;
  });
  await page.getByRole('textbox', { name: 'Points as CSV' }).fill(`x,y,label\n${rows.join('\n')}`);
  await button(page, 'Use these points').click();
  await page.getByRole('img', { name: /20 training points and 20 test points/ }).waitFor();
  assert.equal(await select(page, 'Dataset').inputValue(), 'own');
  await button(page, 'Play').click();
  await until(async () => (await number(page, 'Training loss')) < 0.05, 'a training loss below 0.05');
}));

test('a CSV that is none is refused with the reason', () => withPage(async page => {
  await page.getByText('Your own data').click();
  await page.getByRole('textbox', { name: 'Points as CSV' }).fill('x,y,label\n1,two,1\n2,3,-1\n');
  await button(page, 'Use these points').click();
  await page.getByRole('alert').filter({ hasText: /columns/ }).waitFor();
  assert.equal(await select(page, 'Dataset').inputValue(), 'circle');
}));

test('points are drawn on the map', () => withPage(async page => {
  await page.getByText('Your own data').click();
  await button(page, 'Draw points on the map').click();
  const map = page.getByRole('img', { name: /Output of the network/ });
  const width = (await map.boundingBox())?.width ?? 0;
  for (const [brush, left] of /** @type {[string, number][]} */ ([['+1', 0.8], ['−1', 0.2]])) {
    await select(page, 'A click adds').selectOption({ label: brush });
    for (let down = 1; down <= 4; down += 1) await map.click({ position: { x: width * left, y: (width * down) / 5 } });
  }
  await page.getByRole('img', { name: /4 training points and 4 test points/ }).waitFor();
}));

test('a lesson shows only what was chosen, and its address says so', async () => {
  let hash = '';
  await withPage(async page => {
    await page.getByText('Make a lesson').click();
    for (const name of ['Noise', 'Learning rate', 'Feature sine of x₁']) await page.getByRole('checkbox', { name, exact: true }).uncheck();
    await page.getByRole('slider', { name: 'Noise' }).waitFor({ state: 'hidden' });
    await until(async () => page.url().includes('sinX_hide=true'), 'an address that hides the feature');
    hash = new URL(page.url()).hash;
  });
  await withPage(async page => {
    await page.getByRole('slider', { name: 'Noise' }).waitFor({ state: 'hidden' });
    await select(page, 'Learning rate').waitFor({ state: 'hidden' });
    await button(page, 'Feature sine of x₁').waitFor({ state: 'hidden' });
    await button(page, 'Feature sine of x₂').waitFor();
  }, { hash });
});

test('learning stops by itself where it was told to', () => withPage(async page => {
  await page.getByText('More settings').click();
  await page.getByRole('spinbutton', { name: 'After epochs' }).fill('7');
  await page.keyboard.press('Tab');
  await button(page, 'Play').click();
  await page.getByText('Stopped: that many epochs were asked for.', { exact: true }).waitFor();
  assert.equal(await number(page, 'Epoch'), 7);
}));

test('a value that is out of range is refused beside its field', () => withPage(async page => {
  await page.getByText('More settings').click();
  const rate = page.getByRole('spinbutton', { name: 'Learning rate, exact' });
  await rate.fill('-1');
  await page.keyboard.press('Tab');
  await until(async () => (await rate.getAttribute('aria-invalid')) === 'true', 'a field marked as wrong');
  assert.equal(await select(page, 'Learning rate').inputValue(), '0.03');
}));
