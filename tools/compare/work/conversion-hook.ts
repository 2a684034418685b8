import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createAuthority, createLeaf } from '@typernetes/pki';
import type { Json } from '../samples.ts';

/** The ways in which a hook misbehaves. */
export const faults = [
  'none',
  'refuses',
  'refuses without a word',
  'other uid',
  'too few',
  'too many',
  'other version',
  'other kind',
  'other name',
  'other namespace',
  'other object',
  'no metadata',
  'odd labels',
  'odd annotations',
  'bad labels',
  'more labels',
  'other finalizers',
  'other review',
  'old review',
  'no response',
  'empty',
  'no JSON',
  'a list',
  'status 500',
  'status 503',
  'status 404',
  'a Status',
  'a redirect',
  'hangs up',
] as const;
export type Fault = (typeof faults)[number];

export interface ConversionHook {
  readonly url: string;
  readonly caBundle: string;
  /** Applies from now on. */
  fault: Fault;
}

interface Target {
  readonly host?: unknown;
  readonly number?: unknown;
}

/** v1 has `host:number`, v2 has two fields, v3 has both forms. */
function converted({ spec, ...object }: Json, apiVersion: string): Json {
  const given = (spec ?? {}) as Json;
  const address = typeof given.address === 'string' ? given.address.split(':') : ['', ''];
  const target = (given.target ?? {}) as Target;
  const host = given.host ?? target.host ?? address[0] ?? '';
  const number = Number(given.number ?? target.number ?? address[1] ?? 0);
  const rest = { ...(given.size === undefined ? {} : { size: given.size }) };
  const forms: Record<string, Json> = {
    v1: { address: `${host}:${number}`, ...rest },
    v2: { host, number, ...rest },
    v3: { target: { host, number }, ...rest },
  };
  return { ...object, apiVersion, ...(spec === undefined ? {} : { spec: forms[apiVersion.split('/')[1] ?? ''] }) };
}

interface Review {
  readonly apiVersion: string;
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: Json[] };
}

const withMetadata = (object: Json, change: Json): Json => ({
  ...object,
  metadata: { ...(object.metadata as Json), ...change },
});

/** How each fault corrupts objects. */
const spoilt: Readonly<Partial<Record<Fault, (object: Json) => Json>>> = {
  'other version': (object) => ({ ...object, apiVersion: 'other.example.com/v1' }),
  'other kind': (object) => ({ ...object, kind: 'Other' }),
  'other name': (object) => withMetadata(object, { name: 'other' }),
  'other namespace': (object) => withMetadata(object, { namespace: 'other' }),
  'other object': (object) => withMetadata(object, { uid: 'other' }),
  'no metadata': ({ metadata: _, ...object }) => object,
  'odd labels': (object) => withMetadata(object, { labels: { a: 1 } }),
  'odd annotations': (object) => withMetadata(object, { annotations: 'a' }),
  'bad labels': (object) => withMetadata(object, { labels: { a: 'not/good' } }),
  'more labels': (object) => withMetadata(object, { labels: { hook: 'yes' }, annotations: { hook: 'yes' } }),
  'other finalizers': (object) => withMetadata(object, { finalizers: ['a/b'], generation: 77 }),
};

function answerTo({ apiVersion, request }: Review, fault: Fault): unknown {
  const { uid, desiredAPIVersion, objects } = request;
  const spoil = spoilt[fault] ?? ((object: Json) => object);
  const convertedObjects = objects.map((object) => spoil(converted(object, desiredAPIVersion)));
  const response: Json = { uid, result: { status: 'Success' }, convertedObjects };
  const review: Json = { apiVersion, kind: 'ConversionReview', response };
  switch (fault) {
    case 'refuses':
      return { ...review, response: { ...response, result: { status: 'Failure', message: 'not today' } } };
    case 'refuses without a word':
      return { ...review, response: { ...response, result: {} } };
    case 'other uid':
      return { ...review, response: { ...response, uid: 'another' } };
    case 'too few':
      return { ...review, response: { ...response, convertedObjects: convertedObjects.slice(1) } };
    case 'too many':
      return { ...review, response: { ...response, convertedObjects: [...convertedObjects, ...convertedObjects] } };
    case 'other review':
      return { ...review, kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' };
    case 'old review':
      return { ...review, apiVersion: 'apiextensions.k8s.io/v1beta1' };
    case 'no response':
      return { ...review, response: undefined };
    case 'a list':
      return [];
    case 'a Status':
      return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, message: 'no way', reason: 'Forbidden' };
    default:
      return review;
  }
}

/** A hook on loopback for both servers; it does not keep the program running. */
export async function startConversionHook(now: number): Promise<ConversionHook> {
  const validity = { notBefore: now - 3_600_000, notAfter: now + 86_400_000 };
  const authority = await createAuthority({ commonName: 'hooks', ...validity });
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'hook',
    ...validity,
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
  });
  const hook: { fault: Fault } = { fault: 'none' };
  const server = createServer({ cert, key }, async (incoming, outgoing) => {
    const review = (await json(incoming)) as Review;
    const { fault } = hook;
    if (fault === 'hangs up') {
      incoming.socket.destroy();
      return;
    }
    // So that neither side finds a connection that a fault on the other side has closed.
    outgoing.setHeader('connection', 'close');
    const [, code] = /^status (\d+)$/.exec(fault) ?? [];
    if (code !== undefined) outgoing.statusCode = Number(code);
    if (fault === 'a Status') outgoing.statusCode = 403;
    if (fault === 'a redirect') {
      outgoing.statusCode = 302;
      outgoing.setHeader('location', 'https://127.0.0.1:1/');
    }
    outgoing.setHeader('content-type', 'application/json');
    const text = code === undefined ? JSON.stringify(answerTo(review, fault)) : 'out of order';
    outgoing.end(fault === 'empty' ? '' : fault === 'no JSON' ? '<html>' : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(authority.certificate).toString('base64');
  return Object.assign(hook, { url: `https://127.0.0.1:${port}`, caBundle });
}
