import { controllerNameProblems } from '@typernetes/controllers';
import { parseQuantity, subdomainProblems } from '@typernetes/machinery';
import type { ControlPlaneOptions } from './control-plane-options.ts';

type Check = (value: unknown) => string[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const must = (holds: boolean, what: string): string[] => (holds ? [] : [`must be ${what}`]);

/** A check for each option. Callers without a type checker get here, so any value is possible. */
const checks: Readonly<Record<keyof ControlPlaneOptions, Check>> = {
  storage: (value) =>
    must(
      value === 'memory' || (isObject(value) && typeof value.file === 'string' && value.file !== ''),
      '"memory" or { file }',
    ),
  port: (value) =>
    must(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535, 'a number from 0 to 65535'),
  nodes: nodesProblems,
  nodeAmounts: amountsProblems,
  podCourse: (value) => must(typeof value === 'function', 'a function'),
  controllers: (value) => (isStrings(value) ? controllerNameProblems(value) : ['must be a list of strings']),
  scheduler: (value) => must(typeof value === 'boolean', 'true or false'),
  apiServerFlags: flagProblems,
  log: (value) =>
    must(
      isObject(value) && ['debug', 'info', 'warn', 'error', 'with'].every((name) => typeof value[name] === 'function'),
      'an object with the methods debug, info, warn, error and with',
    ),
};

/** All problems with the options of a control plane, each with the option's name. */
export function optionProblems(options: unknown): string[] {
  if (!isObject(options)) return [`options must be an object, got ${shown(options)}`];
  return Object.entries(options).flatMap(([name, value]) => {
    if (!Object.hasOwn(checks, name)) return [`unknown option "${name}": known are ${Object.keys(checks).join(', ')}`];
    if (value === undefined) return [];
    const problems = checks[name as keyof ControlPlaneOptions](value);
    return problems.map(
      (problem) => `option "${name}" ${problem}${problem.startsWith('must') ? `, got ${shown(value)}` : ''}`,
    );
  });
}

function nodesProblems(value: unknown): string[] {
  if (typeof value === 'number')
    return must(Number.isInteger(value) && value >= 0, 'a whole number, or a list of names');
  if (!isStrings(value)) return ['must be a whole number, or a list of names'];
  const twice = value.filter((name, index) => value.indexOf(name) !== index);
  return [
    ...twice.map((name) => `names "${name}" twice`),
    ...value.flatMap((name) => subdomainProblems(name).map((problem) => `names "${name}": ${problem}`)),
  ];
}

/** What has an option of its own, and would be taken for it. */
function flagProblems(value: unknown): string[] {
  if (!isStrings(value)) return ['must be a list of strings'];
  return value.some((flag) => /^--?secure-port\b/.test(flag))
    ? ['cannot have --secure-port: the option "port" is for it']
    : [];
}

/** Without a prefix only these name what a node has: anything else is a slip that would leave pods unbound without a word. */
const plainAmount = /^(cpu|memory|ephemeral-storage|pods|hugepages-.+)$/;

function amountsProblems(value: unknown): string[] {
  if (!isObject(value)) return ['must be an object of quantities'];
  return Object.entries(value).flatMap(([name, amount]) => {
    if (!name.includes('/') && !plainAmount.test(name)) return [`names "${name}", which is no resource of a node`];
    return isQuantity(amount) ? [] : [`has no quantity for "${name}": ${shown(amount)}`];
  });
}

function isQuantity(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseQuantity(value);
    return true;
  } catch {
    return false;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that is no JSON';
  }
}
