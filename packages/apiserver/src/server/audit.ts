import { readFileSync } from 'node:fs';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import {
  type AuditBackend,
  type AuditFailures,
  type AuditSink,
  forgiving,
  logBackend,
  truncating,
} from '../audit/audit-backend.ts';
import { type Auditor, auditCounters, auditor } from '../audit/auditor.ts';
import { batchingBackend, type SendBatch } from '../audit/batching.ts';
import { auditPolicyEvaluator, decodeAuditPolicy, defaultPolicy } from '../audit/policy.ts';
import { defaultMaxBytes, rotatingFile } from '../audit/rotating-file.ts';
import { webhookSender } from '../audit/webhook-backend.ts';
import type { AuditConfig, AuditDelivery } from '../options/audit-flags.ts';
import { kubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';

interface AuditDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The destination of `--audit-log-path=-`. */
  readonly standardOutput: AuditSink | undefined;
  /** Connects to the webhook; default: TCP. */
  readonly dial?: Dial | undefined;
}

interface OpenAudit {
  readonly auditor: Auditor;
  close(): Promise<void>;
}

/** Audit as configured by the flags; undefined when nothing is recorded. Throws when a configured file is invalid. */
export function openAudit(config: AuditConfig, deps: AuditDeps): OpenAudit | undefined {
  const policy = config.policyFile === '' ? defaultPolicy : readPolicy(config.policyFile);
  const { metrics, clock, log } = deps;
  const errors = metrics.counter('apiserver_audit_error_total', {
    help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.',
    labels: ['plugin'],
  });
  const failures: AuditFailures = {
    failed: (plugin, error, events) => {
      errors.add([plugin], events);
      log.error('Cannot record audit events', error, { plugin, events });
    },
  };
  const backends: AuditBackend[] = [];
  const path = config.log.path;
  if (path !== '') {
    const sink = path === '-' ? deps.standardOutput : rotatingFile(path, { ...rotationOf(config), clock, log });
    if (sink) backends.push(logDelivery(logBackend(sink, config.log.format), config.log, { clock, failures }));
  }
  if (config.webhook.configFile !== '')
    backends.push(webhookDelivery(config.webhook, { clock, failures, dial: deps.dial }));
  if (backends.length === 0) {
    auditCounters(metrics);
    return undefined;
  }
  return {
    auditor: auditor({ evaluate: auditPolicyEvaluator(policy), backends, metrics, clock, log }),
    close: async () => {
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}

function readPolicy(file: string) {
  try {
    return decodeAuditPolicy(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`loading audit policy file: ${file}: ${messageOf(cause)}`, { cause });
  }
}

const rotationOf = ({ log }: AuditConfig) => ({
  maxBytes: log.maxMegabytes > 0 ? log.maxMegabytes * 1024 * 1024 : defaultMaxBytes,
  maxBackups: log.maxBackups,
  maxAgeDays: log.maxAgeDays,
  compress: log.compress,
});

interface DeliveryDeps {
  readonly clock: Clock;
  readonly failures: AuditFailures;
}

function logDelivery(
  log: AuditBackend,
  { mode, batch, maxEventBytes }: AuditDelivery,
  deps: DeliveryDeps,
): AuditBackend {
  const fitting = maxEventBytes === undefined ? log : truncating(log, { maxEventBytes });
  if (mode === 'blocking-strict') return fitting;
  if (mode === 'blocking') return forgiving(fitting, deps.failures);
  const batching = batchingBackend('log', async (events) => fitting.record(events), { ...batch, ...deps });
  return {
    ...batching,
    close: async () => {
      await batching.close();
      await log.close();
    },
  };
}

/** Requests never wait for a webhook here: the blocking modes send each event at once, without a batch. */
function webhookDelivery(
  config: AuditConfig['webhook'],
  { dial, ...deps }: DeliveryDeps & { readonly dial: Dial | undefined },
): AuditBackend {
  const webhook = kubeconfigWebhook(config.configFile, {
    clock: deps.clock,
    initialBackoffMs: config.initialBackoffMs,
    dial,
  });
  const send: SendBatch = webhookSender(webhook);
  const options =
    config.mode === 'batch' ? config.batch : { bufferSize: config.batch.bufferSize, maxSize: 1, maxWaitMs: 0 };
  const batching = batchingBackend('webhook', send, { ...options, ...deps });
  const { maxEventBytes } = config;
  return {
    ...(maxEventBytes === undefined ? batching : truncating(batching, { maxEventBytes })),
    close: async () => {
      await batching.close();
      webhook.close();
    },
  };
}
