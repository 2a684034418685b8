import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AdmissionConfiguration } from '@typernetes/api/apiserver.config/v1';
import { messageOf } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';

/** The configurations of admission plugins by plugin name, unparsed. */
export type AdmissionConfigurations = ReadonlyMap<string, unknown>;

const apiVersions = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1alpha1'];

/** Reads `--admission-control-config-file` and the files it names, relative to its own folder. Throws an Error that names the file. */
export function readAdmissionConfiguration(file: string): AdmissionConfigurations {
  if (file === '') return new Map();
  const { apiVersion = '', kind = '', plugins = [] } = (decoded(file) ?? {}) as AdmissionConfiguration;
  if (kind !== 'AdmissionConfiguration' || !apiVersions.includes(apiVersion))
    throw new Error(
      `unable to read admission control configuration from ${JSON.stringify(file)}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  return new Map(
    plugins.map(({ name, path, configuration }) => [
      name,
      path ? decoded(resolve(dirname(file), path)) : (configuration as unknown),
    ]),
  );
}

function decoded(file: string): unknown {
  try {
    return decodeDocument(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(
      `unable to read admission control configuration from ${JSON.stringify(file)} [${messageOf(cause)}]`,
      {
        cause,
      },
    );
  }
}
