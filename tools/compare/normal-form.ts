import { systemClock } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';
import type { SharedFacts } from './facts.ts';
import type { Answer } from './pair.ts';

/**
 * An answer without what time, chance and releases explain: times, uids, revisions, fields that the peer does not have.
 */
export function normalForm(answer: Answer, facts: SharedFacts): unknown {
  const type = answer.headers['content-type'] ?? '';
  if (type.includes('protobuf')) return answer.text === '' ? '' : '<protobuf>';
  if (type.includes('yaml')) return objectForm(decodeDocument(answer.text), facts);
  if (!type.includes('json')) return scrubbed(answer.text);
  const lines = answer.text.split('\n').filter((line) => line !== '');
  const values = type.includes('stream=watch') || lines.length > 1 ? valuesOf(lines, answer.text) : [answer.text];
  const forms = values.map((text) => formOf(text, facts));
  return forms.length === 1 ? forms[0] : forms;
}

/** One document over several lines, or one document per line. */
function valuesOf(lines: readonly string[], whole: string): readonly string[] {
  try {
    JSON.parse(whole);
    return [whole];
  } catch {
    return lines;
  }
}

function formOf(text: string, facts: SharedFacts): unknown {
  try {
    return objectForm(JSON.parse(text), facts);
  } catch {
    return scrubbed(text);
  }
}

export function objectForm(value: unknown, facts: SharedFacts): unknown {
  if (!isObject(value)) return scrubbedValue(value);
  const { apiVersion, kind, object, type } = value;
  if (typeof type === 'string' && isObject(object)) return { type, object: objectForm(object, facts) };
  if (kind === 'Status' && isObject(value.details)) return statusForm(value);
  const known = facts.typeOf(String(apiVersion), String(kind));
  if (known === undefined && isObject(value.metadata) && Array.isArray(value.metadata.managedFields)) {
    const owners = ownersForm(value.metadata.managedFields, '', facts);
    return scrubbedValue({ ...value, metadata: { ...value.metadata, managedFields: owners } });
  }
  return scrubbedValue(known === undefined ? nested(value, facts) : sharedPart(value, known, facts));
}

/** Objects in lists and tables have types of their own. */
function nested(value: Record<string, unknown>, facts: SharedFacts): unknown {
  const { kind, rows, items, apiVersion } = value;
  if (kind === 'Table' && Array.isArray(rows))
    return {
      ...value,
      rows: rows.map((row) => ({ ...row, object: isObject(row.object) ? objectForm(row.object, facts) : row.object })),
    };
  if (Array.isArray(items) && typeof kind === 'string' && kind.endsWith('List')) {
    const type = facts.typeOf(String(apiVersion), kind.slice(0, -'List'.length));
    return {
      ...value,
      items: items.map((item) => (type === undefined ? objectForm(item, facts) : sharedPart(item, type, facts))),
    };
  }
  return value;
}

/** Causes sorted by field: the order of validation rules does not matter. */
function statusForm(status: Record<string, unknown>): unknown {
  const details = status.details as Record<string, unknown>;
  const causes = Array.isArray(details.causes) ? details.causes : undefined;
  const form = scrubbedValue({
    ...status,
    details: causes
      ? { ...details, causes: causes.map((cause) => `${cause.field}|${cause.reason}|${cause.message}`) }
      : details,
  }) as Record<string, unknown>;
  if (!causes) return form;
  const list = [...new Set((form.details as { causes: string[] }).causes)].sort();
  return { ...form, message: '<causes>', details: { ...(form.details as object), causes: list } };
}

/** A value without the fields that the peer's type does not have. */
function sharedPart(value: unknown, type: string, facts: SharedFacts): unknown {
  if (Array.isArray(value)) return value.map((item) => sharedPart(item, type.replace(/^\[\]/, ''), facts));
  if (!isObject(value)) return value;
  if (type === 'FieldsV1') return value;
  const ofMap = /^map\[[^\]]*\](.*)$/.exec(type)?.[1];
  if (ofMap !== undefined)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sharedPart(item, ofMap, facts)]));
  const fields = facts.fields(type);
  const shared = Object.entries(value)
    .filter(([key]) => !facts.isNewer(type, key))
    .map(([key, item]) => [key, sharedPart(item, fields[key]?.t ?? '', facts)] as const);
  const form = Object.fromEntries(shared);
  if (isObject(form.metadata) && Array.isArray(form.metadata.managedFields))
    form.metadata = {
      ...form.metadata,
      managedFields: ownersForm(form.metadata.managedFields, type, facts),
    };
  return form;
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1?: unknown;
}

/**
 * The owners of fields, without time and operation. Left out as newer than the peer: ownership of the status,
 * subresources and the fields they reset.
 */
function ownersForm(entries: readonly Entry[], type: string, facts: SharedFacts): unknown {
  const owners: Record<string, unknown> = {};
  for (const { manager, operation, fieldsV1 } of entries) {
    const fields = sharedFields(fieldsV1, type, facts);
    const { 'f:status': _, ...specification } = isObject(fields) ? fields : {};
    const owner = `${manager} ${operation}`;
    if (Object.keys(specification).length > 0) owners[owner] = joined(owners[owner], specification);
  }
  return owners;
}

/** The union of both field sets. */
function joined(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return one ?? other;
  const both: Record<string, unknown> = { ...one };
  for (const [element, below] of Object.entries(other)) both[element] = joined(one[element], below);
  return both;
}

/** The same for the fields of a manager. */
function sharedFields(fields: unknown, type: string, facts: SharedFacts): unknown {
  if (!isObject(fields)) return fields;
  const ofMap = /^map\[[^\]]*\](.*)$/.exec(type)?.[1];
  const known = facts.fields(type);
  const kept: [string, unknown][] = [];
  for (const [key, below] of Object.entries(fields)) {
    if (key === 'f:creationTimestamp') continue;
    const name = key.startsWith('f:') ? key.slice(2) : undefined;
    if (name !== undefined && ofMap === undefined && facts.isNewer(type, name)) continue;
    const next = name === undefined ? type.replace(/^\[\]/, '') : (ofMap ?? known[name]?.t ?? '');
    const atomic = name !== undefined && ofMap === undefined && facts.isAtomic(known[name]);
    kept.push([key, atomic || facts.isAtomic({ t: next }) ? {} : sharedFields(below, next, facts)]);
  }
  return Object.fromEntries(kept);
}

const scrubbedValue = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, item: unknown) => {
    if (key === 'resourceVersion' && typeof item === 'string' && item !== '') return '<revision>';
    if (key === 'continue' && typeof item === 'string' && item !== '') return '<token>';
    if (key === 'selfLink' || (key === 'creationTimestamp' && item === null)) return undefined;
    if (key === 'nodePort' || key === 'healthCheckNodePort')
      return Number(item) >= 30_000 && Number(item) < 32_768 ? '<port>' : item;
    return typeof item === 'string' ? scrubbed(item) : item;
  });

const nearMs = 3_600_000;

/** A text without recent times, uids, cluster addresses and generated name suffixes. */
function scrubbed(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time, fraction) =>
      Math.abs(Date.parse(time) - systemClock.now()) < nearMs ? `<time${fraction ? '.' : ''}>` : time,
    )
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\b10\.(9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, '<cluster IP>')
    .replaceAll(/(does not match the ResourceVersion in record) \(\d+\)/g, '$1 <revision>')
    .replaceAll(/\b(gen-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1<suffix>')
    .replaceAll(/\bkube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, 'kube-api-access-<suffix>');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
