import { hostname } from 'node:os';
import { join } from 'node:path';
import { runAll, systemClock, version } from '@typernetes/base';
import { httpTransport, serverOptions } from '@typernetes/client';
import { anonymousOptions, dashboard } from '@typernetes/dashboard';
import { componentIdentity } from '@typernetes/pki';
import {
  componentLogger,
  listen,
  logSettings,
  readComponentLine,
  runProgram,
  tlsNameProblems,
  tlsNames,
  tlsRules,
} from '@typernetes/process';
import { accepted, flags } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'dashboard', async (args, signal) => {
  const print = (text: string): void => void process.stdout.write(text);
  const line = readComponentLine({ name: 'dashboard', specs: flags, accepted, version, print }, args);
  if (!line) return;
  const { flags: given, warnings } = line;
  const wrong = [...tlsNameProblems(tlsNames(given)), ...filesProblems(given)];
  if (wrong.length > 0) throw new Error(wrong.length === 1 ? wrong[0] : `[${wrong.join(', ')}]`);
  const log = componentLogger(logSettings(given), {
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: 'dashboard',
  });
  for (const warning of warnings) log.warn(warning);
  const transport = httpTransport(anonymousOptions(serverOptions(given, process.env)));
  const page = given['page-dir'] || join(import.meta.dirname, 'page');
  const { handle, upgrade } = dashboard({ transport, page, log });
  const serving = await listen({
    name: 'dashboard',
    address: given['bind-address'],
    port: given['secure-port'],
    tls: await componentIdentity('dashboard', { flags: given, host: hostname(), now: systemClock.now() }),
    rules: tlsRules(tlsNames(given)),
    handle,
  });
  serving.server.on('upgrade', upgrade);
  log.info('Serving the dashboard', { address: given['bind-address'], port: serving.port });
  await runAll([serving], signal);
  transport.close();
});

/** A certificate is of no use without its key, nor a key without its certificate. */
function filesProblems(given: { readonly 'tls-cert-file': string; readonly 'tls-private-key-file': string }): string[] {
  const isHalf = (given['tls-cert-file'] === '') !== (given['tls-private-key-file'] === '');
  return isHalf ? ['missing filename for serving cert'] : [];
}
