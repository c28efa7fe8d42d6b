/**
 * The style of every page. Inter where a reader has it, else the system's own font; every pair of colours has a
 * contrast of 4.5 to 1 or more in either scheme.
 */
export const STYLE = /* css */ `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --sunk: #f0f2f5; --text: #1a1f26; --quiet: #565f6b; --line: #dfe3e8;
  --link: #0b57a8; --focus: #0b57a8;
  --good: #11693a; --good-back: #e5f4ea; --bad: #a3122f; --bad-back: #fdebee; --warn: #7a4a00; --warn-back: #fdf1dc;
  --critical: #a3122f; --on-critical: #fff; --high: #c2410c; --on-high: #fff; --medium: #f0bd3b; --on-medium: #362500;
  --low: #1d6cb0; --on-low: #fff; --informational: #5c6670; --on-informational: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1115; --card: #161a20; --sunk: #1d222a; --text: #e7eaee; --quiet: #9ea8b4; --line: #2b323b;
    --link: #7dbbf5; --focus: #7dbbf5;
    --good: #6fd399; --good-back: #10291b; --bad: #ff8a9d; --bad-back: #381018; --warn: #f2c46d; --warn-back: #33240a;
    --critical: #ff7d93; --on-critical: #2d030b; --high: #ff9b66; --on-high: #2c1000; --medium: #f0c65a;
    --on-medium: #2c2000; --low: #74b8f3; --on-low: #04213b; --informational: #a9b3bd; --on-informational: #14181c;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 7.5rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); font-size: 15px; line-height: 1.5;
  font-family: Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif;
  font-feature-settings: "tnum", "cv05"; overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: 0.15em; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; z-index: 9; background: var(--card); padding: 0.5rem 1rem; }
.wrap { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header.top { padding: 2.25rem 0 1.5rem; }
.over { margin: 0 0 0.35rem; color: var(--quiet); font-size: 0.8rem; font-weight: 600; letter-spacing: 0.06em; text-transform: uppercase; }
h1 { margin: 0; font-size: 2rem; line-height: 1.15; font-weight: 700; letter-spacing: -0.022em; }
.where { margin: 0.45rem 0 0; color: var(--quiet); }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.25rem; margin-top: 0.9rem; font-size: 0.92rem; }
.where span + span::before { content: "·"; margin: 0 0.5rem; color: var(--quiet); }
h2 { margin: 0 0 0.35rem; font-size: 1.3rem; line-height: 1.25; letter-spacing: -0.014em; }
h3 { margin: 0; font-size: 1rem; line-height: 1.35; }
section { margin: 0 0 2.75rem; }
.lead { margin: 0 0 1rem; color: var(--quiet); max-width: 46rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem; }
code, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
.quiet { color: var(--quiet); }

.verdict { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 1.1rem; align-items: start; border-left: 6px solid var(--tone); margin-bottom: 1rem; }
.foreword { background: var(--warn-back); color: var(--warn); border: 2px solid; border-left-width: 10px; margin-bottom: 1rem; }
.foreword p { margin: 0; max-width: 52rem; }
.verdict svg { width: 2.6rem; height: 2.6rem; margin-top: 0.1rem; }
.verdict .disc { fill: var(--tone); }
.verdict .sign { stroke: var(--card); stroke-width: 2.4; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.verdict h2 { font-size: 1.3rem; color: var(--tone); margin: 0; }
.verdict p { margin: 0.15rem 0 0; max-width: 52rem; }
.complete { --tone: var(--good); --tone-back: var(--good-back); }
.incomplete { --tone: var(--bad); --tone-back: var(--bad-back); }
.failed { --tone: var(--bad); --tone-back: var(--bad-back); }
body.incomplete::before, body.failed::before {
  content: ""; display: block; height: 12px;
  background: repeating-linear-gradient(-45deg, var(--bad) 0 14px, var(--bad-back) 14px 28px);
}
.incomplete .verdict, .failed .verdict { background: var(--tone-back); border: 2px solid var(--tone); border-left-width: 10px; padding: 1.5rem; }
.incomplete .verdict h2, .failed .verdict h2 { font-size: 1.9rem; letter-spacing: -0.02em; line-height: 1.15; }
.incomplete .verdict svg, .failed .verdict svg { width: 3.4rem; height: 3.4rem; }
.incomplete .verdict .sign, .failed .verdict .sign { stroke: var(--tone-back); }
.verdict dl { grid-template-columns: max-content 1fr; }

.result { border-left: 6px solid var(--sev); }
.result h2 { font-size: 1.7rem; letter-spacing: -0.02em; line-height: 1.2; margin: 0; text-wrap: pretty; }
.result .short { margin: 0.5rem 0 0; font-size: 1.05rem; }
.result, .short { margin-bottom: 1rem; }
.nothing { --sev: var(--line); }
.coverage { display: grid; grid-template-columns: auto 1fr; gap: 0.6rem; margin: 1rem 0; }
.coverage svg { width: 1.15rem; height: 1.15rem; margin-top: 0.2rem; }
.coverage p { margin: 0; max-width: 52rem; }
.coverage .disc { fill: var(--tone); }
.coverage .sign { stroke: var(--page); stroke-width: 2.4; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.whole-seen { --tone: var(--good); }
.part-judged { --tone: var(--warn); }

dl { margin: 0.75rem 0 0; display: grid; gap: 0.3rem 1.25rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
.facts { grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem 2rem; margin: 0; }
.facts dt { font-size: 0.82rem; }
.facts dd { font-weight: 550; }
.facts dd + dd, .facts dd small { display: block; font-weight: 400; color: var(--quiet); font-size: 0.87rem; }

.short { font-size: 1.25rem; line-height: 1.45; letter-spacing: -0.01em; margin: 1.5rem 0 1.1rem; max-width: 54rem; text-wrap: pretty; }
.tiles ~ .card { margin-top: 1rem; }
.short strong { font-weight: 650; }
.tiles { display: grid; grid-template-columns: repeat(7, 1fr); gap: 0.75rem; list-style: none; margin: 0; padding: 0; }
.tile { padding: 0.9rem 1rem 0.85rem; border-top: 4px solid var(--sev); }
.tile .name { font-size: 0.82rem; font-weight: 600; color: var(--quiet); }
.tile .count { font-size: 1.95rem; line-height: 1.15; font-weight: 680; letter-spacing: -0.03em; }
.tile .count small { font-size: 0.8rem; font-weight: 500; letter-spacing: 0; color: var(--quiet); display: block; line-height: 1.2; }
.tile .none { color: var(--quiet); font-weight: 500; }
.tile .delta { font-size: 0.82rem; color: var(--quiet); }
.tile .worse { color: var(--bad); font-weight: 600; }
.tile .better { color: var(--good); font-weight: 600; }
.critical { --sev: var(--critical); --on: var(--on-critical); }
.high { --sev: var(--high); --on: var(--on-high); }
.medium { --sev: var(--medium); --on: var(--on-medium); }
.low { --sev: var(--low); --on: var(--on-low); }
.informational { --sev: var(--informational); --on: var(--on-informational); }
.waived, .tile.event { --sev: var(--line); }
.sev { display: inline-block; background: var(--sev); color: var(--on); border-radius: 4px; padding: 0 0.42rem; font-size: 0.75rem; font-weight: 650; line-height: 1.45rem; white-space: nowrap; letter-spacing: 0.01em; }

.chart { display: block; width: 100%; height: auto; }
.chart.narrow { display: none; }
.chart path.area { fill: var(--sev); }
.chart path.edge { stroke: var(--card); stroke-width: 1; fill: none; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .run { stroke: var(--quiet); stroke-width: 1; }
.chart text { fill: var(--quiet); font-size: 12px; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; list-style: none; margin: 0 0 0.75rem; padding: 0; font-size: 0.85rem; color: var(--quiet); }
.legend i { display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 2px; background: var(--sev); margin-right: 0.4rem; }
details { margin-top: 0.75rem; }
summary { cursor: pointer; color: var(--link); font-size: 0.9rem; width: fit-content; }

table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; color: var(--quiet); font-size: 0.85rem; padding: 0 0 0.4rem; }
th { text-align: left; font-weight: 600; font-size: 0.8rem; color: var(--quiet); padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: bottom; white-space: nowrap; }
td { padding: 0.6rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td.zero { color: var(--quiet); }
th button { all: unset; cursor: pointer; white-space: nowrap; }
th button:focus-visible { outline: 2px solid var(--focus); outline-offset: 3px; border-radius: 2px; }
th button::after { content: "↕"; opacity: 0.55; margin-left: 0.3rem; }
th[aria-sort="ascending"] button::after { content: "↑"; opacity: 1; }
th[aria-sort="descending"] button::after { content: "↓"; opacity: 1; }
.scroll { overflow-x: auto; overflow-wrap: break-word; }
.scroll > table { min-width: 44rem; }
.scroll.tall > table { min-width: 32rem; }
.scroll.tall { max-height: 24rem; overflow-y: auto; }

.filter { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: 0.6rem 0.9rem; align-items: center; padding: 0.75rem 1rem; margin: 0 0 1rem; box-shadow: 0 4px 14px -8px rgb(0 0 0 / 0.25); }
.filter[hidden] { display: none; }
.filter input[type="search"] { flex: 1 1 12rem; min-width: 0; }
.filter input[type="search"], .filter select, .filter button { font: inherit; font-size: 0.9rem; color: inherit; background: var(--sunk); border: 1px solid var(--quiet); border-radius: 6px; padding: 0.38rem 0.6rem; max-width: 100%; }
.filter select { flex: 0 1 11rem; min-width: 0; }
.filter button { cursor: pointer; }
.filter fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.3rem; }
.chip { display: inline-flex; align-items: center; gap: 0.35rem; font-size: 0.85rem; border: 1px solid var(--line); border-radius: 6px; padding: 0.28rem 0.55rem; cursor: pointer; }
.chip input { margin: 0; accent-color: var(--sev); }
.chip:has(:focus-visible) { outline: 2px solid var(--focus); outline-offset: 1px; }
.chip:has(:not(:checked)) { color: var(--quiet); }
.filter output { flex: 1 1 20rem; font-size: 0.85rem; color: var(--quiet); }
.label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.rule { margin: 0 0 0.6rem; padding: 0.75rem 1.25rem; }
.rule > summary { display: flex; flex-wrap: wrap; gap: 0.1rem 0.75rem; align-items: baseline; width: auto; color: inherit; font-size: inherit; list-style: none; }
.rule > summary::-webkit-details-marker { display: none; }
.rule > summary::before { content: "▸"; flex: none; width: 0.6rem; color: var(--quiet); }
.rule[open] > summary::before { content: "▾"; }
.rule > summary:hover h3 { text-decoration: underline; text-underline-offset: 0.15em; }
.rule h3 { flex: 1 1 16rem; font-size: 1.06rem; letter-spacing: -0.008em; }
.rule > .required { margin-top: 0.5rem; }
.fold > table, .fold > .apart { margin-top: 0.75rem; }
.rule h3 .sev { margin-right: 0.4rem; vertical-align: 0.06em; }
.tallies { font-size: 0.87rem; color: var(--quiet); }
.tallies strong { color: var(--text); font-weight: 600; }
.advice { grid-template-columns: 1fr 1fr; gap: 0.75rem 2rem; margin: 0.65rem 0 0.9rem; font-size: 0.92rem; }
.advice dt { font-size: 0.8rem; font-weight: 600; }
.advice .all { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0.3rem 0.35rem; font-size: 0.8rem; }
.clause { border: 1px solid var(--line); border-radius: 4px; padding: 0 0.4rem; color: var(--quiet); white-space: nowrap; }
.findings { margin-top: 0.5rem; }
.control td:first-child { width: 32%; }
.control td:last-child { width: 20%; }
.person { content-visibility: auto; contain-intrinsic-size: auto 3.2rem; }
.person > summary { align-items: center; }
.person h3 { font-size: 1rem; }
.person h3 code { font-weight: 400; color: var(--quiet); }
.address { flex: 1 1 12rem; font-size: 0.9rem; color: var(--quiet); }
.about { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.4rem 1.5rem; font-size: 0.88rem; }
.about dt { font-size: 0.78rem; }
.findings td.who { width: 25%; min-width: 11rem; }
.findings td.age { width: 8.5rem; }
.findings .state { font-weight: 550; white-space: nowrap; }
.state.new, .state.reopened, .state.escalated, .state.waiver-ended, .state.carried { color: var(--bad); }
.state.resolved { color: var(--good); }
.evidence { display: block; margin-top: 0.2rem; color: var(--quiet); font-size: 0.83rem; }
.evidence b { font-weight: 400; }
.evidence span { margin-right: 0.9rem; }
.evidence bdi { color: var(--text); }
.note { display: block; margin-top: 0.2rem; font-size: 0.87rem; }
.rest { margin: 0.6rem 0 0; color: var(--quiet); font-size: 0.88rem; }
.empty { text-align: center; padding: 2rem; color: var(--quiet); }

.required { margin: 0.15rem 0 0; font-size: 0.92rem; }
.tag { font-weight: 550; }
.tag.ran { color: var(--good); }
.tag.unjudged { color: var(--warn); }
.whole, td.n { white-space: nowrap; }
.frameworks { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.3rem; }
.frameworks a { margin-right: 0.5rem; }
.fails { color: var(--bad); font-weight: 600; }
.partly { color: var(--warn); font-weight: 550; }
.passes { color: var(--good); }
.hash { overflow-wrap: anywhere; }
.apart { margin: 1.25rem 0 0.5rem; }
footer { color: var(--quiet); font-size: 0.85rem; padding: 0 0 3rem; }

.short + section { margin-top: 2.25rem; }
.runs:not(.overview) td:nth-child(n + 3) { text-align: right; font-variant-numeric: tabular-nums; }
.runs a { white-space: nowrap; }
.runs td { padding-top: 0.42rem; padding-bottom: 0.42rem; }
.runs .odd td { background: var(--bad-back); }
.runs td:first-child, .runs th:first-child { padding-left: 0.75rem; }
.runs td:last-child, .runs th:last-child { padding-right: 0.75rem; }
.runs .odd td:first-child { box-shadow: inset 3px 0 0 var(--bad); }
.runs .odd b { color: var(--bad); }
.runs .gap td { color: var(--warn); background: var(--warn-back); font-weight: 550; text-align: center; }
.stale { border: 2px solid var(--bad); background: var(--bad-back); color: var(--bad); font-weight: 600; margin-bottom: 1rem; }
.stale[hidden] { display: none; }

.paper { display: none; }

@media (max-width: 54rem) {
  .tiles { grid-template-columns: repeat(4, 1fr); }
}
@media (max-width: 40rem) {
  body { font-size: 15px; }
  html { scroll-padding-top: 1rem; }
  .wrap { padding: 0 1rem; }
  header.top { padding: 1.5rem 0 1.1rem; }
  h1 { font-size: 1.6rem; }
  .card { padding: 1rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .short { font-size: 1.08rem; }
  .advice { grid-template-columns: 1fr; }
  .verdict dl { grid-template-columns: 1fr; gap: 0; }
  .verdict dd { margin-bottom: 0.4rem; }
  .incomplete .verdict, .failed .verdict { padding: 1rem; }
  .incomplete .verdict svg, .failed .verdict svg, .verdict svg { width: 2.2rem; height: 2.2rem; }
  .incomplete .verdict h2, .failed .verdict h2 { font-size: 1.5rem; }
  .chart.wide { display: none; }
  .chart.narrow { display: block; }
  .filter { position: static; }
  .filter select { flex: 1 1 45%; }
  .rule { padding: 0.7rem 0.9rem; }
  .cards, .cards tbody { display: block; }
  .cards thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .cards tr { display: flex; flex-wrap: wrap; gap: 0.1rem 0.8rem; padding: 0.6rem 0; border-top: 1px solid var(--line); }
  .cards td { border: 0; padding: 0; }
  .cards td:first-child, .cards td:last-child { flex: 1 1 100%; width: auto; }
  .cards td[data-label]::before { content: attr(data-label) " "; color: var(--quiet); font-weight: 400; font-size: 0.85em; }
  .findings, .findings tbody { display: block; }
  .findings thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .findings tr { display: grid; grid-template-columns: auto 1fr auto; gap: 0.1rem 0.6rem; padding: 0.75rem 0; border-top: 1px solid var(--line); }
  .findings tr[hidden] { display: none; }
  .findings td { border: 0; padding: 0; }
  .findings td.who, .findings td.what { grid-column: 1 / -1; width: auto; }
  .findings td.who { order: 2; font-weight: 550; }
  .findings td.what { order: 3; }
  .findings td.age { width: auto; text-align: right; }
}
@media print {
  @page { size: A4; margin: 13mm 11mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; } }
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --sunk: #fff; --text: #000; --quiet: #444; --line: #bbb; --link: #000;
    --good: #0d5630; --good-back: #fff; --bad: #8f0f29; --bad-back: #fff; --warn: #653d00; --warn-back: #fff;
    --critical: #a3122f; --on-critical: #fff; --high: #c2410c; --on-high: #fff; --medium: #f0bd3b; --on-medium: #362500;
    --low: #1d6cb0; --on-low: #fff; --informational: #5c6670; --on-informational: #fff;
  }
  html { font-size: 62.5%; }
  body { font-size: 7.2pt; line-height: 1.28; }
  .wrap { max-width: none; padding: 0; }
  header.top { padding: 0 0 0.6rem; }
  h1 { font-size: 14pt; }
  h2, .verdict h2, .result h2, .incomplete .verdict h2, .failed .verdict h2 { font-size: 11pt; }
  .short { font-size: 8pt; margin: 0.6rem 0; }
  .result .short { margin: 0.2rem 0 0; font-size: 7.6pt; }
  .lead, .verdict p, .coverage p, .foreword p, .short { max-width: none; }
  .lead { margin-bottom: 0.4rem; }
  section { margin-bottom: 1rem; }
  .card { padding: 0.4rem 0.7rem; border-radius: 4px; box-shadow: none; }
  .result, .coverage, .verdict, .foreword, .tiles ~ .card { margin: 0.5rem 0; }
  .coverage svg { width: 1rem; height: 1rem; margin-top: 0.1rem; }
  .tiles { grid-template-columns: repeat(7, 1fr); gap: 0.5rem; }
  .tile { padding: 0.3rem 0.6rem; }
  .tile .count { font-size: 13pt; }
  .facts { grid-template-columns: repeat(4, 1fr); gap: 0.3rem 1.5rem; }
  .facts dd + dd, .facts dd small, .facts dt, .tile .delta, .tile .name { font-size: 6.6pt; }
  .chart.wide { width: auto; max-width: 100%; max-height: 34mm; margin: 0 auto; }
  .legend { margin: 0; font-size: 6.6pt; }
  .scroll.tall tbody tr:nth-child(n + 11) { display: none; }
  .scroll.tall:has(tbody tr:nth-child(11)) .paper { display: inline; }
  table, caption { font-size: 7.2pt; }
  caption, th { padding-bottom: 0.1rem; }
  td { padding: 0.14rem 0.5rem; }
  th { padding-top: 0.1rem; font-size: 6.6pt; }
  code, .mono { font-size: 0.84em; }
  .sev { font-size: 6.2pt; line-height: 1.25; padding: 0 0.3rem; }
  .evidence, .note { display: inline; margin: 0 0 0 0.6rem; font-size: 6.4pt; }
  .evidence span { margin-right: 0.5rem; }
  .rule { margin-bottom: 0.4rem; padding-top: 0.3rem; padding-bottom: 0.2rem; box-decoration-break: clone; }
  .person { content-visibility: visible; }
  .person, .control { break-inside: avoid; }
  .rule h3 { font-size: 8.4pt; }
  .rule > summary { display: flex; }
  .rule > summary::before, .rule[open] > summary::before { content: none; }
  .rule > .required { margin: 0; font-size: 7.2pt; }
  .advice { display: block; margin: 0 0 0.1rem; font-size: 6.6pt; color: var(--quiet); }
  .advice dt, .advice dd { display: inline; font-size: 6.6pt; }
  .advice dt::after { content: ": "; }
  .advice div, .advice .all { display: inline; margin-right: 0.6rem; }
  .clause { border: 0; padding: 0; white-space: normal; }
  .clause + .clause::before { content: "; "; }
  .findings { margin-top: 0; table-layout: fixed; }
  .findings thead, .findings caption { display: none; }
  .findings td:first-child { width: 4.4rem; }
  .findings td.who { width: 20%; min-width: 0; }
  .findings td.age { width: 8.6rem; font-size: 6pt; line-height: 1.2; text-align: right; }
  .findings td.age .evidence { display: block; margin: 0; font-size: inherit; }
  .findings td.who code { font-size: 5.8pt; }
  #rule-states td:first-child { width: 42%; }
  #rule-states td:last-child { font-size: 6.2pt; }
  .about { display: block; margin: 0; font-size: 6.6pt; }
  .about div { display: inline; margin-right: 1rem; }
  .about dt, .about dd { display: inline; font-size: 6.6pt; }
  .about dt::after { content: ": "; }
  .control table { table-layout: fixed; }
  .control thead, .control caption { display: none; }
  .control td:first-child { width: 42%; }
  .control td:nth-child(2) { width: 8.5rem; }
  .fold td.hash { width: 45%; }
  .fold .hash code { font-size: 5.8pt; }
  .fold td .evidence code { font-size: 5.8pt; }
  .apart { margin: 0.6rem 0 0.2rem; }
  .rest { margin: 0.2rem 0; font-size: 6.6pt; }
  footer { padding: 0; font-size: 6.6pt; }
  .filter > :not(output), .skip, nav, summary { display: none; }
  .filter { border: 0; padding: 0; margin: 0 0 0.3rem; }
  details::details-content { display: block; content-visibility: visible; block-size: auto; }
  .scroll, .scroll.tall { overflow: visible; max-height: none; }
  .scroll > table, .scroll.tall > table { min-width: 0; }
  .sev, .legend i, .tile, .chart, .verdict, .result, body::before { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, .lead, .filter, caption, thead, .required, .advice, .advice div, .about, .rule > summary { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  tr, .tile, .verdict, .result, .advice, .chart, .facts > div { break-inside: avoid; }
  thead { display: table-header-group; }
  th button::after { content: ""; }
}
`;
