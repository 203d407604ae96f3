import { resolve } from 'node:path';

/** What a command starts beside its first program. */
export interface Unwrapped {
  /** Programs that are started by those before them, by their names or absolute paths. */
  readonly programs: readonly string[];
  /** Why nothing can say what else it starts. */
  readonly opaque?: string;
}

/** The options of a program that starts another: letters and names without a value, and with one. */
interface Wrapper {
  readonly bare: readonly string[];
  readonly valued: readonly string[];
  /** Words between the options and the program. */
  readonly operands?: number;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: { bare: ['-', '-i', '-0', '-v', '--ignore-environment', '--null', '--debug'], valued: ['-u', '--unset'] },
  nice: { bare: [], valued: ['-n', '--adjustment'] },
  nohup: { bare: [], valued: [] },
  setpriv: {
    bare: ['--no-new-privs', '--clear-groups', '--init-groups', '--keep-groups', '--reset-env'],
    valued: ['--reuid', '--regid', '--ruid', '--euid', '--rgid', '--egid', '--groups', '--inh-caps', '--ambient-caps', '--bounding-set', '--securebits', '--pdeathsig'],
  },
  setsid: { bare: ['-c', '-f', '-w', '--ctty', '--fork', '--wait'], valued: [] },
  stdbuf: { bare: [], valued: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  time: { bare: ['-p', '-v', '-q', '-a', '--portability', '--verbose', '--quiet', '--append'], valued: ['-f', '-o', '--format', '--output'] },
  timeout: { bare: ['-v', '-f', '-p', '--verbose', '--foreground', '--preserve-status'], valued: ['-k', '-s', '--kill-after', '--signal'], operands: 1 },
  unshare: {
    bare: ['-m', '-u', '-i', '-n', '-p', '-U', '-C', '-T', '-f', '-r', '-c', '--mount', '--uts', '--ipc', '--net', '--pid', '--user', '--cgroup', '--time', '--fork', '--map-root-user', '--map-current-user', '--mount-proc', '--kill-child', '--keep-caps'],
    valued: ['-S', '-G', '--setuid', '--setgid', '--propagation', '--setgroups'],
  },
  xargs: {
    bare: ['-0', '-r', '-t', '-x', '-o', '--null', '--no-run-if-empty', '--verbose', '--exit', '--open-tty', '--max-lines', '--replace'],
    valued: ['-n', '-L', '-I', '-P', '-s', '-d', '-a', '-E', '--max-args', '--max-procs', '--max-chars', '--delimiter', '--arg-file'],
  },
};

/** Programs that act as another user, change what a name means, or run what they are told in ways of their own. */
const OPAQUE = new RegExp(
  `^(${[
    'sudo|doas|su|sg|newgrp|runuser|pkexec|capsh|runcon|setuidgid|chpst|fakeroot',
    'chroot|nsenter|bwrap|firejail|flatpak-spawn|systemd-run|start-stop-daemon|dbus-run-session|xvfb-run',
    'strace|ltrace|gdb|perf|valgrind|rr|script|unbuffer|expect|rlwrap|screen|tmux|watch|entr|parallel|run-parts|flock',
    'chrt|taskset|ionice|prlimit|choom|numactl|cpulimit|setarch|linux32|linux64|faketime|eatmydata|ccache|torify|torsocks|proxychains4?',
    'ssh|ld-linux.*|ld-musl.*|ld\\.so.*',
  ].join('|')})$`,
);
/** Programs that are many programs, the one that is meant by their first word. */
const MANY = /^(busybox|toybox)$/;
const SHELL = /^(sh|bash|dash|zsh|ksh|mksh|ash|fish)$/;
/** Interpreters, with the options that hand them code as a word. */
const CODE: readonly (readonly [RegExp, RegExp])[] = [
  [/^(python|pypy)[\d.]*$/, /^-[a-zA-Z]*c/],
  [/^(node|nodejs|deno|bun)$/, /^(-[a-z]*[ep]|--eval|--print|eval|-r|--require|--import|exec)/],
  [/^perl[\d.]*$/, /^-[a-zA-Z\d]*[eE]/],
  [/^ruby[\d.]*$/, /^-[a-zA-Z]*e/],
  [/^php[\d.]*$/, /^(-[a-z]*[rBRE]|--run)/],
  [/^lua[\d.]*$/, /^-e/],
  [/^(awk|gawk|mawk|nawk)$/, /^/],
  [/^find$/, /^-(exec|execdir|ok|okdir)$/],
];
/** Those that take their first word, if it is no option, for a script. */
const SCRIPTED = /^(python|pypy|node|perl|ruby|php|lua)/;
/** Variables that decide which program a name means, or what is loaded into it. */
const STEERING = /^(PATH|CDPATH|IFS|ENV|SHELL|SHELLOPTS|BASH.*|LD_.*|DYLD_.*|GCONV_PATH|EDITOR|VISUAL|.*PAGER|PYTHON.*|NODE_.*|PERL5.*|RUBY.*|LUA.*|.*JAVA.*OPTIONS|GIT_.*)$/;
/** A command of plain words: nothing in it that a shell would expand, join or redirect. */
const PLAIN = /^[\w@%+:,./-]+( +[\w@%+=:,./-]+)*$/;
/** Words that a shell does not start as a program of that name. */
const BUILTIN = /^(\.|alias|bind|builtin|case|cd|command|coproc|declare|do|done|elif|else|enable|esac|eval|exec|export|fi|for|function|hash|if|in|let|local|mapfile|read|readonly|select|set|source|then|time|trap|typeset|umask|unset|until|while)$/;
const MAX_DEPTH = 16;

/**
 * Finds the programs that a command starts through `env`, `timeout`, `sh -c` and the like, as far as its words tell.
 *
 * @param fileOf The file that a program really is: a link to a wrapper is that wrapper.
 */
export function unwrap(argv: readonly string[], cwd: string, fileOf: (program: string) => string | undefined): Unwrapped {
  const programs: string[] = [];
  let words = argv;
  let isFed = false;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const name = nameOf(words[0] ?? '', fileOf);
    // What xargs reads becomes the further words of a wrapper, among them the program.
    if (isFed && startsOthers(name)) return { programs, opaque: `what xargs reads decides what ${name} starts` };
    const next = innerOf(name, words.slice(1));
    if (next === undefined) return { programs };
    if ('opaque' in next) return { programs, opaque: next.opaque };
    isFed = name === 'xargs';
    const [program = ''] = next.words;
    programs.push(program.includes('/') ? resolve(cwd, program) : program);
    words = [program.includes('/') ? resolve(cwd, program) : program, ...next.words.slice(1)];
  }
  return { programs, opaque: 'it is wrapped too deeply' };
}

