import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { gateStates } from '@typernetes/api/gate-settings';
import { type Clock, type Logger, type Runnable, runAll, systemClock, systemRandom } from '@typernetes/base';
import { connectRuntime } from '@typernetes/cri';
import {
  type CompleteConfiguration,
  certificateMetrics,
  checkHost,
  defaultNodeName,
  detectCgroups,
  killSeconds,
  LoginManager,
  nodeAddresses,
  observedRuntime,
  setUpOwnProcess,
  shutdownPeriods,
  totalSeconds,
} from '@typernetes/kubelet';
import {
  componentLogger,
  componentMetrics,
  createMetrics,
  idleMemory,
  metricRules,
  parseDuration,
  processMetrics,
} from '@typernetes/process';
import type { Tracing } from '@typernetes/process/tracing';
import { configurationOf, loggingOf, type WithFlags } from './configuration.ts';
import { nodeParts } from './node-parts.ts';
import type { Flags, Setting } from './setting.ts';

interface Host {
  readonly signal: AbortSignal;
  readonly withFlags: WithFlags;
  /** Warnings about flags without an effect. */
  readonly warnings: readonly string[];
  /** Calls the listener when the machine is about to shut down. */
  readonly onPowerOff: (listener: () => void) => void;
  readonly pid: number;
  readonly stderr: { write(text: string): unknown };
}

/** How long the last status updates may take before the machine shuts down. */
const flushMs = 2000;

export async function main(flags: Flags, host: Host): Promise<void> {
  const clock = systemClock;
  const config = await configurationOf(flags, host.withFlags);
  const verbosity = { level: 0 };
  const log = componentLogger(loggingOf(flags, config.logging), {
    stream: host.stderr,
    clock,
    pid: host.pid,
    source: 'kubelet',
    verbosity,
  });
  for (const warning of host.warnings) log.warn(warning);
  await setUpOwnProcess(config, log);
  await mkdir(flags['root-dir'], { recursive: true });
  const setting = await settingOf(flags, { config, verbosity, clock, log });
  try {
    await runUntilPowerOff(setting, host);
  } finally {
    setting.runtime.close();
    await setting.tracing?.close();
  }
}

async function settingOf(
  flags: Flags,
  { config: asked, verbosity, clock, log }: Pick<Setting, 'config' | 'verbosity' | 'clock' | 'log'>,
): Promise<Setting> {
  const metrics = createMetrics(metricRules(flags));
  processMetrics(metrics, clock.now());
  componentMetrics(metrics, { gates: gateStates(asked.featureGates) });
  const nodeName = flags['hostname-override'] || defaultNodeName();
  const tracing = await tracingOf(asked, { nodeName, clock, log });
  const connection = connectRuntime(asked.containerRuntimeEndpoint, {
    imageEndpoint: asked.imageServiceEndpoint ?? '',
    timeoutMs: parseDuration(asked.runtimeRequestTimeout) ?? 0,
    traced: tracing?.calls,
  });
  const runtime = observedRuntime(connection, metrics, clock);
  const { version: cgroupVersion } = await detectCgroups();
  return {
    flags,
    config: await checkHost({ config: asked, runtime, log, cgroupVersion }),
    nodeName,
    nodeIps: await nodeAddresses(flags['node-ip']),
    runtime,
    metrics,
    verbosity,
    certificateMetrics: certificateMetrics(metrics, clock),
    tracing,
    clock,
    log,
  };
}

/** Runs all parts until the signal aborts, or the machine shuts down and the pods have ended. */
async function runUntilPowerOff(setting: Setting, host: Host): Promise<void> {
  const off = new AbortController();
  const signal = AbortSignal.any([host.signal, off.signal]);
  const { kubelet, parts } = await nodeParts(setting, signal);
  const end = async (): Promise<void> => {
    await kubelet.shutdown.begin(signal);
    await kubelet.statuses.flush(flushMs);
  };
  host.onPowerOff(() => void end().finally(() => off.abort()));
  await runAll([...parts, idleMemory(setting.clock), ...(await loginManager(setting, end))], signal);
}

/** Loads tracing only if the configuration asks for it. */
async function tracingOf(
  { tracing }: CompleteConfiguration,
  { nodeName, ...deps }: { readonly nodeName: string; readonly clock: Clock; readonly log: Logger },
): Promise<Tracing | undefined> {
  if (!tracing) return undefined;
  const { startTracing } = await import('@typernetes/process/tracing');
  const resource = { 'service.name': 'kubelet', 'host.name': nodeName };
  return startTracing(tracing, { resource, random: systemRandom, ...deps });
}

/**
 * The systemd login manager, which delays a shutdown until pods have ended; only with systemd and a configured grace
 * period.
 */
async function loginManager(
  { config, clock, log }: Setting,
  onShutdown: () => Promise<void>,
): Promise<readonly Runnable[]> {
  const periods = shutdownPeriods(config);
  if (periods.length === 0 || !existsSync('/run/systemd/system')) return [];
  return [new LoginManager({ seconds: totalSeconds(periods) + killSeconds, onShutdown, clock, log })];
}
