import type { CallOptions, ContainerRuntime } from './container-runtime.ts';
import { configOf } from './containerd-config.ts';
import { ContainerdImages, lacksImageMounts } from './containerd-images.ts';
import type { CriCalls } from './cri-calls.ts';
import type { Image, ImageFsInfo } from './messages.ts';
import { RuntimeError } from './runtime-error.ts';

type ImageCalls = Pick<
  ContainerRuntime,
  'pullImage' | 'listImages' | 'imageStatus' | 'removeImage' | 'viewImage' | 'removeImageView' | 'imageFsInfo'
>;

export const imageCalls = (calls: CriCalls): ImageCalls => ({
  pullImage: async (request, options) => {
    const unlimited = { ...options, extraMs: Number.POSITIVE_INFINITY };
    return (await calls.images<{ imageRef: string }>('PullImage', request, unlimited)).imageRef;
  },
  listImages: async (options) => (await calls.images<{ images: Image[] }>('ListImages', {}, options)).images,
  imageStatus: async (image, options) =>
    (await calls.images<{ image: Image | null }>('ImageStatus', { image }, options)).image ?? undefined,
  removeImage: async (image, options) => {
    await calls.images('RemoveImage', { image }, options);
  },
  viewImage: async (image, key, options = {}) => {
    const views = await imageViews(calls, options);
    if (!views) return undefined;
    const message = { image, verbose: true };
    const { info } = await calls.images<{ info: Record<string, string> }>('ImageStatus', message, options);
    const { chainID } = JSON.parse(info.info ?? '{}') as { chainID?: string };
    if (!chainID) throw new RuntimeError('NotFound', `layers of image "${image.image}" are not known`);
    return views.view(key, chainID, options);
  },
  removeImageView: async (key, options = {}) => (await imageViews(calls, options))?.remove(key, options),
  imageFsInfo: (options) => calls.images<ImageFsInfo>('ImageFsInfo', {}, options),
});

/** containerd's snapshot service, where its CRI service does not mount images. */
async function imageViews(calls: CriCalls, options: CallOptions): Promise<ContainerdImages | undefined> {
  if (!lacksImageMounts(await calls.version(options))) return undefined;
  const { config } = await calls.info(options);
  return new ContainerdImages(calls.channel, configOf(config).containerd?.snapshotter ?? 'overlayfs');
}
