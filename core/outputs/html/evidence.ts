import type { RunFacts } from '../output.ts';
import { type Html, html } from './markup.ts';

const row = (what: string, key: string, sha256: Html | string, size: string): Html =>
  html`<tr><td>${what}<span class="evidence"><code>${key}</code></span></td><td class="hash">${typeof sha256 === 'string' ? html`<code>${sha256}</code>` : sha256}</td><td class="n">${size}</td></tr>\n`;

/** Lists the objects that the report stands on, and says how anybody can check them. */
export const evidenceSection = ({ evidence, keys, last, hashes, report, trustedAccounts = [] }: RunFacts): Html => {
  const stored = evidence.map(({ label, object: { key, sha256, size } }) => row(label, key, sha256, `${size} B`));
  const { code, previousCode, previousRun, accountId } = report;
  const trusted = [accountId, ...trustedAccounts.filter((account) => account !== accountId)];
  const own = html`written after this page: it holds this page's own SHA-256, which therefore can't stand here`;
  return html`<section id="evidence" aria-labelledby="evidence-title"><h2 id="evidence-title">Evidence</h2>
<p class="lead">The manifest names every object of the run by its SHA-256 and the manifest before it by its own, so nothing can be altered or left out unnoticed. To check this page, compare its SHA-256 with <code>objects.html.sha256</code> of the manifest.</p>
<details class="card fold"><summary>Every object, and what judged</summary><table class="cards"><caption class="label">The run's objects in the archive</caption><thead><tr><th scope="col">Object and its key in the archive</th><th scope="col">SHA-256</th><th scope="col" class="n">Size</th></tr></thead><tbody>
${stored}${row("This run's manifest", keys.manifest, own, '')}${last !== undefined && row('Manifest of the last complete run before', last.key, last.sha256, '')}</tbody></table>
<h3 class="apart">What the run was judged by</h3><p class="rest">The limits of each rule stand with the <a href="#rule-states">rules</a>.</p><dl class="facts"><div><dt>Accounts whose roles are trusted</dt><dd>${trusted.join(', ')}</dd></div><div><dt>Rules, SHA-256</dt><dd class="hash"><code>${hashes.ruleset}</code></dd></div><div><dt>Config, SHA-256</dt><dd class="hash"><code>${hashes.config}</code></dd></div><div><dt>Waivers, SHA-256</dt><dd class="hash"><code>${hashes.waivers}</code></dd></div>${code && html`<div><dt>Code ${code.version}, SHA-256</dt><dd class="hash"><code>${code.sha256}</code></dd>${previousCode && html`<dd>other code than that of run ${previousRun}: ${previousCode.version}, <code>${previousCode.sha256}</code></dd>`}</div>`}</dl></details></section>`;
};
