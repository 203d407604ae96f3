import type { ToolFs } from '@toka/sdk';
import type { Folder } from './folder.ts';

/** A folder that holds the manifest of at least one ecosystem. */
export interface Project {
  readonly folder: Folder;
  /** The npm, pnpm or yarn workspaces that belong to it, absolute. */
  readonly members: readonly string[];
  /** How far up a tool may be looked for, absolute. */
  readonly root: string;
  readonly fs: ToolFs;
}
