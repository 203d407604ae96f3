import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { TokaError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { pluginSource } from '../../manifest/load-plugin.ts';
import type { Door } from '../door.ts';

/** What a template stands for, and the name that it has there. */
const TEMPLATES = { tool: 'word-count', runtime: 'tiny-script', storage: 'scratch-store', provider: 'chat-server', engine: 'scratch-queue', analyser: 'long-runs' } as const;

export type TemplateKind = keyof typeof TEMPLATES;
const TEMPLATE_KINDS = Object.keys(TEMPLATES) as TemplateKind[];

export interface GenerateFlags {
  readonly json: boolean;
  readonly kind: string | undefined;
  readonly yes: boolean;
}

/** `toka plugins generate NAME --kind KIND`: a plugin that builds and passes its tests, to be changed into what is wanted. */
export async function generatePlugin(name: string, flags: GenerateFlags, door: Door): Promise<number> {
  const id = contributionId(name);
  const target = join(door.cwd, name.slice(name.indexOf('/') + 1));
  if (existsSync(target)) throw new TokaError('TOKA_USAGE', `${target} exists already`, { hint: 'choose another name, or remove it' });
  const kind = await kindOf(flags.kind, door);
  if (door.isAttended && !flags.yes && !(await confirmed(name, kind, target))) throw new TokaError('TOKA_CANCELLED', 'nothing was written');
  const files = write(kind, { name, id, target });
  if (flags.json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-generate/v1', name, kind, folder: target, files })}\n`);
  else door.stdout.write(`${files.map((file) => relative(door.cwd, join(target, file))).join('\n')}\n`);
  door.stderr.write(`next: cd ${relative(door.cwd, target)} && npm install && npm run build && npm test\n`);
  return 0;
}

async function confirmed(name: string, kind: string, target: string): Promise<boolean> {
  const { confirm } = await import('../prompts.ts');
  return confirm(`Make the ${kind} plugin ${name} in ${target}?`);
}

async function kindOf(given: string | undefined, door: Door): Promise<TemplateKind> {
  const known = TEMPLATE_KINDS.find((kind) => kind === given);
  if (known) return known;
  if (given === undefined && door.isAttended) return (await import('../prompts.ts')).choose('What shall it add?', TEMPLATE_KINDS);
  throw new TokaError('TOKA_USAGE', `expected --kind ${TEMPLATE_KINDS.join('|')}, found ${given === undefined ? 'none' : JSON.stringify(given)}`, { hint: 'say what the plugin adds' });
}

/** By the rules of npm for new packages, of which only those apply that leave an id for what it contributes. */
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME = 214;

function contributionId(name: string): string {
  const id = pluginSource(name.slice(name.indexOf('/') + 1));
  const isTaken = ['node_modules', 'favicon.ico'].includes(name) || name.startsWith('@toka/');
  if (name.length <= MAX_NAME && NAME.test(name) && ID.test(id) && id.length <= 64 && !isTaken) return id;
  throw new TokaError('TOKA_USAGE', `expected the name of a package such as toka-plugin-weather or @example/weather, found ${JSON.stringify(name)}`, {
    hint: isTaken ? 'choose a name that is not reserved' : 'lower-case letters and digits, with - between the words',
  });
}

interface Wanted {
  readonly name: string;
  readonly id: string;
  readonly target: string;
}

function write(kind: TemplateKind, { name, id, target }: Wanted): string[] {
  const template = join(packageRoot(), 'templates', `plugin-${kind}`);
  const renamed = (text: string): string => renameAll(text, TEMPLATES[kind], { name, id });
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(template, join(entry.parentPath, entry.name)))
    .filter((file) => !/^(?:dist|node_modules)(?:\/|$)|tsbuildinfo$/.test(file));
  const written = files.map((file) => {
    const text = renamed(readFileSync(join(template, file), 'utf8'));
    return { file: renamed(file), text: file === 'package.json' ? published(text) : text };
  });
  // npm leaves files of that name out of a package, so no template can have one.
  written.push({ file: '.gitignore', text: 'node_modules/\ndist/\n*.tgz\n' });
  for (const { file, text } of written) {
    makeFolder(dirname(join(target, file)));
    writeFileSync(resolve(target, file), text);
  }
  return written.map(({ file }) => file).toSorted();
}

function renameAll(text: string, template: string, { name, id }: Pick<Wanted, 'name' | 'id'>): string {
  const camel = (words: string): string => words.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return text
    .replaceAll(`toka-plugin-${template}`, () => name)
    .replaceAll(template, () => id)
    .replaceAll(camel(template), () => variable(camel(id)))
    .replaceAll(template.toUpperCase().replaceAll('-', '_'), () => id.toUpperCase().replaceAll('-', '_'));
}

/** What is a word of the language itself can name no constant. */
function variable(name: string): string {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- only compiled, and a name is letters and digits
    new Function(`"use strict"; const ${name} = 0;`);
    return name;
  } catch {
    return `${name}Plugin`;
  }
}

/** A template is private, so that nobody publishes it. */
function published(text: string): string {
  const { private: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return `${JSON.stringify(rest, undefined, 2)}\n`;
}
