import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { finished } from 'node:stream/promises';
import { codeOf, messageOf } from '@typernetes/base';
import { journalArguments, type LogQuery, logQueryProblem, parseLogQuery } from './log-query.ts';
import { lineRefusal } from './refusal.ts';
import { sendSystemLog } from './system-logs.ts';

/** Runs a program: hands on what it prints, and resolves with whether it could be run at all. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  onOutput: (chunk: Buffer) => void,
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number } | undefined>;

interface QueriedLogOptions {
  /** The folder with logs of programs that do not write to the journal. */
  readonly root?: string;
  readonly run?: RunProgram;
}

/** The time limit of a response. */
const timeoutMs = 30_000;

/** `/logs/?query=...`: logs of services, from the journal or from files called as they are. Nothing asked for is a list of files. */
export async function sendQueriedLog(
  path: string,
  given: URLSearchParams,
  response: ServerResponse,
  { root = '/var/log', run = runProgram }: QueriedLogOptions = {},
): Promise<void> {
  const query = parseLogQuery(given);
  if (!query) return sendSystemLog(path, response, root);
  if ('problems' in query) throw lineRefusal(400, query.problems);
  if (path !== '') throw lineRefusal(406, 'path not allowed in query mode');
  const problem = logQueryProblem(query);
  if (problem !== undefined) throw lineRefusal(406, problem);
  const [file] = query.files;
  if (file !== undefined) return sendSystemLog(file.replaceAll('\\', '/'), response, root);
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8' });
  await writeServices(query, response, { root, run });
  response.end();
}

async function writeServices(
  { services, options }: LogQuery,
  response: ServerResponse,
  { root, run }: Required<QueriedLogOptions>,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const known = await journalUnits(run, signal);
  const inJournal = services.filter((service) => known.includes(`${service}.service`));
  const inFiles = services.filter((service) => !inJournal.includes(service));
  if (inJournal.length > 0) {
    const write = (chunk: Buffer): void => void response.write(chunk);
    const ran = await run('journalctl', journalArguments(inJournal, options), write, signal);
    if (!ran && (options.boot ?? 0) === 0) response.write('\nerror: journal output not available\n');
  }
  if (inFiles.length === 0) return;
  if (Object.keys(options).length > 0) {
    const names = `[${inFiles.join(' ')}]`;
    response.write(`\noptions present and query resolved to log files for ${names}\ntry without specifying options\n`);
    return;
  }
  for (const service of inFiles) await writeFile(service, response, root);
}

/** The units that have written to the journal, as text. */
async function journalUnits(run: RunProgram, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  const ran = await run('journalctl', ['--field', '_SYSTEMD_UNIT'], (chunk) => void chunks.push(chunk), signal);
  return ran?.exitCode === 0 ? Buffer.concat(chunks).toString() : '';
}

/** A service's own file: `name`, `name.log` or `name/name.log`. */
async function writeFile(service: string, response: ServerResponse, root: string): Promise<void> {
  for (const name of [service, `${service}.log`, `${service}/${service}.log`]) {
    try {
      const path = await within(root, name);
      if (path === undefined || (await stat(path)).isDirectory()) continue;
      const content = createReadStream(path);
      content.pipe(response, { end: false });
      await finished(content);
      return;
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') continue;
      response.write(`\nerror getting log for ${service}: ${messageOf(error)}\n`);
      return;
    }
  }
  response.write(`\nlog not found for ${service}\n`);
}

/** Undefined for what a link leads out of the directory. */
async function within(root: string, name: string): Promise<string | undefined> {
  const [base, resolved] = await Promise.all([realpath(root), realpath(join(root, normalize(`/${name}`)))]);
  return resolved.startsWith(`${base}/`) ? resolved : undefined;
}

const runProgram: RunProgram = (program, args, onOutput, signal) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === null ? undefined : { exitCode: code }));
  });
