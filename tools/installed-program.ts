import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileAhead, programDirectory, wrapperOf } from '@typernetes/machine';
import { copyProgram } from './bundle.ts';

/**
 * Installs a program as on a machine, with its compiled code, and returns the file that starts it; `folder` contains
 * nothing else, so that it can be on a PATH.
 */
export async function installedProgram(program: string, folder: string): Promise<string> {
  const place = `${folder}.programs`;
  mkdirSync(folder, { recursive: true });
  mkdirSync(place, { recursive: true });
  await copyProgram(program, place);
  symlinkSync(process.execPath, join(place, 'node'));
  await compileAhead(process.execPath, { folder: place, program });
  const wrapper = join(folder, program);
  writeFileSync(wrapper, wrapperOf(program).replaceAll(programDirectory, place), { mode: 0o755 });
  return wrapper;
}
