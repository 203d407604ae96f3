/** `import` as Node.js has it; what is bundled has none. This file is loaded as it is. */
export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(url)) as Readonly<Record<string, unknown>>;
}
