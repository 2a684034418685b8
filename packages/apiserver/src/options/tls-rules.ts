import { type TlsNames, tlsNameProblems, tlsRules } from '@typernetes/process';
import type { ConnectionRules } from '../serving/tls-server.ts';

export interface TlsFlags extends TlsNames {
  readonly maxStreams: number;
  readonly goawayChance: number;
  readonly disableHttp2: boolean;
}

export function connectionRules(flags: TlsFlags): ConnectionRules {
  return {
    ...tlsRules(flags),
    ...(flags.maxStreams > 0 ? { maxStreams: flags.maxStreams } : {}),
    goawayChance: flags.goawayChance,
    http2: !flags.disableHttp2,
  };
}

export function tlsProblems(flags: TlsFlags): string[] {
  const { goawayChance, maxStreams } = flags;
  return [
    ...tlsNameProblems(flags),
    ...(goawayChance < 0 || goawayChance > 0.02 ? ['--goaway-chance can not be less than 0 or greater than 0.02'] : []),
    ...(maxStreams < 0 ? ['--http2-max-streams-per-connection can not be negative value'] : []),
  ];
}
