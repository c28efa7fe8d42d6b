import { jsonText } from '../archive/staging.ts';
import { ARCHIVE_PLACEHOLDER, type Digest } from '../notify/channel.ts';
import { composeDigest } from '../notify/digest/digest.ts';
import { htmlOutput } from './html/html.ts';
import type { RunFacts, RunOutput } from './output.ts';

/** Composes the digest of a run; undefined where nothing changed. */
export const digestOf = ({
  report,
  highlights,
  rules,
  environmentName,
  keys,
  last,
  bands = [],
}: Omit<RunFacts, 'evidence'>): Digest | undefined =>
  composeDigest({
    report,
    highlights,
    knownTroubles: last?.report?.waiverTroubles ?? [],
    knownEnriched: last?.report?.enriched,
    rules: new Map(rules.map(({ rule }) => [rule.id, rule])),
    reportLocation: `${ARCHIVE_PLACEHOLDER}/${keys.object(htmlOutput)}`,
    environmentName,
    bands,
  });

/** `digest.json`: what people are mailed. */
export const digestOutput: RunOutput = {
  area: 'reports',
  file: 'digest.json',
  write(facts) {
    const digest = digestOf(facts);
    return digest && jsonText(digest);
  },
};
