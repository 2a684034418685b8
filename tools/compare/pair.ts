import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpTransport, readBody, type Transport } from '@typernetes/client';
import { startOriginalServer } from '../../bench/original.ts';
import { makeServerPlace, startServer } from '../../test/integration/server-program.ts';
import { newerText, olderPath, olderText } from './older-versions.ts';

export const sides = ['ours', 'theirs'] as const;
export type Side = (typeof sides)[number];

/** A request to both servers. Where it must differ between them (a revision, a token), it is a function of the side. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object | Uint8Array;
  /** Cuts a watch after this many milliseconds. */
  readonly cutAfterMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The body as text, translated to our versions. */
  readonly text: string;
}

export type Answers = Readonly<Record<Side, Answer>>;

/** Both servers, each on loopback with its own store. */
export interface Pair {
  ask(question: Question | ((side: Side) => Question)): Promise<Answers>;
  close(): Promise<void>;
}

/** Features that upstream's v1.20 has behind gates and that are always on since. */
const gates = [
  'TTLAfterFinished',
  'CSIStorageCapacity',
  'GenericEphemeralVolume',
  'MixedProtocolLBService',
  'ServiceLBNodePortControl',
  'EphemeralContainers',
  'HPAContainerMetrics',
  'BoundServiceAccountTokenVolume',
];

/** `folder` contains upstream's kube-apiserver. */
export async function startPair(folder: string, flags: Readonly<Record<Side, readonly string[]>>): Promise<Pair> {
  const home = mkdtempSync(join(tmpdir(), 'compare-'));
  const places = { ours: await makeServerPlace(), theirs: await makeServerPlace() };
  const key = join(places.ours.folder, 'tls.key');
  const alike = [
    '--service-account-issuer=https://kubernetes.default.svc',
    '--allow-privileged=true',
    // Services given by name then resolve to an address.
    '--enable-aggregator-routing=false',
  ];
  const keys = [`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`];
  const theirFlags = [
    ...places.theirs.flags,
    ...alike,
    `--feature-gates=${gates.map((gate) => `${gate}=true`).join(',')}`,
    '--runtime-config=storage.k8s.io/v1alpha1=true',
    ...flags.theirs,
  ];
  const ends: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.reverse()) await end();
    for (const place of Object.values(places)) place.remove();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const ours = await startServer(places.ours, { flags: [...alike, ...keys, ...flags.ours] });
    ends.push(() => ours.end('SIGTERM'));
    const theirs = await startOriginalServer({ ...places.theirs, flags: theirFlags }, folder);
    ends.push(() => theirs.end());
  } catch (cause) {
    await close();
    throw cause;
  }
  const transports = Object.fromEntries(
    sides.map((side) => [side, httpTransport({ server: places[side].server, tls: places[side].tls })]),
  ) as Record<Side, Transport>;
  ends.push(async () => sides.forEach((side) => void transports[side].close()));
  return {
    close,
    ask: async (question) => {
      const [ours, theirs] = await Promise.all(
        sides.map((side) =>
          answerOf(transports[side], side, typeof question === 'function' ? question(side) : question),
        ),
      );
      return { ours, theirs } as Answers;
    },
  };
}

/** The answer, or status 0 if the connection was closed without one, as happens when a handler of the peer panics. */
async function answerOf(transport: Transport, side: Side, question: Question): Promise<Answer> {
  try {
    return await fullAnswer(transport, side, question);
  } catch (cause) {
    const text = `no answer: ${String(cause)}`;
    return { status: 0, headers: {}, bytes: new Uint8Array(), text };
  }
}

async function fullAnswer(transport: Transport, side: Side, question: Question): Promise<Answer> {
  const { method, body, cutAfterMs } = question;
  const theirs = side === 'theirs';
  const path = theirs ? olderPath(question.path) : question.path;
  const stop = cutAfterMs === undefined ? undefined : AbortSignal.timeout(cutAfterMs);
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : body && JSON.stringify(body);
  const response = await transport.request({
    method,
    path,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...question.headers,
    },
    ...(text === undefined ? {} : { body: theirs && typeof text === 'string' ? olderText(question.path, text) : text }),
    ...(stop ? { signal: stop } : {}),
  });
  const bytes = stop ? await bytesUntil(response.body, stop) : await readBody(response);
  const decoded = Buffer.from(bytes).toString('utf8');
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text: theirs ? newerText(question.path, decoded) : decoded,
  };
}

/** Reads until the signal aborts, or to the end. */
async function bytesUntil(body: AsyncIterable<Uint8Array>, stop: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (cause) {
    if (!stop.aborted) throw cause;
  }
  return Buffer.concat(chunks);
}

/** What is sent, with its own headers, to be shown. */
export function sentText({ body, headers }: Question): string {
  const text = typeof body === 'string' ? body : body instanceof Uint8Array ? '<bytes>' : (JSON.stringify(body) ?? '');
  return headers ? `${JSON.stringify(headers)} ${text}` : text;
}
