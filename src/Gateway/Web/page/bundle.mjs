// Bundles the page: node bundle.mjs SOURCE MODULES TARGET. Same source and packages, same bytes.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const [source, modules, target] = process.argv.slice(2);
const { build } = createRequire(join(modules, 'here.js'))('esbuild');
const licence = readFileSync(join(modules, 'uplot/LICENSE'), 'utf8');
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await build({
  absWorkingDir: source,
  entryPoints: ['app.js', 'app.css'],
  outdir: target,
  nodePaths: [modules],
  external: ['icon.svg'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  legalComments: 'none',
  banner: { js: `/* With uPlot:\n${licence}*/` },
  logLevel: 'warning',
});
const styles = join(target, 'app.css');
writeFileSync(styles, readFileSync(join(modules, 'uplot/dist/uPlot.min.css'), 'utf8') + readFileSync(styles, 'utf8'));
for (const name of ['index.html', 'icon.svg']) copyFileSync(join(source, name), join(target, name));
for (const name of ['app.js', 'app.css', 'index.html']) {
  const bytes = readFileSync(join(target, name));
  writeFileSync(join(target, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
