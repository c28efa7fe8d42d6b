/**
 * Runs the page of a review: rows are drawn where they are looked at alone, decisions are kept in the browser. `GUARD` is
 * the pattern of what a spreadsheet could take for a formula.
 */
export const reviewScript = (guard: RegExp): string => `(() => {
const GUARD = ${guard};
${SCRIPT}
})();
`;

const SCRIPT = /* js */ `
const $ = (id) => document.getElementById(id);
const { key, columns, answers: answerColumns, name, reviewer: fixed } = JSON.parse($('about').textContent);
const cellsOf = (line) => Array.from(line.matchAll(/"((?:[^"]|"")*)"/g), ([, text]) => text.replaceAll('""', '"'));
const rows = JSON.parse($('rows').textContent).map(([line, findings]) => {
  const user = Object.fromEntries(cellsOf(line).map((text, index) => [columns[index], text]));
  return { line, findings, user, words: (line + ' ' + findings).toLowerCase(), decision: '', reason: '' };
});
const byId = new Map(rows.map((row) => [row.user.userId, row]));
const list = $('list'), space = $('space'), reviewer = $('reviewer');
let shown = rows, at = 0, undo = [];

const folded = (text) => text.normalize('NFKC').toLowerCase().replaceAll(/\\s+/g, ' ').trim();
const isOwn = ({ user }) => {
  const me = folded(reviewer.value);
  return me !== '' && [user.userId, user.emailAddress, user.name].some((text) => folded(text) === me);
};
const needsReason = ({ decision, user }) => decision === 'justify' || (decision === 'keep' && user.justificationToKeep !== '');
const isDone = (row) => row.decision !== '' && !(needsReason(row) && row.reason.trim() === '') && !isOwn(row);

const store = (() => {
  try { localStorage.setItem(key + ':try', '1'); localStorage.removeItem(key + ':try'); return localStorage; } catch { return undefined; }
})();
let due;
const save = () => {
  clearTimeout(due);
  due = undefined;
  const answers = rows.flatMap(({ user, decision, reason }) => decision + reason === '' ? [] : [[user.userId, decision, reason]]);
  try {
    store.setItem(key, JSON.stringify({ reviewer: reviewer.value, answers }));
    $('saved').textContent = 'Saved in this browser.';
  } catch { $('saved').textContent = 'NOT SAVED: this browser keeps nothing for this page. Export before you close it.'; }
};
const saveSoon = () => { due ??= setTimeout(save, 300); };
const restore = () => {
  try {
    const kept = JSON.parse(store.getItem(key) ?? '{}');
    if (fixed === '') reviewer.value = kept.reviewer ?? '';
    for (const [id, decision, reason] of kept.answers ?? []) {
      const row = byId.get(id);
      if (row !== undefined) Object.assign(row, { decision, reason });
    }
  } catch { $('saved').textContent = 'NOT SAVED: this browser keeps nothing for this page. Export before you close it.'; }
};

const FILTERS = {
  all: () => true,
  unfinished: (row) => !isDone(row),
  keep: ({ decision }) => decision === 'keep',
  revoke: ({ decision }) => decision === 'revoke',
  justify: ({ decision }) => decision === 'justify',
};
const EVIDENCE = {
  all: () => true,
  required: ({ user }) => user.justificationToKeep !== '',
  api: ({ user }) => user.apiAccess !== 'DISABLED' || user.permissionGroups.includes('GetTemporaryCredentials'),
  findings: ({ user }) => user.openFindings !== '0',
  never: ({ user }) => user.lastLogin === 'never' || user.lastLogin === 'unusable',
  disabled: ({ user }) => user.status === 'DISABLED',
};

const make = (tag, text = '', properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);
const drawn = new Map();
const height = () => Number.parseFloat(getComputedStyle(space).getPropertyValue('--row')) || 112;

const fill = (element, row) => {
  const own = isOwn(row);
  element.className = 'user' + (isDone(row) ? ' done' : '') + (row.decision === 'revoke' ? ' revoke' : '');
  for (const button of element.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(row.decision === button.value));
    button.disabled = own;
  }
  const input = element.querySelector('input');
  if (input.value !== row.reason) input.value = row.reason;
  input.disabled = own;
  input.required = needsReason(row);
  const missing = row.decision !== '' && !isDone(row);
  element.querySelector('.state').textContent = own ? 'This is you: somebody else decides.'
    : missing ? 'Unfinished: why?' : row.decision === '' ? 'Unfinished' : '';
};

const draw = (index) => {
  const row = shown[index], { user } = row;
  const element = make('div');
  element.setAttribute('role', 'row');
  element.setAttribute('aria-rowindex', String(index + 1));
  element.dataset.index = index;
  element.style.top = index * height() + 'px';
  element.tabIndex = index === at ? 0 : -1;
  const who = make('div'), say = make('div');
  for (const cell of [who, say]) cell.setAttribute('role', 'gridcell');
  const title = make('p');
  const strong = make('strong');
  strong.append(make('bdi', user.name || user.userId));
  title.append(strong, ' ', make('bdi', user.emailAddress), ' ', make('code', user.userId));
  const access = make('p', [user.type, user.status, 'API access ' + (user.apiAccess || 'not given'), 'last login ' + user.lastLogin.slice(0, 10),
    user.openFindings === '0' ? 'no open findings' : user.openFindings + ' open, worst ' + user.worstSeverity + ': ' + row.findings].join(' · '));
  const more = make('p', [user.apiAccessPrincipalArn, user.role === '' ? '' : 'role ' + user.role, user.permissionGroups === '' ? '' : 'groups ' + user.permissionGroups]
    .filter((text) => text !== '').join(' · '), { className: 'quiet' });
  who.append(title, access, more);
  if (user.justificationToKeep !== '') who.append(make('p', 'To keep, a justification is ' + user.justificationToKeep, { className: 'needs' }));
  const label = user.name || user.userId;
  const buttons = make('div', '', { className: 'decide' });
  for (const value of ['keep', 'revoke', 'justify']) {
    const button = make('button', value[0].toUpperCase() + value.slice(1), { type: 'button', value, tabIndex: index === at ? 0 : -1 });
    button.setAttribute('aria-label', button.textContent + ' ' + label);
    buttons.append(button);
  }
  const input = make('input', '', { type: 'text', maxLength: 1000, placeholder: 'Why', tabIndex: index === at ? 0 : -1 });
  input.setAttribute('aria-label', 'Why, for ' + label);
  say.append(buttons, input, make('span', '', { className: 'state' }));
  element.append(who, say);
  fill(element, row);
  return element;
};

/** Rows are of one height: whatever is cut there stands whole under the list, of the row that is looked at. */
const tellWhole = (element) => {
  $('whole').replaceChildren(...[...element.querySelectorAll('p')].map((line) => make('p', line.textContent)));
};

const render = () => {
  const size = height();
  space.style.height = shown.length * size + 'px';
  const first = Math.max(0, Math.floor(list.scrollTop / size) - 6);
  const last = Math.min(shown.length - 1, Math.ceil((list.scrollTop + list.clientHeight) / size) + 6);
  for (const [index, element] of drawn) {
    if (index >= first && index <= last) continue;
    if (element.contains(document.activeElement)) continue;
    element.remove();
    drawn.delete(index);
  }
  let before = null;
  for (let index = first; index <= last; index += 1) {
    let element = drawn.get(index);
    if (element === undefined) {
      element = draw(index);
      drawn.set(index, element);
      if (before === null) space.prepend(element); else before.after(element);
    }
    before = element;
  }
};
const redraw = () => { for (const element of drawn.values()) element.remove(); drawn.clear(); render(); };

const count = () => {
  const done = rows.reduce((total, row) => total + (isDone(row) ? 1 : 0), 0);
  const revoked = rows.reduce((total, { decision }) => total + (decision === 'revoke' ? 1 : 0), 0);
  $('progress').max = rows.length;
  $('progress').value = done;
  $('count').textContent = done + ' of ' + rows.length + ' decided, ' + (rows.length - done) + ' unfinished, ' + revoked + ' to revoke';
  const open = shown.filter((row) => !isDone(row) && !isOwn(row)).length;
  $('bulk-go').textContent = 'Decide the ' + open + ' unfinished of the ' + shown.length + ' shown';
  $('undo').hidden = undo.length === 0;
};

const filter = () => {
  const words = $('search').value.trim().toLowerCase();
  const isShown = FILTERS[$('state').value], isOf = EVIDENCE[$('evidence').value];
  shown = rows.filter((row) => isShown(row) && isOf(row) && (words === '' || row.words.includes(words)));
  at = 0;
  list.scrollTop = 0;
  list.setAttribute('aria-rowcount', String(shown.length));
  $('none').hidden = shown.length > 0;
  redraw();
  count();
};

const refresh = (index) => { const element = drawn.get(index); if (element !== undefined) fill(element, shown[index]); };
const moveTo = (index, part = '') => {
  if (shown.length === 0) return;
  const former = drawn.get(at);
  at = Math.max(0, Math.min(shown.length - 1, index));
  const size = height(), top = at * size;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + size > list.scrollTop + list.clientHeight) list.scrollTop = top + size - list.clientHeight;
  render();
  const element = drawn.get(at);
  for (const one of former === element ? [] : [former]) if (one) for (const part of [one, ...one.querySelectorAll('button, input')]) part.tabIndex = -1;
  for (const part of [element, ...element.querySelectorAll('button, input')]) part.tabIndex = 0;
  tellWhole(element);
  (part === '' ? element : element.querySelector(part)).focus({ preventScroll: true });
};
const decide = (index, decision) => {
  const row = shown[index];
  if (row === undefined || isOwn(row)) return;
  undo = [];
  row.decision = row.decision === decision ? '' : decision;
  refresh(index);
  count();
  saveSoon();
  if (row.decision !== '' && needsReason(row) && row.reason.trim() === '') moveTo(index, 'input');
};
const nextUnfinished = () => {
  const order = [...shown.keys()].map((step) => (at + 1 + step) % shown.length);
  const next = order.find((index) => !isDone(shown[index]) && !isOwn(shown[index]));
  if (next !== undefined) moveTo(next);
};

list.addEventListener('scroll', render, { passive: true });
window.addEventListener('resize', redraw);
list.addEventListener('click', (event) => {
  const element = event.target.closest('[role="row"]');
  if (element === null) return;
  const index = Number(element.dataset.index), button = event.target.closest('button');
  if (button !== null) { moveTo(index, 'button[value="' + button.value + '"]'); decide(index, button.value); }
});
list.addEventListener('focusin', (event) => {
  const element = event.target.closest('[role="row"]');
  if (element !== null && Number(element.dataset.index) !== at) {
    const former = drawn.get(at);
    if (former) for (const part of [former, ...former.querySelectorAll('button, input')]) part.tabIndex = -1;
    at = Number(element.dataset.index);
    tellWhole(element);
    for (const part of [element, ...element.querySelectorAll('button, input')]) part.tabIndex = 0;
  }
});
list.addEventListener('input', (event) => {
  const index = Number(event.target.closest('[role="row"]').dataset.index);
  shown[index].reason = event.target.value;
  refresh(index);
  count();
  saveSoon();
});
const KEYS = { k: 'keep', r: 'revoke', j: 'justify' };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isInList = list.contains(event.target), isText = event.target.matches('input, select');
  if (isText && isInList && (event.key === 'Enter' || event.key === 'Escape')) {
    event.preventDefault();
    moveTo(event.key === 'Enter' ? at + 1 : at);
  }
  if (isText) return;
  if (event.key === '/') { event.preventDefault(); $('search').focus(); return; }
  if (!isInList) return;
  const page = Math.max(1, Math.floor(list.clientHeight / height()) - 1);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: shown.length - 1 };
  if (event.key in steps) { event.preventDefault(); moveTo(steps[event.key]); }
  else if (event.key in KEYS) { event.preventDefault(); decide(at, KEYS[event.key]); }
  else if (event.key === 'w') { event.preventDefault(); moveTo(at, 'input'); }
  else if (event.key === 'n') { event.preventDefault(); nextUnfinished(); }
});

for (const id of ['search', 'state', 'evidence']) $(id).addEventListener('input', filter);
reviewer.addEventListener('input', () => { redraw(); count(); saveSoon(); });
for (const form of document.querySelectorAll('form')) form.addEventListener('submit', (event) => event.preventDefault());
$('bulk').addEventListener('submit', () => {
  const decision = $('bulk-decision').value, reason = $('bulk-reason').value.trim();
  if (decision === '' || reason === '') return;
  const open = shown.filter((row) => !isDone(row) && !isOwn(row));
  undo = open.map((row) => [row, row.decision, row.reason]);
  for (const row of open) Object.assign(row, { decision, reason });
  $('said').textContent = open.length + ' users: ' + decision + '.';
  redraw();
  count();
  saveSoon();
});
$('undo').addEventListener('click', () => {
  for (const [row, decision, reason] of undo) Object.assign(row, { decision, reason });
  $('said').textContent = 'Taken back for ' + undo.length + ' users.';
  undo = [];
  redraw();
  count();
  saveSoon();
});

const cell = (text) => {
  const line = text.replaceAll(/[\\r\\n\\t]+/g, ' ').replaceAll(';', ',').trim();
  return '"' + (GUARD.test(line) ? "'" : '') + line.replaceAll('"', '""') + '"';
};
$('export').addEventListener('click', () => {
  if (reviewer.value.trim() === '') {
    $('said').textContent = 'Who decides? Give your name first.';
    reviewer.focus();
    return;
  }
  const unfinished = rows.filter((row) => !isDone(row)).length;
  const lines = rows.map((row) => {
    const answers = isDone(row) ? [row.decision, row.reason, reviewer.value] : ['', '', ''];
    return row.line + ',' + answers.map(cell).join(',');
  });
  const text = '\\ufeff' + [[...columns, ...answerColumns].join(','), ...lines, ''].join('\\r\\n');
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = make('a', '', { href: url, download: name + (unfinished > 0 ? '-UNFINISHED' : '') + '.csv' });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  $('said').textContent = unfinished === 0
    ? 'Exported, all decided: hand it in.'
    : 'Exported with ' + unfinished + ' unfinished, which are left blank: a sign-off takes it only where another worksheet decides those.';
});
window.addEventListener('pagehide', () => { if (due !== undefined) save(); });

if (fixed !== '') Object.assign(reviewer, { value: fixed, readOnly: true });
$('tool').hidden = false;
restore();
filter();
`;
