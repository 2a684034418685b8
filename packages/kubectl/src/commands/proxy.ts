import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { messagesOf } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import { asGoSays } from '../error-text.ts';
import { PlainError } from '../io.ts';
import { logged } from '../logged-warning.ts';
import type { Session } from '../session.ts';
import { checkConfiguration } from './missing-context.ts';
import { proxyHandler, refusalOf } from './proxy-handler.ts';
import { boundTo, listenOn } from './proxy-listener.ts';
import { patternsIn } from './proxy-patterns.ts';
import { proxyUpgrade } from './proxy-upgrade.ts';

const localHosts = '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$';

const usualPort = 8001;

export const proxyCommand = defineCommand({
  use: 'proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]',
  short: 'Creates a proxy server or application-level gateway between localhost and the Kubernetes API server',
  flags: {
    'accept-hosts': {
      type: 'string',
      help: 'Regular expression for hosts that the proxy should accept.',
      default: localHosts,
    },
    'accept-paths': {
      type: 'string',
      help: 'Regular expression for paths that the proxy should accept.',
      default: '^.*',
    },
    address: { type: 'string', help: 'The IP address on which to serve on.', default: '127.0.0.1' },
    'api-prefix': { type: 'string', help: 'Prefix to serve the proxied API under.', default: '/' },
    'append-server-path': {
      type: 'boolean',
      help: "Put the path of the kubeconfig's server before that of each request.",
      default: false,
    },
    'disable-filter': {
      type: 'boolean',
      help: 'If true, disable request filtering in the proxy. This is dangerous.',
      default: false,
    },
    keepalive: {
      type: 'duration',
      help: 'keepalive specifies the keep-alive period for an active network connection.',
      default: 0,
    },
    port: {
      type: 'number',
      short: 'p',
      help: 'The port on which to run the proxy. Set to 0 to pick a random port.',
      default: usualPort,
    },
    'reject-methods': {
      type: 'string',
      help: 'Regular expression for HTTP methods that the proxy should reject.',
      default: '^$',
    },
    'reject-paths': {
      type: 'string',
      help: 'Regular expression for paths that the proxy should reject.',
      default: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach',
    },
    'unix-socket': { type: 'string', short: 'u', help: 'Unix socket on which to run the proxy.', default: '' },
    www: {
      type: 'string',
      short: 'w',
      help: 'Also serve static files from the given directory under the specified prefix.',
      default: '',
    },
    'www-prefix': {
      type: 'string',
      short: 'P',
      help: 'Prefix to serve static files under, if static file directory is specified.',
      default: '/static/',
    },
  } as const,
  async run({ flags, given }, session, signal) {
    if (flags['unix-socket'] !== '' && given.has('port') && flags.port !== usualPort)
      throw new Error('cannot set --unix-socket and --port at the same time');
    checkConfiguration(session);
    await checkFolder(flags.www, session);
    const expressions = (list: string): RegExp[] => {
      try {
        return patternsIn(list);
      } catch (error) {
        const text = `Error compiling re: error parsing regexp: ${messagesOf(error)}`;
        throw new PlainError(logged(text, { session, place: 'proxy_server.go:83', severity: 'F' }), 255);
      }
    };
    const rules = {
      acceptHosts: expressions(flags['accept-hosts']),
      acceptPaths: expressions(flags['accept-paths']),
      rejectPaths: expressions(flags['reject-paths']),
      rejectMethods: expressions(flags['reject-methods']),
    };
    const refuse = flags['disable-filter'] ? () => undefined : refusalOf(rules);
    if (flags['disable-filter'] && flags['unix-socket'] === '') {
      const text = 'Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious';
      session.io.err(logged(text, { session, place: 'proxy.go:177' }));
    }
    const { www, 'www-prefix': wwwPrefix, 'api-prefix': apiPrefix } = flags;
    const options = { refuse, apiPrefix, www, wwwPrefix, session, appendServerPath: flags['append-server-path'] };
    const server = createServer(proxyHandler(options));
    const upgraded = new Set<Duplex>();
    server.on('upgrade', (request, socket, head) => {
      upgraded.add(socket.once('close', () => upgraded.delete(socket)));
      proxyUpgrade(options)(request, socket, head);
    });
    if (flags['unix-socket'] === '' && (flags.port < 0 || flags.port > 65_535))
      throw new Error(`listen tcp: address ${flags.port}: invalid port`);
    if (flags['unix-socket'] === '' && /:.*:/.test(flags.address))
      throw new Error(`listen tcp: address ${flags.address}:${flags.port}: too many colons in address`);
    await listenOn(
      server,
      flags['unix-socket'] ? { path: flags['unix-socket'] } : { host: flags.address, port: flags.port },
    );
    session.io.out(`Starting to serve on ${boundTo(server)}\n`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return 1;
  },
});

/** Only warns about a missing folder: it may be created later. */
async function checkFolder(www: string, session: Session): Promise<void> {
  if (www === '') return;
  const warn = (text: string, at: number): void => session.io.err(logged(text, { session, place: `proxy.go:${at}` }));
  try {
    if (!(await stat(www)).isDirectory()) warn(`Static file directory ${www} is not a directory`, 202);
  } catch (error) {
    warn(`Failed to stat static file directory ${www}: ${asGoSays(messagesOf(error))}`, 200);
  }
}
