import type { FlagSpecs } from '@typernetes/process';
import type { AuditLogFormat } from '../audit/audit-backend.ts';
import type { BatchOptions } from '../audit/batching.ts';

const batchHelp = {
  buffer: 'The size of the buffer to store events before batching and writing. Only used in batch mode.',
  size: 'The maximum size of a batch. Only used in batch mode.',
  wait: "The amount of time to wait before force writing the batch that hadn't reached the max size. Only used in batch mode.",
  throttle: 'Whether batching throttling is enabled. Only used in batch mode.',
  qps: 'Maximum average number of batches per second. Only used in batch mode.',
  burst:
    'Maximum number of requests sent at the same moment if ThrottleQPS was not utilized before. Only used in batch mode.',
  truncate: 'Whether event and batch truncating is enabled.',
  event: 'Maximum size of the audit event sent to the underlying backend.',
  batch:
    'Maximum size of the batch sent to the underlying backend: batches are bounded by their number of events here.',
  version: 'API group and version used for serializing audit events.',
} as const;

/** Upstream's names and defaults. */
export const auditFlags = {
  'audit-log-batch-buffer-size': { type: 'number', default: 10_000, help: batchHelp.buffer },
  'audit-log-batch-max-size': { type: 'number', default: 1, help: batchHelp.size },
  'audit-log-batch-max-wait': { type: 'duration', default: 0, help: batchHelp.wait },
  'audit-log-batch-throttle-burst': { type: 'number', default: 0, help: batchHelp.burst },
  'audit-log-batch-throttle-enable': { type: 'boolean', default: false, help: batchHelp.throttle },
  'audit-log-batch-throttle-qps': { type: 'number', default: 0, help: batchHelp.qps },
  'audit-log-compress': {
    type: 'boolean',
    default: false,
    help: 'If set, the rotated log files will be compressed using gzip.',
  },
  'audit-log-format': {
    type: 'string',
    default: 'json',
    help: 'Format of saved audits. "legacy" indicates 1-line text format for each event. "json" indicates structured json format.',
  },
  'audit-log-maxage': {
    type: 'number',
    default: 0,
    help: 'The maximum number of days to retain old audit log files based on the timestamp encoded in their filename.',
  },
  'audit-log-maxbackup': {
    type: 'number',
    default: 0,
    help: 'The maximum number of old audit log files to retain. 0 retains all.',
  },
  'audit-log-maxsize': {
    type: 'number',
    default: 0,
    help: 'The maximum size in megabytes of the audit log file before it gets rotated. 0 means 100.',
  },
  'audit-log-mode': {
    type: 'string',
    default: 'blocking',
    help: 'Strategy for sending audit events: batch, blocking, blocking-strict.',
  },
  'audit-log-path': {
    type: 'string',
    default: '',
    help: 'All requests coming to the apiserver will be logged to this file. "-" means standard out.',
  },
  'audit-log-truncate-enabled': { type: 'boolean', default: false, help: batchHelp.truncate },
  'audit-log-truncate-max-batch-size': { type: 'number', default: 10_485_760, help: batchHelp.batch },
  'audit-log-truncate-max-event-size': { type: 'number', default: 102_400, help: batchHelp.event },
  'audit-log-version': { type: 'string', default: 'audit.k8s.io/v1', help: batchHelp.version },
  'audit-policy-file': {
    type: 'string',
    default: '',
    help: 'Path to the file that defines the audit policy configuration.',
  },
  'audit-webhook-batch-buffer-size': { type: 'number', default: 10_000, help: batchHelp.buffer },
  'audit-webhook-batch-max-size': { type: 'number', default: 400, help: batchHelp.size },
  'audit-webhook-batch-max-wait': { type: 'duration', default: 30_000, help: batchHelp.wait },
  'audit-webhook-batch-throttle-burst': { type: 'number', default: 15, help: batchHelp.burst },
  'audit-webhook-batch-throttle-enable': { type: 'boolean', default: true, help: batchHelp.throttle },
  'audit-webhook-batch-throttle-qps': { type: 'number', default: 10, help: batchHelp.qps },
  'audit-webhook-config-file': {
    type: 'string',
    default: '',
    help: 'Path to a kubeconfig formatted file that defines the audit webhook configuration.',
  },
  'audit-webhook-initial-backoff': {
    type: 'duration',
    default: 10_000,
    help: 'The amount of time to wait before retrying the first failed request.',
  },
  'audit-webhook-mode': {
    type: 'string',
    default: 'batch',
    help: 'Strategy for sending audit events: batch, blocking, blocking-strict.',
  },
  'audit-webhook-truncate-enabled': { type: 'boolean', default: false, help: batchHelp.truncate },
  'audit-webhook-truncate-max-batch-size': { type: 'number', default: 10_485_760, help: batchHelp.batch },
  'audit-webhook-truncate-max-event-size': { type: 'number', default: 102_400, help: batchHelp.event },
  'audit-webhook-version': { type: 'string', default: 'audit.k8s.io/v1', help: batchHelp.version },
} as const satisfies FlagSpecs;

