import { gateProblems } from '@typernetes/api/gate-settings';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { aggregateText } from '@typernetes/base';
import {
  type CompleteConfiguration,
  completeConfiguration,
  readConfiguration,
  validateConfiguration,
} from '@typernetes/kubelet';
import { type LogSettings, logSettings } from '@typernetes/process';
import type { Flags } from './setting.ts';

/** Overrides the configuration with the flags for its fields. */
export type WithFlags = (file: Partial<KubeletConfiguration>) => Partial<KubeletConfiguration>;

/** The configuration file and drop-ins, overridden by flags. */
export async function configurationOf(flags: Flags, withFlags: WithFlags): Promise<CompleteConfiguration> {
  const file = withFlags(await readConfiguration(flags.config, flags['config-dir']));
  const config = completeConfiguration({
    ...file,
    ...(flags['container-runtime-endpoint'] ? { containerRuntimeEndpoint: flags['container-runtime-endpoint'] } : {}),
    ...(flags['pod-manifest-path'] ? { staticPodPath: flags['pod-manifest-path'] } : {}),
    ...(flags['manifest-url'] ? { staticPodURL: flags['manifest-url'] } : {}),
    ...(flags['manifest-url-header'].length > 0 ? { staticPodURLHeader: headersOf(flags['manifest-url-header']) } : {}),
    ...(flags['fail-swap-on'] ? {} : { failSwapOn: false }),
  });
  const gates = gateProblems(config.featureGates);
  if (gates.length > 0)
    throw new Error(`failed to set feature gates from initial flags-based config: ${aggregateText(gates)}`);
  const problems = validateConfiguration(config);
  if (problems.length > 0)
    throw new Error(`failed to validate kubelet configuration, error: ${aggregateText(problems)}`);
  return config;
}

/** Parses `name:value` headers; a name may occur several times. */
function headersOf(texts: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^:]+):(.*)$/.exec(text) ?? [];
    if (name === '') throw new Error(`invalid header "${text}", expected "name:value"`);
    headers[name.trim()] = [...(headers[name.trim()] ?? []), value.trim()];
  }
  return headers;
}

/** The log settings of the configuration file, overridden by flags. */
export function loggingOf(flags: Flags, asked: LogSettings): LogSettings {
  const { format, verbosity, vmodule = [] } = logSettings(flags);
  return {
    ...asked,
    ...(format === 'text' ? {} : { format }),
    ...(verbosity ? { verbosity } : {}),
    ...(vmodule.length > 0 ? { vmodule } : {}),
  };
}
