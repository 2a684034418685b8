import type { Kubeconfig } from '@typernetes/client';
import type { StanzaKind } from './files.ts';

/** A target of `config set` and `unset`: the current context, apiVersion or kind, all entries of a kind, an entry, or a field of one. */
export type Property =
  | { readonly kind: 'current-context' }
  | { readonly kind: 'type' }
  | { readonly kind: 'preferences'; readonly field: 'colors' | 'extensions' | undefined }
  | { readonly kind: 'extensions' }
  | { readonly kind: 'all'; readonly of: StanzaKind }
  | { readonly kind: StanzaKind; readonly name: string; readonly field: string | undefined };

type FieldType = 'text' | 'bytes' | 'boolean' | 'list' | 'object';

const fields: Readonly<Record<StanzaKind, Readonly<Record<string, FieldType>>>> = {
  clusters: {
    server: 'text',
    'tls-server-name': 'text',
    'insecure-skip-tls-verify': 'boolean',
    'certificate-authority': 'text',
    'certificate-authority-data': 'bytes',
    'proxy-url': 'text',
    'disable-compression': 'boolean',
  },
  contexts: { cluster: 'text', user: 'text', namespace: 'text' },
  users: {
    'client-certificate': 'text',
    'client-certificate-data': 'bytes',
    'client-key': 'text',
    'client-key-data': 'bytes',
    token: 'text',
    tokenFile: 'text',
    as: 'text',
    'as-uid': 'text',
    'as-groups': 'list',
    username: 'text',
    password: 'text',
    'auth-provider': 'object',
    exec: 'object',
  },
};

/** Parses `clusters.NAME.server`; names may contain dots. Throws upstream's error for unknown properties. */
export function parseProperty(path: string): Property {
  if (path === 'current-context') return { kind: 'current-context' };
  // apiVersion and kind are always written as a kubeconfig's.
  if (path === 'kind' || path === 'apiVersion') return { kind: 'type' };
  if (path === 'extensions') return { kind: 'extensions' };
  if (path === 'preferences') return { kind: 'preferences', field: undefined };
  if (path.startsWith('preferences.')) {
    const field = path.slice('preferences.'.length);
    if (field.startsWith('colors.')) throw new Error(`unable to parse one or more field values of ${path}`);
    if (field !== 'colors' && field !== 'extensions')
      throw new Error(`unable to parse ${path} after [preferences] at api.Preferences`);
    return { kind: 'preferences', field };
  }
  if (Object.hasOwn(fields, path)) return { kind: 'all', of: path as StanzaKind };
  const dot = path.indexOf('.');
  const kind = path.slice(0, dot) as StanzaKind;
  if (dot < 0 || !Object.hasOwn(fields, kind)) throw new Error(`unable to parse ${path} after [] at api.Config`);
  const rest = path.slice(dot + 1);
  const field = Object.keys(fields[kind]).find((one) => rest.endsWith(`.${one}`));
  const [name = '', part = '', member] = rest.split('.');
  if (fields[kind][part] === 'object' && member !== undefined) return { kind, name, field: part };
  return { kind, name: field ? rest.slice(0, -field.length - 1) : rest, field };
}

const typeOfPreference: Readonly<Record<'colors' | 'extensions', FieldType>> = {
  colors: 'boolean',
  extensions: 'object',
};

/** Parses a text as the field's value. `raw` bytes are given directly, others in base64. */
export function propertyValue(
  property: Property,
  path: string,
  { text, raw }: { text: string; raw: boolean },
): unknown {
  if (!('field' in property) || property.field === undefined) return text;
  const type =
    property.kind === 'preferences' ? typeOfPreference[property.field] : fields[property.kind][property.field];
  switch (type) {
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case 'bytes': {
      if (raw) return Buffer.from(text).toString('base64');
      const bytes = Buffer.from(text, 'base64');
      if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, ''))
        throw new Error(
          `error decoding input value: illegal base64 data at input byte ${text.search(/[^A-Za-z0-9+/=]/)}`,
        );
      return text;
    }
    case 'object':
      throw new Error(`unable to parse one or more field values of ${path}`);
    case 'list':
      return text.split(',');
    default:
      return text;
  }
}

/** The entry with the field changed; without it when `value` is undefined. */
export function withField(entry: object | undefined, field: string, value: unknown): object {
  const { [field]: _before, ...others } = (entry ?? {}) as Record<string, unknown>;
  return value === undefined ? others : { ...others, [field]: value };
}

export function entryOf(config: Kubeconfig, kind: StanzaKind, name: string): object | undefined {
  return Object.hasOwn(config[kind], name) ? config[kind][name] : undefined;
}
