import { type FlagSpecs, logFlags, metricFlags, programFlags } from '@typernetes/process';

/** The flags of the ingress controller, under ingress-nginx's names where that has them too. */
export const flags = {
  'controller-class': {
    type: 'string',
    default: 'typernetes.io/ingress',
    help: 'IngressClasses whose spec.controller says this are served.',
  },
  'healthz-port': { type: 'number', default: 10_254, help: 'Port for /healthz, /readyz and /metrics.' },
  'http-port': { type: 'number', default: 80, help: 'Port for HTTP traffic.' },
  'https-port': { type: 'number', default: 443, help: 'Port for HTTPS traffic.' },
  kubeconfig: {
    type: 'string',
    default: '',
    help: "Path to a kubeconfig file with authorization and API server location (default: the pod's own account).",
  },
  'nginx-folder': {
    type: 'string',
    default: '/run/ingress',
    help: 'Where configuration and certificates of nginx are.',
  },
  'nginx-program': { type: 'string', default: '/usr/sbin/nginx', help: 'The program nginx.' },
  'pod-selector': {
    type: 'string',
    default: 'k8s-app=typernetes-ingress',
    help: 'Labels of the pods of this controller: their nodes are what the status of Ingresses says.',
  },
  ...metricFlags,
  ...programFlags,
  ...logFlags,
} as const satisfies FlagSpecs;
