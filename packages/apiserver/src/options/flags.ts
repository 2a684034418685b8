import { type FlagSpecs, logFlags, metricFlags, type ParsedFlags, tlsFlags } from '@typernetes/process';
import { auditFlags } from './audit-flags.ts';
import { authenticationFlags } from './authentication-flags.ts';
import { authorizationFlags } from './authorization-flags.ts';
import { browserFlags } from './browser-flags.ts';

/** The program's flags, by upstream's names. */
export const apiServerFlags = {
  'advertise-address': {
    type: 'string',
    default: '',
    help: 'The IP address on which to advertise the apiserver to members of the cluster.',
  },
  'aggregator-reject-forwarding-redirect': {
    type: 'boolean',
    default: true,
    help: 'Aggregator reject forwarding redirect response back to client.',
  },
  'allow-privileged': { type: 'boolean', default: false, help: 'If true, allow privileged containers.' },
  'anonymous-auth': {
    type: 'boolean',
    default: true,
    help: 'Enables anonymous requests to the secure port of the API server.',
  },
  'api-audiences': { type: 'list', help: 'Identifiers of the API: the service account issuers by default.' },
  ...auditFlags,
  ...authenticationFlags,
  ...authorizationFlags,
  ...browserFlags,
  'bind-address': { type: 'string', default: '0.0.0.0', help: 'The IP address on which to listen.' },
  'cert-dir': {
    type: 'string',
    default: '/var/run/kubernetes',
    help: 'The directory where the TLS certs are located. If --tls-cert-file and --tls-private-key-file are provided, this flag will be ignored.',
  },
  'client-ca-file': {
    type: 'string',
    default: '',
    help: 'Requests with a client certificate signed by one of these authorities are made by its common name.',
  },
  'admission-control-config-file': {
    type: 'string',
    default: '',
    help: 'File with admission control configuration.',
  },
  'delete-collection-workers': {
    type: 'number',
    default: 32,
    help: 'How many objects of a collection are deleted at once.',
  },
  'disable-admission-plugins': { type: 'list', default: [], help: 'Admission plugins that should be disabled.' },
  'enable-admission-plugins': {
    type: 'list',
    default: [],
    help: 'Admission plugins that should be enabled in addition to default enabled ones.',
  },
  'endpoint-reconciler-type': {
    type: 'string',
    default: 'lease',
    help: 'Who keeps the endpoints of the service "kubernetes": lease, master-count (the same here) or none.',
  },
  'enable-aggregator-routing': {
    type: 'boolean',
    default: false,
    help: 'Turns on aggregator routing requests to endpoints IP rather than cluster IP.',
  },
  'emulated-version': {
    type: 'list',
    default: [],
    help: 'The versions different components emulate their capabilities (APIs, features, ...) of.',
  },
  'emulation-forward-compatible': {
    type: 'boolean',
    default: false,
    help: 'If true, for any beta+ APIs enabled by default or by --runtime-config at the emulation version, their future versions with higher priority/stability will be auto enabled even if they introduced after the emulation version. Can only be set to true if the emulation version is lower than the binary version.',
  },
  'enable-bootstrap-token-auth': {
    type: 'boolean',
    default: false,
    help: "Allow secrets of type 'bootstrap.kubernetes.io/token' in kube-system to be used for authentication.",
  },
  'external-hostname': {
    type: 'string',
    default: '',
    help: 'The hostname to use when generating externalized URLs for this master (e.g. in discovery documents).',
  },
  'enable-priority-and-fairness': {
    type: 'boolean',
    default: true,
    help: 'If true, replace the max-in-flight handler with an enhanced one that queues and dispatches with priority and fairness.',
  },
  'egress-selector-config-file': {
    type: 'string',
    default: '',
    help: 'File with apiserver egress selector configuration.',
  },
  'encryption-provider-config': {
    type: 'string',
    default: '',
    help: 'The file containing configuration for encryption providers to be used for storing secrets in etcd.',
  },
  'encryption-provider-config-automatic-reload': {
    type: 'boolean',
    default: false,
    help: 'Determines if the file set by --encryption-provider-config should be automatically reloaded if the disk contents change.',
  },
  'etcd-cafile': { type: 'string', default: '', help: 'Certificate authority of etcd.' },
  'etcd-certfile': { type: 'string', default: '', help: 'Client certificate for etcd.' },
  'etcd-compaction-interval': {
    type: 'duration',
    default: 300_000,
    help: 'The interval of compaction requests. If 0, the compaction request from apiserver is disabled.',
  },
  'etcd-healthcheck-timeout': {
    type: 'duration',
    default: 2000,
    help: 'The timeout to use when checking etcd health.',
  },
  'etcd-keyfile': { type: 'string', default: '', help: "Client certificate's key for etcd." },
  'etcd-prefix': { type: 'string', default: '/registry', help: 'The prefix of all keys in the store.' },
  'etcd-readycheck-timeout': {
    type: 'duration',
    default: 2000,
    help: 'The timeout to use when checking etcd readiness.',
  },
  'etcd-servers-overrides': {
    type: 'list',
    default: [],
    help: 'Per-resource etcd servers overrides, comma separated. The individual override format: group/resource#servers, where servers are URLs, semicolon separated. Note that this applies only to resources compiled into this server binary.',
  },
  'etcd-servers': { type: 'list', default: [], help: 'List of etcd servers to connect with (scheme://ip:port).' },
  'default-not-ready-toleration-seconds': {
    type: 'number',
    default: 300,
    help: 'Indicates the tolerationSeconds of the toleration for notReady:NoExecute that is added by default to every pod that does not already have such a toleration.',
  },
  'default-unreachable-toleration-seconds': {
    type: 'number',
    default: 300,
    help: 'Indicates the tolerationSeconds of the toleration for unreachable:NoExecute that is added by default to every pod that does not already have such a toleration.',
  },
  ...metricFlags,
  'event-ttl': { type: 'duration', default: 3_600_000, help: 'Amount of time to retain events.' },
  'identity-lease-duration-seconds': {
    type: 'number',
    default: 3600,
    help: 'How long the lease of a server that is gone is kept.',
  },
  'identity-lease-renew-interval-seconds': {
    type: 'number',
    default: 10,
    help: 'How often a server renews its lease.',
  },
  'enable-logs-handler': {
    type: 'boolean',
    default: false,
    help: 'If true, install a /logs handler for the apiserver logs.',
    deprecated: 'Log handler functionality is deprecated',
  },
  profiling: {
    type: 'boolean',
    default: true,
    help: 'Enable profiling via web interface host:port/debug/pprof/',
  },
  'feature-gates': {
    type: 'list',
    default: [],
    help: 'Pairs that say which alpha and beta features are on: Gate=true or kube:Gate=true.',
  },
  'goaway-chance': {
    type: 'number',
    default: 0,
    help: 'To prevent HTTP/2 clients from getting stuck on a single apiserver, randomly close a connection (GOAWAY). Min is 0 (off), Max is .02 (1/50 requests).',
  },
  'disable-http2-serving': { type: 'boolean', default: false, help: 'If true, HTTP2 serving will be disabled.' },
  'http2-max-streams-per-connection': {
    type: 'number',
    default: 0,
    help: 'The limit that the server gives to clients for the maximum number of streams in an HTTP/2 connection. Zero means 250.',
  },
  'kubelet-certificate-authority': {
    type: 'string',
    default: '',
    help: "Certificate authority of the kubelets' servers.",
  },
  'kubelet-client-certificate': { type: 'string', default: '', help: 'Client certificate shown to kubelets.' },
  'kubelet-client-key': { type: 'string', default: '', help: 'Its key.' },
  'kubelet-preferred-address-types': {
    type: 'list',
    default: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
    help: "Which of a node's addresses to use, in order of preference.",
  },
  'kubernetes-service-node-port': {
    type: 'number',
    default: 0,
    help: 'If non-zero, the Kubernetes master service (which apiserver creates/maintains) will be of type NodePort, using this as the value of the port. If zero, it will be of type ClusterIP.',
  },
  'max-mutating-requests-inflight': {
    type: 'number',
    default: 200,
    help: 'With max-requests-inflight, the number of seats that priority and fairness divides; without it, how many writes are served at once.',
  },
  'max-requests-inflight': {
    type: 'number',
    default: 400,
    help: 'With max-mutating-requests-inflight, the number of seats that priority and fairness divides; without it, how many reads are served at once.',
  },
  'proxy-client-cert-file': {
    type: 'string',
    default: '',
    help: 'Client certificate shown to aggregated API servers.',
  },
  'proxy-client-key-file': { type: 'string', default: '', help: 'Its key.' },
  'requestheader-allowed-names': {
    type: 'list',
    default: [],
    help: 'Common names that may vouch for users in headers.',
  },
  'requestheader-client-ca-file': { type: 'string', default: '', help: 'Authorities of the front proxies.' },
  'requestheader-extra-headers-prefix': {
    type: 'list',
    default: [],
    help: 'Header prefixes for extra user information.',
  },
  'requestheader-group-headers': { type: 'list', default: [], help: 'Headers to inspect for groups.' },
  'requestheader-uid-headers': { type: 'list', default: [], help: 'Headers to inspect for UIDs.' },
  'requestheader-username-headers': { type: 'list', default: [], help: 'Headers to inspect for usernames.' },
  'min-compatibility-version': {
    type: 'list',
    default: [],
    help: 'The min version of control plane components the server should be compatible with, as /version tells it: kube=1.33 and later.',
  },
  'min-request-timeout': {
    type: 'number',
    default: 1800,
    help: 'The seconds that a watch without a timeout of its own lasts at least: each is given a random time between this and twice as long.',
  },
  'request-timeout': {
    type: 'duration',
    default: 60_000,
    help: 'The duration a handler must keep a request open before timing it out; how long a stopping server waits for requests under way.',
  },
  'runtime-config': { type: 'map', default: {}, help: 'Pairs that turn API versions on or off.' },
  'runtime-config-emulation-forward-compatible': {
    type: 'boolean',
    default: false,
    help: 'If true, APIs identified by group/version that are enabled in the --runtime-config flag will be installed even if it is introduced after the emulation version. If false, server would fail to start if any APIs identified by group/version that are enabled in the --runtime-config flag are introduced after the emulation version. Can only be set to true if the emulation version is lower than the binary version.',
  },
  'secure-port': { type: 'number', default: 6443, help: 'The port on which to serve HTTPS.' },
  'service-account-extend-token-expiration': {
    type: 'boolean',
    default: true,
    help: 'Turns on projected service account expiration extension during token generation.',
  },
  'service-account-issuer': {
    type: 'list',
    default: [],
    help: 'Issuers of service account tokens; the first one signs.',
  },
  'service-account-jwks-uri': {
    type: 'string',
    default: '',
    help: 'Overrides the URI for the JSON Web Key Set in the discovery doc served at /.well-known/openid-configuration.',
  },
  'service-account-key-file': { type: 'list', default: [], help: 'Keys that verify service account tokens.' },
  'service-account-lookup': {
    type: 'boolean',
    default: true,
    help: 'If true, validate ServiceAccount tokens exist as part of authentication. They are always looked up here.',
  },
  'service-account-max-token-expiration': { type: 'duration', default: 0, help: 'The longest life of a token.' },
  'service-account-signing-endpoint': {
    type: 'string',
    default: '',
    help: 'Path to the socket of a program (external JWT signer) that signs service account tokens and knows the keys that verify them.',
  },
  'service-account-signing-key-file': {
    type: 'string',
    default: '',
    help: 'The key that signs service account tokens.',
  },
  'service-cluster-ip-range': { type: 'string', default: '10.0.0.0/24', help: 'Where cluster IPs come from.' },
  'service-node-port-range': { type: 'string', default: '30000-32767', help: 'Where node ports come from.' },
  'shutdown-delay-duration': {
    type: 'duration',
    default: 0,
    help: 'Time to delay the termination. During that time the server keeps serving requests normally; /healthz and /livez will return success, but /readyz immediately returns failure.',
  },
  'shutdown-send-retry-after': {
    type: 'boolean',
    default: false,
    help: "If true the HTTP Server will continue listening until all non long running request(s) in flight have been drained, during this window all incoming requests will be rejected with a status code 429 and a 'Retry-After' response header, in addition 'Connection: close' response header is set in order to tear down the TCP connection when idle.",
  },
  'shutdown-watch-termination-grace-period': {
    type: 'duration',
    default: 0,
    help: 'Watches end as soon as the delay is over.',
  },
  'storage-backend': {
    type: 'string',
    default: '',
    help: "Where objects are kept: etcd3, sqlite or memory. By default 'etcd3' with --etcd-servers, else 'sqlite'.",
  },
  'storage-path': {
    type: 'string',
    default: '/var/lib/typernetes/apiserver/store.db',
    help: 'The file of the sqlite backend.',
  },
  'tls-cert-file': { type: 'string', default: '', help: 'Certificate shown on the secure port.' },
  ...tlsFlags,
  'tracing-config-file': { type: 'string', default: '', help: 'File with apiserver tracing configuration.' },
  'tls-private-key-file': { type: 'string', default: '', help: 'Its key.' },
  'tls-sni-cert-key': {
    type: 'array',
    default: [],
    help: 'A pair of x509 certificate and private key file paths, optionally suffixed with a list of domain patterns: "example.crt,example.key" or "foo.crt,foo.key:*.foo.com,foo.com". May be repeated.',
  },
  help: { type: 'boolean', short: 'h', default: false, help: 'Help for kube-apiserver.' },
  ...logFlags,
  version: { type: 'boolean', default: false, help: 'Prints the version and quits.' },
} as const satisfies FlagSpecs;
export type ApiServerFlags = ParsedFlags<typeof apiServerFlags>;
