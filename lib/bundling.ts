import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { readConfigWithRules } from '../core/config/custom-rules.ts';
import { judgingCodeHash } from '../core/model/judging-code.ts';
import { rules } from '../rules/index.ts';

export const PROJECT = resolve(import.meta.dirname, '..');

/** What all functions have in common. */
export const FUNCTION_DEFAULTS = {
  projectRoot: PROJECT,
  depsLockFilePath: resolve(PROJECT, 'package-lock.json'),
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  awsSdkConnectionReuse: false,
} as const satisfies NodejsFunctionProps;

/** Quotes a path for the shell that runs the bundling. */
const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

/** Writes the command that makes the function's file of one that operators edit, and fails where that is wrong. */
const asJson = (kind: 'config' | 'waivers' | 'accepted' | 'custom-rules', yamlFile: string, jsonFile: string): string =>
  [process.execPath, resolve(import.meta.dirname, 'config-json.ts'), kind, yamlFile, jsonFile].map(quoted).join(' ');

/**
 * The modules that are not bundled, since the runtime has them to be loaded where they are needed: clients that few
 * audits use, and ways to credentials that a function never goes, since its own stand in its environment.
 */
const LEFT_TO_RUNTIME: string[] = [
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-iam',
  '@aws-sdk/client-kms',
  '@aws-sdk/client-scheduler',
  '@aws-sdk/client-sts',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/** Says how code is bundled. */
export const codeBundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  // Nothing of what went well: it would stand among the results of tests and syntheses.
  logLevel: LogLevel.WARNING,
  sourceMap: true,
  // Traces need names and lines; the text of the sources would be read and parsed at each cold start.
  sourcesContent: false,
  bundleAwsSDK: true,
  externalModules: LEFT_TO_RUNTIME,
  // The same code by two names: the SDK's, and the one that this project asks for.
  esbuildArgs: { '--alias:@smithy/signature-v4': '@aws-sdk/signature-v4' },
  // CommonJS dependencies in the bundle call `require`, which a module doesn't have.
  banner: "import{createRequire as _cr}from'node:module';const require=_cr(import.meta.url);",
};

/** The files that operators edit, as absolute paths. */
export interface BundledFiles {
  readonly configFile: string;
  readonly waiversFile?: string;
}

/** Says how the code that verifies is bundled, and which files go with it: an accepted.yaml beside the config counts. */
export const verificationBundling = ({ configFile }: Pick<BundledFiles, 'configFile'>): BundlingOptions => {
  const beside = join(dirname(configFile), 'accepted.yaml');
  return {
    ...codeBundling,
    commandHooks: {
      beforeInstall: () => [],
      beforeBundling: () => [],
      afterBundling: (_, outputDir) => [
        asJson('config', configFile, `${outputDir}/audit.json`),
        asJson('accepted', existsSync(beside) ? beside : '/dev/null', `${outputDir}/accepted.json`),
      ],
    },
  };
};

/** Writes the commands that let the operators' rules go along, with what reads their expressions; none without rules. */
const customRules = (configFile: string, outputDir: string): string[] => {
  // That it is missing is told by the command before these, which needs it.
  if (!existsSync(configFile)) return [];
  const { custom } = readConfigWithRules(readFileSync(configFile, 'utf8'), configFile, rules);
  if (custom.length === 0) return [];
  const esbuild = [
    join(PROJECT, 'node_modules/.bin/esbuild'),
    join(PROJECT, 'rules/custom/custom-rule.ts'),
    ...['--bundle', '--minify', '--format=esm', '--platform=node', '--target=node24', '--log-level=warning'],
    `--outfile=${outputDir}/custom-rules.mjs`,
  ];
  return [asJson('custom-rules', configFile, `${outputDir}/custom-rules.json`), esbuild.map(quoted).join(' ')];
};

/** Says how the function's code is bundled, and which files go with it. */
export const bundling = ({ configFile, waiversFile }: BundledFiles): BundlingOptions => ({
  ...codeBundling,
  define: { JUDGING_CODE_SHA256: JSON.stringify(judgingCodeHash(PROJECT)) },
  commandHooks: {
    beforeInstall: () => [],
    beforeBundling: () => [],
    afterBundling: (_, outputDir) => [
      asJson('config', configFile, `${outputDir}/audit.json`),
      // Without a file of its own there is an empty one: nothing is waived.
      asJson('waivers', waiversFile ?? '/dev/null', `${outputDir}/waivers.json`),
      ...customRules(configFile, outputDir),
    ],
  },
});
