import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { completeConfiguration } from '../config/defaults.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { formatCpuSet, parseCpuSet } from '../resources/cpu-set.ts';
import { podOf } from '../testing/pod-machine.ts';
import { chooseCpus } from './cpu-choice.ts';
import { distributeCpus } from './cpu-distribution.ts';
import { CpuManager, type CpuState } from './cpu-manager.ts';
import { type MachineTopology, readTopology } from './machine-topology.ts';
import { managerMetrics } from './manager-metrics.ts';
import { MemoryManager, type MemoryState } from './memory-manager.ts';
import { allocatableMemory } from './memory-reservations.ts';
import {
  type CpuOptions,
  checkCpuOptions,
  parseCpuOptions,
  parseTopologyOptions,
  plainCpuOptions,
} from './policy-options.ts';
import { ResourceManagers } from './resource-managers.ts';
import { anywhere, decide, type Hint, meanDistance } from './topology-policy.ts';

/** Two sockets, a NUMA node each, with two cores of two threads: node 0 has 0, 1, 4, 5 with 0 and 4 in a core. */
const machine: MachineTopology = {
  cpus: Array.from({ length: 8 }, (_, id) => ({
    id,
    core: id % 4,
    socket: id % 4 < 2 ? 0 : 1,
    numa: id % 4 < 2 ? 0 : 1,
  })),
  memory: new Map([
    [0, 1000],
    [1, 1000],
  ]),
};

function remembering<T extends object>(state?: T): Checkpoint<T> & { state: T | undefined } {
  const checkpoint = {
    state,
    read: async () => checkpoint.state,
    write: async (next: T) => {
      checkpoint.state = next;
    },
  };
  return checkpoint;
}

function guaranteed(name: string, cpu: string, memory = '100'): Pod {
  const amounts = { cpu, memory };
  return podOf(name, { containers: [{ name: 'c', image: 'i', resources: { requests: amounts, limits: amounts } }] });
}

const only = (pod: Pod): Container => pod.spec?.containers[0] as Container;

test('parses and formats CPU lists as the kernel does', () => {
  assert.equal(formatCpuSet(parseCpuSet('0-2,8,5')), '0-2,5,8');
  assert.equal(formatCpuSet(parseCpuSet('')), '');
  assert.throws(() => parseCpuSet('3-1'), { message: 'Cannot parse the list of processors "3-1"' });
});

test('chooses CPUs that are close together, preferring those already partly in use', () => {
  const free = parseCpuSet('0-7');
  for (const [count, from, want] of [
    [4, free, '0-1,4-5'],
    [2, free, '0,4'],
    [1, free, '0'],
    [1, parseCpuSet('1-7'), '4'],
    [3, parseCpuSet('1-7'), '1,4-5'],
    [6, free, '0-2,4-6'],
  ] as const)
    assert.equal(formatCpuSet(chooseCpus(machine.cpus, from, count) ?? []), want, `${count} of ${formatCpuSet(from)}`);
  assert.equal(chooseCpus(machine.cpus, parseCpuSet('0'), 2), undefined);
});

test('the policy decides from which nodes a container gets its resources', () => {
  const nodes = [0, 1];
  const hint = (mask: number, preferred = true): Hint => ({ mask, preferred });
  for (const [policy, resources, want] of [
    ['none', [[]], { hint: anywhere, admit: true }],
    [
      'best-effort',
      [
        [hint(1), hint(2), hint(3, false)],
        [hint(2), hint(3, false)],
      ],
      { hint: hint(2), admit: true },
    ],
    ['restricted', [[hint(1)], [hint(2)]], { hint: { mask: 3, preferred: false }, admit: false }],
    ['best-effort', [[hint(1)], [hint(2)]], { hint: { mask: 3, preferred: false }, admit: true }],
    ['restricted', [[hint(3)], undefined], { hint: hint(3), admit: true }],
    ['single-numa-node', [[hint(3)]], { hint: { preferred: false }, admit: false }],
    ['single-numa-node', [[hint(1), hint(3, false)]], { hint: hint(1), admit: true }],
    ['single-numa-node', [[]], { hint: { preferred: false }, admit: false }],
  ] as const)
    assert.deepEqual(decide(policy, resources, nodes), want, `${policy} ${JSON.stringify(resources)}`);
});

