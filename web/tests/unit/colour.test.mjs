import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ValueColours } from '../../view/colour.js';
import { isWrong } from '../../view/point-marks.js';

for (const dark of [false, true]) {
  const colours = new ValueColours(dark);
  test(`the scale is orange below, blue above, the ground between (${dark ? 'dark' : 'light'})`, () => {
    assert.deepEqual(colours.of(-1), colours.negative);
    assert.deepEqual(colours.of(7), colours.positive);
    assert.ok(colours.of(-0.5)[0] > colours.of(-0.5)[2]);
    assert.ok(colours.of(0.5)[2] > colours.of(0.5)[0]);
    colours.of(0).forEach((channel, index) => assert.ok(Math.abs(channel - colours.ground[index]) <= 2));
    assert.deepEqual(colours.of(NaN), [150, 150, 150]);
  });
  test(`the table of shades is the exact scale to a shade (${dark ? 'dark' : 'light'})`, () => {
    for (let value = -1.2; value <= 1.2; value += 0.01) {
      colours.of(value).forEach((channel, index) => assert.ok(Math.abs(channel - colours.exact(value)[index]) <= 2));
    }
  });
}

test('what counts as wrong', () => {
  const config = (/** @type {any} */ problem) => /** @type {any} */ ({ problem });
  assert.equal(isWrong(config('classification'), [1], [-0.1]), true);
  assert.equal(isWrong(config('classification'), [-1], [-0.1]), false);
  assert.equal(isWrong(config('multiclass'), [2], [0.1, 0.2, 0.7]), false);
  assert.equal(isWrong(config('multiclass'), [0], [0.1, 0.2, 0.7]), true);
  assert.equal(isWrong(config('multilabel'), [1, 0], [0.6, 0.4]), false);
  assert.equal(isWrong(config('multilabel'), [1, 1], [0.6, 0.4]), true);
  assert.equal(isWrong(config('regression'), [1], [-5]), false);
  assert.equal(isWrong(config('classification'), [1], [NaN]), false, 'NaN has a message of its own');
});
