import { decodeProtobuf } from '@typernetes/api/protobuf';
import { messageOf } from '@typernetes/base';
import {
  type DeleteOptions,
  decodeObject,
  type FieldSchema,
  goQuote,
  isJsonObject,
  jsonProblem,
  parseExactJson,
  type ScalarType,
  type Schema,
  StatusError,
  type StructSchema,
} from '@typernetes/machinery';
import { protobufType } from '../request/negotiation.ts';
import type { ServerRequest } from '../request/server-request.ts';
import {
  acceptedBodies,
  maxBodyBytes,
  mediaTypeOf,
  noKind,
  parseYaml,
  typeMetaProblem,
  unsupportedMediaType,
} from './decode.ts';
import { deleteOptionsOf } from './resource-call.ts';

/**
 * The options of a deletion: from the body if there is one, else from the query. DeleteOptions of any group are
 * accepted, as old clients send them. As upstream, an unreadable body is a 500 with the decoder's message.
 */
export async function readDeleteOptions(request: ServerRequest): Promise<DeleteOptions> {
  const bytes = await request.body(maxBodyBytes);
  if (bytes.length === 0) return deleteOptionsOf(request.query);
  const document = await parsed(bytes, mediaTypeOf(request));
  const problem = typeMetaProblem(document);
  if (problem !== undefined) throw unreadable(problem);
  const value = isJsonObject(document) ? document : {};
  const { kind, apiVersion, ...options } = value;
  if (kind && kind !== 'DeleteOptions')
    throw unreadable(
      `no kind ${goQuote(String(kind))} is registered for version ${goQuote(String(apiVersion || 'meta.k8s.io/v1'))} in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`,
    );
  try {
    return decodeObject(options, optionsSchema).object as DeleteOptions;
  } catch (error) {
    throw unreadable(messageOf(error));
  }
}

const unreadable = (why: string): StatusError => new StatusError('Unknown', why);

async function parsed(bytes: Uint8Array, mediaType: string): Promise<unknown> {
  if (mediaType !== '' && !acceptedBodies.includes(mediaType)) throw unsupportedMediaType(acceptedBodies);
  if (mediaType === protobufType) {
    try {
      return decodeProtobuf(bytes);
    } catch (error) {
      throw unreadable(messageOf(error));
    }
  }
  const text = Buffer.from(bytes).toString();
  if (mediaType === 'application/yaml') return (await parseYaml(text, unreadable)).value;
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(noKind(jsonProblem(text)));
  }
}

const scalar = (type: ScalarType, goType: string): Schema => ({ kind: 'scalar', type, goType });

function struct(goType: string, members: Readonly<Record<string, Schema>>): StructSchema {
  const fields = Object.entries(members).map(([name, schema]): [string, FieldSchema] => [
    name,
    {
      name,
      schema,
      required: false,
      pointer: true,
      omitEmpty: true,
      writesNull: false,
      patchStrategy: [],
      patchMergeKey: undefined,
    },
  ]);
  return { kind: 'struct', goType, fields: new Map(fields), atomic: false };
}

const optionsSchema = struct('v1.DeleteOptions', {
  gracePeriodSeconds: scalar('int', 'int64'),
  preconditions: struct('v1.Preconditions', {
    uid: scalar('string', 'types.UID'),
    resourceVersion: scalar('string', 'string'),
  }),
  orphanDependents: scalar('bool', 'bool'),
  propagationPolicy: scalar('string', 'v1.DeletionPropagation'),
  dryRun: { kind: 'list', goType: '[]string', items: scalar('string', 'string'), type: 'atomic', keys: [] },
  ignoreStoreReadErrorWithClusterBreakingPotential: scalar('bool', 'bool'),
});
