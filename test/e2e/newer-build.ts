import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '@typernetes/base';
import { fileInMachine, programDirectory, programEntry } from '@typernetes/machine';
import { programFiles } from '../../tools/bundle.ts';
import type { Walkthrough } from '../walkthrough/walkthrough.ts';

/** The release that clusters to upgrade are built as. */
export const olderRelease = '0.0.9';
export const olderVersion = version.replace(/[^.]+\.[^.]+\.[^.]+$/, olderRelease);

/** What a package's upgrade does: the program of this build in the place of the old one, which is kept as `old-PROGRAM`. */
export async function installProgram(walkthrough: Walkthrough, machine: string, program: string): Promise<void> {
  for (const { path, content } of await programFiles(program))
    walkthrough.write(machine, `/opt/typernetes/${path}`, content.toString());
  const wrapper = `#!${programDirectory}/node\nrequire('/opt/typernetes/${programEntry(program)}');\n`;
  walkthrough.write(machine, `/opt/typernetes/run-${program}`, wrapper);
  const exchange = `cd /usr/local/bin && mv ${program} old-${program} && install -m 755 /opt/typernetes/run-${program} ${program}`;
  await walkthrough.inMachine(machine).run(exchange);
}

/** Brings the images of this build to machines. Returns what saving them said. */
export async function loadImages(walkthrough: Walkthrough, machines: readonly string[]): Promise<string> {
  const bundle = join(walkthrough.home, 'images.tar');
  const saved = await walkthrough.typernetes.run('images', 'save', bundle);
  for (const name of machines) {
    copyFileSync(bundle, fileInMachine({ installation: walkthrough }, name, '/root/images.tar'));
    await walkthrough.inMachine(name).run('ctr --namespace k8s.io images import images.tar && rm images.tar');
  }
  return saved;
}
