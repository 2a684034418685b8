import { unwatchFile, watchFile } from 'node:fs';
import { networkInterfaces } from 'node:os';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  openStore,
  readMaterial,
  readTls,
  startConfiguredServer,
  validateConfig,
} from '@typernetes/apiserver';
import { messageOf, systemClock, version } from '@typernetes/base';
import { flagUsage, klogLogger, parseFlags, runProgram } from '@typernetes/process';

await runProgram(process, 'kube-apiserver', async (args, signal) => {
  const { flags, positional } = parseFlags(apiServerFlags, args);
  if (flags.help) {
    process.stdout.write(`Usage:\n  kube-apiserver [flags]\n\nFlags:\n${flagUsage(apiServerFlags)}`);
    return;
  }
  if (flags.version) {
    process.stdout.write(`Kubernetes ${version}\n`);
    return;
  }
  if (positional.length > 0)
    throw new Error(`"kube-apiserver" does not take any arguments, got ${JSON.stringify(positional)}`);
  const config = completeConfig(flags, { defaultAddress });
  const problems = validateConfig(config);
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);

  const log = klogLogger({
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: 'kube-apiserver',
    verbosity: config.verbosity,
  });
  log.info('Version', { version });
  const material = readMaterial(config);
  const store = await openStore(config);
  const standardOutput = { write: (line: string) => void process.stdout.write(line) };
  const server = await startConfiguredServer({
    config,
    material,
    store,
    log,
    standardOutput,
    resources: builtInResources,
  });
  const listening = await server.listen({ host: config.bindAddress, port: config.securePort, material: material.tls });
  log.info('Serving securely', { address: config.bindAddress, port: listening.port });

  const files = [config.tls.certFile, config.tls.keyFile, config.clientCaFile].filter((file) => file !== '');
  const reload = (): void => {
    try {
      listening.reload(readTls(config));
      log.info('Reloaded the serving certificate');
    } catch (error) {
      log.error('Cannot reload the serving certificate', error, { reason: messageOf(error) });
    }
  };
  for (const file of files) watchFile(file, { interval: 10_000, persistent: false }, reload);
  try {
    await Promise.race([server.running, aborted(signal)]);
  } finally {
    for (const file of files) unwatchFile(file, reload);
    await server.close();
    await store.close();
  }
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The first address of this machine that others can reach. */
function defaultAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}
