import { messagesOf } from '@typernetes/base';
import { commandLine } from './command-line.ts';

try {
  process.exitCode = await commandLine(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`typernetes: ${messagesOf(error)}\n`);
  process.exitCode = 1;
}
