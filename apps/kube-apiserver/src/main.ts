import { unwatchFile, watchFile } from 'node:fs';
import { networkInterfaces } from 'node:os';
import {
  apiServerFlags,
  builtInResources,
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
import { messageOf, systemClock, version } from '@typernetes/base';
import {
  componentLogger,
  createMetrics,
  metricRules,
  processMetrics,
  readComponentLine,
  returnStartMemory,
  runProgram,
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
  const material = readMaterial(config);
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, systemClock.now());
  const egress = await openEgress(config.egressFile, { metrics, log });
  const tracing = await openTracing(config.tracingFile, { log, egress });
  const store = await openStore(config, { egress, tracing });
  const otherStores = await openOtherStores(config, { egress, tracing });
  const standardOutput = { write: (line: string) => void process.stdout.write(line) };
  const server = await startConfiguredServer({
    config,
    material,
    store,
    otherStores,
    log,
    metrics,
    verbosity,
    standardOutput,
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

  const files = watchedFiles(config);
  let cancelRetry = (): void => {};
  const reload = (): void => {
    cancelRetry();
    try {
      listening.reload(reloadMaterial(config, material));
      log.info('Reloaded certificates');
    } catch (error) {
      log.error('Cannot reload certificates', error, { reason: messageOf(error) });
      // The files may have been half-written, and no further change would announce that they are complete.
      cancelRetry = systemClock.after(reloadRetryMs, reload);
    }
  };
  for (const file of files) watchFile(file, { interval: 10_000, persistent: false }, reload);
  try {
    await Promise.race([server.running, aborted(signal)]);
  } finally {
    stopWaiting();
    keepStartMemory();
    for (const file of files) unwatchFile(file, reload);
    cancelRetry();
    await server.close(config.shutdown);
    await Promise.all([store, ...otherStores.map((one) => one.store)].map((one) => one.close()));
    await tracing?.close();
    egress?.close();
  }
});

const reloadRetryMs = 60_000;

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
