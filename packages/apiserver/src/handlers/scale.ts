import { schemaOfKind } from '@typernetes/api/schema';
import {
  type ApiObject,
  apiVersionOf,
  conflict,
  formatLabelSelector,
  invalid,
  invalidValue,
  isJsonObject,
  type JsonObject,
  type LabelSelector,
  notFound,
  type StatusError,
  selectorFromLabels,
} from '@typernetes/machinery';
import { scalePrinter } from '../registry/autoscaling/scale-printer.ts';
import type { ScaleSubresource } from '../registry/served-resource.ts';
import { notAcceptable } from '../request/negotiation.ts';
import type { Reply } from '../request/server-request.ts';
import { applyTo } from '../storage/managed-fields.ts';
import { checkIdentity, checkNames, updateObject } from '../storage/update.ts';
import {
  decodeAs,
  fieldValidationOf,
  mediaTypeOf,
  parseYaml,
  readDocument,
  readText,
  unsupportedMediaType,
} from './decode.ts';
import { valueReply } from './encode.ts';
import {
  applyOptionsOf,
  applyType,
  checkPatchOptions,
  configurationOf,
  patchKinds,
  patchReader,
  reportRepeated,
  undecodableYaml,
} from './patch.ts';
import { patchProblem } from './patch-problem.ts';
import { type StoredCall, writeOptionsOf } from './resource-call.ts';
import { tableOf } from './table.ts';

/** autoscaling/v1 Scale: a small view of the object, made of two paths. */
interface Scale extends ApiObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

export async function getScale(call: StoredCall, part: ScaleSubresource): Promise<Reply> {
  const found = call.storage.cache.get(call.storage.keyOf(call.namespace, call.name));
  if (!found) throw noScale(call);
  const whole = await call.storage.get(call.namespace, call.name);
  return await scaleReply(call, scaleOf(whole.object, part));
}

export async function updateScale(call: StoredCall, part: ScaleSubresource): Promise<Reply> {
  const document = await readDocument(call.context.request, scaleType.kind);
  const validation = fieldValidationOf(call.context.request.query);
  const wanted = decodeAs(scaleType, document, { validation, context: call.context }) as Scale;
  return await writeScale(call, part, () => wanted, { replaces: true });
}

export async function patchScale(call: StoredCall, part: ScaleSubresource): Promise<Reply> {
  const mediaType = mediaTypeOf(call.context.request);
  if (mediaType === applyType) return await applyScale(call, part);
  const kind = patchKinds[mediaType];
  if (!kind) throw unsupportedMediaType([...Object.keys(patchKinds), applyType]);
  checkPatchOptions(call.context.request.query);
  const validation = fieldValidationOf(call.context.request.query, 'PatchOptions');
  const text = await readText(call.context.request);
  const read = patchReader(text, { kind, schema: schemaOfKind(scaleType), validation });
  return await writeScale(call, part, (scale) => {
    const { body, patcher, patchProblems, asWritten } = read();
    const patched = patcher(scale);
    try {
      const document = { value: patched, json: undefined, patchProblems, asWritten };
      return decodeAs(scaleType, document, { validation, context: call.context }) as Scale;
    } catch (error) {
      throw patchProblem(error, { kind, type: scaleType, patch: body, patched });
    }
  });
}

/** Server-side apply: applying a Scale makes the manager own the replicas field of the scaled object. */
async function applyScale(call: StoredCall, part: ScaleSubresource): Promise<Reply> {
  const { served, namespace, name, storage, context } = call;
  const { manager, force } = applyOptionsOf(context.request.query);
  const { value: sent, repeatedKeys } = await parseYaml(await readText(context.request), undecodableYaml);
  const value = configurationOf(sent, scaleType);
  const validation = fieldValidationOf(context.request.query, 'PatchOptions');
  const wanted = decodeAs(scaleType, { value, json: undefined }, { validation: 'Strict', context }) as Scale;
  const replicas = wanted.spec?.replicas;
  checkReplicas(replicas, name);
  const config: JsonObject = { apiVersion: apiVersionOf(served.type), kind: served.type.kind, metadata: { name } };
  if (replicas !== undefined) setPath(config, part.specReplicasPath, replicas);
  const door = { strategy: served.strategy, subresource: 'scale' };
  const result = await updateObject(
    storage,
    async (current) => {
      if (!current) throw notFound(served.type, name);
      const merged = await applyTo(storage, { live: current, config }, { ...door, manager, force });
      reportRepeated(repeatedKeys, { validation, context });
      const document = { value: merged, json: undefined };
      return decodeAs(served.type, document, { validation: 'Ignore', context, shape: served.shape });
    },
    { ...writeOptionsOf(context, 'PatchOptions'), ...door, namespace, name, mayCreate: false, fieldsApplied: true },
  );
  return await scaleReply(call, scaleOf(result.object, part));
}

