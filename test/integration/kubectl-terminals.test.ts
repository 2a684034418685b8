import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatKubeconfig, parseKubeconfig } from '@typernetes/client';
import { startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';
import { realKubectl } from '../upstream-tools.ts';
import { startTerminalServer } from './terminal-server.ts';

const home = mkdtempSync(join(tmpdir(), 'kubectl-terminals-'));
after(() => rmSync(home, { recursive: true }));

/** A command's output on a terminal, byte by byte, and its exit code. */
function onTerminal(command: string, env: Readonly<Record<string, string>>): Promise<{ text: string; code: number }> {
  return new Promise((resolve) => {
    const settings = { env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm', ...env } };
    const child = execFile('script', ['-qec', command, '/dev/null'], settings, (error, text) => {
      resolve({ text, code: error ? Number(error.code) : 0 });
    });
    child.stdin?.end();
  });
}

/** Lines that print in colour, on one kind of terminal or another. */
const lines = `
get endpoints -o name
get pods
cluster-info
auth can-i bake pods
auth can-i get nodes
auth can-i get /version
auth can-i bake /version
delete cm nosuch --force --grace-period=0
create cm source --from-literal=one-key=1
create deployment web --image=web
set env deploy/web --from=cm/source --dry-run=client -o name
set env deploy/web --containers=nosuch A=b
apply set-last-applied -f /dev/null
get cm source -o yaml --show-managed-fields=false | grep -v Timestamp | grep -v uid | grep -v resourceVersion | KUBECTL apply -f -
create role some --verb=bake --resource=pods --dry-run=client
create token default --duration=10m --dry-run=client
explain pod.spec.nodeName
config get-contexts
nosuch
get nosuch
get pods --nosuch
`
  .trim()
  .split('\n');

test('on a terminal both kubectls print the same, with colours unless the environment disables them', async () => {
  const kubectls = { ours: `${process.execPath} ${await bundleProgram('kubectl')}`, upstream: realKubectl() };
  const shown = { ours: [] as string[], upstream: [] as string[] };
  for (const kubectl of ['ours', 'upstream'] as const) {
    // Each changes its own control plane.
    await using plane = await startControlPlane({ controllers: ['serviceaccount'], scheduler: false });
    const env = { KUBECONFIG: plane.kubeconfigFile };
    const show = async (line: string, more: Readonly<Record<string, string>> = {}): Promise<void> => {
      const command = `${kubectls[kubectl]} ${line.replaceAll('KUBECTL', kubectls[kubectl])}`;
      const { text, code } = await onTerminal(command, { ...env, ...more });
      shown[kubectl].push(`${line}\n${text.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')}exit code ${code}`);
    };
    for (const line of lines) await show(line);
    await show('delete cm nosuch --force', { NO_COLOR: '' });
    await show('delete cm nosuch --force', { TERM: 'dumb' });
  }
  assert.deepEqual(shown.ours, shown.upstream);
  assert.ok(shown.ours.some((text) => text.includes('\u001b[33;1mWarning:\u001b[0m Immediate deletion')));
});

test("commands in containers get the terminal's size and its changes, and their last line is not lost", async () => {
  const kubectls = { upstream: realKubectl(), ours: `${process.execPath} ${await bundleProgram('kubectl')}` };
  const last = { Width: 70, Height: 20 };
  for (const command of ['exec -it p -c c -- sh', 'attach -it p -c c']) {
    const shown: string[] = [];
    for (const kubectl of Object.values(kubectls)) {
      const asked = join(home, 'asked');
      rmSync(asked, { force: true });
      const onSize = ({ Height }: { Height: number }): void => {
        if (Height === 33) writeFileSync(asked, '');
      };
      await using server = await startTerminalServer({ last, onSize });
      const resize = `until [ -e ${asked} ]; do sleep 0.1; done; stty -F $terminal rows ${last.Height} cols ${last.Width}`;
      const script = `terminal=$(tty); stty rows 33 cols 101; (${resize}) & ${kubectl} --server ${server.url} ${command}`;
      writeFileSync(join(home, 'resize.sh'), script);
      const { text, code } = await onTerminal(`sh ${join(home, 'resize.sh')}`, { KUBECONFIG: '/dev/null' });
      // Between the two, one may have the new height and the old width; and upstream's may report a size that it could
      // not send because the connection was closing.
      const closing = /E\d{4} \S+ +\d+ v3\.go:\d+\] "Unhandled Error" err="websocket: close sent"\r?\n/;
      shown.push(`${text.replace('20 101\r\n', '').replace(closing, '')}exit code ${code}`);
    }
    const [upstream = '', ours] = shown;
    assert.equal(ours, upstream, command);
    assert.match(upstream, /33 101\r\n20 70\r\nresized\r\n.*exit code 9\r\nexit code 9$/s);
  }
});

/** A command's output on a terminal where each of these lines is typed after its prompt. */
async function answered(
  command: string,
  typed: readonly (readonly [question: string, line: string])[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const settings = { env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm', ...env } };
  const child = execFile('script', ['-qec', command, '/dev/null'], settings);
  let text = '';
  const left = [...typed];
  child.stdout?.on('data', (chunk: string) => {
    text += chunk;
    const [question, line] = left[0] ?? [];
    if (question === undefined || !text.endsWith(question)) return;
    left.shift();
    child.stdin?.write(`${line}\r`);
  });
  await once(child, 'close');
  return text;
}

test('prompts for the user name and, without echo, for the password that a kubeconfig lacks', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const config = parseKubeconfig(plane.kubeconfig);
  const users = Object.fromEntries(Object.keys(config.users).map((name) => [name, {}]));
  const file = join(home, 'nobody');
  writeFileSync(file, formatKubeconfig({ ...config, users }));
  const typed = [
    ['Username: ', 'jane'],
    ['Password: ', 'secret'],
  ] as const;
  const [ours, upstream] = [`${process.execPath} ${await bundleProgram('kubectl')}`, realKubectl()];
  const seen = await answered(`${ours} get --raw /version`, typed, { KUBECONFIG: file });
  assert.match(seen, /^Please enter Username: jane\r\nPlease enter Password: \{/);
  // Upstream's echoes what is typed in the moment after its prompt.
  const theirs = await answered(`${upstream} get --raw /version`, typed, { KUBECONFIG: file });
  assert.equal(seen, theirs.replace('secret\r\n', ''));
});
