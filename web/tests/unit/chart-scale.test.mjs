import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { logarithmicTicks, path, scale, ticks } from '../../view/chart-scale.js';
import { historyRows } from '../../view/loss-chart.js';

test('marks are round, within the range, and not too many', () => {
  for (const [low, high] of [[0, 1], [0, 0.503], [17, 1234], [-3, 8], [0, 1e-9], [0, 7e12]]) {
    for (const most of [2, 4, 9]) {
      const marks = ticks(low, high, most);
      assert.ok(marks.length >= 1 && marks.length <= most + 1, `${low}…${high}: ${marks}`);
      assert.ok(marks.every(mark => mark >= low - 1e-9 * high && mark <= high * (1 + 1e-9)));
      for (const mark of marks) assert.ok(String(mark).replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length <= 4, String(mark));
    }
  }
  assert.deepEqual(ticks(0, 0.5, 5), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
});

test('logarithmic marks are powers of ten', () => {
  assert.deepEqual(logarithmicTicks(0.0009, 0.5), [0.001, 0.01, 0.1]);
  assert.deepEqual(logarithmicTicks(0.2, 0.7), [0.2, 0.7]);
});

test('scales send ends to ends', () => {
  for (const logarithmic of [false, true]) {
    const to = scale([0.01, 100], [200, 10], logarithmic);
    assert.ok(Math.abs(to(0.01) - 200) < 1e-9 && Math.abs(to(100) - 10) < 1e-9);
  }
  assert.ok(Math.abs(scale([0.01, 100], [200, 10], true)(1) - 105) < 1e-9);
});

test('a curve is broken where a value is no number', () => {
  assert.equal(path([[0, 1], [1, 2], [2, NaN], [3, 4], [4, 5]]), 'M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0');
});

test('the history is read in rows of five', () => {
  assert.deepEqual(historyRows(Float32Array.of(0, 1, 2, -1, -1, 1, 0.5, 0.6, -1, -1)).map(row => Array.from(row).slice(0, 2)), [[0, 1], [1, 0.5]]);
});
