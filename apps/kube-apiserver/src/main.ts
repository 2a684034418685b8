import { unwatchFile, watchFile } from 'node:fs';
import { networkInterfaces } from 'node:os';
import {
  apiServerFlags,
  builtInResources,
  type CompletedConfig,
  completeConfig,
  connectionRules,
  ineffectiveFlags,
  makeServingFiles,
  openEgress,
  openOtherStores,
  openStore,
  openTracing,
  readMaterial,
  reloadMaterial,
  startConfiguredServer,
  validateConfig,
  watchedFiles,
} from '@typernetes/apiserver';
import { type Logger, messageOf, systemClock, version } from '@typernetes/base';
import {
  componentLogger,
  createMetrics,
  type Metrics,
  metricRules,
  processMetrics,
  readComponentLine,
  returnStartMemory,
  runProgram,
  type Verbosity,
} from '@typernetes/process';
import { tierForServing } from './tiering.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kube-apiserver', async (args, signal) => {
  const print = (text: string): void => void process.stdout.write(text);
  const line = readComponentLine(
    { name: 'kube-apiserver', specs: apiServerFlags, accepted: ineffectiveFlags, version, print },
    args,
  );
  if (!line) return;
  const { flags, warnings } = line;
  const config = completeConfig(flags, { defaultAddress });
  const problems = validateConfig(config);
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);

  const verbosity = { level: 0 };
  const log = componentLogger(config.logging, {
    verbosity,
    stream: process.stderr,
    clock: systemClock,
    pid: process.pid,
    source: 'kube-apiserver',
  });
  log.info('Version', { version });
  for (const warning of [...warnings, ...config.featureGates.warnings]) log.warn(warning);
  if (await makeServingFiles(config.tls, systemClock))
    log.info('Generated self-signed cert', { cert: config.tls.certFile, key: config.tls.keyFile });
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, systemClock.now());
  await serve(config, { log, metrics, verbosity }, signal);
});

interface Reporting {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly verbosity: Verbosity;
}

/** Serves until the signal aborts, then closes everything in the opposite order. */
async function serve(config: CompletedConfig, reporting: Reporting, signal: AbortSignal): Promise<void> {
  const { log, metrics } = reporting;
  const material = readMaterial(config);
  const egress = await openEgress(config.egressFile, { metrics, log });
  const tracing = await openTracing(config.tracingFile, { log, egress });
  const store = await openStore(config, { egress, tracing });
  const otherStores = await openOtherStores(config, { egress, tracing });
  const server = await startConfiguredServer({
    ...reporting,
    config,
    material,
    store,
    otherStores,
    standardOutput: { write: (line: string) => void process.stdout.write(line) },
    egress,
    tracing,
    resources: builtInResources,
  });
  const listening = await server.listen({
    host: config.bindAddress,
    port: config.securePort,
    material: material.tls,
    rules: connectionRules(config.tls.flags),
  });
  log.info('Serving securely', { address: config.bindAddress, port: listening.port });
  const stopWaiting = tierForServing(systemClock, process.env);
  const keepStartMemory = returnStartMemory(systemClock);
  const stopReloading = reloadOnChange(watchedFiles(config), log, () =>
    listening.reload(reloadMaterial(config, material)),
  );
  try {
    await Promise.race([server.running, aborted(signal)]);
  } finally {
    stopWaiting();
    keepStartMemory();
    stopReloading();
    await server.close(config.shutdown);
    await Promise.all([store, ...otherStores.map((one) => one.store)].map((one) => one.close()));
    await tracing?.close();
    egress?.close();
  }
}

const reloadRetryMs = 60_000;

/** Calls `load` whenever one of the files of certificates has changed; the returned function ends that. */
function reloadOnChange(files: readonly string[], log: Logger, load: () => void): () => void {
  let cancelRetry = (): void => {};
  const reload = (): void => {
    cancelRetry();
    try {
      load();
      log.info('Reloaded certificates');
    } catch (error) {
      log.error('Cannot reload certificates', error, { reason: messageOf(error) });
      // The files may have been half-written, and no further change would announce that they are complete.
      cancelRetry = systemClock.after(reloadRetryMs, reload);
    }
  };
  for (const file of files) watchFile(file, { interval: 10_000, persistent: false }, reload);
  return () => {
    for (const file of files) unwatchFile(file, reload);
    cancelRetry();
  };
}

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
