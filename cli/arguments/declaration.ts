import type { Command } from 'commander';
import type { ExitCode } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** The program's name, as it is typed. */
export const NAME = 'finspace-audit';

/** Runs a command, and keeps the code that the process is to exit with. */
export type Perform = (action: (io: Io) => Promise<ExitCode>) => Promise<void>;

/**
 * Adds a command to the program: its flags and their help. Declarations are read whatever is typed, so they import
 * nothing that takes time; the action, which may, is loaded when its command is asked for.
 */
export type DeclareCommand = (program: Command, perform: Perform) => Command;

/** Collects the values of a flag that may be given more than once. */
export const another = (value: string, values: readonly string[] = []): readonly string[] => [...values, value];

export const REGION_DEFAULT = "default: AWS_REGION, AWS_DEFAULT_REGION, the profile's";

/** Declares a command that reads an archive, with the flags that say where it is. */
export const archiveCommand = (program: Command, name: string): Command =>
  program
    .command(name)
    .option('--out <folder>', 'the archive is a folder')
    .option('--bucket <name>', 'the archive is an S3 bucket')
    .option('--region <region>', `the bucket's region (${REGION_DEFAULT})`)
    .option('--environment <id>', 'the environment (default: the only one of the archive)')
    .option('--json', 'print JSON');

/** The end of every command's list of exit codes. */
export const LAST_EXIT_CODES = `  4  all went well, and the output could not be written; a reader that has gone changes no code
  70 a fault of the program's own`;

export const READING_EXIT_CODES = `
Exit codes:
  0  all that was asked for could be read
  2  something of it is altered, missing or can't be read, or a run asked for is not there
  3  the command line or a config file is wrong
${LAST_EXIT_CODES}`;

/** Declares a command about an audit, with the flags that say what is audited and where the evidence goes. */
export const auditCommand = (program: Command, name: string): Command =>
  program
    .command(name)
    .option('--environment <id>', 'the environment: 1 to 26 letters and digits, as in its web address')
    .option('--account <id>', "its account: 12 digits (default: the caller's, as STS tells)")
    .option('--region <region>', `its region (${REGION_DEFAULT})`)
    .option('--out <folder>', 'keep the evidence in a folder')
    .option('--bucket <name>', 'keep the evidence in an S3 bucket')
    .option('--topic <arn>', 'send the digest to an SNS topic, with --bucket (default: the terminal)')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--direct-credentials', "the caller's keys are FinSpace keys, as copied from the web app");

/** Adds the flags that say which saved roster is read in place of FinSpace. */
export const rosterFlags = (command: Command): Command =>
  command
    .option(
      '--roster <file...>',
      'in place of FinSpace: users that somebody saved, in a file, - or s3://bucket/key; several pages in order',
    )
    .option('--attested-by <name>', 'with --roster: who attests that it is the whole directory')
    .option('--statement <text>', 'with --attested-by: what they attest');