export interface AuditDelivery {
  readonly mode: string;
  readonly batch: BatchOptions;
  /** Bytes; undefined: events are never cut. */
  readonly maxEventBytes: number | undefined;
}

export interface AuditConfig {
  readonly policyFile: string;
  readonly log: AuditDelivery & {
    readonly path: string;
    readonly format: AuditLogFormat;
    readonly maxAgeDays: number;
    readonly maxBackups: number;
    readonly maxMegabytes: number;
    readonly compress: boolean;
  };
  readonly webhook: AuditDelivery & { readonly configFile: string; readonly initialBackoffMs: number };
  readonly versions: readonly string[];
}

type Flags = {
  readonly [N in keyof typeof auditFlags]: (typeof auditFlags)[N]['type'] extends 'string'
    ? string
    : (typeof auditFlags)[N]['type'] extends 'boolean'
      ? boolean
      : number;
};

export function completeAudit(flags: Flags): AuditConfig {
  const delivery = (of: 'log' | 'webhook'): AuditDelivery => ({
    mode: flags[`audit-${of}-mode`],
    batch: {
      bufferSize: flags[`audit-${of}-batch-buffer-size`],
      maxSize: flags[`audit-${of}-batch-max-size`],
      maxWaitMs: flags[`audit-${of}-batch-max-wait`],
      throttle: flags[`audit-${of}-batch-throttle-enable`]
        ? {
            qps: flags[`audit-${of}-batch-throttle-qps`],
            burst: flags[`audit-${of}-batch-throttle-burst`],
          }
        : undefined,
    },
    maxEventBytes: flags[`audit-${of}-truncate-enabled`] ? flags[`audit-${of}-truncate-max-event-size`] : undefined,
  });
  return {
    policyFile: flags['audit-policy-file'],
    log: {
      ...delivery('log'),
      path: flags['audit-log-path'],
      format: flags['audit-log-format'] as AuditLogFormat,
      maxAgeDays: flags['audit-log-maxage'],
      maxBackups: flags['audit-log-maxbackup'],
      maxMegabytes: flags['audit-log-maxsize'],
      compress: flags['audit-log-compress'],
    },
    webhook: {
      ...delivery('webhook'),
      configFile: flags['audit-webhook-config-file'],
      initialBackoffMs: flags['audit-webhook-initial-backoff'],
    },
    versions: [flags['audit-log-version'], flags['audit-webhook-version']],
  };
}

const modes: readonly string[] = ['batch', 'blocking', 'blocking-strict'];

export function auditProblems({ log, webhook, versions }: AuditConfig): string[] {
  const problems: string[] = [];
  for (const [name, { mode, batch }] of Object.entries({ log, webhook })) {
    if (!modes.includes(mode))
      problems.push(
        `invalid audit ${name} mode ${mode}, allowed modes are ${modes.map((one) => `"${one}"`).join(',')}`,
      );
    if (mode !== 'batch') continue;
    if (batch.bufferSize <= 0)
      problems.push(`invalid audit batch buffer size ${batch.bufferSize}, must be a positive number`);
    if (batch.maxSize <= 0)
      problems.push(`invalid audit batch max batch size ${batch.maxSize}, must be a positive number`);
    if (batch.throttle && batch.throttle.qps <= 0)
      problems.push(`invalid audit batch throttle QPS ${batch.throttle.qps}, must be a positive number`);
    if (batch.throttle && batch.throttle.burst <= 0)
      problems.push(`invalid audit batch throttle burst ${batch.throttle.burst}, must be a positive number`);
  }
  for (const version of new Set(versions))
    if (version !== 'audit.k8s.io/v1')
      problems.push(`invalid audit GroupVersion: ${JSON.stringify(version)}, supported versions are audit.k8s.io/v1`);
  if (!['json', 'legacy'].includes(log.format))
    problems.push(`invalid audit log format ${log.format}, allowed formats are "legacy,json"`);
  for (const [flag, value] of [
    ['maxage', log.maxAgeDays],
    ['maxbackup', log.maxBackups],
    ['maxsize', log.maxMegabytes],
  ] as const)
    if (value < 0) problems.push(`--audit-log-${flag} ${value} can't be a negative number`);
  return problems;
}
