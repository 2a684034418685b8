import {
  dns1035LabelProblems,
  labelNameProblems,
  labelValueProblems,
  prefixOf,
  qualifiedNameProblems,
  subdomainProblems,
} from '@typernetes/machinery';
import { listType, opaqueType, optionalType, stringType } from '../types/type.ts';
import { parseTimestamp } from '../values/time-text.ts';
import { ArrayList, CelOpaque, CelOptional, type CelValue } from '../values/value.ts';
import { fn, type Library, method, traversal } from './overload.ts';
import { sizeOf } from './size.ts';
import { isUrl } from './urls.ts';

const formatType = opaqueType('kubernetes.NamedFormat');

type Problems = readonly string[];

class CelFormat extends CelOpaque {
  readonly typeName = formatType.name;
  readonly name: string;
  readonly problems: (text: string) => Problems;
  constructor(name: string, problems: (text: string) => Problems) {
    super();
    this.name = name;
    this.problems = problems;
  }
  equals(other: CelValue): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
}

const test = (holds: (text: string) => boolean, problem: string): ((text: string) => Problems) => {
  return (text) => (holds(text) ? [] : [problem]);
};

function isDateTime(text: string): boolean {
  try {
    parseTimestamp(text);
    return true;
  } catch {
    return false;
  }
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && isDateTime(`${text}T00:00:00Z`);

const formats: readonly CelFormat[] = [
  new CelFormat('dns1123Label', labelNameProblems),
  new CelFormat('dns1123Subdomain', subdomainProblems),
  new CelFormat('dns1035Label', dns1035LabelProblems),
  new CelFormat('qualifiedName', qualifiedNameProblems),
  new CelFormat('dns1123LabelPrefix', prefixOf(labelNameProblems)),
  new CelFormat('dns1123SubdomainPrefix', prefixOf(subdomainProblems)),
  new CelFormat('dns1035LabelPrefix', prefixOf(dns1035LabelProblems)),
  new CelFormat('labelValue', labelValueProblems),
  new CelFormat('uri', test(isUrl, 'invalid URI')),
  new CelFormat(
    'uuid',
    test((text) => uuid.test(text), 'does not match the UUID format'),
  ),
  new CelFormat(
    'byte',
    test((text) => base64.test(text), 'invalid base64'),
  ),
  new CelFormat('date', test(isDate, 'invalid date')),
  new CelFormat('datetime', test(isDateTime, 'invalid datetime')),
];

const byName = new Map(formats.map((format) => [format.name, format]));

function named(name: string): CelValue {
  const format = byName.get(name);
  return format ? new CelOptional(format) : CelOptional.none;
}

function validate(format: CelFormat, text: string): CelValue {
  const problems = format.problems(text);
  return problems.length === 0 ? CelOptional.none : new CelOptional(new ArrayList(problems));
}

const problemsType = optionalType(listType(stringType));
const cost = ([, text]: readonly CelValue[]): number => traversal(sizeOf(text)) * 2;

export const namedFormats: Library = [
  fn('format.named', [stringType], optionalType(formatType), named),
  ...formats.map((format) => fn(`format.${format.name}`, [], formatType, () => format)),
  method('validate', [formatType, stringType], problemsType, validate, cost),
  fn('string', [formatType], stringType, ({ name }: CelFormat) => name),
];
