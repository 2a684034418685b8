/**
 * Checks the guides: every command and flag, every file, every link exists; and where no container is needed, the shown
 * output is what is printed.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { FakeCluster, FakeHost, runOn } from '@typernetes/kubeadm/testing';
import { startControlPlane } from 'typernetes';
import { eventually } from '../eventually.ts';
import { type GuideLine, guideLines, wordsOf } from './guide-lines.ts';
import { bothKubectls } from './kubectl-beside-upstream.ts';

const root = join(import.meta.dirname, '../..');
const guides = globSync('docs/guides/*.md', { cwd: root }).sort();
const linesOf = (path: string): GuideLine[] => guideLines(join(root, path), basename(path));
const all = guides.flatMap(linesOf);
const usage = readFileSync(join(root, 'apps/typernetes/src/command-line.ts'), 'utf8');

/** Our commands in a line, each with the words after the program's name. */
function ours(line: string): { program: string; args: string[] }[] {
  return (wordsOf(line) ?? []).flatMap((words) => {
    const [program = '', ...args] = words[0] === 'npx' ? words.slice(1) : words;
    return ['kubectl', 'kubeadm', 'typernetes'].includes(program) ? [{ program, args }] : [];
  });
}

/** Adds `--help` instead of running the command: flags are parsed before help is printed. */
function askingForHelp(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return end < 0 ? [...args, '--help'] : [...args.slice(0, end), '--help'];
}

test('every command and flag in a guide exists', async () => {
  using both = bothKubectls({ KUBECONFIG: '/nonexistent' });
  let seen = 0;
  for (const { at, line } of all) {
    for (const { program, args } of ours(line)) {
      seen++;
      if (program === 'typernetes') {
        const command = args.filter((word) => /^[a-z]+$/.test(word)).slice(0, args[0] === 'up' ? 1 : 2);
        assert.ok(usage.includes(`typernetes ${command.join(' ')}`), `${at}: ${line}`);
      } else if (program === 'kubeadm') {
        const { code, out, err } = await runOn(new FakeHost(), new FakeCluster(), askingForHelp(args));
        assert.ok(code === 0 && out.includes('Usage:'), `${at}: ${line}\n${err}`);
      } else {
        const { code, out, err } = await both.ours(...askingForHelp(args));
        assert.ok(code === 0 && out.includes('Usage:'), `${at}: ${line}\n${err}`);
      }
    }
  }
  assert.ok(seen > 40, `${seen} commands were found`);
});

test('every file and folder of ours in a guide exists', () => {
  for (const { at, line } of all) {
    for (const word of (wordsOf(line) ?? []).flat()) {
      const [, path = ''] = /^(?:--?[\w-]+=)?((?:\.{1,2}\/)?[\w./-]+\.(?:yaml|txt|properties))$/.exec(word) ?? [];
      if (path === '' || path.startsWith('/')) continue;
      const found = ['.', 'examples', 'addons'].some((folder) => existsSync(join(root, folder, path)));
      assert.ok(found, `${at}: there is no ${path}: ${line}`);
    }
  }
  for (const guide of ['README.md', ...guides]) {
    const text = readFileSync(join(root, guide), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)\)/g))
      assert.ok(existsSync(join(root, dirname(guide), target)), `${guide}: there is no ${target}`);
    for (const [, path = ''] of text.matchAll(/`((?:packages|examples|addons|apps|docs|test|bench|tools)\/[\w./-]+)`/g))
      assert.ok(existsSync(join(root, path)), `${guide}: there is no ${path}`);
  }
});

/** Guides that are replayed, against a control plane with one node without containers. */
const replayed = ['which-pods-run-where', 'a-first-application', 'what-a-pod-is-given', 'presets'];
const withoutContainers =
  /^(create|apply|replace|delete|label|taint|scale|auth|api-resources|rollout (status|history|undo)|get(?!.*-o (yaml|jsonpath)))\b/;

/** Normalizes generated names, addresses and times, and the column widths that depend on them. */
const withoutChance = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/-[a-z0-9]{8,10}\b(?=-[a-z0-9]{5}\b|\s|$)/g, '-HASH')
        .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-SUFFIX')
        .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
        .replace(/\bADDRESS(,ADDRESS)+/g, 'ADDRESSES')
        .replace(/\b(\d+[smhd])+\b/g, 'AGE')
        .replace(/^Waiting for deployment.*$/, '')
        .replace(/ {2,}/g, '  ')
        .trimEnd(),
    )
    .filter((line) => line !== '');

for (const guide of replayed) {
  test(`${guide}.md shows the actual output, as far as no container is needed for it`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'));
    cpSync(join(root, 'examples'), folder, { recursive: true });
    try {
      await using plane = await startControlPlane({
        nodes: ['node-1'],
        apiServerFlags: ['--runtime-config=api/all=true', '--enable-admission-plugins=PodPreset'],
      });
      using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
      let compared = 0;
      for (const { at, line, output } of linesOf(`docs/guides/${guide}.md`)) {
        if (/^sed -i \S+ [\w.-]+$/.test(line)) execFileSync('sh', ['-c', line], { cwd: folder });
        const commands = wordsOf(line) ?? [];
        const [[program, ...args] = []] = commands;
        if (program !== 'kubectl' || commands.length > 1 || !withoutContainers.test(args.join(' '))) continue;
        const placed = args.map((word) =>
          word.replace(
            /^(--[\w-]+=)?([\w./-]+\.(?:yaml|txt|properties))$/,
            (_, flag = '', path) => flag + join(folder, path),
          ),
        );
        // A transient state in the guide may have passed here.
        const passing = output.some((text) => /ContainerCreating|Terminating|\b0\/1\b|…/.test(text));
        const wanted = withoutChance(output.join('\n'));
        const read = /^(get|rollout status|api-resources|auth)/.test(args.join(' '));
        const attempt = async (): Promise<void> => {
          const { out, err } = await both.ours(...placed);
          if (!passing) assert.deepEqual(withoutChance(err + out), wanted, `${at}: ${line}`);
        };
        await (read && !passing ? eventually(attempt, { timeoutMs: 30_000 }) : attempt());
        compared++;
      }
      assert.ok(compared > 2, `${compared} lines were compared`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
