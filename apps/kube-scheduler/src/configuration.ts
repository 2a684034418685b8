import { readFileSync } from 'node:fs';
import { aggregateText } from '@typernetes/base';
import type { ParsedFlags } from '@typernetes/process';
import { leaderElectionOf } from '@typernetes/process';
import { completeSchedulerConfig, decodeSchedulerConfig, validateSchedulerConfig } from '@typernetes/scheduler';
import type { flags } from './flags.ts';

export type Flags = ParsedFlags<typeof flags>;
export type SchedulerConfiguration = ReturnType<typeof completeSchedulerConfig>;

/** The configuration of the file, complete and valid. As upstream, deprecated flags apply only without a file. */
export function configurationOf(given: Flags): SchedulerConfiguration {
  const config = completeSchedulerConfig(
    given.config ? decodeSchedulerConfig(readFileSync(given.config, 'utf8')) : { enableProfiling: given.profiling },
  );
  if (!given.config) Object.assign(config.leaderElection, leaderElectionOf(given));
  const problems = validateSchedulerConfig(config);
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return config;
}
