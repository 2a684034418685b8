import type { Clock, Logger } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { CertificateMetrics, CompleteConfiguration } from '@typernetes/kubelet';
import type { Metrics, ParsedFlags, Verbosity } from '@typernetes/process';
import type { Tracing } from '@typernetes/process/tracing';
import type { flags as specs } from './flags.ts';

export type Flags = ParsedFlags<typeof specs>;

/** The dependencies that all parts of the program share. */
export interface Setting {
  readonly flags: Flags;
  readonly config: CompleteConfiguration;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly runtime: ContainerRuntime;
  readonly metrics: Metrics;
  readonly verbosity: Verbosity;
  readonly certificateMetrics: CertificateMetrics;
  /** Undefined unless the configuration asks for tracing. */
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}
