import {
  badRequest,
  type FieldProblem,
  forbiddenValue,
  goQuote,
  invalid,
  type StatusError,
  unsupportedValue,
} from '@typernetes/machinery';

const matchField = 'resourceVersionMatch';

/** The refusal of parameters that do not go together, as of a ListOptions object. */
function refusal(problems: FieldProblem[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', problems);
}

/** Throws for parameters of a list that do not go together (upstream: ValidateListOptions). */
export function checkListParameters(query: URLSearchParams): void {
  const match = query.get(matchField) ?? '';
  const problems: FieldProblem[] = [];
  if (match !== '') {
    const revision = query.get('resourceVersion') ?? '';
    if (revision === '') {
      problems.push(forbiddenValue(matchField, `${matchField} is forbidden unless resourceVersion is provided`));
    }
    if (query.get('continue')) {
      problems.push(forbiddenValue(matchField, `${matchField} is forbidden when continue is provided`));
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      problems.push(unsupportedValue(matchField, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && revision === '0') {
      problems.push(forbiddenValue(matchField, `${matchField} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.has('sendInitialEvents')) {
    problems.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (problems.length > 0) throw refusal(problems);
}

/** The same for a watch; `watchList` is the feature gate of that name. */
export function checkWatchParameters(query: URLSearchParams, { watchList }: { readonly watchList: boolean }): void {
  const match = query.get(matchField) ?? '';
  const initial = query.has('sendInitialEvents');
  const problems: FieldProblem[] = [];
  if (initial && match !== 'NotOlderThan') {
    const detail = `sendInitialEvents requires setting ${matchField} to NotOlderThan`;
    problems.push(forbiddenValue(matchField, detail));
  }
  if (initial && !watchList) {
    const detail = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    problems.push(forbiddenValue('sendInitialEvents', detail));
  }
  if (match !== '') {
    if (!initial) {
      const detail = `${matchField} is forbidden for watch unless sendInitialEvents is provided`;
      problems.push(forbiddenValue(matchField, detail));
    }
    if (match !== 'NotOlderThan') problems.push(unsupportedValue(matchField, match, ['NotOlderThan']));
    if (query.get('continue')) {
      problems.push(forbiddenValue(matchField, `${matchField} is forbidden when continue is provided`));
    }
  }
  if (problems.length > 0) throw refusal(problems);
}

/** An integer parameter; undefined when absent. Throws BadRequest for anything else, including the empty text. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63) throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  return value;
}
