import type { LocationOptions } from './annotations.ts';
import type { Host, Location, Routes } from './routes.ts';

export interface NginxPlace {
  /** The directory of its files: pid, certificates, temporary files. */
  readonly folder: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Whether the node has IPv6 addresses. */
  readonly ipv6: boolean;
}

/** The path of a certificate, beside nginx's configuration. */
export const certificateFile = (folder: string, name: string): string => `${folder}/${name}.pem`;

/** The name of the default certificate. */
export const ownCertificate = 'own';

/** Quotes a string for nginx, so that nothing a client of the API writes can break out of it. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** A piece of the configuration, and the location it belongs to. */
interface Part {
  readonly text: string;
  readonly location?: Location;
}

interface NginxConfig {
  readonly text: string;
  /** The location that a line, counted from 1, belongs to; undefined for lines that belong to none. */
  locationAt(line: number): Location | undefined;
}

/** The nginx configuration that serves the routes. */
export function nginxConfig(routes: Routes, place: NginxPlace): NginxConfig {
  const parts = partsOf(routes, place);
  return {
    text: parts.map(({ text }) => text).join(''),
    locationAt: (line) => {
      let left = line;
      for (const { text, location } of parts) {
        left -= text.split('\n').length - 1;
        if (left <= 0) return location;
      }
      return undefined;
    },
  };
}

/** Each part is a number of whole lines. */
function partsOf(routes: Routes, place: NginxPlace): readonly Part[] {
  const { folder } = place;
  const named = routes.hosts.filter(({ name }) => name !== '');
  const rest = routes.hosts.find(({ name }) => name === '') ?? { name: '', certificate: undefined, locations: [] };
  const global = `daemon off;
user nobody nogroup;
worker_processes auto;
worker_shutdown_timeout 240s;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 16384; multi_accept on; }
http {
  log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream] $upstream_addr $upstream_response_time $upstream_status $request_id';
  access_log /dev/stdout upstreaminfo;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  server_tokens off;
  default_type text/html;
  keepalive_timeout 75s;
  keepalive_requests 1000;
  server_names_hash_bucket_size 512; server_names_hash_max_size 4096;
  large_client_header_buffers 4 8k;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:SSL:10m;
  ssl_session_tickets off;
${routes.upstreams
  .map(
    ({ name, addresses }) =>
      `  upstream ${name} { ${addresses.map((address) => `server ${address} max_fails=0; `).join('')}keepalive 64; }\n`,
  )
  .join('')}`;
  return [{ text: global }, ...[rest, ...named].flatMap((host) => server(host, place)), { text: '}\n' }];
}

function server({ name, certificate, locations }: Host, { folder, httpPort, httpsPort, ipv6 }: NginxPlace): Part[] {
  const isRest = name === '';
  const listens = (port: number, more: string): string[] => {
    const options = `${more}${isRest ? ' default_server' : ''}`;
    return [`listen ${port}${options};`, ...(ipv6 ? [`listen [::]:${port}${options};`] : [])];
  };
  const pem = certificateFile(folder, certificate ?? ownCertificate);
  const hasRest = locations.some(({ path, match }) => path === '/' && match !== 'exact');
  const head = `  server {
    ${[...listens(httpPort, ''), ...listens(httpsPort, ' ssl http2')].join(' ')}
    server_name ${serverName(name)};
    ssl_certificate ${quoted(pem)}; ssl_certificate_key ${quoted(pem)};
    set $proxy_upstream "";
`;
  const tail = `${hasRest ? '' : '    location / { return 404; }\n'}  }\n`;
  return [{ text: head }, ...blocks(locations, certificate !== undefined), { text: tail }];
}

/** A wildcard matches exactly one label. */
function serverName(name: string): string {
  if (name === '') return '_';
  if (!name.startsWith('*.')) return quoted(name);
  return quoted(`~^[^.]+${name.slice(1).replaceAll('.', String.raw`\.`)}$`);
}

