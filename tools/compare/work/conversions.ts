import { systemClock } from '@typernetes/base';
import { canonicalJson } from '@typernetes/machinery';
import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Answers, Side } from '../pair.ts';
import type { Json } from '../samples.ts';
import { type ConversionHook, faults, startConversionHook } from './conversion-hook.ts';

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** Owners are compared elsewhere, and whether the stored or the sent object is converted first is up to the server. */
const alike = (form: unknown): unknown =>
  JSON.parse(JSON.stringify(form), (key, value: unknown) => {
    if (key === 'managedFields' || key === 'columnDefinitions') return undefined;
    return typeof value === 'string' ? value.replace(/(conversion webhook for \S+)\/v\d/, '$1') : value;
  });

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const partial = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
const versions = ['v1', 'v2', 'v3'] as const;
type Version = (typeof versions)[number];
const watchedMs = 700;

let hook: ConversionHook | undefined;

const properties: Readonly<Record<Version, Json>> = {
  v1: { address: { type: 'string' } },
  v2: { host: { type: 'string' }, number: { type: 'integer' } },
  v3: { target: { type: 'object', properties: { host: { type: 'string' }, number: { type: 'integer' } } } },
};

function specOf(version: Version, chance: Chance): Json {
  const host = chance.pick(['a', 'b.c', 'd']);
  const number = chance.pick([80, 443, 65_536, 80_000]);
  const size = chance.of(0.3) ? { size: chance.pick([1, 3, 11]) } : {};
  if (version === 'v1') return { address: `${host}:${number}`, ...size };
  return version === 'v2' ? { host, number, ...size } : { target: { host, number }, ...size };
}

