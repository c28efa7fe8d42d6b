import { main } from '../../cli/main.ts';
import type { Terminal } from '../../cli/terminal/terminal.ts';
import type { ProcessResult } from './command.ts';

/**
 * Runs a command line in this process, on a terminal of so many columns that nobody watches.
 * @param onRedraw is given each line that would be drawn over the one before
 */
export const invoke = async (
  words: readonly string[],
  width = 120,
  env: Readonly<Record<string, string>> = {},
  onRedraw: (text: string) => void = () => {},
): Promise<ProcessResult> => {
  const written = { stdout: '', stderr: '' };
  const terminal = (name: keyof typeof written): Terminal => ({
    write: (text) => {
      written[name] += text;
    },
    line: (text = '') => {
      written[name] += `${text}\n`;
    },
    paint: (_, text) => text,
    width,
    redraw: onRedraw,
  });
  const code = await main(words, { out: terminal('stdout'), err: terminal('stderr'), env });
  return { code, ...written };
};
