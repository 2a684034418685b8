import { type FieldProblem, invalidValue } from '@typernetes/machinery';

/** The TracingConfiguration that configurations of components share. */
export interface TracingConfiguration {
  /** The address of the collector; default: `localhost:4317`. */
  readonly endpoint?: string;
  readonly samplingRatePerMillion?: number;
}

export const tracingFields = { endpoint: 'string', samplingRatePerMillion: 'number' } as const;
export const usualEndpoint = 'localhost:4317';

const schemes = ['dns', 'unix', 'unix-abstract'];

/** In upstream's words (`component-base/tracing/api/v1`); `at` is the prefix of paths, including its dot. */
export function tracingProblems(
  { endpoint, samplingRatePerMillion: rate }: TracingConfiguration,
  at = '',
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const invalidRate = (why: string) => problems.push(invalidValue(`${at}samplingRatePerMillion`, rate, why));
  if (rate !== undefined && rate < 0) invalidRate('sampling rate must be positive');
  if (rate !== undefined && rate > 1_000_000)
    invalidRate('sampling rate per million must be less than or equal to one million');
  const [, scheme = 'dns'] = /^([^/]*):\/\//.exec(endpoint ?? '') ?? [];
  if (!schemes.includes(scheme))
    problems.push(
      invalidValue(
        `${at}endpoint`,
        endpoint,
        `unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`,
      ),
    );
  return problems;
}
