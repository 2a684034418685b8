import { copyFileSync } from 'node:fs';
import { systemClock } from '@typernetes/base';
import { FlagError, type FlagSpecs, klogLogger, type ProgramHost, parseFlags, untilSignal } from '@typernetes/process';
import { startControlPlane } from './control-plane/control-plane.ts';

const specs = {
  controllers: {
    type: 'list',
    default: ['*'],
    help: 'The controllers to run, as kube-controller-manager has them; --controllers= for none.',
  },
  kubeconfig: { type: 'string', default: '', help: 'Where the kubeconfig is written; a temporary file by default.' },
  nodes: { type: 'number', default: 0, help: 'Nodes without containers, whose pods run and become ready.' },
  port: { type: 'number', default: 0, help: 'The port on 127.0.0.1; a free one by default.' },
  scheduler: { type: 'boolean', default: true, help: 'Whether pods are scheduled.' },
  storage: { type: 'string', default: '', help: 'A file to keep objects in; in memory by default.' },
  v: { type: 'number', short: 'v', default: -1, help: 'How much the parts say; nothing by default.' },
} as const satisfies FlagSpecs;

/**
 * `control-plane [flags] [-- kube-apiserver flags]`: runs one control plane in the foreground, for operators and for
 * tests in any language; needs no root. Prints how to reach it, and resolves to the exit code once it has been told to
 * stop.
 */
export async function controlPlaneCommand(
  args: readonly string[],
  host: Pick<ProgramHost, 'once' | 'removeListener' | 'exit' | 'stderr'> & { stdout: { write(text: string): unknown } },
): Promise<number> {
  const { flags, positional, rest = [] } = parseFlags(specs, args);
  if (positional.length > 0) throw new FlagError(`"control-plane" takes no arguments, got "${positional.join(' ')}"`);
  const started = systemClock.monotonic();
  const stop = untilSignal(host);
  const log = klogLogger({ stream: host.stderr, clock: systemClock, pid: process.pid, source: 'control-plane' });
  const plane = await startControlPlane({
    nodes: flags.nodes,
    port: flags.port,
    scheduler: flags.scheduler,
    controllers: flags.controllers.filter((name) => name !== ''),
    apiServerFlags: rest,
    ...(flags.storage === '' ? {} : { storage: { file: flags.storage } }),
    ...(flags.v < 0 ? {} : { log }),
  });
  try {
    if (flags.kubeconfig !== '') copyFileSync(plane.kubeconfigFile, flags.kubeconfig);
    const seconds = ((systemClock.monotonic() - started) / 1000).toFixed(2);
    host.stdout.write(`# ready after ${seconds} s: ${plane.url}; Ctrl-C ends it\n`);
    host.stdout.write(`export KUBECONFIG=${flags.kubeconfig || plane.kubeconfigFile}\n`);
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await plane.stop();
    stop.release();
  }
  return 0;
}