/** nginx rejects repeated locations: `/a` itself belongs to the exact path if there is one, otherwise to the prefix. */
function blocks(locations: readonly Location[], hasCertificate: boolean): Part[] {
  const seen = new Set<string>();
  const exactFirst = [...locations].sort(
    (one, other) => Number(other.match === 'exact') - Number(one.match === 'exact'),
  );
  return exactFirst.flatMap((location) =>
    patterns(location).flatMap((pattern) => {
      if (seen.has(pattern)) return [];
      seen.add(pattern);
      const lines = directives(location, hasCertificate).map((line) => `      ${line}\n`);
      return [{ text: `    location ${pattern} {\n${lines.join('')}    }\n`, location }];
    }),
  );
}

function directives({ path, upstream, options }: Location, hasCertificate: boolean): readonly string[] {
  return [
    ...(options.toHttps === 'always' || (options.toHttps === 'with-certificate' && hasCertificate)
      ? ['if ($scheme = http) { return 308 https://$host$request_uri; }']
      : []),
    ...(options.allowedRanges.length > 0 ? [...options.allowedRanges.map((one) => `allow ${one};`), 'deny all;'] : []),
    ...(upstream === undefined || options.denied ? ['return 503;'] : passed(upstream, path, options)),
  ];
}

/** Path elements match whole: `/a` matches `/a` and `/a/…`. */
function patterns({ path, match }: Location): readonly string[] {
  if (match === 'exact') return [`= ${quoted(path)}`];
  if (match === 'regex') return [`~* ${quoted(`^${path}`)}`];
  const whole = path.replace(/\/+$/, '');
  return whole === '' ? ['/'] : [`= ${quoted(whole)}`, quoted(`${whole}/`)];
}

function passed(upstream: string, path: string, options: LocationOptions): readonly string[] {
  const { protocol, rewrite, bodySize, connectSeconds, readSeconds, sendSeconds, buffering } = options;
  const isGrpc = protocol === 'grpc' || protocol === 'grpcs';
  const kind = isGrpc ? 'grpc' : 'proxy';
  return [
    `set $proxy_upstream ${quoted(upstream)};`,
    `client_max_body_size ${bodySize};`,
    ...(rewrite === undefined ? [] : [`rewrite ${quoted(`(?i)${path}`)} ${quoted(rewrite)} break;`]),
    `${kind}_set_header Host $http_host;`,
    `${kind}_set_header X-Request-ID $request_id;`,
    `${kind}_set_header X-Real-IP $remote_addr;`,
    `${kind}_set_header X-Forwarded-For $remote_addr;`,
    `${kind}_set_header X-Forwarded-Host $http_host;`,
    `${kind}_set_header X-Forwarded-Port $server_port;`,
    `${kind}_set_header X-Forwarded-Proto $scheme;`,
    `${kind}_set_header X-Forwarded-Scheme $scheme;`,
    `${kind}_set_header X-Scheme $scheme;`,
    `${kind}_connect_timeout ${connectSeconds}s; ${kind}_read_timeout ${readSeconds}s; ${kind}_send_timeout ${sendSeconds}s;`,
    `${kind}_next_upstream error timeout; ${kind}_next_upstream_tries 3;`,
    ...(isGrpc
      ? []
      : [
          'proxy_http_version 1.1;',
          'proxy_set_header Upgrade $http_upgrade;',
          'proxy_set_header Connection $connection_upgrade;',
          `proxy_buffering ${buffering ? 'on' : 'off'};`,
          'proxy_request_buffering on;',
          'proxy_redirect off;',
        ]),
    `${kind}_pass ${protocol}://${upstream};`,
  ];
}

/** The routes before anything is known. */
export const noRoutes: Routes = {
  hosts: [{ name: '', certificate: undefined, locations: [] }],
  upstreams: [],
  certificates: new Map(),
  problems: [],
};
