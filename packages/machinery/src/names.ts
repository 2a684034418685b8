/**
 * The string formats of the API. Each function returns the problems with a value, in upstream's words; empty if there
 * are none.
 */
type Problems = string[];

const encoder = new TextEncoder();
const byteLength = (text: string): number => (/^[\0-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length);

/** `message (e.g. 'a',  or 'b', regex used for validation is 're')` */
export function regexProblem(message: string, regex: string, ...examples: string[]): string {
  const known = examples.map((example) => `'${example}', `).join(' or ');
  return examples.length === 0
    ? `${message} (regex used for validation is '${regex}')`
    : `${message} (e.g. ${known}regex used for validation is '${regex}')`;
}

/** A string format: the expression for the whole text, its maximum length, and the message about a violation. */
interface Format {
  readonly source: string;
  readonly regex: RegExp;
  readonly problem: string;
}

function format(source: string, message: string, ...examples: string[]): Format {
  return { source, regex: new RegExp(`^(?:${source})$`), problem: regexProblem(message, source, ...examples) };
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const dns1123Label = format(
  label,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  'my-name',
  '123-abc',
);
const dns1123Subdomain = format(
  subdomain,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
);
const dns1035 = format(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
);
const wildcard = format(
  `\\*\\.${subdomain}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  '*.example.com',
);
const namePart = format(
  qualifiedName,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyName',
  'my.name',
  '123-abc',
);
const labelValue = format(
  `(${qualifiedName})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyValue',
  'my_value',
  '12345',
);
const configKey = format(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  'key.name',
  'KEY_NAME',
  'key-name',
);
const percent = format(
  '[0-9]+%',
  "a valid percent string must be a numeric string followed by an ending '%'",
  '1%',
  '93%',
);
const httpHeader = format(
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  'X-Header-Name',
);
const cIdentifier = format(
  '[A-Za-z_][A-Za-z0-9_]*',
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  'my_name',
  'MY_NAME',
  'MyName',
);

const maxChars = (value: string, max: number): Problems =>
  byteLength(value) > max ? [`must be no more than ${max} characters`] : [];
const matching = (value: string, form: Format): Problems => (form.regex.test(value) ? [] : [form.problem]);
/** A quick check that nearly every name passes; matching texts are ASCII, so characters are bytes. */
const fits = (value: string, max: number, form: Format): boolean => value.length <= max && form.regex.test(value);

/** An RFC 1123 label of at most 63 characters: namespaces, container names. */
export function labelNameProblems(value: string): Problems {
  if (fits(value, 63, dns1123Label)) return [];
  const problems = maxChars(value, 63);
  if (dns1123Label.regex.test(value)) return problems;
  return [...problems, dns1123Subdomain.regex.test(value) ? 'must not contain dots' : dns1123Label.problem];
}

/** An RFC 1123 subdomain of at most 253 characters: the names of most objects. */
export function subdomainProblems(value: string): Problems {
  if (fits(value, 253, dns1123Subdomain)) return [];
  return [...maxChars(value, 253), ...matching(value, dns1123Subdomain)];
}

export function dns1035LabelProblems(value: string): Problems {
  return [...maxChars(value, 63), ...matching(value, dns1035)];
}

/** `*.example.com` */
export function wildcardSubdomainProblems(value: string): Problems {
  return [...maxChars(value, 253), ...matching(value, wildcard)];
}

/** `[prefix/]name`: keys of labels and annotations, finalizers, taints. */
export function qualifiedNameProblems(value: string): Problems {
  if (fits(value, 63, namePart)) return [];
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${namePart.problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: Problems = [];
  const [prefix, name] = parts.length === 2 ? (parts as [string, string]) : [undefined, value];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) {
    if (byteLength(prefix) > 253) problems.push('prefix part must be no more than 253 bytes');
    for (const problem of matching(prefix, dns1123Subdomain)) problems.push(`prefix part ${problem}`);
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (byteLength(name) > 63) problems.push('name part must be no more than 63 bytes');
  if (!namePart.regex.test(name)) problems.push(`name part ${namePart.problem}`);
  return problems;
}

export function labelValueProblems(value: string): Problems {
  if (fits(value, 63, labelValue)) return [];
  const problems = byteLength(value) > 63 ? ['must be no more than 63 bytes'] : [];
  return [...problems, ...matching(value, labelValue)];
}

export function portProblems(port: number): Problems {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** The name of a port: an IANA service name. */
export function portNameProblems(value: string): Problems {
  const problems: Problems = [];
  if (value.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A key of a ConfigMap or Secret: usable as a file name. */
export function configKeyProblems(value: string): Problems {
  const problems = [...maxChars(value, 253), ...matching(value, configKey)];
  if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** The name of an environment variable: printable ASCII without `=`. */
export function envVarNameProblems(value: string): Problems {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export const cIdentifierProblems = (value: string): Problems => matching(value, cIdentifier);
export const percentProblems = (value: string): Problems => matching(value, percent);
export const httpHeaderNameProblems = (value: string): Problems => matching(value, httpHeader);

/** A path segment, which every object's name must be. */
export function pathSegmentProblems(value: string): Problems {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

/** A prefix of a name (generateName): a trailing hyphen is allowed, since the server appends to it. */
export function prefixOf(problemsOf: (value: string) => Problems): (value: string) => Problems {
  return (value) => problemsOf(/[^-]-$/.test(value) ? `${value.slice(0, -1)}a` : value);
}
