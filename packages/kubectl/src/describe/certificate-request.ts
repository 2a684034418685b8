/** The parts of a PKCS #10 request that a description shows. */
export interface RequestContent {
  readonly subject: Partial<Record<SubjectField, string[]>>;
  readonly names: {
    readonly dns: readonly string[];
    readonly emails: readonly string[];
    readonly uris: readonly string[];
    readonly addresses: readonly string[];
  };
}

type SubjectField = (typeof subjectFields)[keyof typeof subjectFields];

/** Attribute types under OID 2.5.4, by their last number. */
const subjectFields = {
  3: 'commonName',
  5: 'serialNumber',
  6: 'country',
  7: 'locality',
  8: 'province',
  9: 'streetAddress',
  10: 'organization',
  11: 'organizationalUnit',
  17: 'postalCode',
} as const;

const subjectAlternativeName = '551d11';

/**
 * Reads the base64 of a PEM block `CERTIFICATE REQUEST`: enough of DER (X.690) for its subject and alternative names. It is our own parser,
 * because a library for certificates would be most of the program. Throws on what is not a request.
 */
export function requestContent(request: string): RequestContent {
  const pem = Buffer.from(request, 'base64').toString('utf8');
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END/.exec(pem)?.[1];
  if (body === undefined) throw new Error('Error parsing CSR: PEM block type must be CERTIFICATE REQUEST');
  const [info] = children(Buffer.from(body, 'base64'), 2);
  if (!info) throw new Error('Error parsing CSR: asn1: structure error');
  const parts = children(info.content, Number.POSITIVE_INFINITY);
  const subject: RequestContent['subject'] = {};
  for (const set of children(parts[1]?.content)) {
    for (const pair of children(set.content)) {
      const [type, value] = children(pair.content);
      const oid = type?.content.toString('hex') ?? '';
      const field = oid.startsWith('5504') ? subjectFields[Number.parseInt(oid.slice(4), 16) as 3] : undefined;
      if (field && value) subject[field] = [...(subject[field] ?? []), value.content.toString('utf8')];
    }
  }
  return { subject, names: alternativeNames(parts.find(({ tag }) => tag === 0xa0)?.content) };
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements of a constructed value; with `depth` 2 those of its first element. */
function children(bytes: Buffer | undefined, depth = 1): Element[] {
  const found: Element[] = [];
  for (let at = 0; bytes && at + 2 <= bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] as number;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    if (start + length > bytes.length) throw new Error('Error parsing CSR: asn1: syntax error: data truncated');
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return depth === 2 ? children(found[0]?.content) : found;
}

function alternativeNames(attributes: Buffer | undefined): RequestContent['names'] {
  const names = { dns: [] as string[], emails: [] as string[], uris: [] as string[], addresses: [] as string[] };
  // Attribute: type, set of values; the value that asks for extensions is a sequence of extensions: type, (critical,) octets.
  const extensions = children(attributes)
    .flatMap((attribute) => children(children(attribute.content)[1]?.content))
    .flatMap((list) => (list.tag === 0x30 ? children(list.content) : []));
  for (const extension of extensions) {
    const parts = children(extension.content);
    if (parts[0]?.content.toString('hex') !== subjectAlternativeName) continue;
    for (const { tag, content } of children(parts.at(-1)?.content, 2)) {
      if (tag === 0x81) names.emails.push(content.toString('latin1'));
      if (tag === 0x82) names.dns.push(content.toString('latin1'));
      if (tag === 0x86) names.uris.push(content.toString('latin1'));
      if (tag === 0x87) names.addresses.push(addressText(content));
    }
  }
  return names;
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  // The URL parser writes addresses in their short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
