import { describe, expect, test } from 'vitest';
import { unwrap } from '../../src/capability/wrappers.ts';

const FILES: Readonly<Record<string, string>> = { '/opt/bin/run': '/usr/bin/env', mine: '/usr/bin/env', '/opt/sh': '/bin/busybox', wget: '/bin/busybox', awk: '/usr/bin/mawk' };
const unwrapped = (line: string | readonly string[]) => unwrap(typeof line === 'string' ? line.split(' ') : line, '/p', (program) => FILES[program]);

describe('what is started through another program is found', () => {
  test.each([
    ['git status', []],
    ['env git status', ['git']],
    ['/usr/bin/env git', ['git']],
    ['env -i -u HOME A=1 B=2 git', ['git']],
    ['env -uHOME --unset=X -- git', ['git']],
    ['env A=1', []],
    ['env', []],
    ['nice -n 5 git', ['git']],
    ['nice -n5 git', ['git']],
    ['nohup git', ['git']],
    ['setsid -w git', ['git']],
    ['timeout -k 5 -s KILL 10s git', ['git']],
    ['timeout --signal=KILL 10 git', ['git']],
    ['time -p git', ['git']],
    ['stdbuf -oL -e 0 git', ['git']],
    ['unshare -r --mount-proc=/proc -S 0 git', ['git']],
    ['setpriv --no-new-privs --reuid 1000 git', ['git']],
    ['xargs -0 -n 1 git add', ['git']],
    ['xargs --replace git add', ['git']],
    ['busybox wget http://x', ['wget']],
    ['busybox env git', ['env', 'git']],
    ['env nice timeout 5 git push', ['nice', 'timeout', 'git']],
    ['env ./tool', ['/p/tool']],
    ['env bin/../git', ['/p/git']],
    ['/opt/bin/run git', ['git']],
    ['mine git', ['git']],
    ['/opt/sh rm -r x', []],
    ['wget env x', []],
    ['env sh script.sh', ['sh']],
    ['python3 script.py -c x', []],
    ['node app.js -e x', []],
    ['bash script.sh -c x', []],
    ['bash --version', []],
    ['find . -name x', []],
  ])('%s: %j', (line, programs) => {
    expect(unwrapped(line)).toEqual({ programs });
  });

  test.each([
    [['sh', '-c', 'git status'], ['git']],
    [['bash', '-c', 'env git'], ['env', 'git']],
    [['sh', '-c', './x y'], ['/p/x']],
  ])('%j: %j', (argv, programs) => {
    expect(unwrapped(argv)).toEqual({ programs });
  });
});

describe('what cannot be foreseen is said to be so', () => {
  test.each([
    'sudo git',
    '/usr/bin/sudo git',
    'doas git',
    'su -c git',
    'env sudo git',
    'chroot /x git',
    'env -S git',
    'env --split-string=git',
    'env -C /x git',
    'env PATH=/x git',
    'env LD_PRELOAD=/x git',
    'env GIT_SSH_COMMAND=x git',
    'env BASH_FUNC_git%%=x bash script.sh',
    'ld.so /usr/bin/git',
    'nice -5 git',
    'timeout --unknown 5 git',
    'xargs env',
    'xargs sh -c',
    'unshare',
    'unshare -R /x git',
    'busybox',
    'busybox --install',
    'sh',
    'sh -s',
    'bash -',
    'bash -x',
    'bash --rcfile x -i',
    'python3',
    'python3 -c print()',
    'python3.13 -Ic x',
    'python3 -W ignore -c x',
    'node -e x',
    'node --eval=x',
    'node -r ./x app.js',
    'perl -we x',
    'ruby -e x',
    'php -r x',
    'awk BEGIN{system("x")}',
    'find . -exec git {} ;',
    'deno eval x',
    'ld-linux-x86-64.so.2 /usr/bin/git',
    'strace git',
    `${'env '.repeat(40)}git`,
  ])('%s', (line) => {
    expect(unwrapped(line).opaque).toBeTypeOf('string');
  });

  test.each([
    'git status; rm x',
    'git && rm x',
    'git | sh',
    'git > x',
    '$(rm x)',
    '`rm x`',
    'git\nrm x',
    'A=1 git',
    "'git'",
    String.raw`g\it`,
    'gi{t,x}',
    '~/git',
    '{ git; }',
    'exec git',
    'eval git',
    'command git',
    '. ./x',
    'source x',
    'if true',
    '',
    ' git',
    'gіt',
  ])('sh -c %j', (text) => {
    expect(unwrapped(['sh', '-c', text]).opaque).toBeTypeOf('string');
  });

  test('options beside -c', () => {
    expect(unwrapped(['bash', '-lc', 'git']).opaque).toBeTypeOf('string');
    expect(unwrapped(['bash', '-o', 'posix', '-c', 'git']).opaque).toBeTypeOf('string');
    expect(unwrapped(['sh', '-c']).opaque).toBeTypeOf('string');
  });
});
