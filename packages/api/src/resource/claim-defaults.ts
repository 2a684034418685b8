import type { DeviceClaim, DeviceRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimTemplate } from './v1.gen.ts';

export function defaultResourceClaim(claim: ResourceClaim): void {
  defaultDevices(claim.spec?.devices);
}

export function defaultResourceClaimTemplate(template: ResourceClaimTemplate): void {
  defaultDevices(template.spec?.spec?.devices);
}

/** In v1beta1 the fields of an exact request are in the request itself. */
type Request = DeviceRequest & Partial<ExactDeviceRequest>;

function defaultDevices(devices: DeviceClaim | undefined): void {
  for (const request of (devices?.requests ?? []) as Request[]) {
    const inline = request.deviceClassName === undefined ? [] : [request];
    const wanted = [...inline, ...(request.exactly ? [request.exactly] : []), ...(request.firstAvailable ?? [])];
    for (const choice of wanted) {
      choice.allocationMode ||= 'ExactCount';
      if (choice.allocationMode === 'ExactCount') choice.count ||= 1;
      for (const toleration of choice.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}
