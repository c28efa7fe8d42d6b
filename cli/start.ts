import { NAME } from './arguments/declaration.ts';
import { EXIT } from './terminal/exit-codes.ts';
import { faultText } from './terminal/fault.ts';
import { processIo } from './terminal/terminal.ts';

const io = processIo();

process.on('uncaughtException', (error) => {
  io.err.line(`${NAME}: ${faultText(error)}`);
  process.exit(EXIT.fault);
});

const stall = (): never => {
  throw new Error('it waits for what never comes');
};
process.once('beforeExit', stall);

// Loaded here, so that what goes wrong with that is told like everything else.
const { main } = await import('./main.ts');
const code = await main(process.argv.slice(2), io);
const problem = await io.flushed();
process.off('beforeExit', stall);
if (problem !== undefined) io.err.line(`${NAME}: the output could not be written (${problem})`);
process.exitCode = code === EXIT.ok && problem !== undefined ? EXIT.output : code;
