/**
 * Measures the API server with client-go, the library of controllers and operators: it uses HTTP/2 on one connection and accepts compressed
 * lists, where api.bench.ts has 32 connections of HTTP/1.1.
 *
 *     node bench/client-go.bench.ts [--rounds=2] [--protobuf] [--peer=DIR]
 *
 * The client is `client-go/main.go`, built with the client-go of upstream's source, which `node tools/conformance/run.ts` fetches. With a directory
 * of upstream's programs, those are measured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { makeServerPlace, type ServerPlace, startServer } from '../test/integration/server-program.ts';
import { buildAgainstSources } from '../tools/conformance/suite.ts';
import { compiledProgram } from './compiled-programs.ts';
import { meterOf, printHeader } from './meter.ts';
import { startOriginalServer } from './original.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '2' }, protobuf: { type: 'boolean' }, peer: { type: 'string' } },
});
const objects = 2000;
const series = [
  ['create', 'create', objects],
  ['get one', 'get', 2 * objects],
  ['list all', 'list', 20],
  ['list resourceVersion=0', 'list-cached', 20],
  ['update', 'update', objects],
  ['merge patch', 'patch', objects],
  ['event to one of 100 watchers', 'watch', 200],
  ['delete', 'delete', objects],
] as const;

/** The Go client program, which runs one series for each input line. */
interface GoClient {
  readonly pid: number;
  run(series: string, namespace: string, count: number): Promise<number[]>;
  end(): Promise<void>;
}

function startClient(program: string, kubeconfig: string): GoClient {
  const type = values.protobuf ? ['application/vnd.kubernetes.protobuf'] : [];
  const child = spawn(program, [kubeconfig, ...type], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    run: async (name, namespace, count) => {
      child.stdin.write(`${name} ${namespace} ${count}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`The client has ended within "${name}"`);
      return JSON.parse(value) as number[];
    },
    end: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

function kubeconfigOf({ folder, server, tls }: ServerPlace): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const file = join(folder, 'kubeconfig');
  const cluster = { server, 'certificate-authority-data': base64(tls.ca) };
  const user = { 'client-certificate-data': base64(tls.cert), 'client-key-data': base64(tls.key) };
  const config = {
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user }],
  };
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  return file;
}

async function start(place: ServerPlace): Promise<{ pids: readonly number[]; end(): Promise<void> }> {
  if (values.peer !== undefined) {
    const server = await startOriginalServer(place, values.peer);
    return { pids: [server.pid, server.etcdPid], end: server.end };
  }
  const server = await startServer(place, { program: await compiledProgram('kube-apiserver') });
  return { pids: [server.pid], end: () => server.end('SIGTERM') };
}

const program = buildAgainstSources('client-go', join(import.meta.dirname, 'client-go/main.go'), console.error);
const place = await makeServerPlace();
const server = await start(place);
const client = startClient(program, kubeconfigOf(place));
try {
  const meter = meterOf(server.pids, { clients: [client.pid] });
  for (let round = 1; round <= Number(values.rounds); round++) {
    const namespace = `bench-${round}`;
    await client.run('namespace', namespace, 0);
    printHeader(`round ${round}`);
    for (const [title, name, count] of series) {
      const ended = meter.begin(title);
      await ended(await client.run(name, namespace, count));
    }
  }
} finally {
  await client.end();
  await server.end();
  place.remove();
}
