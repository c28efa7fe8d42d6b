import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Architecture, type AssetCode, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { readConfigWithRules } from '../core/config/custom-rules.ts';
import { parseAccepted, parseWaivers } from '../core/config/read-config.ts';
import { readText } from '../core/config/read-text.ts';
import { judgingCodeHash } from '../core/model/judging-code.ts';
import { rules } from '../rules/index.ts';

/** The folder of the sources, or that of what a package has of them. */
const ROOT = resolve(import.meta.dirname, '..');

/** The bundles, each with its source. */
const BUNDLES = {
  handler: 'lambda/handler.ts',
  'durable-handler': 'lambda/durable-handler.ts',
  'silence-handler': 'lambda/silence-handler.ts',
  'verify-handler': 'lambda/verify-handler.ts',
  'custom-rules': 'rules/custom/custom-rule.ts',
} as const;

type Bundle = keyof typeof BUNDLES;

/** The one that is no function: what reads the rules that operators write, which goes along where there are some. */
const CUSTOM_RULES = 'custom-rules' satisfies Bundle;

export type FunctionBundle = Exclude<Bundle, typeof CUSTOM_RULES>;

const FUNCTIONS = (Object.keys(BUNDLES) as Bundle[]).filter((name): name is FunctionBundle => name !== CUSTOM_RULES);

/**
 * The modules that are not bundled, since the runtime has them to be loaded where they are needed: clients that few
 * audits use, and ways to credentials that a function never goes, since its own stand in its environment.
 */
const LEFT_TO_RUNTIME: string[] = [
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-iam',
  '@aws-sdk/client-kms',
  '@aws-sdk/client-scheduler',
  '@aws-sdk/client-securityhub',
  '@aws-sdk/client-sts',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/** Files by name. */
type CodeFiles = ReadonlyMap<string, string>;

// What only a clone needs, to bundle.
const load = createRequire(import.meta.url);

/**
 * Leaves in a source map what traces need: the lines of the project's own sources, and names. That of all packages is twice
 * as much again, and columns are as much as all the rest.
 */
const ownLines = (map: string): string => {
  const { decode, encode }: typeof import('@jridgewell/sourcemap-codec') = load('@jridgewell/sourcemap-codec');
  const { sources, mappings, ...rest }: { sources: string[]; mappings: string } = JSON.parse(map);
  const lines = decode(mappings).map((line) =>
    line.flatMap((segment, index): typeof line => {
      const isOther = (one = line[index - 1]) => one?.[1] === undefined || sources[one[1]]?.startsWith('node_modules/');
      const before = line[index - 1];
      if (isOther(segment)) return index > 0 && isOther() ? [] : [[segment[0]]];
      const [column, source = 0, ofLine = 0, , name] = segment;
      const isSame = before?.[1] === source && before[2] === ofLine && before[4] === name;
      return isSame ? [] : [name === undefined ? [column, source, ofLine, 0] : [column, source, ofLine, 0, name]];
    }),
  );
  return JSON.stringify({ ...rest, sources, mappings: encode(lines) });
};

/** Bundles sources: what several have in common stands once. The same sources give the same bytes, wherever they stand. */
const bundled = (bundles: readonly Bundle[]): CodeFiles => {
  const { buildSync }: typeof import('esbuild') = load('esbuild');
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: bundles.map((name) => ({ in: BUNDLES[name], out: name })),
    outdir: '.',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'part-[hash]',
    splitting: true,
    write: false,
    bundle: true,
    preserveSymlinks: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    // Nothing of what went well: it would stand among the results of tests and syntheses.
    logLevel: 'warning',
    sourcemap: true,
    // Traces need names and lines; the text of the sources would be read and parsed at each cold start.
    sourcesContent: false,
    external: LEFT_TO_RUNTIME,
    // The same code by two names: the SDK's, and the one that this project asks for.
    alias: { '@smithy/signature-v4': '@aws-sdk/signature-v4' },
    define: { JUDGING_CODE_SHA256: JSON.stringify(judgingCodeHash(ROOT)) },
    // CommonJS dependencies in the bundle call `require`, which a module doesn't have.
    banner: { js: "import{createRequire as _cr}from'node:module';const require=_cr(import.meta.url);" },
  });
  return new Map(outputFiles.map(({ path, text }) => [basename(path), path.endsWith('.map') ? ownLines(text) : text]));
};

