import { generatorCommand } from './generator.ts';

interface IngressRule {
  readonly host: string;
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly service: string;
  readonly port: { readonly name: string } | { readonly number: number };
  readonly tls: boolean;
  readonly secret: string;
}

const rulePattern =
  /^(?<host>[\w*\-.]*)\/(?<path>[^=]*)=(?<service>[a-z0-9-]+):(?<port>[^,]+)(?:,(?<tls>tls(?:=(?<secret>[a-z0-9.-]*))?))?$/;

/** `host/path=service:port[,tls[=secret]]`; a star at the end of the path makes it a prefix. */
export function ingressRule(text: string): IngressRule {
  const groups = rulePattern.exec(text)?.groups;
  if (!groups) {
    throw new Error(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  }
  const { host = '', path = '', service = '', port = '', tls, secret = '' } = groups;
  const prefix = path.endsWith('*');
  return {
    host,
    path: `/${prefix ? path.slice(0, -1) : path}`,
    pathType: prefix ? 'Prefix' : 'Exact',
    service,
    port: portOf(port),
    tls: tls !== undefined,
    secret,
  };
}

function portOf(text: string): IngressRule['port'] {
  return /^\d+$/.test(text) ? { number: Number(text) } : { name: text };
}

export const createIngressCommand = generatorCommand({
  words: 'create ingress',
  failure: 'failed to create ingress:',
  use: 'NAME --rule=host/path=service:port[,tls[=secret]] ',
  short: 'Create an ingress with the specified name',
  flags: {
    annotation: {
      type: 'array',
      help: 'Annotation to insert in the ingress object, in the format annotation=value',
      default: [],
    },
    class: { type: 'string', help: 'Ingress Class to be used', default: '' },
    'default-backend': { type: 'string', help: 'Default service for backend, in format of svcname:port', default: '' },
    rule: { type: 'array', help: 'Rule in format host/path=service:port[,tls=secretname].', default: [] },
  },
  build(_name, { flags }) {
    if (flags['default-backend'] === '' && flags.rule.length === 0) {
      throw new Error(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    }
    const annotations = Object.fromEntries(
      flags.annotation.map((pair) => {
        const equals = pair.indexOf('=');
        if (equals < 0) throw new Error(`annotation ${pair} is invalid and should be in format key=[value]`);
        return [pair.slice(0, equals), pair.slice(equals + 1)];
      }),
    );
    const rules = flags.rule.map(ingressRule);
    const tls = tlsOf(rules);
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: Object.keys(annotations).length > 0 ? { annotations } : {},
      spec: {
        ...(flags['default-backend'] ? { defaultBackend: backendOf(flags['default-backend']) } : {}),
        ...(flags.class ? { ingressClassName: flags.class } : {}),
        ...(rules.length > 0 ? { rules: rulesByHost(rules) } : {}),
        ...(tls.length > 0 ? { tls } : {}),
      },
      status: { loadBalancer: {} },
    };
  },
});

function backendOf(text: string): object {
  const [name = '', port = '', ...more] = text.split(':');
  if (name === '' || port === '' || more.length > 0) {
    throw new Error(`default-backend should be in format servicename:serviceport`);
  }
  return { service: { name, port: portOf(port) } };
}

function rulesByHost(rules: readonly IngressRule[]): object[] {
  const hosts = [...new Set(rules.map(({ host }) => host))];
  return hosts.map((host) => ({
    ...(host ? { host } : {}),
    http: {
      paths: rules
        .filter((rule) => rule.host === host)
        .map(({ path, pathType, port, service }) => ({
          backend: { service: { name: service, port } },
          path,
          pathType,
        })),
    },
  }));
}

/** One entry for each secret, with its hosts. */
function tlsOf(rules: readonly IngressRule[]): object[] {
  const secured = rules.filter(({ tls }) => tls);
  const secrets = [...new Set(secured.map(({ secret }) => secret))];
  return secrets.flatMap((secret) => {
    const hosts = [...new Set(secured.filter((rule) => rule.secret === secret && rule.host).map(({ host }) => host))];
    if (hosts.length === 0 && secret === '') return [];
    return [{ ...(hosts.length > 0 ? { hosts } : {}), ...(secret ? { secretName: secret } : {}) }];
  });
}
