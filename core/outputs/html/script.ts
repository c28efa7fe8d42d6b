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

/** Filters the rows of a page's groups; what is asked for stands in the fragment of the address, so that it can be passed on. */
const FILTERING = /* js */ `
const form = document.getElementById('filter');
const foldable = [...document.querySelectorAll('main details')];
if (form !== null) {
  const text = document.getElementById('text');
  const rule = document.getElementById('rule');
  const state = document.getElementById('state');
  const boxes = [...form.querySelectorAll('input[type="checkbox"]')];
  const unfold = document.getElementById('unfold');
  const sum = (name) => [...document.querySelectorAll('[data-' + name + ']')]
    .reduce((total, element) => total + Number(element.dataset[name]), 0);
  const groups = [...document.querySelectorAll('[data-group]')].map((element) => ({
    element,
    wasOpen: element.open,
    rows: [...element.querySelectorAll('[data-severity]')].map((row) => ({ row, rule: row.dataset.rule ?? element.dataset.group })),
    words: [element.dataset.group, ...[...element.querySelectorAll('[data-words]')].map(({ textContent }) => textContent)].join(' '),
  }));
  const wordsOf = (group, one) => one.words ??= (group.words + ' ' + one.row.textContent).toLowerCase();
  const all = groups.reduce((total, { rows }) => total + rows.length, 0);
  const hidden = sum('hidden');
  const elsewhere = sum('elsewhere');
  const many = (count) => count.toLocaleString('en') + ' ';
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    const severities = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => value));
    const isAsked = wanted !== '' || severities.size < boxes.length || rule.value !== '' || state.value !== '';
    let shown = 0;
    for (const group of groups) {
      const { element, rows } = group;
      const isRule = (id) => !rule.value || rule.value === id;
      let matching = 0;
      for (const one of rows) {
        const isShown = isRule(one.rule) && severities.has(one.row.dataset.severity) &&
          (!state.value || state.value === one.row.dataset.state) && (wanted === '' || wordsOf(group, one).includes(wanted));
        one.row.hidden = !isShown;
        if (isShown) matching += 1;
      }
      element.hidden = rows.length === 0 ? !isRule(element.dataset.group) || wanted !== '' : matching === 0;
      if (element.matches('details')) element.open = isAsked ? matching > 0 : group.wasOpen;
      shown += matching;
    }
    document.getElementById('none').hidden = shown > 0 || all === 0;
    document.getElementById('shown').value = many(shown) + 'of ' + many(all) + 'findings on this page shown' +
      (elsewhere > 0 ? '; ' + many(elsewhere) + 'stand on other pages and are not searched here' : '') +
      (hidden > 0 ? '; ' + many(hidden) + 'stand only in findings.csv and are not searched here' : '');
  };
  const remember = () => {
    const asked = new URLSearchParams();
    if (text.value !== '') asked.set('find', text.value);
    if (rule.value) asked.set('rule', rule.value);
    if (state.value) asked.set('state', state.value);
    const checked = boxes.filter((box) => box.checked);
    if (checked.length < boxes.length) asked.set('severity', checked.map(({ value }) => value).join());
    if (asked.size > 0 || location.hash.includes('=')) history.replaceState(null, '', '#' + asked);
  };
  const unfoldTarget = (id) => {
    const target = foldable.find((details) => details.id === id);
    if (target === undefined) return;
    target.open = true;
    target.scrollIntoView();
  };
  const fill = (fragment) => {
    const asked = new URLSearchParams(fragment);
    text.value = asked.get('find') ?? '';
    rule.value = asked.get('rule') ?? '';
    state.value = asked.get('state') ?? '';
    const severities = asked.get('severity')?.split(',');
    for (const box of boxes) box.checked = severities?.includes(box.value) ?? true;
    apply();
  };
  const restore = () => {
    const fragment = location.hash.slice(1);
    if (fragment !== '' && !fragment.includes('=')) return unfoldTarget(fragment);
    fill(fragment);
  };
  form.hidden = false;
  form.addEventListener('input', () => { apply(); remember(); });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', (event) => { event.preventDefault(); fill(''); remember(); });
  unfold.addEventListener('click', () => {
    const isOpen = unfold.textContent === 'Close all';
    for (const details of foldable) details.open = !isOpen;
    unfold.textContent = isOpen ? 'Open all' : 'Close all';
  });
  addEventListener('hashchange', restore);
  apply();
  restore();
}
let folded = [];
addEventListener('beforeprint', () => {
  folded = foldable.filter((details) => !details.open);
  for (const details of folded) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of folded) details.open = false;
});
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
