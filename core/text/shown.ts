const MAX_SHOWN = 80;

/** Writes a value as messages show it; not texts that may hold an e-mail address, as messages end up in logs. */
export const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value !== 'string') return 'a mapping';
  if (value.includes('@')) return 'a text with "@" (not shown)';
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
};