/** Only scales of custom resources lack table rows. */
async function scaleReply({ output, served }: StoredCall, scale: Scale): Promise<Reply> {
  const { representation } = output;
  if (representation.as !== 'Table') return await valueReply(200, scale, output);
  if (served.shape) throw notAcceptable();
  const { version } = representation;
  const listMeta = { resourceVersion: scale.metadata.resourceVersion };
  const table = tableOf(scalePrinter, [scale], listMeta, { ...output, version, columns: true });
  return await valueReply(200, table, { ...output, representation: { ...representation, as: 'Object' } });
}

/** For custom resources upstream's error names the missing object, for others its scale. */
const noScale = ({ served: { type, shape }, name }: StoredCall): StatusError =>
  notFound({ group: type.group, plural: shape ? type.plural : `${type.plural}/scale` }, name);

function checkReplicas(replicas: number | undefined, name: string): void {
  if (replicas === undefined || replicas >= 0) return;
  const problem = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
  throw invalid({ group: scaleType.group, kind: scaleType.kind }, name, [problem]);
}

async function writeScale(
  call: StoredCall,
  part: ScaleSubresource,
  wantedOf: (scale: Scale) => Scale,
  { replaces }: { replaces: boolean } = { replaces: false },
): Promise<Reply> {
  const { served, namespace, name } = call;
  const result = await updateObject(
    call.storage,
    (current) => {
      if (!current) return { metadata: { name } } as ApiObject;
      const scale = scaleOf(current, part);
      const wanted = wantedOf(scale);
      checkNames(wanted as ApiObject, { name, namespace, replaces });
      const replicas = wanted.spec?.replicas ?? 0;
      checkReplicas(replicas, name);
      const { resourceVersion, uid } = wanted.metadata;
      if (replaces) checkIdentity(call.storage, current, uid, name);
      if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw conflict(served.type, name);
      const next = structuredClone(current);
      setPath(next, part.specReplicasPath, replicas);
      // The write's condition is the revision that the Scale was made of.
      return next;
    },
    {
      ...writeOptionsOf(call.context, 'UpdateOptions'),
      namespace,
      name,
      strategy: served.strategy,
      subresource: 'scale',
      mayCreate: false,
    },
  );
  return await scaleReply(call, scaleOf(result.object, part));
}

function scaleOf(object: ApiObject, part: ScaleSubresource): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector =
    part.labelSelectorPath === undefined ? undefined : selectorText(getPath(object, part.labelSelectorPath));
  const replicas = getPath(object, part.specReplicasPath);
  return {
    kind: scaleType.kind,
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: Number(getPath(object, part.statusReplicasPath) ?? 0),
      ...(selector ? { selector } : {}),
    },
  };
}

/** A label selector, plain labels, or the text that custom resources keep. */
function selectorText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return undefined;
  if ('matchLabels' in value || 'matchExpressions' in value) return formatLabelSelector(value as LabelSelector);
  return selectorFromLabels(value as Record<string, string>).toString();
}

function getPath(object: unknown, path: string): unknown {
  let at = object;
  for (const part of path.replace(/^\./, '').split('.')) at = isJsonObject(at) ? at[part] : undefined;
  return at;
}

function setPath(object: unknown, path: string, value: unknown): void {
  const parts = path.replace(/^\./, '').split('.');
  const last = parts.pop() as string;
  let at = object as Record<string, unknown>;
  for (const part of parts) {
    if (!isJsonObject(at[part])) at[part] = {};
    at = at[part] as Record<string, unknown>;
  }
  at[last] = value;
}