function definitionOf(group: string, { url, caBundle }: ConversionHook, chance: Chance): Json {
  const stored = chance.pick(versions);
  const status = chance.of(0.4) ? { subresources: { status: {} } } : {};
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `ports.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'ports', singular: 'port', kind: 'Port', listKind: 'PortList' },
      versions: versions.map((name) => ({
        name,
        served: true,
        storage: name === stored,
        ...status,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { ...properties[name], size: { type: 'integer', maximum: 10, default: 2 } },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        additionalPrinterColumns: [{ name: name.toUpperCase(), type: 'string', jsonPath: '.spec' }],
      })),
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: { url, caBundle },
          conversionReviewVersions: chance.pick([['v1'], ['v1beta1'], ['v7', 'v1', 'v1beta1'], ['v1beta1', 'v1']]),
        },
      },
    },
  };
}

/**
 * Objects of three versions behind a hook that sometimes misbehaves: written, read, watched and migrated between
 * versions.
 */
export async function conversions(compare: Comparison, { seed, index }: Case): Promise<void> {
  hook ??= await startConversionHook(systemClock.now());
  hook.fault = 'none';
  const chance = new Chance(seed);
  const group = `h${index}.example.com`;
  const definition = definitionOf(group, hook, chance);
  const own = `${definitionsPath}/ports.${group}`;
  await compare.quietly({ method: 'POST', path: definitionsPath, body: definition });
  const base = (version: Version): string => `/apis/${group}/${version}/namespaces/default/ports`;
  for (const version of versions) await until(compare, base(version));
  for (let i = 0; i < 24; i++) {
    await step(compare, { chance, base, group, name: `o${chance.below(4)}` });
    if (chance.of(0.4)) await spoiltStep(compare, hook, { chance, base, group, name: 'f' });
    if (chance.of(0.08)) {
      hook.fault = 'none';
      await move(compare, { own, chance });
      for (const version of versions) await until(compare, base(version));
    }
  }
  hook.fault = 'none';
  await compare.quietly({ method: 'DELETE', path: own });
}

/**
 * Writes and reads objects while the hook misbehaves, and deletes them afterwards, whichever server has stored them.
 */
async function spoiltStep(compare: Comparison, at: ConversionHook, place: Place): Promise<void> {
  const { chance, base, group, name } = place;
  const writer = chance.pick(versions);
  const whole = { apiVersion: `${group}/${writer}`, kind: 'Port', metadata: { name }, spec: specOf(writer, chance) };
  await compare.ask({ method: 'POST', path: base(writer), body: whole }, alike);
  at.fault = chance.pick(faults);
  await step(compare, place, { alone: true });
  at.fault = 'none';
  await compare.ask({ method: 'DELETE', path: `${base('v1')}/${name}` }, alike);
}

interface Place {
  readonly chance: Chance;
  readonly base: (version: Version) => string;
  readonly group: string;
  readonly name: string;
}

/**
 * One request, or a watch and the change that it sees; `alone` uses only the one object, because others may have been
 * converted before.
 */
async function step(
  compare: Comparison,
  { chance, base, group, name }: Place,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<void> {
  const version = chance.pick(versions);
  const at = base(version);
  const labels = chance.of(0.5) ? { labels: { l: chance.pick(['x', 'y']) } } : {};
  const body = { apiVersion: `${group}/${version}`, kind: 'Port', metadata: { name, ...labels } };
  const whole = { ...body, spec: specOf(version, chance), ...(chance.of(0.3) ? { status: { s: 1 } } : {}) };
  const patched = (type: string, query = '', sent: unknown = whole): Promise<unknown> =>
    compare.ask(
      { method: 'PATCH', path: `${at}/${name}${query}`, headers: { 'content-type': type }, body: JSON.stringify(sent) },
      alike,
    );
  const merge = 'application/merge-patch+json';
  const own = alone ? `?fieldSelector=metadata.name%3D${name}` : undefined;
  switch (chance.below(alone ? 10 : 12)) {
    case 0:
    case 1:
      await compare.ask({ method: 'POST', path: at, body: whole }, alike);
      return;
    case 2:
      await compare.ask({ method: 'GET', path: `${at}/${name}` }, alike);
      return;
    case 3:
      await compare.ask(
        { method: 'GET', path: `${at}${own ?? chance.pick(['', '?limit=2', '?labelSelector=l%3Dx'])}` },
        alike,
      );
      return;
    case 4:
      await compare.ask(
        { method: 'GET', path: `${at}${own ?? ''}`, headers: chance.pick([table, partial]) },
        agesAside,
      );
      return;
    case 5:
      await patched(merge);
      return;
    case 6:
      await patched(
        'application/apply-patch+yaml',
        `?fieldManager=${chance.pick(['m', 'n'])}${chance.of(0.5) ? '&force=true' : ''}`,
      );
      return;
    case 7:
      await patched('application/json-patch+json', '', [{ op: 'add', path: '/spec/size', value: chance.below(14) }]);
      return;
    case 8: {
      const read = await compare.quietly({ method: 'GET', path: `${at}/${name}` });
      if (read.ours.status !== 200 || read.theirs.status !== 200) return;
      await compare.ask(
        (side) => ({ method: 'PUT', path: `${at}/${name}`, body: changed(read, side, whole.spec) }),
        alike,
      );
      return;
    }
    case 9:
      await patched(merge, '/status', { status: { s: chance.below(3) } });
      return;
    case 10:
      if (chance.of(0.3))
        await compare.ask({ method: 'DELETE', path: `${at}${chance.of(0.8) ? `/${name}` : ''}` }, alike);
      return;
    default:
      await watched(compare, { chance, base, group, name, body });
  }
}

/** A watch in one version, while an object changes in another. */
async function watched(
  compare: Comparison,
  { chance, base, group, name, body }: Place & { readonly body: Json },
): Promise<void> {
  const at = base(chance.pick(versions));
  const query = chance.pick(['', '&labelSelector=l%3Dx', `&fieldSelector=metadata.name%3D${name}`]);
  const headers = chance.of(0.3) ? table : undefined;
  const fromStart = chance.of(0.3);
  const listed = await compare.quietly({ method: 'GET', path: `${at}?limit=1` });
  if (listed.ours.status !== 200 || listed.theirs.status !== 200) return;
  const running = compare.quietly((side) => ({
    method: 'GET',
    path: `${at}?watch=1${fromStart ? '' : `&resourceVersion=${revisionOf(listed, side)}`}${query}`,
    cutAfterMs: watchedMs,
    ...(headers ? { headers } : {}),
  }));
  const writer = chance.pick(versions);
  const other = `${base(writer)}/${name}`;
  const merge = { 'content-type': 'application/merge-patch+json' };
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const l of ['x', 'y', 'x'])
    await compare.ask(
      {
        method: 'PATCH',
        path: other,
        headers: merge,
        body: JSON.stringify({ metadata: { labels: { l } }, spec: specOf(writer, chance) }),
      },
      alike,
    );
  if (chance.of(0.4)) await compare.ask({ method: 'DELETE', path: other }, alike);
  const late = { ...body, apiVersion: `${group}/v1`, metadata: { name: 'late' } };
  await compare.ask({ method: 'POST', path: base('v1'), body: late }, alike);
  await compare.ask({ method: 'DELETE', path: `${base('v2')}/late` }, alike);
  const answers = await running;
  compare.compare({ method: 'GET', path: `${at}?watch=1${query}` }, answers, (side) => told(answers[side].text));
}

/** Makes another version the stored one, or claims that it is the only one. */
async function move(
  compare: Comparison,
  { own, chance }: { readonly own: string; readonly chance: Chance },
): Promise<void> {
  const headers = { 'content-type': 'application/json-patch+json' };
  if (chance.of(0.6)) {
    const stored = chance.below(versions.length);
    const body = JSON.stringify(
      versions.map((_, i) => ({ op: 'replace', path: `/spec/versions/${i}/storage`, value: i === stored })),
    );
    await compare.ask({ method: 'PATCH', path: own, headers, body }, statusAside);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await compare.ask({ method: 'GET', path: own }, (form) => ({
      storedVersions: ((form as Json).status as Json).storedVersions,
    }));
    return;
  }
  const storedVersions = chance.some(versions, 0, 2);
  const body = JSON.stringify([{ op: 'replace', path: '/status/storedVersions', value: storedVersions }]);
  await compare.ask({ method: 'PATCH', path: `${own}/status`, headers, body }, statusAside);
}

function statusAside(form: unknown): unknown {
  const { kind, spec } = form as Json;
  return kind === 'Status' ? form : spec;
}

function changed(read: Answers, side: Side, spec: Json): Json {
  return { ...(JSON.parse(read[side].text) as Json), spec };
}

const revisionOf = (answers: Answers, side: Side): string =>
  (JSON.parse(answers[side].text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

function agesAside(form: unknown): unknown {
  const { rows, ...rest } = alike(form) as Json & { rows?: { cells: unknown[] }[] };
  return rows ? { cells: rows.map(({ cells }) => cells) } : rest;
}

interface Seen {
  readonly type: string;
  readonly object: Json & { readonly rows?: readonly Json[]; readonly metadata?: Json };
}

/** Each event as one string: positions would make equal events differ. */
function told(text: string): unknown[] {
  const events = text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Seen);
  return events.map(({ type, object }, i) => {
    if (type === 'ERROR') return `${i} ERROR ${object.message}`.replaceAll(/[0-9a-f-]{36}/g, '<uid>');
    const { name, labels } = (object.metadata ?? {}) as Json;
    const shown = object.rows ? object.rows.map(({ cells }) => cells) : [name, labels, object.spec];
    return `${i} ${type} ${object.kind} ${object.apiVersion} ${canonicalJson(shown)}`;
  });
}

async function until(compare: Comparison, path: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const { ours, theirs } = await compare.quietly({ method: 'GET', path: `${path}?limit=1` });
    if (ours.status === 200 && theirs.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Not both serve ${path}`);
}
