import { isIP } from 'node:net';

/** Settings that the annotations of an Ingress make for its locations. */
export interface LocationOptions {
  /** The protocol to the pods. */
  readonly protocol: 'http' | 'https' | 'grpc' | 'grpcs';
  /** Whether paths are regular expressions. */
  readonly useRegex: boolean;
  /** The path that is passed on instead; `$1` stands for the first group. */
  readonly rewrite?: string;
  /** When HTTP is redirected to HTTPS: where there is a certificate, or always. */
  readonly toHttps: 'never' | 'with-certificate' | 'always';
  /** The maximum body size in nginx's notation: `8m`; `0` is unlimited. */
  readonly bodySize: string;
  /** Seconds. */
  readonly connectSeconds: number;
  readonly readSeconds: number;
  readonly sendSeconds: number;
  /** Client ranges that are let in; empty: all. */
  readonly allowedRanges: readonly string[];
  /** Nobody is let in, because the list of allowed clients could not be read. */
  readonly denied: boolean;
  /** Whether responses are buffered; otherwise they are passed on as they arrive. */
  readonly buffering: boolean;
}

export const usualOptions: LocationOptions = {
  protocol: 'http',
  useRegex: false,
  toHttps: 'with-certificate',
  bodySize: '1m',
  connectSeconds: 5,
  readSeconds: 60,
  sendSeconds: 60,
  allowedRanges: [],
  denied: false,
  buffering: false,
};

/** The prefix of ingress-nginx, so that Ingresses written for it work here. */
export const annotationPrefix = 'nginx.ingress.kubernetes.io/';

type Draft = { -readonly [K in keyof LocationOptions]: LocationOptions[K] };

interface Annotation {
  /** The form of a valid value, and a description of it. */
  readonly form: Pick<RegExp, 'test'>;
  readonly expected: string;
  take(value: string, options: Draft): void;
  /** An invalid value denies access to what the annotation protects, as in ingress-nginx. */
  readonly denies?: true;
}

const boolean = { form: /^(true|false)$/, expected: 'true or false' };
const seconds = { form: /^\d{1,6}$/, expected: 'seconds' };

/** Whether it is an address or range that nginx also accepts. */
function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const rangesOf = (value: string): readonly string[] => value.split(',').map((one) => one.trim());

const sourceRange: Annotation = {
  form: { test: (value) => rangesOf(value).every(isRange) },
  expected: 'ranges such as 10.0.0.0/8, with commas between them',
  denies: true,
  take: (value, options) => {
    options.allowedRanges = rangesOf(value);
  },
};

const annotations: Readonly<Record<string, Annotation>> = {
  'backend-protocol': {
    form: /^(HTTP|HTTPS|GRPC|GRPCS)$/,
    expected: 'HTTP, HTTPS, GRPC or GRPCS',
    take: (value, options) => {
      options.protocol = value.toLowerCase() as LocationOptions['protocol'];
    },
  },
  'use-regex': {
    ...boolean,
    take: (value, options) => {
      options.useRegex = value === 'true' || options.useRegex;
    },
  },
  'rewrite-target': {
    // Excludes anything that nginx could read as the end of the value or as another directive.
    form: /^\/?(?:[\w./~:?=&%+-]|\$\d)*$/,
    expected: 'a path, in which $1 may stand for a group',
    take: (value, options) => {
      options.rewrite = value;
      options.useRegex = true;
    },
  },
  'ssl-redirect': {
    ...boolean,
    take: (value, options) => {
      if (options.toHttps !== 'always') options.toHttps = value === 'true' ? 'with-certificate' : 'never';
    },
  },
  'force-ssl-redirect': {
    ...boolean,
    take: (value, options) => {
      if (value === 'true') options.toHttps = 'always';
    },
  },
  'proxy-body-size': {
    form: /^\d{1,9}[kKmMgG]?$/,
    expected: 'a size such as 8m, or 0 for any',
    take: (value, options) => {
      options.bodySize = value;
    },
  },
  'proxy-connect-timeout': {
    ...seconds,
    take: (value, options) => {
      options.connectSeconds = Number(value);
    },
  },
  'proxy-read-timeout': {
    ...seconds,
    take: (value, options) => {
      options.readSeconds = Number(value);
    },
  },
  'proxy-send-timeout': {
    ...seconds,
    take: (value, options) => {
      options.sendSeconds = Number(value);
    },
  },
  'proxy-buffering': {
    form: /^(on|off)$/,
    expected: 'on or off',
    take: (value, options) => {
      options.buffering = value === 'on';
    },
  },
  'allowlist-source-range': sourceRange,
  // The older name of the annotation.
  'whitelist-source-range': sourceRange,
};

/** The options from the annotations; `problems` lists those that are ignored, and why. */
export function optionsOf(given: Readonly<Record<string, string>> = {}): {
  readonly options: LocationOptions;
  readonly problems: readonly string[];
} {
  const options: Draft = { ...usualOptions };
  const problems: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (!key.startsWith(annotationPrefix)) continue;
    const name = key.slice(annotationPrefix.length);
    const annotation = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    if (!annotation) problems.push(`annotation ${key} is not known here and has no effect`);
    else if (annotation.form.test(value)) annotation.take(value, options);
    else {
      options.denied ||= annotation.denies === true;
      const effect = annotation.denies ? 'lets nobody in' : 'has no effect';
      problems.push(`annotation ${key}: ${JSON.stringify(value)} ${effect}, ${annotation.expected} is expected`);
    }
  }
  return { options, problems };
}
