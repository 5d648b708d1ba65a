/**
 * Builds the `berth` command for its package into `dist-cli`: one file of JavaScript with all that it imports, the pages
 * that it serves, and the licences of what is in them. Run by `npm pack`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { bundledScript, stylesWithCharts } from '../simulator/report/bundle.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist-cli');

/** Pages whose scripts are bundled when they are wanted; in the package they are made already. */
const pages = ['report', 'live'];

/** In place of `simulator/report/bundle.ts`: a page's script and styles lie beside the command, by the page's name. */
const builtPages = `
  import { readFile } from 'node:fs/promises';
  import { basename, dirname } from 'node:path';
  const built = (file, ending) =>
    readFile(new URL(basename(dirname(dirname(file))) + ending, import.meta.url), 'utf8');
  export const bundledScript = (entryPoint) => built(entryPoint, '.js');
  export const stylesWithCharts = (file) => built(file, '.css');
`;

/** Dynalite keeps its tables in memory here; the native store that it could keep them in is never opened. */
const noNativeStore = 'export default undefined;';

/** A file's own place, which the built one must still know: examples are found from there. */
const withOwnPlace = (code: string, path: string): string => {
  const place = `new URL(${JSON.stringify(`../${relative(root, path)}`)}, import.meta.url)`;
  return code
    .replaceAll('import.meta.dirname', `berthPath(new URL('.', ${place}))`)
    .replaceAll(/(?<=, )import\.meta\.url(?=\))/g, `${place}.href`);
};

const forPackage = (met: Set<string>): Plugin => ({
  name: 'for-package',
  setup: (bundling) => {
    bundling.onLoad({ filter: /simulator[/\\]report[/\\]bundle\.ts$/ }, () => {
      met.add('bundle.ts');
      return { contents: builtPages };
    });
    bundling.onLoad({ filter: /node_modules[/\\]classic-level[/\\]index\.js$/ }, () => {
      met.add('classic-level');
      return { contents: noNativeStore };
    });
    bundling.onLoad({ filter: /node_modules[/\\](dynalite|dynalite[/\\]validations)[/\\]index\.js$/ }, ({ path }) => {
      met.add('dynalite');
      return {
        contents: readFileSync(path, 'utf8').replaceAll(/(require\('\.\/(?:\w+\/)?' \+ \w+)\)/g, "$1 + '.js')"),
      };
    });
    bundling.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      return code.includes('import.meta') ? { contents: withOwnPlace(code, path), loader: 'ts' } : undefined;
    });
  },
});

const packageFolder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The licence of each package in the bundle, as it asks to be handed on with. */
const licences = ({ inputs }: Metafile): string =>
  [...new Set(Object.keys(inputs).flatMap((it) => packageFolder.exec(it)?.[1] ?? []))]
    .sort()
    .map((it) => {
      const place = join(root, it);
      const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
        readonly [key in 'name' | 'version' | 'license']?: string;
      };
      const file = existsSync(place) ? readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry)) : undefined;
      const text = file === undefined ? '' : `\n${readFileSync(join(place, file), 'utf8').trim()}\n`;
      return `${name ?? basename(it)} ${version ?? ''} (${license ?? 'see its text'})\n${text}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);

const met = new Set<string>();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const page of pages) {
  const place = join(root, 'simulator', page, 'page');
  writeFileSync(join(folder, `${page}.js`), await bundledScript(join(place, 'main.ts')));
  writeFileSync(join(folder, `${page}.css`), await stylesWithCharts(join(place, 'page.css')));
}
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['cli/berth.ts'],
  outfile: join(folder, 'berth.js'),
  bundle: true,
  minify: true,
  keepNames: true, // errors are told by the names of their classes
  platform: 'node',
  target: 'node22',
  format: 'esm',
  mainFields: ['module', 'main'],
  conditions: ['module'],
  plugins: [forPackage(met)],
  metafile: true,
  legalComments: 'none',
  logLevel: 'error',
  // Some dependencies are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: `import { createRequire as berthRequire } from 'node:module';
import { fileURLToPath as berthPath } from 'node:url';
const require = berthRequire(import.meta.url);`,
  },
});
if (met.size < 3) throw new Error(`of what is replaced in the package only ${[...met].join()} was met`);
writeFileSync(join(folder, 'LICENCES.txt'), licences(metafile));
console.log(`${relative(process.cwd(), dirname(join(folder, 'berth.js')))}: ${readdirSync(folder).join(', ')}`);
