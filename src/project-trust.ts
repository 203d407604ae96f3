import { readFileSync, realpathSync } from 'node:fs';
import { recordTrust, trustedNow, type TrustRecord, trustRecord, trustState, type TrustState } from './capability/trust.ts';
import type { Project } from './config/paths.ts';
import { TokaError } from './errors.ts';
import { systemClock } from './journal/ids.ts';
import { lazily } from './once.ts';

/** Whether the project's own configuration counts. */
export interface Trust {
  /** The project's configuration file and its text; absent where it has none. */
  readonly current: { readonly file: string; readonly text: string } | undefined;
  state(): TrustState;
  record(): TrustRecord | undefined;
  /** Trusts the current text, or with `false` nothing any more. */
  set(trusted: boolean): void;
}

export function trustOf(project: Project | undefined, trustFile: string): Trust {
  const root = project ? realpathSync(project.root) : '';
  const current = lazily(() => (project?.configFile === undefined ? undefined : { file: project.configFile, text: readFileSync(project.configFile, 'utf8') }));
  return {
    get current() {
      return current.get();
    },
    state: () => (project ? trustState(trustFile, root, current.get()?.text ?? '') : 'untrusted'),
    record: () => trustRecord(trustFile, root),
    set(trusted) {
      const found = current.get();
      if (!found) throw new TokaError('TOKA_USAGE', 'there is no configuration file to trust here', { hint: 'a project is trusted for its toka.yaml' });
      recordTrust(trustFile, root, trusted ? trustedNow(found.file, found.text, systemClock.now()) : undefined);
    },
  };
}