function nameOf(program: string, fileOf: (program: string) => string | undefined): string {
  const name = baseName(program);
  if (startsOthers(name)) return name;
  const file = baseName(fileOf(program) ?? name);
  // A program that is many programs takes the name that it is called by for the one that is meant.
  return MANY.test(file) ? name : file;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Shells first: they are most of what is started, and the expressions after them take longer to compile than to use. */
function startsOthers(name: string): boolean {
  return SHELL.test(name) || Object.hasOwn(WRAPPERS, name) || OPAQUE.test(name) || MANY.test(name) || CODE.some(([program]) => program.test(name));
}

type Inner = { readonly words: readonly string[] } | { readonly opaque: string } | undefined;

function innerOf(name: string, words: readonly string[]): Inner {
  if (SHELL.test(name)) return innerOfShell(name, words);
  if (OPAQUE.test(name)) return { opaque: `${name} decides itself what it starts` };
  if (MANY.test(name)) return words[0] === undefined || words[0].startsWith('-') ? { opaque: `${name} does many things` } : { words };
  const code = CODE.find(([program]) => program.test(name))?.[1];
  if (code) return innerOfInterpreter(name, code, words);
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  return wrapper && innerOfWrapper(name, wrapper, words);
}

/** Where a script comes first, all other words are the script's own. */
function innerOfInterpreter(name: string, code: RegExp, words: readonly string[]): Inner {
  if (SCRIPTED.test(name) && words[0]?.startsWith('-') === false) return undefined;
  if (words.some((word) => code.test(word))) return { opaque: `${name} is handed its code as a word` };
  const isIdle = name === 'find' || words.some((word) => !word.startsWith('-') || word === '--version');
  return isIdle ? undefined : { opaque: `${name} runs what it reads` };
}

function innerOfShell(name: string, words: readonly string[]): Inner {
  const at = words.findIndex((word) => !/^[-+]/.test(word) || word === '-' || word === '--');
  const options = at === -1 ? words : words.slice(0, at);
  if (options.some((word) => word.startsWith('--'))) return options.every((word) => word === '--version' || word === '--help') ? undefined : { opaque: `${name} takes ${options.join(' ')} in its own way` };
  const text = at === -1 ? undefined : words[at];
  if (!options.some((word) => word.includes('c'))) return text === undefined || text === '-' || options.length > 0 ? { opaque: `${name} runs what it reads` } : undefined;
  if (options.length === 1 && options[0] === '-c' && text !== undefined && PLAIN.test(text)) {
    const inner = text.split(/ +/);
    if (!BUILTIN.test(inner[0] ?? '')) return { words: inner };
  }
  return { opaque: `${name} -c is handed more than one plain command` };
}

function innerOfWrapper(name: string, { bare, valued, operands = 0 }: Wrapper, words: readonly string[]): Inner {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-')) break;
    if (bare.includes(word) || bare.includes(word.split('=')[0] ?? '')) continue;
    if (valued.includes(word)) at += 1;
    else if (!valued.some((option) => word.startsWith(option.startsWith('--') ? `${option}=` : option) && word.length > option.length)) return { opaque: `${name} takes ${word} in a way that is not known here` };
  }
  if (name === 'env') {
    for (; /^[^=]+=/.test(words[at] ?? ''); at++) {
      const variable = (words[at] ?? '').split('=')[0] ?? '';
      if (STEERING.test(variable)) return { opaque: `${variable} changes what is started` };
    }
  }
  const inner = words.slice(at + operands);
  // Without a program, env and nice print, unshare starts a shell, xargs echo.
  if (inner.length > 0) return { words: inner };
  return name === 'unshare' ? { opaque: 'unshare starts a shell' } : undefined;
}
