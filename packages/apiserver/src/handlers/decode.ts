import { decodeProtobuf } from '@typernetes/api/protobuf';
import { schemaOfKind } from '@typernetes/api/schema';
import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  decodeObject,
  duplicateField,
  duplicateFields,
  hasWrittenNumbers,
  invalid,
  invalidValue,
  isJsonObject,
  type JsonObject,
  jsonKind,
  jsonProblem,
  memberProblems,
  parseAsWritten,
  parseExactJson,
  type ResourceType,
  StatusError,
  type StructSchema,
  undecodable,
  unknownField,
  unsupportedValue,
} from '@typernetes/machinery';
import type { CustomShape } from '../registry/custom-shape.ts';
import { protobufType } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { ServerRequest } from '../request/server-request.ts';

/** The maximum size of a request body: 3 MiB, upstream's default. */
export const maxBodyBytes = 3 * 1024 * 1024;

export const acceptedBodies = ['application/json', 'application/yaml', protobufType];

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

type Kind = Pick<ResourceType<unknown>, 'group' | 'version' | 'kind'>;

/** A parsed body and, for the sake of duplicate fields, its text. */
export interface Document {
  readonly value: unknown;
  /** Undefined when it was not JSON. */
  readonly json: string | undefined;
  /** The text that was sent, if known. */
  readonly sent?: string | Uint8Array;
  /** For YAML: messages about repeated keys. */
  readonly repeatedKeys?: readonly string[];
  /** Problems with the members of the patch that it comes from. */
  readonly patchProblems?: readonly string[];
  /** Whether the value has numbers as they are written in a patch. */
  readonly asWritten?: boolean;
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

/** Throws for unsupported content types. For creates it is checked first, before the options of the request. */
export function checkBodyType(request: ServerRequest): void {
  const mediaType = mediaTypeOf(request);
  if (mediaType !== '' && !acceptedBodies.includes(mediaType)) throw unsupportedMediaType(acceptedBodies);
}

/**
 * The body as a value, JSON or YAML by its content type; an undefined value when it is empty. Errors name the wanted
 * `kind`.
 */
export async function readDocument(request: ServerRequest, kind: string): Promise<Document> {
  checkBodyType(request);
  const mediaType = mediaTypeOf(request);
  if (mediaType === protobufType)
    return { value: fromProtobuf(await request.body(maxBodyBytes), kind), json: undefined };
  const text = await readText(request);
  if (text === '') return { value: undefined, json: undefined };
  if (mediaType !== 'application/yaml') return { value: parseJson(text, kind), json: text, sent: text };
  return { ...(await parseYaml(text, (why) => unrecognized(text, kind, why))), json: undefined, sent: text };
}

function fromProtobuf(bytes: Uint8Array, kind: string): unknown {
  if (bytes.length === 0) throw unrecognized(bytes, kind, 'empty data');
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw unrecognized(bytes, kind, messageOf(error));
  }
}

export function unsupportedMediaType(types: readonly string[]): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  );
}

function parseJson(text: string, kind: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unrecognized(text, kind, noKind(jsonProblem(text)));
  }
}

/** Upstream's message about a body without a kind, with the beginning of the body. */
function unrecognized(sent: string | Uint8Array, kind: string, problem: string): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${beginning(sent)})`);
}

export const noKind = (problem: string): string => `couldn't get version/kind; json parse error: ${problem}`;

