import { hostname } from 'node:os';
import { join } from 'node:path';
import { runAll, systemClock, version } from '@typernetes/base';
import { httpTransport, serverOptions } from '@typernetes/client';
import { anonymousOptions, dashboard } from '@typernetes/dashboard';
import { componentIdentity } from '@typernetes/pki';
import {
  listen,
  type ParsedFlags,
  runProgram,
  startComponent,
  tlsNameProblems,
  tlsNames,
  tlsRules,
} from '@typernetes/process';
import { accepted, flags } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'dashboard', async (args, signal) => {
  const component = { name: 'dashboard', specs: flags, accepted, version, clock: systemClock, problems };
  const started = startComponent(process, component, args);
  if (!started) return;
  const { flags: given, log } = started;
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
function problems(given: ParsedFlags<typeof flags>): readonly string[] {
  const isHalf = (given['tls-cert-file'] === '') !== (given['tls-private-key-file'] === '');
  return [...tlsNameProblems(tlsNames(given)), ...(isHalf ? ['missing filename for serving cert'] : [])];
}
