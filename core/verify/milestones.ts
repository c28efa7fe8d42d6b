import { isMilestone, type Milestone } from '../archive/entry.ts';
import { headText } from '../archive/head.ts';
import type { Closed } from './gaps.ts';
import { type Link, runsOf } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/** The times for which the chain was closed; one that was not reopened has no end. */
export const closedTimes = (links: readonly Link[]): readonly Closed[] => {
  const closed: { from: number; to: number }[] = [];
  for (const { claims } of links) {
    if (claims === undefined || !isMilestone(claims)) continue;
    const last = closed.at(-1);
    if (claims.kind === 'closing') closed.push({ from: Date.parse(claims.asOf), to: Number.POSITIVE_INFINITY });
    else if (last !== undefined) last.to = Date.parse(claims.asOf);
  }
  return closed;
};

/** Says what a closing states of the chain before it that is not so; undefined where all of it is. */
const closingProblem = (links: readonly Link[], position: number, { runs, head, sequence, previous }: Milestone) => {
  const before = links.slice(0, position);
  const found = runsOf(before).length;
  // What is gone is told where it is: here it may have been runs.
  const gone = sequence - 1 - before.length;
  if (runs === undefined || runs < found || runs > found + gone)
    return `says that ${runs} runs are before it, and ${found} are`;
  const { key, sha256 = '' } = before.at(-1) ?? {};
  if (gone > 0 && key !== previous.key) return undefined;
  const foundHead = headText(sequence - 1, sha256);
  return head === foundHead ? undefined : `says that the head before it is ${head}, and it is ${foundHead}`;
};

/** Tells of each closing and reopening of a chain, and holds a closing against what is before it. */
export const milestoneObservations = (links: readonly Link[]): Observations => {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  for (const [position, { key, claims }] of links.entries()) {
    if (claims === undefined || !isMilestone(claims)) continue;
    const { kind, run, asOf, reason, retentionUntil } = claims;
    const isClosing = kind === 'closing';
    const problem = isClosing ? closingProblem(links, position, claims) : undefined;
    if (problem !== undefined) problems.push({ kind: 'edited', run, key, message: problem });
    const until = retentionUntil === undefined ? '' : `; to be kept until ${retentionUntil}`;
    const message = `the history was ${isClosing ? 'closed' : 'reopened'} on ${asOf.slice(0, 10)}: ${reason}${until}`;
    notes.push({ kind: isClosing ? 'closed' : 'reopened', run, key, message });
  }
  return { problems, notes };
};
