import { mkdtemp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { jest } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { parseConfig } from '../../core/config/read-config.ts';
import { AuditorStack } from '../../lib/auditor-stack.ts';
import { rules } from '../../rules/index.ts';

/** The part of the template that says how the code runs. */
const functionSchema = z.object({
  Type: z.literal('AWS::Lambda::Function'),
  Properties: z.object({
    Code: z.object({ S3Key: z.string() }),
    Handler: z.string(),
    Environment: z.object({ Variables: z.record(z.string(), z.union([z.string(), z.object({ Ref: z.string() })])) }),
  }),
});
const templateSchema = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string() }).loose()) });

export interface OperatorsFiles {
  /** The path of the config, and what it says. */
  readonly configFile: string;
  readonly config: string;
  readonly waiversFile?: string;
}

/**
 * Builds the app's assets, with the context that the project deploys with.
 * @param folder for what is built
 * @returns what finds the code of a function by a part of its id
 */
export const deployedCode = async (folder: string, { config, ...files }: OperatorsFiles) => {
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(await readFile('cdk.json', 'utf8')));
  const app = new App({ outdir: await mkdtemp(join(folder, 'out-')), context, builtinCloudFormationValidation: false });
  // The CDK announces each bundling there, whatever it is asked for.
  const announced = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const stack = new AuditorStack(app, 'Auditor', { ...files, config: parseConfig(config, files.configFile, rules) });
  announced.mockRestore();
  const assembly = app.synth();
  const template = templateSchema.parse(assembly.getStackByName(stack.stackName).template);
  return (part: string) => {
    const found = Object.entries(template.Resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(part),
    );
    const { Properties } = functionSchema.parse(found?.[1]);
    return {
      // Named by its hash, in the assembly as in the bucket that it is uploaded to.
      assetDir: join(assembly.directory, `asset.${basename(Properties.Code.S3Key, '.zip')}`),
      handler: Properties.Handler,
      variables: Properties.Environment.Variables,
      typeOf: (id: string) => template.Resources[id]?.Type,
    };
  };
};
