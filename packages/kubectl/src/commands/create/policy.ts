import { parseQuantity } from '@typernetes/machinery';
import { generatorCommand } from './generator.ts';
import { labelSelectorOf } from './label-selector.ts';

export const createPodDisruptionBudgetCommand = generatorCommand({
  words: 'create poddisruptionbudget',
  failure: 'failed to create poddisruptionbudgets:',
  use: 'NAME --selector=SELECTOR --min-available=N',
  short: 'Create a pod disruption budget with the specified name',
  flags: {
    'max-unavailable': {
      type: 'string',
      help: 'The maximum number or percentage of unavailable pods this budget requires.',
      default: '',
    },
    'min-available': {
      type: 'string',
      help: 'The minimum number or percentage of available pods this budget requires.',
      default: '',
    },
    selector: { type: 'string', help: 'A label selector to use for this budget.', default: '' },
  },
  build(_name, { flags }) {
    const min = flags['min-available'];
    const max = flags['max-unavailable'];
    if (flags.selector === '') throw new Error('a selector must be specified');
    if (max === '' && min === '') throw new Error('one of min-available or max-unavailable must be specified');
    if (max !== '' && min !== '') throw new Error('min-available and max-unavailable cannot be both specified');
    for (const [flag, text] of [
      ['min-available', min],
      ['max-unavailable', max],
    ] as const) {
      if (text !== '' && !/^\d+%?$/.test(text)) throw new Error(`invalid format specified for ${flag}`);
    }
    const amount = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      spec: {
        ...(max === '' ? {} : { maxUnavailable: amount(max) }),
        ...(min === '' ? {} : { minAvailable: amount(min) }),
        selector: labelSelectorOf(flags.selector),
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
});

export const createPriorityClassCommand = generatorCommand({
  words: 'create priorityclass',
  failure: 'failed to create priorityclass:',
  use: 'NAME --value=VALUE --global-default=BOOL',
  short: 'Create a priority class with the specified name',
  flags: {
    description: { type: 'string', help: 'description is an arbitrary string.', default: '' },
    'global-default': {
      type: 'boolean',
      help: 'global-default specifies whether this PriorityClass should be considered as the default priority.',
      default: false,
    },
    'preemption-policy': {
      type: 'string',
      help: 'preemption-policy is the policy for preempting pods with lower priority.',
      default: 'PreemptLowerPriority',
    },
    value: { type: 'number', help: 'the value of this priority class.', default: 0 },
  },
  build(_name, { flags }) {
    return {
      apiVersion: 'scheduling.k8s.io/v1',
      ...(flags.description ? { description: flags.description } : {}),
      ...(flags['global-default'] ? { globalDefault: true } : {}),
      kind: 'PriorityClass',
      preemptionPolicy: flags['preemption-policy'],
      value: flags.value,
    };
  },
});

export const createQuotaCommand = generatorCommand({
  words: 'create quota',
  failure: 'failed to create quota:',
  use: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2]',
  short: 'Create a quota with the specified name',
  flags: {
    hard: {
      type: 'string',
      help: 'A comma-delimited set of resource=quantity pairs that define a hard limit.',
      default: '',
    },
    scopes: {
      type: 'string',
      help: 'A comma-delimited set of quota scopes that must all match each object tracked by the quota.',
      default: '',
    },
  },
  build(_name, { flags }) {
    const hard = amounts(flags.hard);
    const scopes = flags.scopes === '' ? [] : flags.scopes.split(',');
    return {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      spec: { ...(hard ? { hard } : {}), ...(scopes.length > 0 ? { scopes } : {}) },
      status: {},
    };
  },
});

/** `cpu=1,memory=1Gi`; undefined for an empty text. */
export function amounts(text: string): Record<string, string> | undefined {
  if (text === '') return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const parts = pair.split('=');
      const [name = '', amount = ''] = parts;
      if (parts.length !== 2) throw new Error(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      parseQuantity(amount);
      return [name, amount];
    }),
  );
}
