import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export interface UserFolders {
  readonly config: string;
  readonly state: string;
  readonly cache: string;
  readonly data: string;
}

/** By the XDG Base Directory Specification 0.8: a value that is not absolute is ignored. */
export function foldersIn(home: string, env: Env): UserFolders {
  const folder = (name: string, fallback: string) => {
    const value = env[name];
    return join(value !== undefined && isAbsolute(value) ? value : join(home, fallback), 'toka');
  };
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    state: folder('XDG_STATE_HOME', '.local/state'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
    data: folder('XDG_DATA_HOME', '.local/share'),
  };
}

/** HOME, or where that is no absolute path, what the system says; `os.homedir` would take HOME at its word. Throws where neither is known. */
export function findHome(env: Env): string {
  return env['HOME'] !== undefined && isAbsolute(env['HOME']) ? env['HOME'] : userInfo().homedir;
}