/** The folder, in a package, of the code that was bundled when that was made. */
const PACKED = join(ROOT, 'asset');

const loadCode = (): CodeFiles =>
  extname(import.meta.filename) === '.ts'
    ? // Whatever goes with it, the code of a function is the same: what reads operators' rules shares nothing with it.
      new Map([...bundled(FUNCTIONS), ...bundled([CUSTOM_RULES])])
    : new Map(readdirSync(PACKED).map((name) => [name, readFileSync(join(PACKED, name), 'utf8')]));

let code: CodeFiles | undefined;

/** Gives the files of all code by name, for a package to be made of. */
export const allCode = (): CodeFiles => {
  code ??= loadCode();
  return code;
};

/**
 * Writes what is bundled into a folder: its file, the parts that are imported from there, and their source maps.
 * @param as names that file
 */
export const writeBundle = (bundle: Bundle, folder: string, as = 'index.mjs'): void => {
  const files = allCode();
  const entry = `${bundle}.mjs`;
  const names = new Set([entry]);
  for (const name of names) {
    const content = files.get(name) ?? '';
    writeFileSync(join(folder, name === entry ? as : name), content);
    writeFileSync(join(folder, `${name}.map`), files.get(`${name}.map`) ?? '');
    for (const [, part = ''] of content.matchAll(/"\.\/(part-\w+\.mjs)"/g)) names.add(part);
  }
};

/** The files that operators edit, as absolute paths. */
export interface BundledFiles {
  /** The path of `audit.yaml`. */
  readonly configFile: string;
  /** The path of `waivers.yaml`. @default - nothing is waived */
  readonly waiversFile?: string;
}

/**
 * The files that operators edit, checked and as JSON with the defaults of what they leave out: the function has neither to
 * parse YAML nor to check what can't have changed. Each throws ConfigError where its file is wrong.
 */
const SETTINGS = {
  audit: ({ configFile }: BundledFiles) => readConfigWithRules(readText(configFile), configFile, rules).config,
  waivers: ({ waiversFile: file }: BundledFiles) =>
    file === undefined ? [] : parseWaivers(readText(file), file, Date.now()),
  /** An accepted.yaml beside the config counts. */
  accepted({ configFile }: BundledFiles) {
    const file = join(dirname(configFile), 'accepted.yaml');
    return existsSync(file) ? parseAccepted(readText(file), file) : [];
  },
  /** Undefined where operators have none: then what reads them is left out as well. */
  'custom-rules'({ configFile }: BundledFiles) {
    const { custom } = readConfigWithRules(readText(configFile), configFile, rules);
    return custom.length === 0 ? undefined : custom.map(({ definition }) => definition);
  },
};

export type Settings = keyof typeof SETTINGS;

/** Gives the code of a function, and beside it those of the operators' files that it reads. */
const functionCode = (bundle: FunctionBundle, settings: readonly Settings[], files: BundledFiles): AssetCode =>
  Code.fromAsset(import.meta.dirname, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // The CDK asks for one, and never looks at it: all is made here.
      image: DockerImage.fromRegistry('none'),
      local: {
        // The CDK makes once what has the same of these.
        ...{ bundle, settings, ...files },
        tryBundle(folder) {
          writeBundle(bundle, folder);
          for (const name of settings) {
            const content = SETTINGS[name](files);
            if (content === undefined) continue;
            writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
            if (name === CUSTOM_RULES) writeBundle(name, folder, 'custom-rules.mjs');
          }
          return true;
        },
      },
    },
  });

/** Gives what all functions have in common, with the code of one of them. */
export const functionDefaults = (
  bundle: FunctionBundle,
  settings: readonly Settings[],
  { configFile, waiversFile }: BundledFiles,
) => ({
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  handler: 'index.handler',
  code: functionCode(bundle, settings, { configFile, ...(waiversFile !== undefined && { waiversFile }) }),
});
