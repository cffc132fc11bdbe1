import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { english } from '../../strings/en.js';
import { french } from '../../strings/fr.js';

const root = new URL('../../', import.meta.url);
const sources = ['index.html', 'main.js', 'playground.js', ...readdirSync(new URL('view', root)).map(name => `view/${name}`)]
  .map(name => readFileSync(new URL(name, root), 'utf8'));

test('both languages have the same keys', () => {
  assert.deepEqual(Object.keys(french).sort(), Object.keys(english).sort());
});

test('both languages name the same values', () => {
  const names = (/** @type {string} */ text) => [...text.matchAll(/\{(\w+)\}/g)].map(found => found[1]).sort();
  for (const [key, text] of Object.entries(english)) {
    // A form for one may say "1" or {count}.
    if (!key.endsWith('.one')) assert.deepEqual(names(french[key]), names(text), key);
  }
});

test('every key that the page asks for is there', () => {
  const asked = sources.flatMap(source => [
    ...[...source.matchAll(/\bt\('([^']+)'/g)].map(found => found[1]),
    ...[...source.matchAll(/data-t(?:-label|-title|-placeholder)?="([^"]+)"/g)].map(found => found[1]),
  ]);
  assert.ok(asked.length > 100);
  assert.deepEqual([...new Set(asked)].filter(key => !(key in english)), []);
});

test('every key that is there is asked for', () => {
  const text = sources.join('\n');
  // Keys that are put together as the page runs, by their beginning.
  const made = /^(field|help|choice|regime|error|stopped|feature|hideable|article|theme|lines|export|health\.(layer|gradient|update|units)|cure|problem|loss\.formula|formulas|point\.(training|test)|chart\.(test|training)|node)\./;
  const unused = Object.keys(english).filter(key => !key.endsWith('.one') && !made.test(`${key}.`) && !made.test(key)
    && !text.includes(`'${key}'`) && !text.includes(`"${key}"`));
  assert.deepEqual(unused, ['language.name'].filter(key => unused.includes(key)));
});
