import { isIP } from 'node:net';

/** What annotations of an Ingress ask of its locations. */
export interface LocationOptions {
  /** How pods are spoken to. */
  readonly protocol: 'http' | 'https' | 'grpc' | 'grpcs';
  /** Paths are regular expressions. */
  readonly useRegex: boolean;
  /** What a path becomes before it is passed on; `$1` stands for the first group. */
  readonly rewrite?: string;
  /** HTTP is sent to HTTPS where there is a certificate, or always. */
  readonly toHttps: 'never' | 'with-certificate' | 'always';
  /** As nginx writes sizes: `8m`; `0` for any. */
  readonly bodySize: string;
  /** Seconds. */
  readonly connectSeconds: number;
  readonly readSeconds: number;
  readonly sendSeconds: number;
  /** Ranges whose clients are let in; all if empty. */
  readonly allowedRanges: readonly string[];
  /** Nobody is let in: it says who may, but not so that it could be understood. */
  readonly denied: boolean;
  /** Answers are passed on as they come. */
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

/** The names are those of ingress-nginx, so that what was written for it works here. */
export const annotationPrefix = 'nginx.ingress.kubernetes.io/';

type Draft = { -readonly [K in keyof LocationOptions]: LocationOptions[K] };

interface Annotation {
  /** What a value has to look like, and in words. */
  readonly form: Pick<RegExp, 'test'>;
  readonly expected: string;
  take(value: string, options: Draft): void;
  /** What it protects is closed while it has another form, as ingress-nginx has it. */
  readonly denies?: true;
}

const boolean = { form: /^(true|false)$/, expected: 'true or false' };
const seconds = { form: /^\d{1,6}$/, expected: 'seconds' };

/** An address, or a range of them, that nginx reads as well. */
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
    // What nginx would take for the end of the value, or for another directive, is none.
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
  // The name that it had before.
  'whitelist-source-range': sourceRange,
};

/** What the annotations say; `problems` tells which cannot be heeded, and why. */
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
