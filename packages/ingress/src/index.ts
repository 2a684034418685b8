export { IngressController, type IngressControllerOptions } from './ingress-controller.ts';
export { Nginx, type NginxOptions } from './nginx.ts';
export { type NginxPlace, nginxConfig, noRoutes, ownCertificate } from './nginx-config.ts';
export { type StatusWriterOptions, statusWriter } from './status-writer.ts';
