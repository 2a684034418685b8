/**
 * Data between users and containers, with upstream's kubectl and ours: both print, copy and forward the same, with the
 * same exit codes.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Outcome } from '../command.ts';
import { eventually } from '../eventually.ts';
import { type KubectlOrigin, kubectlOrigins, type Shell } from '../walkthrough/walkthrough.ts';

/** Tests for a cluster with a node for pods; `shellOf` is called when they run. */
export function testStreams(shellOf: (kubectl: KubectlOrigin) => Shell): void {
  describe('both kubectls', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubectl-streams-'));
    after(() => rmSync(folder, { recursive: true }));
    before(async () => {
      const host = shellOf('upstream');
      await host.run(`kubectl apply -f ${join(import.meta.dirname, 'kubectl-streams.yaml')}`);
      await host.run('kubectl rollout status deployment/talkers --timeout=180s');
      await host.run('kubectl wait --for=condition=Ready --timeout=180s pod/talker');
      await eventually(async () => assert.match(await host.run('kubectl logs again'), /second life/));
    });

    /** The result of a script with either kubectl; `KUBECTL` in it is the name of the one that runs. */
    const each = (script: string, settings: { input?: string } = {}): Promise<readonly Outcome[]> =>
      Promise.all(
        kubectlOrigins.map((kubectl) => shellOf(kubectl).attempt(script.replaceAll('KUBECTL', kubectl), settings)),
      );
    /** Printed by upstream only when the other end closes first. */
    const closing = /E\d{4} \S+ +\d+ v\d\.go:\d+\] "Unhandled Error" err="websocket: close sent"\r?\n/;
    /** A message that upstream's cp may end without having received. */
    const besides = /^tar: removing leading '[./]+' from member names\n/m;
    /** Asserts that both have the same result, and returns it. */
    async function alike(script: string, settings: { input?: string } = {}): Promise<Outcome> {
      const [upstream, ours] = await each(script, settings);
      const named = ({ stderr, stdout, ...outcome }: Outcome): string =>
        JSON.stringify(
          { ...outcome, stdout: stdout.replace(besides, ''), stderr: stderr.replace(closing, '') },
          null,
          1,
        ).replaceAll(/ours|upstream/g, 'KUBECTL');
      assert.ok(upstream && ours);
      assert.equal(named(ours), named(upstream), script);
      return upstream;
    }
    /** Upstream reads several containers in the random order of a Go map. */
    const inAnyOrder = (script: string): string => `(${script}) | sort`;
    const printing = async (script: string, stdout: string | RegExp): Promise<void> => {
      const outcome = await alike(script);
      assert.equal(outcome.exitCode, 0, outcome.stderr);
      if (typeof stdout === 'string') assert.equal(outcome.stdout, stdout, script);
      else assert.match(outcome.stdout, stdout, script);
    };

    test('print logs: some of them, of several containers, pods and lives', async () => {
      const all = 'one 1\none 2\none 3\none 4\none 5\none, wrong\n';
      const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
      await printing('kubectl logs talker', all);
      await printing('kubectl logs talker -c one --tail=2', 'one 5\none, wrong\n');
      await printing('kubectl logs talker one --tail=0', '');
      await printing('kubectl logs talker one --limit-bytes=8', 'one 1\non');
      await printing('kubectl logs talker one --since=1h', all);
      await printing('kubectl logs talker one --since-time=2024-01-01T00:00:00Z --tail=7', all);
      await printing('kubectl logs talker one --since-time=2099-01-01T00:00:00Z', '');
      await printing(
        'kubectl logs talker one --timestamps --tail=3',
        new RegExp(`^${time} one 4\n${time} one 5\n${time} one, wrong\n$`),
      );
      await printing('kubectl logs talker -c before', 'from before\n');
      await printing(inAnyOrder('kubectl logs talker --all-containers --tail=1'), 'from before\none, wrong\ntwo 1\n');
      await printing(
        inAnyOrder('kubectl logs talker --all-containers --prefix --tail=1'),
        /^\[pod\/talker\/two\] two 1$/m,
      );
      await printing('kubectl logs -l app=talkers -c main', /^(said 1\nsaid 2\nsaid 3\n){2}$/);
      await printing(
        inAnyOrder('kubectl logs -l app=talkers --all-containers --prefix --tail=1'),
        /^\[pod\/talkers-\S+\/side\] beside$/m,
      );
      await printing('kubectl logs deployment/talkers -c main --tail=1', 'said 3\n');
      await printing(
        inAnyOrder('kubectl logs deployment/talkers --all-pods --all-containers'),
        /^\[pod\/talkers-\S+\/main\] said 1$/m,
      );
      await printing('kubectl logs again', 'second life\n');
      await printing('kubectl logs again --previous', 'first life\n');
      for (const refused of [
        'kubectl logs talker one --previous',
        'kubectl logs talker -c nosuch',
        'kubectl logs -f -l app=talkers --all-containers --max-log-requests=3',
        'kubectl logs talker nosuch --ignore-errors',
        'kubectl logs talker --pod-running-timeout=0s',
        'kubectl logs -f deployment/talkers --all-pods --max-log-requests=1',
      ])
        await alike(refused);
    });

    test('follow logs until the container ends', async () => {
      const script = 'echo begun; until [ -e /tmp/go ]; do sleep 0.1; done; echo going; exit 4';
      await each(`kubectl run brief-KUBECTL --image=busybox --restart=Never -- sh -c '${script}'`);
      await each('kubectl wait --for=condition=Ready --timeout=180s pod/brief-KUBECTL');
      const go = '(until grep -q begun FILE; do sleep 0.1; done; kubectl exec brief-KUBECTL -- touch /tmp/go) & ';
      const follow = `touch FILE; ${go}kubectl logs -f brief-KUBECTL > FILE; code=$?; wait; cat FILE; exit $code`;
      const outcome = await alike(follow.replaceAll('FILE', `${folder}/followed-KUBECTL`));
      assert.deepEqual([outcome.exitCode, outcome.stdout], [0, 'begun\ngoing\n'], outcome.stderr);
      await each('kubectl delete pod brief-KUBECTL --wait=false');
    });

    test('run commands: with input up to its end, unchanged output, and exit codes', async () => {
      const exec = 'kubectl exec talker -c one';
      await printing(`printf 'b\\na\\n' | ${exec} -i -- sort`, 'a\nb\n');
      await printing(`${exec} -- sh -c 'cat; echo no input'`, 'no input\n');
      const sum = `head -c 5000000 /dev/zero | tr '\\0' x`;
      const expected = (await shellOf('ours').run(`${sum} | md5sum`)).slice(0, 32);
      await printing(`${sum} | ${exec} -i -- md5sum`, `${expected}  -\n`);
      await printing(`${exec} -- sh -c "${sum.replace(/\\/g, '\\\\')}" | md5sum`, `${expected}  -\n`);
      await printing('kubectl exec deployment/talkers -- hostname', /^talkers-/);
      await printing('kubectl exec svc/talker -- hostname', 'talker\n');
      for (const [command, code] of [
        ['sh -c "exit 3"', 3],
        ['sh -c "exit 255"', 255],
        ['sh -c "kill -9 \\$\\$"', 137],
        ['sh -c "echo out; echo err >&2; exit 1"', 1],
      ] as const) {
        assert.equal((await alike(`${exec} -- ${command}`)).exitCode, code, command);
      }
      await alike(`${exec} --quiet -- sh -c 'exit 5'`);
      await alike(`${exec} -it -- sh -c 'tty; exit 6'`);
      for (const flags of ['-t', '-it', '-q', '-itq']) await alike(`kubectl exec talker ${flags} -- echo said`);
    });

    test('attach to containers: to their output, and to their input up to its end', async () => {
      const ran = 'kubectl run -i --rm --restart=Never --image=busybox --pod-running-timeout=2m sorter-KUBECTL -- ';
      const sorted = await alike(`${ran} sh -c 'sort; exit 5'`, { input: 'b\na\n' });
      assert.equal(sorted.exitCode, 5, sorted.stderr);
      assert.match(sorted.stdout, /a\nb\n/);
      const overrides =
        '{"spec":{"containers":[{"name":"main","image":"busybox","stdin":true,"stdinOnce":true,"command":["sort"]}]}}';
      await each(`kubectl run attached-KUBECTL --image=busybox --restart=Never --overrides='${overrides}'`);
      await each('kubectl wait --for=condition=Ready --timeout=180s pod/attached-KUBECTL');
      const attached = await alike('kubectl attach -i attached-KUBECTL -c main', { input: 'd\nc\n' });
      assert.deepEqual([attached.exitCode, attached.stdout], [0, 'c\nd\n'], attached.stderr);
      // A container that keeps its input open for others is left alone when ours ends.
      const open = 'kubectl run open-KUBECTL -i --leave-stdin-open --restart=OnFailure --image=busybox -- cat';
      await each(`printf 'e\\n' | timeout 60 ${open} > /dev/null 2>&1`);
      await each('kubectl wait --for=condition=Ready --timeout=10s pod/open-KUBECTL');
      await each('kubectl delete pod open-KUBECTL --now --wait=false');
      await alike('kubectl attach talker -c nosuch');
      await each('kubectl delete pod attached-KUBECTL --wait=false');
    });

    test('copy files and folders both ways, and leave out links from pods', async () => {
      const source = join(folder, 'source');
      mkdirSync(join(source, 'deep/er'), { recursive: true });
      writeFileSync(join(source, 'empty'), '');
      writeFileSync(join(source, 'deep/a name'), 'spaced\n');
      writeFileSync(join(source, 'deep/er/large'), 'large '.repeat(500_000));
      writeFileSync(join(source, 'runs'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync('runs', join(source, 'link'));
      symlinkSync('deep', join(source, 'folder'));
      chownSync(join(source, 'runs'), 1234, 70);
      chmodSync(join(source, 'empty'), 0);
      const listing =
        'find . | sort; find . -type f -exec md5sum {} + | sort -k2; find . -type l | sort; ls -ln runs empty | awk "{print \\$1, \\$3, \\$4}"';
      await alike('kubectl exec talker -c one -- mkdir /tmp/KUBECTL');
      await alike(`kubectl cp ${source} talker:/tmp/KUBECTL/all -c one`);
      await alike(`kubectl cp ${source} default/talker:/tmp/KUBECTL -c one`);
      await alike(`kubectl cp ${source}/runs talker:/tmp/KUBECTL/renamed -c one`);
      await alike(`kubectl cp ${source}/runs talker:/tmp/KUBECTL/ --no-preserve`);
      const there = await alike(`kubectl exec talker -c one -- sh -c 'cd /tmp/KUBECTL && ls && cd all && ${listing}'`);
      assert.match(there.stdout, /^all\nrenamed\nruns\nsource\n\.\n/, there.stderr);
      assert.match(there.stdout, /\.\/link\n---------- 0 0\n-rwxr-xr-x 1234 70\n$/);
      await alike(
        `kubectl cp ${source}/folder/ talker:/tmp/KUBECTL/folder && kubectl exec talker -c one -- readlink /tmp/KUBECTL/folder`,
      );
      const target = `${folder}/KUBECTL`;
      await alike(`mkdir ${target}`);
      const copied = await alike(`kubectl cp talker:/tmp/KUBECTL/all ${target}/all`);
      assert.match(copied.stdout + copied.stderr, /skipping symlink: .*link/);
      await alike(`kubectl cp talker:/tmp/KUBECTL/all/deep/er/large ${target}/large --retries=2`);
      await alike(`cd ${target} && kubectl cp talker:tmp/KUBECTL/renamed ./`);
      await alike(`cd ${target} && kubectl cp talker:tmp/KUBECTL/renamed ./here`);
      await alike(`cd ${target} && kubectl cp talker:../../tmp/KUBECTL/renamed out && cat out`);
      const here = await alike(`cd ${target} && ls -A && cmp large ${source}/deep/er/large && cd all && ${listing}`);
      assert.equal(here.exitCode, 0, here.stderr);
      for (const refused of [
        `kubectl cp ${source}/nosuch talker:/tmp/x`,
        `kubectl cp ${source}/runs talker:/nosuch/folder/x`,
        `ln -sf nowhere ${folder}/lost && kubectl cp ${folder}/lost talker:/tmp/x`,
        `kubectl cp ${source}/runs talker:/tmp/x -c nosuch`,
        `kubectl cp talker:/tmp/KUBECTL/all ${source}/runs`,
      ]) {
        const outcome = await alike(refused);
        assert.notEqual(outcome.exitCode, 0, refused);
      }
      // Upstream's may exit before it learns of the failure.
      const missing = await shellOf('ours').attempt(`kubectl cp talker:/tmp/nosuch ${folder}/nosuch`);
      assert.equal(missing.exitCode, 1);
      assert.match(missing.stdout, /tar: \/tmp\/nosuch: No such file or directory/);
    });

    test('forward ports: several at once, half-closed in each direction, and after connections break', async () => {
      const said = await Promise.all(
        kubectlOrigins.map(async (kubectl) => {
          const forward = forwarding(shellOf(kubectl), 'pod/talker :8081 :9000 :7777');
          const [web = 0, echo = 0, nobody = 0] = await forward.ports(3);
          const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${web}/`)).text();
          assert.equal(await page(), 'served\n', kubectl);
          const answers = Promise.all([
            exchange(echo, 'x'.repeat(100_000)),
            exchange(web, 'GET / HTTP/1.0\r\n\r\n'),
            page(),
          ]);
          const [echoed, answer, other] = await answers;
          // A client that has closed its sending side still gets everything.
          assert.equal(echoed, 'x'.repeat(100_000), kubectl);
          assert.match(answer, /\r\n\r\nserved\n$/, kubectl);
          assert.equal(other, 'served\n', kubectl);
          // A client that disconnects halfway does not affect others.
          await exchange(echo, 'cut off', { reset: true });
          await eventually(() => assert.match(forward.said(), /connection reset by peer/));
          assert.equal(await page(), 'served\n', kubectl);
          // A port where nobody listens ends the whole command.
          assert.equal(await exchange(nobody, 'lost'), '', kubectl);
          return forward.ended();
        }),
      );
      const [upstream, ours] = said.map(({ stdout, stderr, exitCode }) => ({
        exitCode,
        stdout: blanked(stdout),
        // Whether the client's side also notices the end of the connection to the pod is chance.
        stderr: blanked(stderr).replace(/^.*error copying from local connection to remote stream: EOF"\n/m, ''),
      }));
      assert.deepEqual(ours, upstream);
      assert.equal(ours?.exitCode, 1);
      assert.match(ours?.stderr ?? '', /connection refused[\s\S]*error: lost connection to pod\n$/);
    });

    test('forward ports of resources that lead to pods', async () => {
      for (const what of [
        'service/talker :80',
        'service/talker :http',
        'pod/talker :web',
        'deployment/talkers :8080',
      ]) {
        const said = await Promise.all(
          kubectlOrigins.map(async (kubectl) => {
            const forward = forwarding(shellOf(kubectl), what);
            const [port] = await forward.ports(1);
            const { status } = await fetch(`http://127.0.0.1:${port}/`);
            assert.equal(status, what.startsWith('deployment') ? 404 : 200);
            return blanked((await forward.end()).stdout);
          }),
        );
        assert.equal(said[1], said[0], what);
      }
    });
  });
}

