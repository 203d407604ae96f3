import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { basename, extname } from 'node:path';

/** A manifest that a person should check and save: nothing is registered from it. */
export interface Proposal {
  readonly file: string;
  /** YAML text. */
  readonly manifest: string;
}

const BY_ENDING: Readonly<Record<string, 'shell' | 'python'>> = { '.bash': 'shell', '.py': 'python', '.sh': 'shell' };
const BY_INTERPRETER: readonly (readonly [RegExp, 'shell' | 'python'])[] = [
  [/\b(ba|da|z|k)?sh\b/, 'shell'],
  [/\bpython[\d.]*\b/, 'python'],
];

/** Proposes the least that a script may need: no parameters, no capabilities. `undefined` for files that are no scripts. */
export function proposeManifest(file: string): Proposal | undefined {
  const type = typeOf(file);
  if (type === undefined) return undefined;
  const name =
    basename(file, extname(file))
      .toLowerCase()
      .replaceAll(/[^a-z\d]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'script';
  const manifest = `apiVersion: toka/v1
metadata:
  name: ${/^[a-z]/.test(name) ? name : `tool-${name}`}
  version: 0.1.0
  category: scripts
  description: ${JSON.stringify(`Say here what ${basename(file)} does`)}
spec:
  executable:
    type: ${type}
    path: ${JSON.stringify(basename(file))}
  parameters: []
  capabilities:
    # Guessed: nothing. Add what it needs, for instance fs:read:src/**
    required: []
  # Guessed: the most careful one. none, read and idempotent are the others.
  effect: external
`;
  return { file, manifest };
}

function typeOf(file: string): 'shell' | 'python' | undefined {
  const byEnding = BY_ENDING[extname(file)];
  if (byEnding !== undefined || !isExecutable(file)) return byEnding;
  const line = firstLine(file);
  return line.startsWith('#!') ? BY_INTERPRETER.find(([pattern]) => pattern.test(line))?.[1] : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function firstLine(file: string): string {
  const head = Buffer.alloc(256);
  const fd = openSync(file, 'r');
  try {
    return head.toString('latin1', 0, readSync(fd, head)).split('\n')[0] ?? '';
  } finally {
    closeSync(fd);
  }
}
