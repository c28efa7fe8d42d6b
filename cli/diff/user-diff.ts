import { memberAsGiven, parseRecord, serialiseRecord } from '../../rules/engine/record.ts';

type RecordMembers = Readonly<Record<string, unknown>>;

export interface MemberChange {
  readonly member: string;
  /** Undefined: the record did not have it. */
  readonly from: unknown;
  readonly to: unknown;
}

/** A change of a member whose values may name a person. */
interface MaskedChange {
  readonly member: string;
  readonly masked: true;
}

/** A change as `diff` shows it. */
export type DiffChange = MemberChange | MaskedChange;

/** The users that two listings differ in. */
export interface UserDiff<Change = MemberChange> {
  /** User ids. */
  readonly came: readonly string[];
  readonly gone: readonly string[];
  readonly changed: readonly { readonly id: string; readonly members: readonly Change[] }[];
  readonly unchanged: number;
  /** Records without a userId: nothing ties one in a listing to one in another. */
  readonly untraceable: { readonly from: number; readonly to: number };
}

const userIdOf = (record: unknown): string | undefined => {
  const id = typeof record === 'object' && record !== null ? Reflect.get(record, 'userId') : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
};

const recordOf = (text: string): RecordMembers => parseRecord(text) as RecordMembers;

const isEqual = (one: unknown, other: unknown): boolean =>
  one === other || (one !== undefined && other !== undefined && serialiseRecord(one) === serialiseRecord(other));

const changesBetween = (from: RecordMembers, to: RecordMembers): readonly MemberChange[] =>
  [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .map((member) => ({ member, from: memberAsGiven(from, member), to: memberAsGiven(to, member) }))
    .filter((change) => !isEqual(change.from, change.to));

/**
 * Compares two listings, read side by side. Users come in nearly the same order in both, so that hardly a record has
 * to wait for its other half; those that wait do so as text.
 */
export const diffUsers = async (from: AsyncIterator<unknown>, to: AsyncIterator<unknown>): Promise<UserDiff> => {
  const waiting = { from: new Map<string, string>(), to: new Map<string, string>() };
  const untraceable = { from: 0, to: 0 };
  const changed: UserDiff['changed'][number][] = [];
  let unchanged = 0;

  const take = (side: 'from' | 'to', record: unknown): void => {
    const id = userIdOf(record);
    if (id === undefined) {
      untraceable[side] += 1;
      return;
    }
    const others = side === 'from' ? waiting.to : waiting.from;
    const text = serialiseRecord(record);
    const other = others.get(id);
    if (other === undefined) {
      waiting[side].set(id, text);
      return;
    }
    others.delete(id);
    const [fromText, toText] = side === 'from' ? [text, other] : [other, text];
    const members = fromText === toText ? [] : changesBetween(recordOf(fromText), recordOf(toText));
    if (members.length === 0) unchanged += 1;
    else changed.push({ id, members });
  };

  const iterators = { from, to };
  const open = new Set(['from', 'to'] as const);
  try {
    while (open.size > 0) {
      for (const side of open) {
        const { done, value } = await iterators[side].next();
        if (done) open.delete(side);
        else take(side, value);
      }
    }
  } finally {
    // Where one side can't be read, the other is not left open.
    await Promise.allSettled([from.return?.(), to.return?.()]);
  }
  return { came: [...waiting.to.keys()], gone: [...waiting.from.keys()], changed, unchanged, untraceable };
};
