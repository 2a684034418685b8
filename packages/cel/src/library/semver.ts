import { boolType, intType, opaqueType, stringType } from '../types/type.ts';
import { CelError, CelOpaque, type CelValue } from '../values/value.ts';
import { fn, type Library, method, readsFirst } from './overload.ts';

const semverType = opaqueType('kubernetes.Semver');

const form =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

class CelSemver extends CelOpaque {
  readonly typeName = semverType.name;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  equals(other: CelValue): boolean {
    return other instanceof CelSemver && compared(this, other) === 0;
  }
}

export function parseSemver(text: string, normalize = false): CelSemver | undefined {
  const found = form.exec(normalize ? normalized(text) : text);
  if (!found) return undefined;
  const [, major = '0', minor = '0', patch = '0', prerelease] = found;
  return new CelSemver([BigInt(major), BigInt(minor), BigInt(patch)], prerelease?.split('.') ?? []);
}

/** Drops a leading `v` and leading zeros, and fills in missing parts. */
function normalized(text: string): string {
  const [core = '', rest = ''] = text.replace(/^v/, '').split(/(?=[-+])([\s\S]*)/, 2);
  const parts = core.split('.').map((part) => (/^\d+$/.test(part) ? String(BigInt(part)) : part));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function semver(text: string, normalize = false): CelSemver {
  const found = parseSemver(text, normalize);
  if (!found) throw new CelError(`semver format invalid: ${JSON.stringify(text)}`);
  return found;
}

function compared(a: CelSemver, b: CelSemver): number {
  for (let i = 0; i < 3; i++) {
    const [left, right] = [a.numbers[i] as bigint, b.numbers[i] as bigint];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return b.prerelease.length - a.prerelease.length > 0 ? 1 : a.prerelease.length === b.prerelease.length ? 0 : -1;
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const difference = comparedParts(a.prerelease[i] as string, b.prerelease[i] as string);
    if (difference !== 0) return difference;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

/** Numeric identifiers sort before alphanumeric ones. */
function comparedParts(a: string, b: string): number {
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const two = [semverType, semverType];

export const semvers: Library = [
  fn('semver', [stringType], semverType, (text: string) => semver(text), readsFirst),
  fn('semver', [stringType, boolType], semverType, semver, readsFirst),
  fn('isSemver', [stringType], boolType, (text: string) => parseSemver(text) !== undefined, readsFirst),
  fn(
    'isSemver',
    [stringType, boolType],
    boolType,
    (text: string, loose: boolean) => parseSemver(text, loose) !== undefined,
    readsFirst,
  ),
  method('major', [semverType], intType, ({ numbers }: CelSemver) => numbers[0]),
  method('minor', [semverType], intType, ({ numbers }: CelSemver) => numbers[1]),
  method('patch', [semverType], intType, ({ numbers }: CelSemver) => numbers[2]),
  method('isGreaterThan', two, boolType, (a: CelSemver, b: CelSemver) => compared(a, b) > 0),
  method('isLessThan', two, boolType, (a: CelSemver, b: CelSemver) => compared(a, b) < 0),
  method('compareTo', two, intType, (a: CelSemver, b: CelSemver) => BigInt(compared(a, b))),
];
