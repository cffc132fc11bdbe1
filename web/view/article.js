/** The text under the playground, for those who meet a neural network for the first time. */

import { byId, element } from './element.js';
import { has, t } from '../strings/index.js';

/** @param {import('../playground.js').Playground} playground */
export function makeArticle(playground) {
  const build = () => {
    const sections = [];
    for (let number = 1; has(`article.${number}.title`); number += 1) {
      sections.push(element('section', {}, element('h2', {}, t(`article.${number}.title`)),
        ...t(`article.${number}.text`).split('\n').map(paragraph => element('p', {}, paragraph))));
    }
    byId('article').replaceChildren(...sections);
    byId('version').textContent = `tenseur ${playground.version}`;
  };
  playground.on('language', build);
  build();
}
