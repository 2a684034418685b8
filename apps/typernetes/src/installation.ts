import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf } from '@typernetes/base';
import { compileAhead, type Installation } from '@typernetes/machine';
import { catalogue } from '../../../images/catalogue.ts';
import { buildImages } from '../../../images/machine-images.ts';
import { copyProgram, hasProgram, programFiles } from '../../../tools/bundle.ts';
import { bareInstallation, homeOf } from './home.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Programs that are on the PATH of every machine, as far as they exist. */
const commands = ['kubeadm', 'kubelet', 'kubectl'];

/**
 * The installation that this checkout makes machines from, with programs and images brought up to date first; what has not changed
 * since the last time costs a few milliseconds. TYPERNETES_HOME names another place for its machines.
 */
export async function prepareInstallation(report: (line: string) => void): Promise<Installation> {
  const home = homeOf(process.env);
  const available = commands.filter(hasProgram);
  const programs = await installPrograms(home, available);
  const built = await buildImages(catalogue, report);
  const images = built.filter(({ destination }) => destination === 'machine');
  const registryImages = built.filter(({ destination }) => destination === 'registry');
  return { ...bareInstallation(), programs, commands: available, images, registryImages };
}

/** Puts Node, the bundles and their compiled code into a folder of their own, named after its contents; machines keep the one they began with. */
async function installPrograms(home: string, programs: readonly string[]): Promise<string> {
  const node = realpathSync(join(root, 'node_modules/.bin/node'));
  const hash = createHash('sha256').update(process.version);
  for (const files of await Promise.all(programs.map(programFiles))) {
    for (const { path, content } of files) hash.update(path).update(content);
  }
  const folder = join(home, 'programs', hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  linkOrCopy(node, join(making, 'node'));
  for (const name of programs) {
    await copyProgram(name, making);
    await compileAhead(join(making, 'node'), { folder: making, program: name });
  }
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another process was quicker.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    rmSync(making, { recursive: true });
  }
  return folder;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    copyFileSync(from, to);
  }
}
