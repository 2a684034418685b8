import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../framework/profile.ts';
import { fakeHandle } from '../testing/cluster.ts';
import { completeSchedulerConfig, decodeSchedulerConfig, type SchedulerConfigFile } from './config.ts';
import { buildProfile } from './profile-builder.ts';
import { validateSchedulerConfig } from './validate.ts';

const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const complete = (text: string) => completeSchedulerConfig(decodeSchedulerConfig(`${header}${text}`));
const build = (text: string): Profile => {
  const [profile] = complete(text).profiles;
  assert.ok(profile);
  return buildProfile(profile, fakeHandle());
};
const names = (plugins: Profile['at']['filter']): string[] => plugins.map(({ name }) => name);

test("without profiles there is a default one with all plugins, in upstream's order and weights", () => {
  const { schedulerName, at } = build('');
  assert.equal(schedulerName, 'default-scheduler');
  assert.deepEqual(
    at.score.map(({ plugin, weight }) => [plugin.name, weight]),
    [
      ['TaintToleration', 3],
      ['NodeAffinity', 2],
      ['NodeResourcesFit', 1],
      ['PodTopologySpread', 2],
      ['InterPodAffinity', 2],
      ['DynamicResources', 1],
      ['NodeResourcesBalancedAllocation', 1],
      ['ImageLocality', 1],
    ],
  );
  assert.deepEqual(names(at.queueSort), ['PrioritySort']);
  assert.deepEqual(names(at.preEnqueue), ['SchedulingGates', 'DynamicResources', 'DefaultPreemption']);
  assert.deepEqual(names(at.bind), ['DefaultBinder']);
});

test('a profile disables and weights plugins at single points or at all of them', () => {
  const profile = build(`profiles:
- schedulerName: packed
  plugins:
    multiPoint:
      disabled: [{name: PodTopologySpread}]
      enabled: [{name: TaintToleration, weight: 9}]
    filter:
      disabled: [{name: NodePorts}]
    score:
      disabled: [{name: ImageLocality}]
      enabled: [{name: NodeAffinity, weight: 7}]
`);
  const weights = new Map(profile.at.score.map(({ plugin, weight }) => [plugin.name, weight]));
  assert.deepEqual([weights.get('NodeAffinity'), weights.get('TaintToleration')], [7, 9]);
  assert.deepEqual([weights.has('ImageLocality'), weights.has('PodTopologySpread')], [false, false]);
  assert.equal(names(profile.at.filter).includes('NodePorts'), false);
  assert.equal(names(profile.at.preFilter).includes('NodePorts'), true);
  assert.equal(profile.at.score[0]?.plugin.name, 'NodeAffinity');
});

test('everything can be disabled except explicitly enabled plugins', () => {
  const { at } = build(
    "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: ImageLocality, weight: 2}]}}}]\n",
  );
  assert.deepEqual(
    at.score.map(({ plugin, weight }) => [plugin.name, weight]),
    [['ImageLocality', 2]],
  );
});

test('a plugin must exist, and implement the point at which it is enabled', () => {
  assert.throws(
    () => build('profiles: [{plugins: {filter: {enabled: [{name: Nope}]}}}]\n'),
    /plugin "Nope" does not exist/,
  );
  assert.throws(
    () => build('profiles: [{plugins: {filter: {enabled: [{name: ImageLocality}]}}}]\n'),
    /plugin "ImageLocality" does not extend filter plugin/,
  );
  assert.throws(() => decodeSchedulerConfig(`${header}profile: []\n`), /unknown field "profile"/);
});

const problemsOf = (file: SchedulerConfigFile) => validateSchedulerConfig(completeSchedulerConfig(file));
const args = (name: string, given: Record<string, unknown>): SchedulerConfigFile => ({
  profiles: [{ pluginConfig: [{ name, args: given }] }],
});

const invalid: readonly { readonly name: string; readonly file: SchedulerConfigFile; readonly problems: string[] }[] = [
  { name: 'defaults', file: {}, problems: [] },
  {
    name: 'numbers',
    file: { percentageOfNodesToScore: 101, parallelism: -1, podInitialBackoffSeconds: 20, podMaxBackoffSeconds: 10 },
    problems: [
      'parallelism: Invalid value: -1: should be an integer value greater than zero',
      'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
      'podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds',
    ],
  },
  {
    name: 'names of profiles',
    file: { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }, {}] },
    problems: [
      'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
      'profiles[2].schedulerName: Required value',
    ],
  },
  {
    name: 'queue sorts',
    file: {
      profiles: [{ schedulerName: 'a' }, { schedulerName: 'b', plugins: { queueSort: { enabled: [{ name: 'X' }] } } }],
    },
    problems: [
      'profiles[1].plugins.queueSort: Invalid value: {"enabled":[{"name":"X"}]}: must be the same for all profiles',
    ],
  },
  {
    name: 'extenders',
    file: {
      extenders: [
        { urlPrefix: 'http://a', bindVerb: 'bind', managedResources: [{ name: 'kubernetes.io/foo' }] },
        { urlPrefix: 'http://b', bindVerb: 'bind', prioritizeVerb: 'p' },
      ],
    },
    problems: [
      'extenders[0].managedResources[0].name: Invalid value: "kubernetes.io/foo": is an invalid extended resource name',
      'extenders[1].weight: Invalid value: 0: must have a positive weight applied to it',
      'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
    ],
  },
  {
    name: 'preemption arguments',
    file: args('DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }),
    problems: [
      'profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute',
      'profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage',
    ],
  },
  {
    name: 'scoring strategies',
    file: args('NodeResourcesFit', { scoringStrategy: { type: 'Best', resources: [{ name: 'cpu', weight: 101 }] } }),
    problems: [
      'profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
      'profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]',
    ],
  },
  {
    name: 'default constraints',
    file: args('PodTopologySpread', {
      defaultingType: 'List',
      defaultConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'Never' }],
    }),
    problems: [
      'profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)',
      'profiles[0].pluginConfig[0].args.defaultConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  },
];

for (const { name, file, problems } of invalid)
  test(`validation: ${name}`, () => assert.deepEqual(problemsOf(file), problems));
