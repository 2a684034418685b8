import type { AcceptedFlags } from '@typernetes/process';

const go = 'it tunes something that this server has not';
const logs = 'logs go to the standard error, one line at once';
const caches = 'every object is in the watch cache';

/** Flags that upstream's server has and that change nothing here, with the reasons. */
export const ineffectiveFlags: AcceptedFlags = {
  'admission-control': ['list', 'use --enable-admission-plugins and --disable-admission-plugins'],
  'apiserver-count': ['number', 'endpoints are reconciled without a count'],
  'cloud-config': ['string', 'there are no cloud providers'],
  'cloud-provider': ['string', 'there are no cloud providers'],
  'cloud-provider-gce-l7lb-src-cidrs': ['string', 'there are no cloud providers'],
  'cloud-provider-gce-lb-src-cidrs': ['string', 'there are no cloud providers'],
  'contention-profiling': ['boolean', go],
  'coordinated-leadership-lease-duration': ['duration', 'coordinated leader election is alpha and not supported yet'],
  'coordinated-leadership-renew-deadline': ['duration', 'coordinated leader election is alpha and not supported yet'],
  'coordinated-leadership-retry-period': ['duration', 'coordinated leader election is alpha and not supported yet'],
  'debug-socket-path': ['string', go],
  'default-watch-cache-size': ['number', caches],
  'enable-garbage-collector': ['boolean', 'the garbage collector is a controller: it is turned off there'],
  'etcd-count-metric-poll-period': ['duration', 'objects are counted when somebody asks for metrics'],
  'etcd-db-metric-poll-interval': ['duration', 'the store is asked for its size when somebody asks for metrics'],
  'kubelet-port': ['number', 'nodes say where their kubelets listen'],
  'kubelet-read-only-port': ['number', 'nodes say where their kubelets listen'],
  'kubelet-timeout': ['duration', 'connections to kubelets last as long as their requests'],
  'lease-reuse-duration-seconds': ['number', 'events expire without leases of the store'],
  'livez-grace-period': ['duration', 'the server is alive as soon as it listens'],
  'log-json-info-buffer-size': ['string', logs],
  'log-json-split-stream': ['boolean', logs],
  'log-text-info-buffer-size': ['string', logs],
  'log-text-split-stream': ['boolean', logs],
  'max-connection-bytes-per-sec': ['number', 'upstream ignores it as well'],
  'peer-advertise-ip': ['string', 'requests are not handed on between servers'],
  'peer-advertise-port': ['string', 'requests are not handed on between servers'],
  'peer-ca-file': ['string', 'requests are not handed on between servers'],
  'permit-address-sharing': ['boolean', go],
  'permit-port-sharing': ['boolean', go],
  'show-hidden-metrics-for-version': ['string', 'no metrics are hidden'],
  'storage-initialization-timeout': ['duration', 'objects are loaded before the server listens'],
  'storage-media-type': ['string', 'objects are stored as JSON, in every storage'],
  'watch-cache': ['boolean', caches],
  'watch-cache-sizes': ['list', caches],
};
