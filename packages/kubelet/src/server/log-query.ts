import { aggregateText } from '@typernetes/base';
import { type FieldProblem, invalidValue, problemText, requiredValue, tooMany } from '@typernetes/machinery';

/** A request for logs of system programs: of services, or one file (upstream: nodeLogQuery). */
export interface LogQuery {
  readonly services: readonly string[];
  readonly files: readonly string[];
  readonly options: LogQueryOptions;
}

interface LogQueryOptions {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  readonly tailLines?: number;
  /** 0 is the current boot, -1 the previous one. */
  readonly boot?: number;
  readonly pattern?: string;
}

const mostServices = 4;
const longestService = 256;
const mostLines = 100_000;

/** The log query in a URL; undefined without one. A name with a slash is a file. */
export function parseLogQuery(given: URLSearchParams): LogQuery | { readonly problems: string } | undefined {
  const problems: FieldProblem[] = [];
  const asked = given.getAll('query');
  const files = asked.filter((name) => /[/\\]/.test(name));
  const services = asked.filter((name) => !/[/\\]/.test(name) && name.trim() !== '');
  if (asked.length > 0 && files.length === 0 && services.length === 0)
    problems.push(invalidValue('query', asked, 'query cannot be empty'));
  const time = (name: string): number | undefined => {
    const text = given.get(name) ?? '';
    if (text === '') return undefined;
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return Date.parse(text);
    problems.push(invalidValue(name, text, 'invalid time format'));
    return undefined;
  };
  const number = (name: string): number | undefined => {
    const text = given.get(name) ?? '';
    if (text === '') return undefined;
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    problems.push(invalidValue(name, text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`));
    return undefined;
  };
  const options = Object.fromEntries(
    Object.entries({
      since: time('sinceTime'),
      until: time('untilTime'),
      boot: number('boot'),
      tailLines: number('tailLines'),
      pattern: given.get('pattern') || undefined,
    }).filter(([, value]) => value !== undefined),
  );
  if (problems.length > 0) return { problems: aggregateText(problems.map(problemText)) };
  if (asked.length === 0 && Object.keys(options).length === 0) return undefined;
  return { services, files, options };
}

/** Why it cannot be answered; undefined when it can. Whether the file is there is for the caller to see. */
export function logQueryProblem({ services, files, options }: LogQuery): string | undefined {
  const { since, until, boot, tailLines, pattern = '' } = options;
  const problems: FieldProblem[] = services.flatMap(serviceProblems);
  if (services.length > mostServices) problems.push(tooMany('query', services.length, mostServices));
  if (files.length === 0 && services.length === 0)
    problems.push(requiredValue('query', 'cannot be empty with options'));
  else if (files.length > 0 && services.length > 0)
    problems.push(invalidValue('query', `${goList(files)}, ${goList(services)}`, 'cannot specify a file and service'));
  else if (files.length > 1) problems.push(invalidValue('query', files, 'cannot specify more than one file'));
  else if (files.length === 1 && Object.keys(options).length > 0)
    problems.push(invalidValue('query', files, 'cannot specify file with options'));
  if (since !== undefined && until !== undefined && since > until)
    problems.push(invalidValue('untilTime', new Date(until).toISOString(), 'must be after `sinceTime`'));
  if (boot !== undefined && boot > 0) problems.push(invalidValue('boot', boot, 'must be less than 1'));
  if (tailLines !== undefined && (tailLines < 0 || tailLines > mostLines))
    problems.push(invalidValue('tailLines', tailLines, `must be between 0 and ${mostLines}, inclusive`));
  if (!isPattern(pattern)) problems.push(invalidValue('pattern', pattern, 'error parsing regexp'));
  return problems.length > 0 ? aggregateText(problems.map(problemText)) : undefined;
}

/** The arguments of journalctl. */
export function journalArguments(services: readonly string[], options: LogQueryOptions): readonly string[] {
  const { since, until, tailLines, pattern, boot } = options;
  return [
    '--utc',
    '--no-pager',
    '--output=short-precise',
    ...(since === undefined ? [] : [`--since=${journalTime(since)}`]),
    ...(until === undefined ? [] : [`--until=${journalTime(until)}`]),
    ...(tailLines === undefined ? [] : ['--pager-end', `--lines=${tailLines}`]),
    ...services.map((service) => `--unit=${service}`),
    ...(pattern === undefined ? [] : [`--grep=${pattern}`]),
    ...(boot === undefined ? [] : ['--boot', String(boot)]),
  ];
}

function serviceProblems(name: string): FieldProblem[] {
  if (Buffer.byteLength(name) > longestService) return [invalidValue('query', name, 'length must be less than 100')];
  if (/[^a-zA-Z\-_.:0-9@]/.test(name)) return [invalidValue('query', name, 'input contains unsupported characters')];
  return [];
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const journalTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
const goList = (names: readonly string[]): string => `[${names.join(' ')}]`;