async function cpuManager(checkpoint = remembering<CpuState>(), policy: Partial<CpuOptions> = {}, topology = machine) {
  const changes: string[] = [];
  const manager = await CpuManager.open({
    topology,
    reserved: parseCpuSet('0'),
    policy: { ...plainCpuOptions, ...policy },
    checkpoint,
    onShared: () => changes.push('shared'),
  });
  return { manager, checkpoint, changes };
}

test('guaranteed pods get exclusive CPUs, across restarts', async () => {
  const { manager, checkpoint } = await cpuManager();
  const [one, two] = [guaranteed('one', '2'), guaranteed('two', '500m')];
  assert.ok(!manager.concerns(two, only(two)));
  assert.ok(!manager.concerns(podOf('best-effort'), { name: 'web' }));
  await manager.allocate(one, only(one), { mask: 2, preferred: true });
  assert.deepEqual(await manager.extras(one, only(one)), { cpus: '2,6' });
  assert.deepEqual(await manager.extras(two, only(two)), { cpus: '0-1,3-5,7' });
  assert.deepEqual(checkpoint.state, {
    policyName: 'static',
    defaultCpuSet: '0-1,3-5,7',
    entries: { 'uid-one': { c: '2,6' } },
  });
  const again = await cpuManager(checkpoint);
  assert.ok(again.manager.has(one, only(one)));
  const greedy = guaranteed('greedy', '6');
  await assert.rejects(again.manager.allocate(greedy, only(greedy), anywhere), {
    message: 'not enough cpus available to satisfy request: requested=6, available=5',
  });
  await again.manager.retain(new Set());
  assert.equal(formatCpuSet(again.manager.shared), '0-7');
  assert.deepEqual(again.changes, ['shared']);
  await assert.rejects(cpuManager(remembering({ policyName: 'none', defaultCpuSet: '' })), {
    message: /configured policy "static" differs from state checkpoint policy "none"/,
  });
});

test('counts pods with exclusive CPUs, and the CPUs', async () => {
  const { manager } = await cpuManager();
  const metrics = createMetrics();
  const managers = new ResourceManagers({
    devices: {
      concerns: () => false,
      hints: () => [],
      has: () => true,
      allocate: async () => {},
      retain: async () => {},
    } as never,
    cpus: manager,
    memory: undefined,
    topology: { policy: 'single-numa-node', scope: 'container', nodes: [0, 1] },
    active: () => undefined,
    parts: [],
    observer: managerMetrics(metrics, () => manager.use),
    clock: new FakeClock(),
  });
  assert.equal(await managers.claim(guaranteed('near', '2')), undefined);
  assert.equal((await managers.claim(guaranteed('far', '5')))?.reason, 'TopologyAffinityError');
  const text = metrics.render();
  for (const line of [
    'topology_manager_admission_requests_total 2',
    'topology_manager_admission_errors_total 1',
    'topology_manager_admission_duration_ms_count 2',
    'cpu_manager_pinning_requests_total 1',
    'cpu_manager_pinning_errors_total 0',
    'cpu_manager_exclusive_cpu_allocation_count 2',
    'cpu_manager_shared_pool_size_millicores 6000',
    'cpu_manager_allocation_per_numa{numa_node="0"} 2',
    'cpu_manager_allocation_per_numa{numa_node="1"} 0',
    'memory_manager_pinning_requests_total 0',
  ])
    assert.ok(text.includes(`\nkubelet_${line}\n`), line);
});

test('full-pcpus-only keeps cores unshared, and init containers pass their CPUs on', async () => {
  const { manager } = await cpuManager(undefined, { wholeCores: true });
  const odd = guaranteed('odd', '3');
  await assert.rejects(manager.allocate(odd, only(odd), anywhere), {
    reason: 'SMTAlignmentError',
    message: 'SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2',
  });
  const amounts = { cpu: '6', memory: '1' };
  const container = (name: string) => ({ name, resources: { requests: amounts, limits: amounts } });
  const pod = podOf('p', { initContainers: [container('first')], containers: [container('main')] } as never);
  await manager.allocate(pod, container('first'), anywhere);
  await manager.allocate(pod, container('main'), anywhere);
  assert.deepEqual(manager.assigned('uid-p', 'first'), manager.assigned('uid-p', 'main'));
});

