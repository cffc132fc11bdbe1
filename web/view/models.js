/** Taking the network away: as a program, as a graph, as a file to open again. */

import { byId, element, setText } from './element.js';
import { loss } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').ExportForm} ExportForm */

/** @type {ExportForm[]} */
const FORMS = ['rust', 'python', 'graphdef', 'keras', 'pytorch'];

/** @param {Playground} playground */
export function makeModels(playground) {
  const form = /** @type {HTMLSelectElement} */ (byId('export-form'));
  const holder = byId('exported');
  const words = () => {
    const chosen = form.value || 'rust';
    form.replaceChildren(...FORMS.map(each => element('option', { value: each }, t(`export.${each}`))));
    form.value = chosen;
  };
  playground.on('language', words);
  words();

  byId('export').addEventListener('click', async () => {
    const event = await playground.ask({ type: 'export', form: /** @type {ExportForm} */ (form.value) });
    if (event.type !== 'exported') return;
    const blob = new Blob([event.text ?? bytes(event.base64 ?? '')], { type: event.mime });
    const copied = element('span', { role: 'status', class: 'hint' });
    holder.hidden = false;
    holder.replaceChildren(...[
      element('p', {}, event.loss === null ? event.name : t('export.loss', { name: event.name, loss: loss(event.loss) })),
      event.text !== null && element('pre', { tabIndex: 0, 'aria-label': event.name, role: 'region' }, element('code', {}, event.text)),
      element('div', { class: 'buttons' },
        element('button', { type: 'button', click: () => download(event.name, blob) }, t('download')),
        event.text !== null && element('button', { type: 'button', click: async () => {
          await navigator.clipboard.writeText(event.text);
          setText(copied, t('copied'));
        } }, t('copy')), copied),
    ].filter(each => each instanceof Node));
  });

  byId('save').addEventListener('click', async () => {
    const event = await playground.ask({ type: 'save' });
    if (event.type === 'saved') download(event.name, new Blob([event.model], { type: 'application/json' }));
  });
  const file = /** @type {HTMLInputElement} */ (byId('open-file'));
  const read = async (/** @type {File} */ chosen) => playground.ask({ type: 'open', model: await chosen.text() });
  byId('open').addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files?.[0]) read(file.files[0]);
    file.value = '';
  });
  document.addEventListener('drop', event => {
    const dropped = event.dataTransfer?.files[0];
    if (!dropped || !/\.json$/i.test(dropped.name)) return;
    event.preventDefault();
    read(dropped);
  });
}

/**
 * @param {string} name
 * @param {Blob} blob
 */
function download(name, blob) {
  const address = URL.createObjectURL(blob);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** @param {string} base64 */
function bytes(base64) {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}