/** Without port and process numbers, and times. */
const blanked = (text: string): string =>
  text
    .replace(/^E\d{4} \S+ +\d+ (\S+?):\d+\]/gm, 'E $1]')
    .replace(/(127\.0\.0\.1|\[::1\]):\d+|connection for \d+|forwarding \d+/g, 'PORT');

/** A running `kubectl port-forward`. */
function forwarding(shell: Shell, what: string) {
  const running = shell.start(`exec kubectl port-forward ${what}`);
  let stdout = '';
  running.child.stdout?.on('data', (text: string) => {
    stdout += text;
  });
  let stderr = '';
  running.child.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  let over: Outcome | undefined;
  void running.outcome.then((outcome) => {
    over = outcome;
  });
  return {
    /** The local ports, once there are this many. */
    ports: (count: number): Promise<number[]> =>
      eventually(() => {
        const ports = [...stdout.matchAll(/127\.0\.0\.1:(\d+) ->/g)].map(([, port]) => Number(port));
        assert.equal(ports.length, count, over?.stderr ?? stdout);
        return ports;
      }),
    /** Its error output so far. */
    said: (): string => stderr,
    /** Resolves when it ends by itself. */
    ended: (): Promise<Outcome> => running.outcome,
    end(): Promise<Outcome> {
      running.child.kill('SIGINT');
      return running.outcome;
    },
  };
}

/**
 * Sends all of `data`, closes the sending side, and returns what arrives until the other side closes; with `reset`,
 * disconnects at the first data.
 */
function exchange(port: number, data: string, { reset = false } = {}): Promise<string> {
  return new Promise((settle) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    // A broken connection has delivered what it had.
    socket.on('error', () => undefined).on('close', () => settle(received));
    socket.on('end', () => socket.end());
    socket.on('connect', () => {
      if (reset) socket.once('data', () => socket.resetAndDestroy()).write(data);
      else socket.end(data);
    });
  });
}