test('memory comes from as few nodes as possible, and nodes used as a group are not used separately', async () => {
  const checkpoint = remembering<MemoryState>();
  const memory = new Map([...machine.memory].map(([node, bytes]) => [node, bytes - 100]));
  const manager = await MemoryManager.open({
    allocatable: new Map([['memory', memory]]),
    totals: new Map([['memory', machine.memory]]),
    checkpoint,
  });
  const [small, large, other] = [
    guaranteed('s', '1', '300'),
    guaranteed('l', '1', '1000'),
    guaranteed('o', '1', '500'),
  ];
  assert.deepEqual(manager.hints(small, only(small)), [
    [
      { mask: 1, preferred: true },
      { mask: 2, preferred: true },
      { mask: 3, preferred: false },
    ],
  ]);
  await manager.allocate(large, only(large), anywhere);
  assert.deepEqual(await manager.extras(large, only(large)), { memoryNodes: '0-1' });
  await manager.allocate(small, only(small), { mask: 1, preferred: true });
  assert.deepEqual(manager.assigned('uid-s', 'c')[0]?.numaAffinity, [0, 1]);
  await assert.rejects(manager.allocate(guaranteed('x', '1', '900'), only(guaranteed('x', '1', '900')), anywhere), {
    message: '[memorymanager] failed to find NUMA nodes with enough memory',
  });
  await manager.retain(new Set(['uid-o']));
  await manager.allocate(other, only(other), { mask: 2, preferred: true });
  assert.deepEqual(checkpoint.state?.entries, {
    'uid-o': { c: [{ numaAffinity: [1], type: 'memory', size: 500 }] },
  });
  const table = { total: 1000, systemReserved: 100, allocatable: 900 };
  assert.deepEqual(checkpoint.state?.machineState, {
    0: { numberOfAssignments: 0, memoryMap: { memory: { ...table, reserved: 0, free: 900 } }, cells: [0] },
    1: { numberOfAssignments: 1, memoryMap: { memory: { ...table, reserved: 500, free: 400 } }, cells: [1] },
  });
});

/** Two sockets with two NUMA nodes each, a node with two cores of two threads and a cache for each core. */
const large: MachineTopology = {
  cpus: Array.from({ length: 16 }, (_, id) => ({
    id,
    core: id % 8,
    socket: id % 8 < 4 ? 0 : 1,
    numa: Math.floor((id % 8) / 2),
    cache: id % 8,
  })),
  memory: new Map([0, 1, 2, 3].map((node) => [node, 1000])),
};

test('distributes CPUs evenly over the nodes that are needed', () => {
  for (const [from, count, groupSize, want] of [
    ['0-15', 4, 1, '0-1,8-9'],
    ['0-15', 6, 1, '0-3,8,10'],
    ['0-15', 6, 2, '0-2,8-10'],
    ['0-15', 8, 1, '0-3,8-11'],
    ['2-15', 6, 2, '2-3,4,10-11,12'],
    ['1-7,9-15', 12, 2, '2-7,10-15'],
  ] as const)
    assert.equal(
      formatCpuSet(distributeCpus(large.cpus, parseCpuSet(from), { count, groupSize }) ?? []),
      formatCpuSet(parseCpuSet(want)),
      `${count} of ${from}`,
    );
  assert.equal(distributeCpus(large.cpus, parseCpuSet('0'), { count: 2, groupSize: 1 }), undefined);
});

test('takes threads from different cores, or from one cache, if configured', () => {
  const free = parseCpuSet('0-15');
  assert.equal(formatCpuSet(chooseCpus(large.cpus, free, 2) ?? []), '0,8');
  assert.equal(formatCpuSet(chooseCpus(large.cpus, free, 2, { acrossCores: true }) ?? []), '0-1');
  // Caches of four threads: the first two cores, the next two and so on.
  const cpus = large.cpus.map((cpu) => ({ ...cpu, numa: 0, socket: 0, cache: Math.floor((cpu.id % 8) / 2) }));
  const broken = parseCpuSet('1-15');
  assert.equal(formatCpuSet(chooseCpus(cpus, broken, 2, { byCache: true }) ?? []), '1,9', 'what is broken into');
  assert.equal(formatCpuSet(chooseCpus(cpus, broken, 4, { byCache: true }) ?? []), '2-3,10-11', 'a whole cache');
  assert.equal(formatCpuSet(chooseCpus(cpus, broken, 6, { byCache: true }) ?? []), '1-3,9-11');
});

