import type { ApiObject } from '@typernetes/machinery';
import type { ManifestObject } from '../manifests/read.ts';
import type { Session } from '../session.ts';

interface GeneratorFlags {
  readonly 'from-file': readonly string[];
  readonly 'from-literal': readonly string[];
  readonly image: readonly string[];
  readonly replicas: number;
  readonly type: string;
}

interface Generated {
  readonly apiVersion: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

type Generator = (name: string, flags: GeneratorFlags, session: Session) => Promise<Generated>;

const generators: Readonly<Record<string, Generator>> = {
  namespace: async () => ({ apiVersion: 'v1', kind: 'Namespace', body: {} }),
  serviceaccount: async () => ({ apiVersion: 'v1', kind: 'ServiceAccount', body: {} }),
  configmap: async (_name, flags, session) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    body: { data: await keyValues(flags, session) },
  }),
  secret: async (_name, flags, session) => {
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const data = Object.entries(await keyValues(flags, session)).map(([key, value]) => [key, encode(value)] as const);
    return { apiVersion: 'v1', kind: 'Secret', body: { data: Object.fromEntries(data), type: flags.type } };
  },
  deployment: async (name, flags) => {
    if (flags.image.length === 0) throw new Error('required flag(s) "image" not set');
    const labels = { app: name };
    const containers = flags.image.map((image) => ({ image, name: image.replace(/^.*\//, '').replace(/[:@].*$/, '') }));
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      body: {
        spec: {
          replicas: flags.replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      },
    };
  },
};
const shortNames: Readonly<Record<string, string>> = {
  ns: 'namespace',
  sa: 'serviceaccount',
  cm: 'configmap',
  deploy: 'deployment',
};

/** The object that `create KIND NAME ...` means. */
export async function generatedObject(
  args: readonly string[],
  flags: GeneratorFlags,
  session: Session,
): Promise<ManifestObject> {
  const [word = '', ...rest] = args;
  const kind = shortNames[word] ?? word;
  const generator = Object.hasOwn(generators, kind) ? generators[kind] : undefined;
  if (!generator) throw new Error('must specify one of -f and -k');
  // `secret generic NAME`: other sorts of secrets differ only in their type.
  const names = kind === 'secret' && rest[0] === 'generic' ? rest.slice(1) : rest;
  const [name] = names;
  if (name === undefined || names.length > 1) throw new Error(`exactly one NAME is required, got ${names.length}`);
  const { apiVersion, kind: objectKind, body } = await generator(name, flags, session);
  const type = await session.resources.byKind(apiVersion, objectKind);
  const namespace = type.namespaced ? session.namespace : undefined;
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(objectKind === 'Deployment' ? { labels: { app: name } } : {}),
  };
  return {
    source: '',
    type,
    name,
    namespace,
    object: { apiVersion, kind: objectKind, metadata, ...body } as unknown as ApiObject,
  };
}

async function keyValues(flags: GeneratorFlags, { files }: Session): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const pair of flags['from-literal']) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new Error(`invalid literal source ${pair}, expected key=value`);
    values[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  for (const source of flags['from-file']) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    const names = equals < 0 ? await files.list(path) : undefined;
    if (names) for (const name of names) values[name] = await files.read(`${path}/${name}`);
    else values[equals < 0 ? path.slice(path.lastIndexOf('/') + 1) : source.slice(0, equals)] = await files.read(path);
  }
  return values;
}
