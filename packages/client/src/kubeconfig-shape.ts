/** The types of the fields in a kubeconfig's entries: `[]uint8` is base64. */
type FieldType = 'string' | 'bool' | '[]uint8' | '[]string' | 'struct';

interface Entry {
  readonly struct: string;
  readonly member: string;
  readonly list: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

const entries: Readonly<Record<'clusters' | 'contexts' | 'users', Entry>> = {
  clusters: {
    struct: 'Cluster',
    member: 'cluster',
    list: 'NamedCluster',
    fields: {
      server: 'string',
      'tls-server-name': 'string',
      'insecure-skip-tls-verify': 'bool',
      'certificate-authority': 'string',
      'certificate-authority-data': '[]uint8',
      'proxy-url': 'string',
      'disable-compression': 'bool',
    },
  },
  contexts: {
    struct: 'Context',
    member: 'context',
    list: 'NamedContext',
    fields: { cluster: 'string', user: 'string', namespace: 'string' },
  },
  users: {
    struct: 'AuthInfo',
    member: 'user',
    list: 'NamedAuthInfo',
    fields: {
      'client-certificate': 'string',
      'client-certificate-data': '[]uint8',
      'client-key': 'string',
      'client-key-data': '[]uint8',
      token: 'string',
      tokenFile: 'string',
      as: 'string',
      'as-uid': 'string',
      'as-groups': '[]string',
      username: 'string',
      password: 'string',
    },
  },
};

const noKind =
  'into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Throws with upstream's decoder's words when a parsed file is not a kubeconfig. */
export function checkKubeconfig(document: unknown): asserts document is Record<string, unknown> {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${kindOf(document)} ${noKind}`,
    );
  const { apiVersion, kind } = document as { apiVersion?: unknown; kind?: unknown };
  if ((apiVersion || 'v1') !== 'v1' || (kind || 'Config') !== 'Config')
    throw new Error(
      `no kind ${JSON.stringify(kind || 'Config')} is registered for version ${JSON.stringify(apiVersion || 'v1')} in scheme "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"`,
    );
  // In the order of the fields' names: the first error is reported.
  for (const field of Object.keys(entries) as (keyof typeof entries)[])
    checkEntries((document as Record<string, unknown>)[field] ?? [], field);
  checkPreferences(document as Record<string, unknown>);
}

function checkPreferences({ preferences, extensions }: Record<string, unknown>): void {
  if (extensions && !Array.isArray(extensions))
    throw wrong(extensions, { struct: 'Config', path: 'extensions', type: '[]v1.NamedExtension' });
  if (!preferences) return;
  if (typeof preferences !== 'object' || Array.isArray(preferences))
    throw wrong(preferences, { struct: 'Config', path: 'preferences', type: 'v1.Preferences' });
  const { colors, extensions: own } = preferences as Record<string, unknown>;
  checkField(colors, 'bool', { struct: 'Preferences', path: 'preferences.colors' });
  if (own && !Array.isArray(own))
    throw wrong(own, { struct: 'Preferences', path: 'preferences.extensions', type: '[]v1.NamedExtension' });
}

function checkEntries(list: unknown, field: keyof typeof entries): void {
  const entry = entries[field];
  if (!Array.isArray(list)) throw wrong(list, { struct: 'Config', path: field, type: `[]v1.${entry.list}` });
  const names = new Set<unknown>();
  for (const item of list as Record<string, unknown>[]) {
    const of = item?.[entry.member];
    if (of !== undefined && of !== null) {
      const path = `${field}.${entry.member}`;
      if (typeof of !== 'object' || Array.isArray(of))
        throw wrong(of, { struct: entry.list, path, type: `v1.${entry.struct}` });
      for (const [name, value] of Object.entries(of))
        checkField(value, entry.fields[name], { struct: entry.struct, path: `${path}.${name}` });
    }
    const name = item?.name ?? '';
    if (names.has(name))
      throw new Error(
        `error converting *[]${entry.list} into *map[string]*api.${entry.struct}: duplicate name ${JSON.stringify(name)} in list`,
      );
    names.add(name);
  }
}

function checkField(value: unknown, type: FieldType | undefined, at: { struct: string; path: string }): void {
  if (type === undefined || value === null || value === undefined) return;
  const isRight =
    type === 'bool'
      ? typeof value === 'boolean'
      : type === '[]string'
        ? Array.isArray(value)
        : type === 'struct'
          ? typeof value === 'object'
          : typeof value === 'string';
  if (!isRight) throw wrong(value, { ...at, type });
  if (type !== '[]uint8') return;
  const bad = badBase64At(value as string);
  if (bad !== undefined) throw new Error(`illegal base64 data at input byte ${bad}`);
}

const wrong = (value: unknown, { struct, path, type }: { struct: string; path: string; type: string }): Error =>
  new Error(`json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${path} of type ${type}`);

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** The position at which a text stops being base64, as Go counts; undefined for valid base64. */
function badBase64At(text: string): number | undefined {
  const plain = text.replace(/[\r\n]/g, '');
  const [{ length }] = /^[A-Za-z0-9+/]*/.exec(plain) as unknown as [string];
  const end = plain.slice(length);
  const open = length % 4;
  if (end === '' && open === 0) return undefined;
  if (end === '') return length - open;
  if (end === '='.repeat(4 - open) && open >= 2) return undefined;
  return length;
}
