import type { JsonValue } from '@toka/sdk';
import type { Origin, PackageOrigin } from '../manifest/tool.ts';

/** A place that tools come from. The order tells nothing about precedence: names that clash are never picked silently. */
export type Source =
  | { readonly type: 'folder'; readonly name: string; readonly kind: Origin['kind']; readonly folder: string; readonly root: string }
  | { readonly type: 'package'; readonly kind: Origin['kind']; readonly packageFile: string; readonly plugin?: PackageOrigin };

/** Sub-folders of a manifests folder that hold other things than tools. */
export const RESERVED_FOLDERS: readonly string[] = ['agents', 'schema', 'workflows'];

/** What the hook of a plugin says. Plain data. */
export interface HookAnswer {
  readonly answer: JsonValue;
  /** Of which files. */
  readonly key: string;
  /** Whether somebody has agreed to it; otherwise it contributes nothing. */
  readonly isAgreed: boolean;
  /** What was agreed to, of these files or of others. */
  readonly agreed?: JsonValue;
}

export interface IndexOptions {
  /** Another toka builds another index. */
  readonly tokaVersion: string;
  /** Says what is wrong with the text of a capability, or nothing. */
  checkCapability(this: void, text: string): string | undefined;
  /** Asks the code of a plugin what else it contributes; called only while an index is built. Default: it is not asked. */
  ask?(this: void, plugin: PackageOrigin, hook: string): Promise<HookAnswer>;
  /** The folder in which what was answered is kept: once something in it changes, an index that was built of it is out of date. */
  readonly answers?: string;
  /** The file of a thread that reads many manifests (`index-thread.ts`). Default: they are read in this one. */
  readonly thread?: string;
}
