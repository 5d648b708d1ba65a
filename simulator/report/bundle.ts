import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

/** A page's script with all that it imports, as one text. */
export const bundledScript = async (entryPoint: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
};

/** A page's styles, after those of the charts. */
export const stylesWithCharts = async (file: string): Promise<string> => {
  const uPlot = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  const [theirs, ours] = await Promise.all([readFile(uPlot, 'utf8'), readFile(file, 'utf8')]);
  return `${theirs}\n${ours}`;
};
