import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { loss, percent, setNumberLanguage, setting, short, subscript, superscript } from '../../view/number-format.js';

test('losses have three decimals, and more where three would be zeros', () => {
  setNumberLanguage('en');
  assert.equal(loss(0.5), '0.500');
  assert.equal(loss(0), '0.000');
  assert.equal(loss(0.00012345), '1.23·10⁻⁴');
  assert.equal(loss(null), 'NaN');
  assert.equal(loss(Infinity), 'NaN');
});

test('numbers have three digits and a true minus', () => {
  assert.equal(short(-0.2684), '−0.268');
  assert.equal(short(0), '0');
  assert.equal(short(-1234567), '−1.23·10⁶');
  assert.equal(short(NaN), 'NaN');
  assert.equal(short(-Infinity), '−∞');
  assert.equal(setting(0.00001), '0.00001');
});

test('French numbers have a comma', () => {
  setNumberLanguage('fr');
  assert.equal(loss(0.5), '0,500');
  assert.match(percent(0.985), /^98,5\s%$/);
  setNumberLanguage('en');
});

test('raised and lowered digits', () => {
  assert.equal(superscript(-12), '⁻¹²');
  assert.equal(subscript(30), '₃₀');
});
