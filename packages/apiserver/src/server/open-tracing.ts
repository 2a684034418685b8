import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { aggregateText, type Clock, type Logger, messageOf, systemClock, systemRandom } from '@typernetes/base';
import { problemText } from '@typernetes/machinery';
import {
  type ConfigKind,
  decodeConfigs,
  type TracingConfiguration,
  tracingFields,
  tracingProblems,
  usualTracingEndpoint,
} from '@typernetes/process';
import type { Tracing } from '@typernetes/process/tracing';
import type { Egress } from '../egress/egress.ts';
import { serverId } from './identity-lease.ts';

/**
 * Starts tracing as configured by `--tracing-config-file`; undefined without one. Throws for an invalid file, in
 * upstream's words. The required code is only loaded here.
 */
export async function openTracing(
  file: string,
  { log, clock = systemClock, egress }: { log: Logger; clock?: Clock; egress?: Egress | undefined },
): Promise<Tracing | undefined> {
  if (file === '') return undefined;
  const config = read(file);
  const problems = tracingProblems(config).map(problemText);
  if (problems.length > 0) throw new Error(`failed to validate tracing configuration: ${aggregateText(problems)}`);
  const { startTracing } = await import('@typernetes/process/tracing');
  const { endpoint = usualTracingEndpoint } = config;
  const [, host = '', port = ''] = /^(?:dns:\/+)?\[?([^/]+?)\]?:(\d+)$/.exec(endpoint) ?? [];
  const socket = host === '' ? undefined : await egress?.relay('controlplane', { host, port: Number(port) });
  const resource = { 'service.name': 'apiserver', 'service.instance.id': serverId(hostname()) };
  return startTracing(socket === undefined ? config : { ...config, endpoint: `unix://${socket}` }, {
    resource,
    clock,
    random: systemRandom,
    log,
  });
}

function read(file: string): TracingConfiguration {
  if (!existsSync(file)) throw new Error(`tracing-config-file ${file} does not exist`);
  const kinds: readonly ConfigKind[] = ['v1', 'v1beta1', 'v1alpha1'].map((version) => ({
    apiVersion: `apiserver.k8s.io/${version}`,
    kind: 'TracingConfiguration',
    fields: tracingFields,
  }));
  try {
    const [document] = decodeConfigs(readFileSync(file, 'utf8'), kinds);
    return document as TracingConfiguration;
  } catch (cause) {
    throw new Error(`failed to read tracing config: unable to decode tracing configuration data: ${messageOf(cause)}`, {
      cause,
    });
  }
}
