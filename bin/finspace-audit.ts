#!/usr/bin/env node
import { main } from '../cli/main.ts';
import { processIo } from '../cli/terminal/terminal.ts';

process.exitCode = await main(process.argv.slice(2), processIo());
