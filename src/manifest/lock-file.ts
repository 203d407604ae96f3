import * as z from 'zod';
import { argument, capability, effect, level, line, risk, semver, strict } from './parts.ts';

/** The version of the format: 2 may say of tools of plugins what was installed, which 1 does not know. */
export const LOCK_VERSION = 2;

/** More tools than this are no project's. */
const MAX_TOOLS = 20_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const capabilities = z.array(capability).max(100);

const entry = strict({
  origin: z.enum(['bundled', 'plugin', 'project']).describe('Who brings the tool: toka, an installed plugin, or the project.'),
  file: argument(4096).optional().describe('The manifest, relative to the project. Absent where a package declares the tool.'),
  version: semver.describe('The version of the tool; of a tool in a package, that of the package.'),
  executable: argument(8192).describe('Its type and file: of the project relative to it, of a package relative to that; a program of the machine as declared.'),
  effect: effect.describe('What a run changes.'),
  level: level.describe('How much it may use at the most.'),
  risk: risk.describe('How much harm a wrong call does.'),
  capabilities: strict({
    required: capabilities.describe('Without these the run is denied.'),
    optional: capabilities.describe('Those that are not granted fall away.'),
  }).describe('What it may do, as declared.'),
  manifest: sha256.describe("SHA-256 of the manifest; of a tool in a package, of toka's reading of what that declares."),
  integrity: z
    .string()
    .regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'a SHA-512 as sha512-…')
    .optional()
    .describe('SHA-512 of the tarball of the plugin that was installed.'),
  code: sha256.optional().describe('SHA-256 of its script, module or program, where that is a file of the project or the plugin.'),
});

/** A lock file (toka.lock), version 1. */
export const lockFile = strict({
  lockVersion: z.union([z.literal(1), z.literal(LOCK_VERSION)]).describe('The version of this format: 2 where a plugin is vouched for, which an older toka does not understand.'),
  tools: z
    .record(line(400).regex(/^[^/]+(?:\/[^/]+)+$/, 'the full name of a tool, source/name'), entry)
    .refine((tools) => Object.keys(tools).length <= MAX_TOOLS, `at most ${MAX_TOOLS} tools`)
    .describe('Every tool that the project can run, by its full name.'),
}).describe('What the tools of a project were when somebody last looked at them.');

export type LockFile = z.output<typeof lockFile>;
export type LockEntry = LockFile['tools'][string];
