import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

/** What pip needs inside the sandbox to install from where it would outside. */
export interface PipAccess {
  /** Its settings, as variables: they may have passwords in them. */
  readonly env: Readonly<Record<string, string>>;
  /** The capability for each host of an index. */
  readonly network: readonly string[];
  /** Files and folders that the settings name. */
  readonly reads: readonly string[];
}

const DEFAULT_INDEX = 'https://pypi.org/simple';
/** Where an index has its files, if not on the same host. */
const FILES_OF: Readonly<Record<string, string>> = { 'pypi.org:443': 'files.pythonhosted.org:443' };

/** The settings that say where packages come from; lists are separated by spaces. */
const SETTINGS = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'trusted-host', 'cert', 'client-cert', 'constraint', 'default-timeout', 'timeout', 'retries'];
const PLACES = ['index-url', 'extra-index-url', 'find-links'];
const FILES = ['cert', 'client-cert', 'constraint'];

/** What the configuration of pip on this machine comes to: its files, then its variables. */
export function pipAccess(env: Environment, base: string): PipAccess {
  const settings = { ...Object.fromEntries(configFiles(env, base).flatMap((file) => Object.entries(readSettings(file)))), ...variables(env) };
  const places = PLACES.flatMap((name) => words(settings[name]));
  const isWithoutIndex = /^(?:1|true|yes|on)$/i.test(settings['no-index'] ?? '');
  const addresses = [...places, ...(settings['index-url'] === undefined && !isWithoutIndex ? [DEFAULT_INDEX] : [])];
  const hosts = addresses.flatMap(hostOf);
  return {
    env: Object.fromEntries(Object.entries(settings).map(([name, value]) => [`PIP_${name.toUpperCase().replaceAll('-', '_')}`, value])),
    network: [...new Set([...hosts, ...hosts.flatMap((host) => FILES_OF[host] ?? [])])].map((host) => `net:connect:${host}`),
    reads: [...new Set([...places.flatMap(localPath), ...FILES.flatMap((name) => words(settings[name])).filter(isAbsolute)])].filter((path) => existsSync(path)),
  };
}

/** From the least important to the most, as pip reads them. */
function configFiles(env: Environment, base: string): string[] {
  const home = env['HOME'] ?? homedir();
  const shared = (env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(delimiter).filter(isAbsolute).map((folder) => join(folder, 'pip/pip.conf'));
  const own = [join(home, '.pip/pip.conf'), join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip/pip.conf')];
  const named = env['PIP_CONFIG_FILE'];
  if (named === '/dev/null') return [];
  return [...shared, '/etc/pip.conf', ...own, join(base, 'pip.conf'), ...(named === undefined ? [] : [named])];
}

/** The settings of a file for `pip install`, which win over those for all of pip. A line that begins with a space goes on with the value above. */
function readSettings(file: string): Record<string, string> {
  const sections: Record<string, Record<string, string>> = { global: {}, install: {} };
  let section: Record<string, string> | undefined;
  let name = '';
  for (const line of textOf(file).split(/\r?\n/).filter((each) => !/^\s*(?:[#;].*)?$/.test(each))) {
    const heading = /^\[(.+)\]\s*$/.exec(line)?.[1];
    const [, key, value] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (heading !== undefined) section = sections[heading];
    else if (section && /^\s/.test(line)) section[name] = `${section[name] ?? ''} ${line.trim()}`.trim();
    else if (section && key !== undefined) section[(name = settingName(key))] = (value ?? '').trim();
  }
  return Object.fromEntries(Object.entries({ ...sections['global'], ...sections['install'] }).filter(([key]) => SETTINGS.includes(key)));
}

function variables(env: Environment): Record<string, string> {
  const found = Object.entries(env).flatMap(([name, value]) => (name.startsWith('PIP_') && value ? [[settingName(name.slice('PIP_'.length)), value] as const] : []));
  return Object.fromEntries(found.filter(([name]) => SETTINGS.includes(name)));
}

function settingName(text: string): string {
  return text.toLowerCase().replaceAll('_', '-');
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function hostOf(place: string): string[] {
  if (!/^https?:/i.test(place) || !URL.canParse(place)) return [];
  const { hostname, port, protocol } = new URL(place);
  return [`${hostname}:${port || (protocol === 'http:' ? '80' : '443')}`];
}

function localPath(place: string): string[] {
  if (isAbsolute(place)) return [place];
  return /^file:/i.test(place) && URL.canParse(place) ? [fileURLToPath(place)] : [];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