/** Upstream's name of the type into which it decodes a document's kind. */
const typeMetaType =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Why the kind of a document cannot be determined; undefined if it can. */
export function typeMetaProblem(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isJsonObject(value))
    return noKind(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${typeMetaType}`);
  for (const field of ['apiVersion', 'kind']) {
    const given = value[field];
    if (given !== undefined && given !== null && typeof given !== 'string')
      return noKind(`json: cannot unmarshal ${jsonKind(given)} into Go struct field .${field} of type string`);
  }
  const { apiVersion } = value;
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    return `unexpected GroupVersion string: ${apiVersion}`;
  return undefined;
}

const shownBytes = 30;

/** The first bytes, as text where they may be JSON. */
function beginning(sent: string | Uint8Array): string {
  if (sent.length === 0) return '<empty>';
  const bytes = Buffer.from(sent as string);
  const more = bytes.length > shownBytes ? ' ...' : '';
  return `${bytes.subarray(0, shownBytes).toString(bytes[0] === 0x7b ? 'utf8' : 'hex')}${more}`;
}

/** Upstream's message about an object of another kind or version, built in or unknown. */
function otherKind(wanted: Kind, { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string }): string {
  const expected = apiVersionOf(wanted);
  const slash = apiVersion.indexOf('/');
  const [group, version] = [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
  // The generic List is known, too: kubectl prints several objects as one.
  const isKnown = schemaOfKind({ group, version, kind }) !== undefined || (kind === 'List' && apiVersion === 'v1');
  if (isKnown && kind === wanted.kind)
    return `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`;
  const about = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${wanted.kind}: `;
  if (isKnown)
    return `${about}converting (${version}.${kind}) to (${internalPackage(wanted.group)}.${wanted.kind}): unknown conversion`;
  return `${about}no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
}

/** The package of upstream's version-less types: `core`, `apps`, `rbac`. */
export const internalPackage = (group: string): string =>
  group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] as string);

/** `refusal` makes an error of the message: `yaml: line 1: ...`. */
export async function parseYaml(
  text: string,
  refusal: (why: string) => StatusError,
): Promise<{ readonly value: unknown; readonly repeatedKeys: readonly string[] }> {
  // Loaded on first use: most requests are JSON, and start-up time counts.
  const { decodeRepeating } = await import('@typernetes/process');
  try {
    return decodeRepeating(text);
  } catch (error) {
    throw refusal(messageOf(error).replace(/^error converting YAML to JSON: /, ''));
  }
}

/**
 * The document as an object of a kind, in the shape that upstream writes; it belongs to the caller. A missing
 * apiVersion and kind are filled in, wrong ones refused; unknown and repeated fields are treated as `validation` says.
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
    /** The error for unknown fields, whatever `validation` says. */
    refuseUnknown?: (fields: readonly string[]) => StatusError;
  },
): ApiObject {
  if (document.value === undefined) throw unrecognized('', type.kind, noKind('unexpected end of JSON input'));
  const missing = typeMetaProblem(document.value);
  if (missing !== undefined) throw unrecognized(document.sent ?? JSON.stringify(document.value), type.kind, missing);
  const value = (document.value ?? {}) as JsonObject;
  const apiVersion = apiVersionOf(type);
  // To upstream a slash between nothing and nothing is no version.
  const said = value.apiVersion === '/' ? '' : value.apiVersion;
  const given = { kind: value.kind || type.kind, apiVersion: said || apiVersion };
  if (given.kind !== type.kind || given.apiVersion !== apiVersion) {
    const other = { kind: String(given.kind), apiVersion: String(given.apiVersion) };
    if (shape && other.apiVersion === apiVersion) {
      const name = isJsonObject(value.metadata) ? String(value.metadata.name ?? '') : '';
      throw invalid(type, name, [invalidValue('kind', other.kind, `must be ${type.kind}`)]);
    }
    throw badRequest(
      shape
        ? `the API version in the data (${other.apiVersion}) does not match the expected API version (${apiVersion})`
        : otherKind(type, other),
    );
  }
  const schema = shape ? undefined : schemaOfKind(type);
  // Fractions are rare, and finding out how they are written takes long.
  const written = schema !== undefined && document.json !== undefined && hasWrittenNumbers(document.json);
  const asWritten = written || document.asWritten === true;
  const read = written ? (parseAsWritten(document.json as string) as JsonObject) : value;
  const whole = { ...read, ...given, metadata: read.metadata ?? {} };
  if (!schema && !shape) return whole as unknown as ApiObject;
  let decoded: ReturnType<typeof decodeObject>;
  try {
    decoded = shape ? shape.decode(whole) : decodeObject(whole, schema as StructSchema, { asWritten });
  } catch (error) {
    throw undecodable(type, messageOf(error));
  }
  if (refuseUnknown && decoded.unknownFields.length > 0) throw refuseUnknown(decoded.unknownFields);
  if (validation !== 'Ignore') {
    const { repeatedKeys = [] } = document;
    const problems = problemsOf(document, decoded.unknownFields, { isCustom: shape !== undefined });
    if (validation === 'Strict') {
      const all = [...(repeatedKeys.length > 0 ? [repeatedText(repeatedKeys)] : []), ...problems];
      if (all.length > 0) throw undecodable(type, `strict decoding error: ${all.join(', ')}`);
    }
    for (const warning of [...repeatedKeys, ...problems]) context.warnings.add(warning);
  }
  const object = decoded.object as unknown as ApiObject;
  object.metadata ??= {} as ApiObject['metadata'];
  return object;
}

/** In the words of Go's YAML parser. */
export const repeatedText = (repeatedKeys: readonly string[]): string =>
  `yaml: unmarshal errors:${repeatedKeys.map((one) => `\n  ${one}`).join('')}`;

/**
 * The problems with the members of a document. Their order is that of the text only for JSON that is decoded straight
 * into its kind: custom resources are decoded before they are checked, and YAML and patch results are sorted on the
 * way.
 */
function problemsOf(
  { json, value, patchProblems = [] }: Document,
  unknown: readonly string[],
  { isCustom }: { isCustom: boolean },
): string[] {
  if (json !== undefined && !isCustom) return memberProblems(json, value, unknown);
  const repeated = json === undefined ? [] : duplicateFields(json, value);
  const inOrder = isCustom ? unknown : [...unknown].sort();
  return [...repeated.map(duplicateField), ...patchProblems, ...inOrder.map(unknownField)];
}
