interface FactField {
  readonly n: number;
  readonly t: string;
  readonly l?: string;
}

/** A protobuf package in the form of the facts: messages by path (`Outer.Inner`), enums by path. */
export interface FactPackage {
  readonly messages: Readonly<Record<string, { readonly fields: Readonly<Record<string, FactField>> }>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const scalars = ['string', 'bytes', 'bool', 'int32', 'uint32', 'int64', 'uint64', 'double'] as const;
export type Scalar = (typeof scalars)[number];

/** The type of a field's value, or of each of its items. */
export type ValueType =
  | { readonly kind: Scalar }
  | {
      readonly kind: 'enum';
      readonly values: Readonly<Record<string, number>>;
      readonly names: ReadonlyMap<number, string>;
    }
  | { readonly kind: 'message'; readonly type: MessageTable };

export interface Field {
  /** In camel case. */
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  /** For a map: the type of its keys; `value` is then the type of its values. */
  readonly key: Scalar | undefined;
  readonly value: ValueType;
}

/** The fields of a message, computed on first use: of some hundred messages a program uses a dozen. */
export class MessageTable {
  readonly #fields: () => readonly Field[];
  #known: readonly Field[] | undefined;
  #byNumber: ReadonlyMap<number, Field> | undefined;

  constructor(fields: () => readonly Field[]) {
    this.#fields = fields;
  }

  get fields(): readonly Field[] {
    this.#known ??= this.#fields();
    return this.#known;
  }

  field(number: number): Field | undefined {
    this.#byNumber ??= new Map(this.fields.map((field) => [field.number, field]));
    return this.#byNumber.get(number);
  }
}

/** Well-known messages, which packages use without defining them. */
const wellKnown: FactPackage['messages'] = {
  'google.protobuf.Timestamp': { fields: { seconds: { n: 1, t: 'int64' }, nanos: { n: 2, t: 'int32' } } },
  'google.protobuf.BoolValue': { fields: { value: { n: 1, t: 'bool' } } },
  'google.protobuf.Int64Value': { fields: { value: { n: 1, t: 'int64' } } },
};

/** The messages of a package by path. Throws for a path that the package does not have. */
export function messageTables(source: FactPackage): (path: string) => MessageTable {
  const made = new Map<string, MessageTable>();
  const table = (path: string): MessageTable => {
    const known = made.get(path);
    if (known) return known;
    const message = source.messages[path] ?? wellKnown[path];
    if (!message) throw new Error(`There is no protobuf message "${path}"`);
    const fresh = new MessageTable(() =>
      Object.entries(message.fields).map(([name, fact]) => fieldOf(name, fact, (type) => typeOf(type, path))),
    );
    made.set(path, fresh);
    return fresh;
  };
  /** `Inner` is looked up in the message that mentions it, then in the enclosing ones, as in the protobuf language. */
  const typeOf = (name: string, within: string): ValueType => {
    if (isScalar(name)) return { kind: name };
    const absolute = name.replace(/^\./, '');
    const scopes = within.split('.').map((_, i, parts) => `${parts.slice(0, parts.length - i).join('.')}.`);
    for (const scope of [...scopes, '']) {
      const path = `${scope}${absolute}`;
      const values = source.enums[path];
      if (values) return { kind: 'enum', values, names: namesOf(values) };
      if (source.messages[path] ?? wellKnown[path]) return { kind: 'message', type: table(path) };
    }
    throw new Error(`There is no protobuf type "${name}" for the message "${within}"`);
  };
  return table;
}

function fieldOf(name: string, { n, t, l }: FactField, typeOf: (type: string) => ValueType): Field {
  const [, key, value] = /^map<(\w+),\s*([\w.]+)>$/.exec(t) ?? [];
  return {
    name: camelCase(name),
    number: n,
    repeated: l === 'rep',
    key: key !== undefined && isScalar(key) ? key : undefined,
    value: typeOf(value ?? t),
  };
}

const isScalar = (name: string): name is Scalar => (scalars as readonly string[]).includes(name);

/** If a number has several names, the first counts. */
function namesOf(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(values)
      .map(([name, value]) => [value, name] as const)
      .reverse(),
  );
}

function camelCase(name: string): string {
  if (name === 'CDI_devices') return 'cdiDevices';
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
