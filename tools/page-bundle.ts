/**
 * Bundles the web page of a program: scripts and styles with content hashes in their names, split so that parts loaded
 * on demand do not delay the first paint; and the `index.html` that loads them. As a program: `node
 * tools/page-bundle.ts FOLDER` writes the dashboard's page and prints the size of its files, plain and gzipped.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** Programs with a page, and the package it is built from. */
const pages: Readonly<Record<string, string>> = { dashboard: 'packages/dashboard-page' };

export interface PageBundle {
  /** Names and contents. */
  readonly files: readonly { readonly name: string; readonly content: Buffer }[];
  readonly metafile: Metafile;
}

/** The page of a program, if it has one. */
export async function bundlePage(program: string): Promise<PageBundle | undefined> {
  const folder = pages[program];
  if (folder === undefined) return undefined;
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: `${folder}/src/main.tsx` },
    bundle: true,
    splitting: true,
    platform: 'browser',
    format: 'esm',
    target: ['es2024', 'chrome120', 'firefox121', 'safari17.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'file' },
    outdir: root,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    assetNames: '[name]-[hash]',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), content: Buffer.from(contents) }));
  return { files: [...files, { name: 'index.html', content: indexOf(files.map(({ name }) => name)) }], metafile };
}

/** Writes the page of a program to the directory. */
export async function writePage(program: string, folder: string): Promise<void> {
  const page = await bundlePage(program);
  if (!page) throw new Error(`Program "${program}" has no page`);
  mkdirSync(folder, { recursive: true });
  for (const { name, content } of page.files) writeFileSync(join(folder, name), content);
}

/** All URLs are relative: the page works below any path, such as that of `kubectl proxy`. */
function indexOf(names: readonly string[]): Buffer {
  const named = (pattern: RegExp): string => {
    const found = names.find((name) => pattern.test(name));
    if (found === undefined) throw new Error(`Nothing of the page is called ${pattern}: ${names.join(', ')}`);
    return found;
  };
  return Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Dashboard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="./${named(/^main-\w+\.css$/)}">
<script type="module" src="./${named(/^main-\w+\.js$/)}"></script>
<div id="page"></div>
<noscript>The dashboard needs JavaScript.</noscript>
</html>
`);
}

if (import.meta.main) {
  const [folder = join(root, '.cache/page')] = process.argv.slice(2);
  await writePage('dashboard', folder);
  for (const { name, content } of (await bundlePage('dashboard'))?.files ?? [])
    console.log(name.padEnd(28), String(content.length).padStart(8), String(gzipSync(content).length).padStart(8));
}