test('one socket is close enough, if configured', async () => {
  const { manager } = await cpuManager(undefined, { alignBySocket: true }, large);
  const pod = guaranteed('p', '4');
  const preferred = (manager.hints(pod, only(pod))[0] ?? []).filter((hint) => hint.preferred).map(({ mask }) => mask);
  assert.deepEqual(preferred, [2, 3, 4, 8, 12], 'single nodes, and both of a socket');
  await manager.allocate(pod, only(pod), { mask: 1, preferred: true });
  assert.deepEqual(await manager.extras(pod, only(pod)), { cpus: '2-3,10-11' }, 'the whole node of the socket');
});

test('options of policies are looked at', () => {
  const alpha = { CPUManagerPolicyAlphaOptions: true };
  assert.ok(parseCpuOptions({ 'strict-cpu-reservation': 'true', 'full-pcpus-only': 'f' }, undefined).strict);
  assert.ok(parseCpuOptions({ 'align-by-socket': '1' }, { AllAlpha: true }).alignBySocket);
  for (const [given, gates, message] of [
    [{ magic: 'true' }, undefined, 'unknown CPU Manager Policy option: "magic"'],
    [
      { 'align-by-socket': 'true' },
      undefined,
      'CPU Manager Policy Alpha-level Options not enabled, but option "align-by-socket" provided',
    ],
    [
      { 'distribute-cpus-across-numa': 'true' },
      { CPUManagerPolicyBetaOptions: false },
      'CPU Manager Policy Beta-level Options not enabled, but option "distribute-cpus-across-numa" provided',
    ],
    [
      { 'full-pcpus-only': 'yes' },
      undefined,
      'bad value for option "full-pcpus-only": strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [
      { 'full-pcpus-only': 'true', 'distribute-cpus-across-cores': 'true' },
      alpha,
      'static policy options full-pcpus-only and distribute-cpus-across-cores can not be used at the same time',
    ],
  ] as const)
    assert.throws(() => parseCpuOptions(given, gates), { message });
  const aligned = { ...plainCpuOptions, alignBySocket: true };
  assert.throws(() => checkCpuOptions(aligned, 'single-numa-node', large), {
    message: /is incompatible with CPUManager/,
  });
  const oneNode = { ...machine, memory: new Map([[0, 1]]) };
  assert.throws(() => checkCpuOptions(aligned, 'none', oneNode), { message: /number of sockets are more than/ });
  checkCpuOptions(aligned, 'restricted', large);
  assert.deepEqual(parseTopologyOptions({ 'prefer-closest-numa-nodes': 'true', 'max-allowable-numa-nodes': '12' }), {
    closest: true,
    mostNodes: 12,
  });
  for (const [given, message] of [
    [{ magic: '1' }, 'unknown Topology Manager Policy option: "magic"'],
    [{ 'max-allowable-numa-nodes': '4' }, 'the minimum value of "max-allowable-numa-nodes" should not be less than 8'],
    [
      { 'max-allowable-numa-nodes': 'many' },
      'unable to convert policy option to integer "max-allowable-numa-nodes": strconv.Atoi: parsing "many": invalid syntax',
    ],
  ] as const)
    assert.throws(() => parseTopologyOptions(given), { message });
});

test('among equally many nodes takes the closest, if configured', () => {
  // 0 and 3 are neighbours, as are 1 and 2.
  const distances = new Map([
    [0, [10, 21, 21, 11]],
    [1, [21, 10, 11, 21]],
    [2, [21, 11, 10, 21]],
    [3, [11, 21, 21, 10]],
  ]);
  const pairs: Hint[] = [3, 5, 6, 9, 10, 12].map((mask) => ({ mask, preferred: true }));
  const nodes = [0, 1, 2, 3];
  assert.equal(meanDistance(distances, 9), 10.5);
  assert.equal(decide('restricted', [pairs], nodes).hint.mask, 3);
  assert.equal(decide('restricted', [pairs], nodes, (mask) => meanDistance(distances, mask)).hint.mask, 6);
});

