import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { messageOf } from '@typernetes/base';
import { applyMergePatch } from '@typernetes/machinery';
import { decodeConfiguration } from './fields.ts';

/**
 * Reads the configuration file and merges the `*.conf` files of a directory into it, in the order of their names: maps
 * are merged, all other values replaced. Each drop-in is a configuration of its own with kind and version.
 */
export async function readConfiguration(file: string, directory: string): Promise<Partial<KubeletConfiguration>> {
  let merged: unknown = file === '' ? {} : await decodeFile(file);
  for (const path of directory === '' ? [] : await dropIns(directory))
    merged = applyMergePatch(merged, await decodeFile(path));
  return merged as Partial<KubeletConfiguration>;
}

async function dropIns(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true });
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(directory, name));
}

async function decodeFile(path: string): Promise<KubeletConfiguration> {
  try {
    return decodeConfiguration(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`failed to load kubelet config file, path: ${path}, error: ${messageOf(error)}`, { cause: error });
  }
}
