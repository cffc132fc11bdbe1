/** Puts the page together: the engine, what is known of it, and the views. */

import { openEngine } from './engine/engine.js';
import { Playground } from './playground.js';
import { makeFunctions } from './view/activation-curves.js';
import { makeAnnouncer } from './view/announcer.js';
import { makeAppearance, startLanguage, startTheme } from './view/appearance.js';
import { makeArticle } from './view/article.js';
import { makeDatasets } from './view/datasets.js';
import { makeFields } from './view/fields.js';
import { makeFormulas } from './view/formulas-view.js';
import { makeGraph } from './view/graph-view.js';
import { makeHealth } from './view/health-view.js';
import { makeHiddenControls } from './view/hidden-controls.js';
import { listenToKeys } from './view/keyboard.js';
import { makeLossChart } from './view/loss-chart.js';
import { makeModels } from './view/models.js';
import { makeNetwork } from './view/network-view.js';
import { makeNetworkTable } from './view/network-table.js';
import { makeNotices } from './view/notices.js';
import { makeOutput } from './view/output-view.js';
import { makeOwnData } from './view/own-data.js';
import { Card } from './view/parameter-card.js';
import { makePointPanel } from './view/point-panel.js';
import { makeStatus } from './view/status-view.js';
import { makeTabs } from './view/tabs.js';
import { makeAddressNotice, makeTransport } from './view/transport.js';

startLanguage();
const colours = startTheme();
const engine = await openEngine();
const playground = new Playground(engine, await engine.welcome);

makeAppearance(playground, colours);
makeFields(playground);
makeTransport(playground);
makeAddressNotice(playground);
makeNotices(playground);
makeDatasets(playground, colours);
const brush = makeOwnData(playground);
makeNetwork(playground, colours, new Card(playground));
makeNetworkTable(playground);
makeHealth(playground);
makeStatus(playground);
makeLossChart(playground);
const point = makePointPanel(playground);
makeOutput(playground, colours, { look: at => point.look(at), draw: (x, y) => brush.draw(x, y) });
makeModels(playground);
makeFunctions(playground);
const formulas = makeFormulas(playground);
const graph = makeGraph(playground);
makeTabs(shown => {
  formulas.show(shown === 'formulas');
  graph.show(shown === 'graph');
});
makeArticle(playground);
makeHiddenControls(playground);
makeAnnouncer(playground);
listenToKeys(playground);

// The address says what is set; what is set is written to the address.
if (location.hash.length > 1) await playground.ask({ type: 'openUrl', hash: location.hash });
let written = location.hash;
const write = () => {
  if (playground.hash === written) return;
  written = playground.hash;
  history.replaceState(null, '', playground.hash);
};
write();
playground.on('configured', write);
addEventListener('hashchange', () => {
  if (location.hash === written) return;
  written = location.hash;
  playground.ask({ type: 'openUrl', hash: location.hash });
});
document.body.classList.add('ready');
await playground.run();
