import { FAILSAFE_SCHEMA, load } from 'js-yaml';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { messageOf } from '../text/error-message.ts';
import type { Accepted } from './accepted.ts';
import { acceptedSchema, type Config, configSchema, waiversSchema } from './config.ts';
import { ConfigError } from './errors.ts';
import { checked } from './schema.ts';
import { type StacksFile, stacksSchema } from './stacks.ts';

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** Gives the data of a document without syntax errors; what is left to go wrong are its aliases. */
const dataOf = (document: Document.Parsed, fileName: string): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError([`${fileName}: ${lowerFirst(messageOf(error))}`]);
  }
};

export interface YamlFile {
  /** Scalars are texts; undefined where the file holds nothing. */
  readonly data: unknown;
  /** Gives the file and line of a key, or of what is nearest above it. */
  lineOf(path: readonly PropertyKey[]): string;
}

/** Reads YAML; throws ConfigError, with each problem as `FILE:LINE:COLUMN: what is wrong`. */
export const readYaml = (content: string, fileName: string): YamlFile => {
  const lineCounter = new LineCounter();
  const document = parseDocument(content, { schema: 'failsafe', lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map(({ pos: [offset], message, code }) => {
        const { line, col } = lineCounter.linePos(offset);
        // What the parser says of it is for programmers.
        const fault = code === 'MULTIPLE_DOCS' ? 'must be one YAML document, got another from here on' : message;
        return `${fileName}:${line}:${col}: ${lowerFirst(fault)}`;
      }),
    );
  }
  const lineOf = (path: readonly PropertyKey[]): string => {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return `${fileName}:${lineCounter.linePos(node.range[0]).line}`;
    return path.length === 0 ? fileName : lineOf(path.slice(0, -1));
  };
  return { data: document.contents === null ? undefined : dataOf(document, fileName), lineOf };
};

/**
 * Reads YAML that may be long, with no notion of lines: ten times as fast as what knows them. Undefined where it is
 * empty or has a syntax error.
 */
const readFast = (content: string): unknown => {
  try {
    return load(content, { schema: FAILSAFE_SCHEMA });
  } catch {
    return undefined;
  }
};

/** Reads `audit.yaml`; throws ConfigError. */
export const parseConfig = (content: string, fileName: string, rules: readonly Rule[]): Config => {
  const { data = {}, lineOf } = readYaml(content, fileName);
  return checked(data, configSchema(rules), lineOf);
};

/**
 * Reads `waivers.yaml`; throws ConfigError. A rule that the catalogue doesn't have is none: the report names it.
 * @param now the moment of reading (not of the audit), in milliseconds since the epoch
 */
export const parseWaivers = (content: string, fileName: string, now: number): readonly Waiver[] => {
  const schema = waiversSchema(now);
  const { data, success } = schema.safeParse(readFast(content));
  if (success) return data;
  const { data: placed = [], lineOf } = readYaml(content, fileName);
  return checked(placed, schema, lineOf);
};

/** Reads `accepted.yaml`; throws ConfigError. */
export const parseAccepted = (content: string, fileName: string): readonly Accepted[] => {
  const { data = [], lineOf } = readYaml(content, fileName);
  return checked(data, acceptedSchema, lineOf);
};

/** Reads `stacks.json`, which YAML holds as well; throws ConfigError. */
export const parseStacks = (content: string, fileName: string): StacksFile => {
  const { data = {}, lineOf } = readYaml(content, fileName);
  return checked(data, stacksSchema, lineOf);
};
