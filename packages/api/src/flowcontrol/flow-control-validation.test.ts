import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateFlowSchema } from './flow-schema-validation.ts';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from './mandatory-configuration.ts';
import { validatePriorityLevelConfiguration } from './priority-level-validation.ts';
import type { FlowSchema, PriorityLevelConfiguration } from './v1.gen.ts';

const schema = (name: string, spec: object): FlowSchema => ({ metadata: { name }, spec }) as unknown as FlowSchema;
const level = (name: string, spec: object): PriorityLevelConfiguration =>
  ({ metadata: { name }, spec }) as unknown as PriorityLevelConfiguration;
const texts = (problems: readonly Parameters<typeof problemText>[0][]): string[] => problems.map(problemText);

test('the mandatory objects are valid and immutable', () => {
  for (const [name, spec] of Object.entries(mandatoryFlowSchemas)) {
    assert.deepEqual(validateFlowSchema(schema(name, spec)), []);
    const problems = texts(validateFlowSchema(schema(name, { ...spec, rules: [] })));
    assert.match(problems[0] ?? '', new RegExp(`spec of '${name}' must equal the fixed value$`));
  }
  for (const [name, spec] of Object.entries(mandatoryPriorityLevels))
    assert.deepEqual(validatePriorityLevelConfiguration(level(name, spec)), []);
  const lent = { type: 'Exempt', exempt: { nominalConcurrencyShares: 10, lendablePercent: 50 } };
  assert.deepEqual(validatePriorityLevelConfiguration(level('exempt', lent)), []);
});

test('a flow schema has valid subjects and rules', () => {
  const wrong = schema('web', {
    priorityLevelConfiguration: { name: '' },
    matchingPrecedence: 1,
    distinguisherMethod: { type: 'ByName' },
    rules: [
      { subjects: [] },
      {
        subjects: [
          { kind: 'User', group: { name: 'g' } },
          { kind: 'Robot' },
          { kind: 'ServiceAccount', serviceAccount: { name: '', namespace: '' } },
        ],
        resourceRules: [{ verbs: ['*', 'get'], apiGroups: [], resources: ['pods'] }],
        nonResourceRules: [{ verbs: ['shout'], nonResourceURLs: ['health', '/a//b', '/a*'] }],
      },
    ],
  });
  assert.deepEqual(texts(validateFlowSchema(wrong)), [
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    'spec.distinguisherMethod.type: Unsupported value: "ByName": supported values: "ByNamespace", "ByUser"',
    'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    'spec.rules[0].subjects: Required value: subjects must contain at least one value',
    'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    "spec.rules[1].subjects[0].user: Required value: user is required when subject kind is 'User'",
    "spec.rules[1].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    'spec.rules[1].subjects[1].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
    'spec.rules[1].subjects[2].serviceAccount.name: Required value',
    'spec.rules[1].subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account',
    'spec.rules[1].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
    'spec.rules[1].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
    'spec.rules[1].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
    'spec.rules[1].nonResourceRules[0].verbs: Unsupported value: ["shout"]: supported values: "*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    'spec.rules[1].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "health": must start with slash',
    'spec.rules[1].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a//b": must not contain double slash',
    'spec.rules[1].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a*": wildcard can only do suffix matching',
  ]);
});

test('a priority level has valid seats and queues', () => {
  const limited = (queuing: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } });
  assert.deepEqual(
    validatePriorityLevelConfiguration(level('web', limited({ queues: 64, handSize: 8, queueLengthLimit: 50 }))),
    [],
  );
  const wrong: [PriorityLevelConfiguration, string[]][] = [
    [
      level('web', { type: 'Exempt' }),
      ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
    ],
    [level('web', { type: 'Limited' }), ['spec.limited: Required value: must not be empty when type is Limited']],
    [
      level('web', limited({ queues: 4, handSize: 8, queueLengthLimit: 0 })),
      [
        'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: 0: must be positive',
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
      ],
    ],
    [
      level('web', limited({ queues: 512, handSize: 8, queueLengthLimit: 1 })),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
      ],
    ],
  ];
  for (const [one, expected] of wrong) assert.deepEqual(texts(validatePriorityLevelConfiguration(one)), expected);
});
