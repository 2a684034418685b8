import type { ComponentChildren } from 'preact';

/** What a revision ran, and why it came, as far as somebody has said so. */
export function RevisionImages({
  images,
  cause,
}: {
  readonly images: readonly string[];
  readonly cause?: string | undefined;
}) {
  return (
    <>
      {images.join(', ')}
      {cause ? <p class="why">{cause}</p> : null}
    </>
  );
}

interface WayBackProperties {
  readonly isCurrent: boolean;
  /** Why there is no way back for now. */
  readonly barred?: string | undefined;
  readonly onGo: () => void;
}

/** The way back to a revision; the one that is wanted already says so. */
export function WayBack({ isCurrent, barred, onGo }: WayBackProperties): ComponentChildren {
  if (isCurrent) return <span class="dim">current</span>;
  return (
    <button type="button" disabled={barred !== undefined} title={barred} onClick={onGo}>
      Go back to it
    </button>
  );
}
