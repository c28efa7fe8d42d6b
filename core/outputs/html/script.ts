/** Sorts every table marked so by a click on its headings. */
const SORTING = /* js */ `
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const body = table.tBodies[0];
  const order = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return 'sort' in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim();
  };
  const compare = (a, b) => typeof a === 'number' && typeof b === 'number'
    ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
  headings.forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener('click', () => {
      const sorted = heading.getAttribute('aria-sort');
      const isNumber = order.length > 0 && typeof valueOf(order[0], column) === 'number';
      const first = isNumber ? 'descending' : 'ascending';
      const direction = sorted === null ? first : sorted === 'ascending' ? 'descending' : 'ascending';
      for (const other of headings) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', direction);
      const sign = direction === 'ascending' ? 1 : -1;
      body.append(...order.toSorted((a, b) => sign * compare(valueOf(a, column), valueOf(b, column))));
    });
  });
}
`;

const FILTERING = /* js */ `
const form = document.getElementById('filter');
if (form !== null) {
  const text = document.getElementById('text');
  const rule = document.getElementById('rule');
  const state = document.getElementById('state');
  const boxes = [...form.querySelectorAll('input[type="checkbox"]')];
  const groups = [...document.querySelectorAll('article.rule')].map((element) => ({
    element,
    rows: [...element.querySelectorAll('tbody tr')].map((row) => ({
      row, words: (element.dataset.rule + ' ' + row.textContent).toLowerCase(),
    })),
    hidden: Number(element.querySelector('[data-hidden]')?.dataset.hidden ?? 0),
  }));
  const all = groups.reduce((total, { rows }) => total + rows.length, 0);
  const beyond = groups.reduce((total, { hidden }) => total + hidden, 0);
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    const severities = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => value));
    let shown = 0;
    for (const { element, rows } of groups) {
      const isRule = rule.value === '' || rule.value === element.dataset.rule;
      let matching = 0;
      for (const { row, words } of rows) {
        const isShown = isRule && severities.has(row.dataset.severity) &&
          (state.value === '' || state.value === row.dataset.state) && words.includes(wanted);
        row.hidden = !isShown;
        if (isShown) matching += 1;
      }
      element.hidden = rows.length === 0 ? !isRule : matching === 0;
      shown += matching;
    }
    document.getElementById('none').hidden = shown > 0;
    document.getElementById('shown').value = shown + ' of ' + all + ' findings on this page shown' +
      (beyond > 0 ? '; ' + beyond + ' more stand only in findings.csv and are not searched here' : '');
  };
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  apply();
}
`;

const scoped = (script: string): string => `(() => {${script}})();\n`;

/** Makes a report easier to use where scripts run; without it everything is there to be read. */
export const REPORT_SCRIPT = scoped(SORTING) + scoped(FILTERING);

/** Says on the page of all runs when the last complete one is longer ago than is usual. */
export const HISTORY_SCRIPT = scoped(/* js */ `
const notice = document.getElementById('stale');
const due = Number(notice.dataset.due);
if (due > 0 && Date.now() > due) notice.hidden = false;
`);
