import {
  badRequest,
  type FieldProblem,
  forbiddenValue,
  goQuote,
  invalid,
  invalidValue,
  parseTime,
  unsupportedValue,
} from '@typernetes/machinery';
import { integerParameter } from '../handlers/list-options.ts';

const streams = ['All', 'Stdout', 'Stderr'];

/** Throws BadRequest for unreadable options, Invalid for unacceptable ones (upstream: ValidatePodLogOptions). */
export function checkLogOptions(pod: string, query: URLSearchParams): void {
  const tail = integerParameter(query, 'tailLines');
  const limit = integerParameter(query, 'limitBytes');
  const since = integerParameter(query, 'sinceSeconds');
  const from = query.get('sinceTime');
  if (from !== null) checkTime(from);
  const problems: FieldProblem[] = [];
  if (tail !== undefined && tail < 0)
    problems.push(invalidValue('tailLines', tail, 'must be greater than or equal to 0'));
  if (limit !== undefined && limit < 1) problems.push(invalidValue('limitBytes', limit, 'must be greater than 0'));
  if (since !== undefined && from !== null)
    problems.push(forbiddenValue('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (since !== undefined && since < 1)
    problems.push(invalidValue('sinceSeconds', since, 'must be greater than 0'));
  const stream = query.get('stream');
  if (stream !== null && !streams.includes(stream)) problems.push(unsupportedValue('stream', stream, streams));
  if (stream !== null && stream !== 'All' && tail !== undefined)
    problems.push(forbiddenValue('[]', '`tailLines` and specific `stream` are mutually exclusive for now'));
  if (problems.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod, problems);
}

function checkTime(text: string): void {
  if (!Number.isNaN(parseTime(text))) return;
  const quoted = goQuote(text);
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
}
