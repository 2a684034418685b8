import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  tooLong,
} from '@typernetes/machinery';
import { driverNameProblems } from '../core/csi-driver-name.ts';
import { immutableDetail, type Problems, required, wellFormed } from '../meta/field-checks.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from './v1.gen.ts';

export function validateVolumeAttachment(attachment: VolumeAttachment): FieldProblem[] {
  return [...attachmentProblems(attachment)];
}

export function validateVolumeAttachmentUpdate(next: VolumeAttachment, current: VolumeAttachment): FieldProblem[] {
  const problems = validateVolumeAttachment(next);
  if (!jsonEqual(next.spec, current.spec)) problems.push(invalidValue('spec', next.spec, immutableDetail));
  return problems;
}

function* attachmentProblems({ spec, status }: VolumeAttachment): Problems {
  yield* driverNameProblems(spec.attacher, 'spec.attacher');
  yield* sourceProblems(spec.source ?? {}, 'spec.source');
  yield* required(spec.nodeName, 'spec.nodeName');
  yield* wellFormed(spec.nodeName, { at: 'spec.nodeName', by: subdomainProblems });
  if (!status) return;
  const sizes = Object.entries(status.attachmentMetadata ?? {}).map(([key, value]) => key.length + value.length);
  if (sizes.reduce((sum, size) => sum + size, 0) > maxMetadataBytes) {
    yield tooLong('status.attachmentMetadata', maxMetadataBytes);
  }
  yield* errorProblems(status.attachError, 'status.attachError');
  yield* errorProblems(status.detachError, 'status.detachError');
}

const oneSource = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function* sourceProblems({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, at: string): Problems {
  if (!inlineVolumeSpec && persistentVolumeName == null) yield requiredValue(at, oneSource);
  else if (inlineVolumeSpec && persistentVolumeName != null) yield forbiddenValue(at, oneSource);
  else if (persistentVolumeName === '') {
    yield requiredValue(`${at}.persistentVolumeName`, 'must specify non empty persistentVolumeName');
  } else yield* wellFormed(persistentVolumeName, { at: `${at}.persistentVolumeName`, by: subdomainProblems });
}

const maxMetadataBytes = 256 * 1024;
const maxErrorBytes = 1024;

function* errorProblems(error: VolumeError | undefined, at: string): Problems {
  if (error?.message && error.message.length > maxErrorBytes) yield tooLong(`${at}.message`, maxErrorBytes);
  const code = error?.errorCode;
  if (code != null && (code < 0 || code > 2147483647)) {
    yield invalidValue(`${at}.errorCode`, code, 'must be between 0 and 2147483647, inclusive');
  }
}
