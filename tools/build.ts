/** Bundles the functions into `dist`, as packaging does. Run by `npm run build`. */
import { BuildError, bundleFunctions } from '../deployment/bundle.ts';

try {
  for (const { name, folder, zippedBytes } of (await bundleFunctions(process.cwd())).bundles) {
    console.log(`${name.padEnd(14)} ${String(Math.ceil(zippedBytes / 1024)).padStart(4)} KB zipped  ${folder}`);
  }
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
