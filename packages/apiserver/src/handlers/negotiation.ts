import { StatusError } from '@typernetes/machinery';

/** In which form an answer is wanted. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  readonly as: 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of meta.k8s.io, for Table and PartialObjectMetadata. */
  readonly version: 'v1' | 'v1beta1';
}

export const plainJson: Representation = { format: 'json', as: 'Object', version: 'v1' };

const known = new Map<string, Representation>();

/** The first acceptable entry of an Accept header; throws NotAcceptable. Remembered: clients send the same few. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson;
  let representation = known.get(accept);
  if (!representation) {
    representation = parseAccept(accept);
    if (known.size < 1000) known.set(accept, representation);
  }
  return representation;
}

export const acceptable = ['application/json', 'application/yaml'];

function parseAccept(accept: string): Representation {
  for (const entry of accept.split(',')) {
    const [mediaType = '', ...parameterTexts] = entry.split(';').map((part) => part.trim());
    const format = formatOf(mediaType);
    if (!format) continue;
    const parameters = new Map(
      parameterTexts.map((text) => [text.slice(0, text.indexOf('=')).trim(), text.slice(text.indexOf('=') + 1).trim()]),
    );
    const as = parameters.get('as');
    if (as === undefined) return { format, as: 'Object', version: 'v1' };
    const version = parameters.get('v');
    if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { format, as, version };
  }
  throw new StatusError('NotAcceptable', `only the following media types are accepted: ${acceptable.join(', ')}`);
}

function formatOf(mediaType: string): 'json' | 'yaml' | undefined {
  if (mediaType === 'application/json' || mediaType === '*/*' || mediaType === 'application/*') return 'json';
  return mediaType === 'application/yaml' || mediaType === 'application/x-yaml' ? 'yaml' : undefined;
}
