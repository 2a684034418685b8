import { causeOf, type FieldProblem, problemText } from './field-problem.ts';
import type { ListMeta, Status, StatusDetails } from './meta/v1.gen.ts';
import { goQuote } from './quote.ts';

/** The closed set of failure classes of the API and their HTTP codes (upstream: metav1.StatusReason). */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  Unknown: 500,
  InternalError: 500,
  ServerTimeout: 500,
  StoreReadError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const satisfies Readonly<Record<string, number>>;

export type StatusReason = keyof typeof statusCodes;

/** A failure as the API reports it. Compare with the guards below: `instanceof` fails across copies of this module. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  /** How to continue a list that failed half-way. */
  readonly metadata: ListMeta;

  constructor(
    reason: StatusReason,
    message: string,
    options: { details?: StatusDetails; metadata?: ListMeta; code?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.code = options.code ?? statusCodes[reason];
    this.details = options.details;
    this.metadata = options.metadata ?? {};
  }

  /** The body that a client gets. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === 'Unknown' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  static fromStatus(status: Status): StatusError {
    const reason =
      status.reason !== undefined && status.reason in statusCodes ? (status.reason as StatusReason) : 'Unknown';
    const { details, metadata, code } = status;
    return new StatusError(reason, status.message ?? '', { details, metadata, code });
  }
}

export function reasonOf(error: unknown): StatusReason | undefined {
  return error instanceof Error && error.name === 'StatusError' ? (error as StatusError).reason : undefined;
}

export const isNotFound = (error: unknown): boolean => reasonOf(error) === 'NotFound';
export const isConflict = (error: unknown): boolean => reasonOf(error) === 'Conflict';
export const isAlreadyExists = (error: unknown): boolean => reasonOf(error) === 'AlreadyExists';
export const isForbidden = (error: unknown): boolean => reasonOf(error) === 'Forbidden';
export const isInvalid = (error: unknown): boolean => reasonOf(error) === 'Invalid';
/** Nothing can be created in the namespace any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!isForbidden(error)) return false;
  return !!(error as StatusError).details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
}
/** The revision asked for is no longer there: list again. */
export const isExpired = (error: unknown): boolean => reasonOf(error) === 'Expired' || reasonOf(error) === 'Gone';

/** What a request resolves to; undefined if the server does not have the object (any more). */
export async function ifFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Names a resource in messages: its group and plural (or kind, for Invalid). */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

const qualified = (group: string, name: string): string => (group === '' ? name : `${name}.${group}`);
const details = (of: Named, name: string, rest: StatusDetails = {}): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(of.group ? { group: of.group } : {}),
  kind: of.plural,
  ...rest,
});

export function notFound(of: Named, name: string): StatusError {
  return new StatusError('NotFound', `${qualified(of.group, of.plural)} ${goQuote(name)} not found`, {
    details: details(of, name),
  });
}

export function alreadyExists(of: Named, name: string): StatusError {
  return new StatusError('AlreadyExists', `${qualified(of.group, of.plural)} ${goQuote(name)} already exists`, {
    details: details(of, name),
  });
}

/** No free name was found for a generateName: the same request may well succeed. */
export function generatedNameTaken(of: Named, name: string): StatusError {
  const message = `${qualified(of.group, of.plural)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return new StatusError('AlreadyExists', message, { details: details(of, name, { retryAfterSeconds: 1 }) });
}

export function conflict(
  of: Named,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(of.group, of.plural)} ${goQuote(name)}: ${why}`;
  return new StatusError('Conflict', message, { details: details(of, name) });
}

export function forbidden(of: Named, name: string, why: string): StatusError {
  const subject = name
    ? `${qualified(of.group, of.plural)} ${goQuote(name)} is`
    : `${qualified(of.group, of.plural)} is`;
  return new StatusError('Forbidden', `${subject} forbidden: ${why}`, { details: details(of, name) });
}

/** `Deployment.apps "web" is invalid: ...`, with one cause per problem; the message has duplicates only once. */
export function invalid(
  of: { group: string; kind: string },
  name: string,
  problems: readonly FieldProblem[],
): StatusError {
  const texts = [...new Set(problems.map(problemText))];
  const list = texts.length <= 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const message = `${qualified(of.group, of.kind)} ${goQuote(name)} is invalid`;
  return new StatusError('Invalid', list === '' ? message : `${message}: ${list}`, {
    details: {
      ...(name ? { name } : {}),
      ...(of.group ? { group: of.group } : {}),
      ...(of.kind ? { kind: of.kind } : {}),
      causes: problems.map(causeOf),
    },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}