test("refuses to start when the machine's CPUs have changed", async () => {
  const state = { policyName: 'static', defaultCpuSet: '0-3' };
  await assert.rejects(cpuManager(remembering(state)), {
    message: 'current set of available CPUs "0-7" doesn\'t match with CPUs in state "0-3"',
  });
  await assert.rejects(cpuManager(remembering({ ...state, defaultCpuSet: '1-7' })), {
    message: 'not all reserved cpus: "0" are present in defaultCpuSet: "1-7"',
  });
  const strict = await cpuManager(remembering({ ...state, defaultCpuSet: '1-7' }), { strict: true });
  assert.equal(formatCpuSet(strict.manager.shared), '1-7');
});

test('reads the location of CPUs, memory and huge pages from the kernel', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'topology-'));
  t.after(() => rm(root, { recursive: true }));
  const files: Record<string, string> = { 'cpu/online': '0-3' };
  for (const node of [0, 1]) {
    files[`node/node${node}/cpulist`] = node === 0 ? '0,2' : '1,3';
    files[`node/node${node}/meminfo`] = `Node ${node} MemTotal:       ${node + 1}000 kB`;
    files[`node/node${node}/distance`] = node === 0 ? '10 21' : '21 10';
    files[`node/node${node}/hugepages/hugepages-2048kB/nr_hugepages`] = String(node);
    files[`node/node${node}/hugepages/hugepages-1048576kB/nr_hugepages`] = '1';
  }
  for (const cpu of [0, 1, 2, 3]) {
    files[`cpu/cpu${cpu}/topology/core_id`] = '0';
    files[`cpu/cpu${cpu}/topology/physical_package_id`] = String(cpu % 2);
    files[`cpu/cpu${cpu}/cache/index3/id`] = String(7 + (cpu % 2));
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), `${text}\n`);
  }
  const { cpus, memory, hugepages, distances } = await readTopology({ cpus: 1, memoryBytes: 1 }, root);
  assert.deepEqual(cpus[3], { id: 3, core: 1, socket: 1, numa: 1, cache: 8 });
  assert.deepEqual(
    [...memory],
    [
      [0, 1_024_000],
      [1, 2_048_000],
    ],
  );
  assert.deepEqual(
    [...(hugepages?.get('hugepages-2Mi') ?? [])],
    [
      [0, 0],
      [1, 2 ** 21],
    ],
  );
  assert.deepEqual(
    [...(hugepages?.get('hugepages-1Gi') ?? [])],
    [
      [0, 2 ** 30],
      [1, 2 ** 30],
    ],
  );
  assert.deepEqual(distances?.get(1), [21, 10]);
});

test('memory reservations per node must add up to the total reservation', () => {
  const mebi = 2 ** 20;
  const topology: MachineTopology = {
    cpus: [],
    memory: new Map([
      [0, 500 * mebi],
      [1, 500 * mebi],
    ]),
    hugepages: new Map([
      [
        'hugepages-2Mi',
        new Map([
          [0, 20 * mebi],
          [1, 20 * mebi],
        ]),
      ],
    ]),
  };
  const of = (reservedMemory: { numaNode: number; limits: Record<string, string> }[]) =>
    allocatableMemory(
      topology,
      completeConfiguration({ kubeReserved: { memory: '100Mi', 'hugepages-2Mi': '4Mi' }, reservedMemory }),
      { hugepages: {}, memoryBytes: 1000 * mebi },
    );
  const allocatable = of([
    { numaNode: 0, limits: { memory: '50Mi', 'hugepages-2Mi': '4Mi' } },
    { numaNode: 1, limits: { memory: '150Mi' } },
  ]);
  assert.deepEqual(
    [...(allocatable.get('memory') ?? [])],
    [
      [0, 450 * mebi],
      [1, 350 * mebi],
    ],
  );
  assert.deepEqual(
    [...(allocatable.get('hugepages-2Mi') ?? [])],
    [
      [0, 16 * mebi],
      [1, 20 * mebi],
    ],
  );
  assert.throws(() => of([{ numaNode: 0, limits: { memory: '200Mi' } }]), {
    message:
      '[memorymanager] the total amount "0" of type "hugepages-2Mi" is not equal to the value "4Mi" determined by Node Allocatable feature',
  });
  assert.throws(() => of([{ numaNode: 0, limits: { memory: '1Gi', 'hugepages-2Mi': '4Mi' } }]), {
    message:
      '[memorymanager] the total amount "1Gi" of type "memory" is not equal to the value "200Mi" determined by Node Allocatable feature',
  });
});
