import { isGateOn } from '@typernetes/api/gate-settings';
import { goQuote } from '@typernetes/machinery';
import type { MachineTopology } from './machine-topology.ts';

type Given = Readonly<Record<string, string>>;
type Gates = Readonly<Record<string, boolean>> | undefined;
type Stage = 'Alpha' | 'Beta' | 'GA';

/** Options of the CPU manager's static policy. */
export interface CpuOptions {
  /** `full-pcpus-only`: a core is never shared by two containers. */
  readonly wholeCores: boolean;
  /** `distribute-cpus-across-numa`: of several NUMA nodes that are needed, each gives as much as the others. */
  readonly acrossNuma: boolean;
  /** `align-by-socket`: resources in one socket are close enough. */
  readonly alignBySocket: boolean;
  /** `distribute-cpus-across-cores`: prefer threads of different cores. */
  readonly acrossCores: boolean;
  /** `strict-cpu-reservation`: shared containers may not use the reserved CPUs either. */
  readonly strict: boolean;
  /** `prefer-align-cpus-by-uncorecache`: processors that share a cache, where there are enough. */
  readonly byCache: boolean;
}

export const plainCpuOptions: CpuOptions = {
  wholeCores: false,
  acrossNuma: false,
  alignBySocket: false,
  acrossCores: false,
  strict: false,
  byCache: false,
};

const cpuOptions: Readonly<Record<string, { readonly field: keyof CpuOptions; readonly stage: Stage }>> = {
  'full-pcpus-only': { field: 'wholeCores', stage: 'GA' },
  'distribute-cpus-across-numa': { field: 'acrossNuma', stage: 'Beta' },
  'align-by-socket': { field: 'alignBySocket', stage: 'Alpha' },
  'distribute-cpus-across-cores': { field: 'acrossCores', stage: 'Alpha' },
  'strict-cpu-reservation': { field: 'strict', stage: 'GA' },
  'prefer-align-cpus-by-uncorecache': { field: 'byCache', stage: 'Beta' },
};

/** Only one option of each pair may be set. */
const exclusive: readonly (readonly [string, string])[] = [
  ['full-pcpus-only', 'distribute-cpus-across-cores'],
  ['distribute-cpus-across-numa', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-numa'],
];

/** Throws upstream's message for what there is not, needs a gate, or does not go together. */
export function parseCpuOptions(given: Given, gates: Gates): CpuOptions {
  const options: { -readonly [K in keyof CpuOptions]: CpuOptions[K] } = { ...plainCpuOptions };
  for (const [name, value] of Object.entries(given)) {
    const known = cpuOptions[name];
    if (!known) throw new Error(`unknown CPU Manager Policy option: ${goQuote(name)}`);
    const { field, stage } = known;
    if (stage !== 'GA' && !isGateOn(`CPUManagerPolicy${stage}Options`, gates))
      throw new Error(`CPU Manager Policy ${stage}-level Options not enabled, but option ${goQuote(name)} provided`);
    options[field] = booleanOf(name, value);
  }
  for (const [one, other] of exclusive)
    if (given[one] !== undefined && given[other] !== undefined && isAsked(options, one) && isAsked(options, other))
      throw new Error(`static policy options ${one} and ${other} can not be used at the same time`);
  return options;
}

const isAsked = (options: CpuOptions, name: string): boolean => {
  const field = cpuOptions[name]?.field;
  return field !== undefined && options[field];
};

/** Throws where the options do not fit the machine or the topology manager's policy. */
export function checkCpuOptions({ alignBySocket }: CpuOptions, topologyPolicy: string, machine: MachineTopology): void {
  if (!alignBySocket) return;
  if (topologyPolicy === 'single-numa-node')
    throw new Error(
      'Topolgy manager single-numa-node policy is incompatible with CPUManager align-by-socket policy option',
    );
  if (new Set(machine.cpus.map(({ socket }) => socket)).size > machine.memory.size)
    throw new Error(
      'Align by socket is not compatible with hardware where number of sockets are more than number of NUMA',
    );
}

/** Options of the topology manager's policies. */
interface TopologyOptions {
  /** `prefer-closest-numa-nodes`: of as many nodes those with the shortest way between them. */
  readonly closest: boolean;
  /** `max-allowable-numa-nodes`: on machines with more the kubelet does not start with a policy. */
  readonly mostNodes: number;
}

const usualMostNodes = 8;

/** Throws upstream's message for what there is not or may not be. */
export function parseTopologyOptions(given: Given): TopologyOptions {
  const options = { closest: false, mostNodes: usualMostNodes };
  for (const [name, value] of Object.entries(given)) {
    if (name === 'prefer-closest-numa-nodes') options.closest = booleanOf(name, value);
    else if (name === 'max-allowable-numa-nodes') options.mostNodes = countOf(name, value);
    else throw new Error(`unknown Topology Manager Policy option: ${goQuote(name)}`);
  }
  return options;
}

function countOf(name: string, value: string): number {
  if (!/^[+-]?\d+$/.test(value))
    throw new Error(
      `unable to convert policy option to integer ${goQuote(name)}: strconv.Atoi: parsing ${goQuote(value)}: invalid syntax`,
    );
  if (Number(value) < usualMostNodes)
    throw new Error(`the minimum value of ${goQuote(name)} should not be less than ${usualMostNodes}`);
  return Number(value);
}

/** Parses a boolean as Go does. */
function booleanOf(name: string, value: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new Error(
    `bad value for option ${goQuote(name)}: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`,
  );
}
