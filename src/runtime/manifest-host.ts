import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { HookOrder } from './manifest-hook.ts';

type Hook = (this: unknown, options: { readonly api: string }) => unknown;

/** The program inside the sandbox of a plugin's hook `toka:manifest`: loads it, calls it, writes its answer. */
async function main(): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  // What the plugin prints itself is no answer.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const { hook, sdk, api } = JSON.parse(await text(process.stdin)) as HookOrder;
  registerHooks({
    resolve: (specifier, context, next) => (specifier === '@toka/sdk' ? { url: pathToFileURL(sdk).href, shortCircuit: true } : next(specifier, context)),
  });
  // Pending promises alone keep no process alive; it is stopped by its time limit then.
  const alive = setInterval(() => undefined, 1000);
  try {
    const module = (await import(pathToFileURL(hook).href)) as { default?: unknown };
    const inner = module.default as { default?: unknown } | undefined;
    const call = (typeof inner === 'function' ? inner : inner?.default) as Hook;
    const answer = await call.call({}, { api });
    write(`\n${JSON.stringify({ 'toka:manifest': answer ?? null })}\n`, () => process.exit(0));
  } catch (thrown) {
    const failure = thrown instanceof Error ? thrown.message : String(thrown);
    write(`\n${JSON.stringify({ failure })}\n`, () => process.exit(1));
  } finally {
    clearInterval(alive);
  }
}

void main();
