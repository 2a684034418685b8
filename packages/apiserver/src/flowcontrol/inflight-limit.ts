import type { Admittance, FlowControl } from './flow-control.ts';

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

interface InflightLimits {
  /** 0: no limit. */
  readonly reading: number;
  readonly mutating: number;
}

/** `--enable-priority-and-fairness=false`: so many reads and so many writes at once, and no queue. Administrators always get an answer. */
export function inflightLimit({ reading, mutating }: InflightLimits): FlowControl {
  const inflight = { reading: 0, mutating: 0 };
  const refused: Admittance = { refusal: 'concurrency-limit', headers: undefined, leave: () => {} };
  const limits = { reading, mutating };
  return {
    enter: ({ info, user }) => {
      const kind = reads.has(info.verb) ? 'reading' : 'mutating';
      const limit = limits[kind];
      if (limit > 0 && inflight[kind] >= limit && !user.groups.includes('system:masters')) return refused;
      inflight[kind]++;
      return { headers: undefined, leave: () => void inflight[kind]-- };
    },
  };
}
