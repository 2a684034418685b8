import { decodeProtobuf } from '@typernetes/api/protobuf';
import { schemaOfKind } from '@typernetes/api/schema';
import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  decodeObject,
  duplicateFields,
  fieldWarnings,
  invalid,
  isJsonObject,
  type ResourceType,
  StatusError,
  type StructSchema,
  strictProblem,
  undecodable,
  unsupportedValue,
} from '@typernetes/machinery';
import type { CustomShape } from '../custom-resources/custom-shape.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { ServerRequest } from '../request/server-request.ts';
import { protobufType } from './negotiation.ts';

/** What a request may carry at most: 3 MiB, as upstream's default. */
export const maxBodyBytes = 3 * 1024 * 1024;

const accepted = ['application/json', 'application/yaml', protobufType];

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

type Kind = Pick<ResourceType<unknown>, 'group' | 'version' | 'kind'>;

/** A parsed body and, for the sake of duplicate fields, its text. */
export interface Document {
  readonly value: unknown;
  /** Undefined when it was not JSON. */
  readonly json: string | undefined;
}

export function fieldValidationOf(query: URLSearchParams, optionsKind = 'CreateOptions'): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '' || value === 'Warn') return 'Warn';
  if (value === 'Ignore' || value === 'Strict') return value;
  throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', [
    unsupportedValue('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn']),
  ]);
}

/** The body as it was sent, up to the limit. */
export async function readText(request: ServerRequest): Promise<string> {
  const bytes = await request.body(maxBodyBytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

export function mediaTypeOf(request: ServerRequest): string {
  const header = request.headers['content-type'] ?? '';
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}

/** The body as a value, JSON or YAML by its content type; an undefined value when it is empty. */
export async function readDocument(request: ServerRequest): Promise<Document> {
  const mediaType = mediaTypeOf(request);
  if (mediaType === protobufType) return { value: fromProtobuf(await request.body(maxBodyBytes)), json: undefined };
  const text = await readText(request);
  if (text === '') return { value: undefined, json: undefined };
  switch (mediaType) {
    case '':
    case '*/*':
    case 'application/json':
      return { value: parseJson(text), json: text };
    case 'application/yaml':
    case 'application/x-yaml':
      return { value: await parseYaml(text), json: undefined };
    default:
      throw unsupportedMediaType(accepted);
  }
}

function fromProtobuf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

export function unsupportedMediaType(types: readonly string[]): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  );
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type Object): couldn't get version/kind; json parse error: ${messageOf(error)}`,
    );
  }
}

export async function parseYaml(text: string): Promise<unknown> {
  // Loaded on first use: most requests are JSON, and start-up time counts.
  const { decodeDocument } = await import('@typernetes/process');
  try {
    return decodeDocument(text);
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${messageOf(error)}`);
  }
}

/**
 * The document as an object of a kind, in the shape that upstream writes; it belongs to the caller. A missing apiVersion and
 * kind are filled in, wrong ones refused; unknown and repeated fields are treated as `validation` says.
 */
export function decodeAs(
  type: Kind,
  document: Document,
  {
    validation,
    context,
    shape,
    refuseUnknown,
  }: {
    validation: FieldValidation;
    context: RequestContext;
    shape?: CustomShape | undefined;
    /** What to throw for unknown fields, whatever `validation` says. */
    refuseUnknown?: (fields: readonly string[]) => StatusError;
  },
): ApiObject {
  const { value } = document;
  if (!isJsonObject(value))
    throw badRequest(
      value === undefined
        ? 'the request body is empty'
        : undecodable(type, 'json: cannot unmarshal into Go value').message,
    );
  const apiVersion = apiVersionOf(type);
  const given = { kind: value.kind || type.kind, apiVersion: value.apiVersion || apiVersion };
  if (given.kind !== type.kind || given.apiVersion !== apiVersion)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): couldn't get version/kind: expected ${apiVersion}, Kind=${type.kind}, got ${String(given.apiVersion)}, Kind=${String(given.kind)}`,
    );
  const schema = shape ? undefined : schemaOfKind(type);
  const whole = { ...value, ...given, metadata: value.metadata ?? {} };
  if (!schema && !shape) return whole as unknown as ApiObject;
  let decoded: ReturnType<typeof decodeObject>;
  try {
    decoded = shape ? shape.decode(whole) : decodeObject(whole, schema as StructSchema);
  } catch (error) {
    throw undecodable(type, messageOf(error));
  }
  if (refuseUnknown && decoded.unknownFields.length > 0) throw refuseUnknown(decoded.unknownFields);
  if (validation !== 'Ignore') {
    const found = {
      unknown: decoded.unknownFields,
      duplicate: document.json === undefined ? [] : duplicateFields(document.json),
    };
    const problem = validation === 'Strict' ? strictProblem(found) : undefined;
    if (problem !== undefined) throw undecodable(type, problem);
    for (const warning of fieldWarnings(found)) context.warnings.add(warning);
  }
  const object = decoded.object as unknown as ApiObject;
  object.metadata ??= {} as ApiObject['metadata'];
  return object;
}
