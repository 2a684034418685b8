import { hasMessage } from '@typernetes/api/protobuf';
import { StatusError } from '@typernetes/machinery';

/** The format of a response. */
export interface Representation {
  readonly format: 'json' | 'yaml' | 'protobuf';
  readonly as: 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** The version of meta.k8s.io, for Table and PartialObjectMetadata. */
  readonly version: 'v1' | 'v1beta1';
  /** The client's alternative for objects without a protobuf message: custom resources. */
  readonly otherwise?: Representation | undefined;
}

export const protobufType = 'application/vnd.kubernetes.protobuf';

export const plainJson: Representation = { format: 'json', as: 'Object', version: 'v1' };

const known = new Map<string, Representation>();

/** The first acceptable entry of an Accept header; throws NotAcceptable. Remembered: clients send the same few. */
export function negotiate(accept: string | undefined, available: readonly string[] = acceptable): Representation {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson;
  let representation = known.get(accept);
  if (!representation) {
    checkProducible(accept, available);
    representation = parseAccept(accept);
    if (known.size < 1000) known.set(accept, representation);
  }
  return representation;
}

/** The same for a path that upstream's router does not know, so that it is asked what it can produce only here. */
export const negotiateUnrouted = (accept = ''): Representation => (accept === '' ? plainJson : parseAccept(accept));

/** The format of errors: the first accepted one that is not a transformation; undefined if there is none. */
export function errorFormat(accept: string | undefined): Representation['format'] | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return 'json';
  const entries = accept.split(',').flatMap(parseEntry);
  return entries.sort((a, b) => b.quality - a.quality).find((entry) => !transforms(entry))?.format;
}

/** Whether an entry asks for an object in another form. */
const transforms = ({ parameters }: Entry): boolean => ['as', 'g', 'v'].some((name) => parameters.has(name));

/**
 * Throws NotAcceptable unless the header names one of the types literally, or all: upstream's router checks this before
 * the code that understands parameters and `application/*`.
 */
export function checkProducible(accept: string | undefined, available: readonly string[]): void {
  if (accept === undefined || accept === '') return;
  for (const entry of accept.split(',')) {
    const semicolon = entry.indexOf(';');
    const mediaType = (semicolon < 0 ? entry : entry.slice(0, semicolon)).trim();
    if (mediaType === '*/*' || available.includes(mediaType)) return;
  }
  throw new StatusError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`, {
    details: {},
  });
}

/** The same for a response with an object of this kind, or a list of them. */
export function negotiateFor(
  accept: string | undefined,
  type: { apiVersion: string; kind: string },
  available?: readonly string[],
): Representation {
  let representation: Representation | undefined = negotiate(accept, available);
  while (representation?.format === 'protobuf' && representation.as === 'Object' && !hasMessage(type))
    representation = representation.otherwise;
  if (representation) return representation;
  throw new StatusError(
    'NotAcceptable',
    'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
  );
}

export const acceptable = ['application/json', 'application/yaml', protobufType];
/** For paths that may also be watched. */
export const listable = [...acceptable, 'application/json;stream=watch', `${protobufType};stream=watch`];

interface Entry {
  readonly format: Representation['format'];
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseAccept(accept: string): Representation {
  const entries = accept.split(',').flatMap(parseEntry);
  // The sort is stable: equally preferred ones stay in the client's order.
  const wanted = entries.sort((a, b) => b.quality - a.quality).flatMap(representationOf);
  const chained = wanted.reduceRight<Representation | undefined>(
    (otherwise, one) => (one.format === 'protobuf' ? { ...one, otherwise } : one),
    undefined,
  );
  if (chained) return chained;
  throw notAcceptable();
}

/** None of the accepted formats is available. */
export function notAcceptable(): StatusError {
  return new StatusError('NotAcceptable', `only the following media types are accepted: ${acceptable.join(', ')}`);
}

function parseEntry(text: string): Entry[] {
  const [mediaType = '', ...parameterTexts] = text.split(';').map((part) => part.trim());
  const format = formatOf(mediaType.toLowerCase());
  if (!format) return [];
  const parameters = new Map(
    parameterTexts.map((one) => [one.slice(0, one.indexOf('=')).trim(), one.slice(one.indexOf('=') + 1).trim()]),
  );
  const stream = parameters.get('stream');
  // There is one kind of streams, and none in YAML.
  if (stream && (stream !== 'watch' || format === 'yaml')) return [];
  const quality = Number(parameters.get('q') ?? 1);
  return [{ format, parameters, quality: Number.isNaN(quality) ? 1 : quality }];
}

function representationOf(entry: Entry): Representation[] {
  if (!transforms(entry)) return [{ format: entry.format, as: 'Object', version: 'v1' }];
  const { format, parameters } = entry;
  const as = parameters.get('as');
  const version = parameters.get('v');
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return [];
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return [{ format, as, version }];
  // A Table has no message.
  return as === 'Table' && format !== 'protobuf' ? [{ format, as, version }] : [];
}

function formatOf(mediaType: string): Representation['format'] | undefined {
  if (mediaType === 'application/json' || mediaType === '*/*' || mediaType === 'application/*') return 'json';
  if (mediaType === protobufType) return 'protobuf';
  return mediaType === 'application/yaml' ? 'yaml' : undefined;
}
