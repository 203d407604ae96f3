import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Channel, ChannelFault, ChannelLink } from '../../src/sandbox/plan.ts';
import { MiB, planOf, type PlanParts, run, shell } from './support.ts';

interface Side extends Channel {
  readonly said: string[];
  readonly faults: ChannelFault[];
  /** What happened, in order. */
  readonly order: string[];
  link(): ChannelLink;
}

/** toka's side of a channel, which writes the given lines as soon as it is open. */
function side(lines: readonly string[] = [], more: Partial<Channel> = {}): Side {
  const said: string[] = [];
  const faults: ChannelFault[] = [];
  const order: string[] = [];
  let opened: ChannelLink | undefined;
  return {
    said,
    faults,
    order,
    link: () => opened!,
    maxLine: 1 * MiB,
    onOpen: (link) => {
      opened = link;
      for (const line of lines) void link.write(line);
    },
    onLine: (line) => {
      said.push(line);
      order.push('line');
    },
    onFault: (fault) => void faults.push(fault),
    onEnded: () => void order.push('ended'),
    ...more,
  };
}

const withChannel = (script: string, parts?: PlanParts) => shell(script, { channel: true, ...parts });

describe('the channel of a sandboxed program', () => {
  it('carries lines both ways', async () => {
    const channel = side(['first', 'second ü']);
    const ran = await run(withChannel('read -r a <&3; read -r b <&3; echo "$b" >&4; echo "$a" >&4; echo out; echo err >&2'), { channel });
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
    expect(channel.said).toEqual(['second ü', 'first']);
    expect(channel.order).toEqual(['line', 'line', 'ended']);
  });

  it('is read to the end of what toka wrote, once toka ends it', async () => {
    const channel = side([], { onOpen: (link) => void link.write('one').then(() => link.end()) });
    const ran = await run(withChannel('cat <&3'), { channel });
    expect(ran.stdout).toBe('one\n');
  });

  it('does not exist for a program without one', async () => {
    const ran = await run(shell('for n in 3 4 5 6 7 8; do [ -e /proc/self/fd/$n ] && echo $n; done; exit 0'));
    expect(ran.stdout).toBe('');
  });

  it('leaves nothing else open for the program', async () => {
    const ran = await run(withChannel('for n in 3 4 5 6 7 8; do [ -e /proc/$$/fd/$n ] && echo $n; done; exit 0'), { channel: side() });
    expect(ran.stdout).toBe('3\n4\n');
  });

  it('goes beside files of its own, standard input and the way to the network', async () => {
    const channel = side(['line']);
    const plan = withChannel('read -r line <&3; echo "$line $(cat /dev/toka/file) $(cat)" >&4', {
      stdin: 'pipe',
      files: [{ path: '/dev/toka/file', content: 'content' }],
      network: ['net:connect:example.com:443'],
    });
    await run(plan, { channel, input: Buffer.from('input') });
    expect(channel.said).toEqual(['line content input']);
  });

  it('holds a program back while its lines are not accepted', async () => {
    let isDone = false;
    const accepted: boolean[] = [];
    const channel = side([], {
      onLine: async () => {
        if (accepted.length === 0) await sleep(300);
        accepted.push(isDone);
      },
    });
    await run(withChannel('head -c 800000 /dev/zero | tr "\\0" "\\n" >&4; echo done'), { channel, onOutput: () => void (isDone = true) });
    expect(accepted).toHaveLength(800_000);
    expect(accepted[0]).toBe(false);
  });

  it('does not hold toka up where the program never reads', async () => {
    let written = false;
    const channel = side([], { onOpen: (link) => void link.write('x'.repeat(4 * MiB)).then(() => (written = true)) });
    const ran = await run(withChannel('exit 4'), { channel });
    expect(ran.exitCode).toBe(4);
    // The end of the run may be told first.
    await vi.waitFor(() => expect(written).toBe(true));
  });

  it('takes no line that is too long, whatever its length', async () => {
    const onFault = (fault: ChannelFault): void => {
      channel.faults.push(fault);
      channel.link().kill();
    };
    const channel = side([], { maxLine: 1000, onFault });
    const ran = await run(withChannel('head -c 100000000 /dev/zero | tr "\\0" x >&4; sleep 60'), { channel });
    expect(channel.faults).toEqual(['long']);
    expect(ran.stopped).toBe('cancelled');
  });

  it('takes a line of exactly the greatest length', async () => {
    const channel = side([], { maxLine: 1000 });
    await run(withChannel('head -c 1000 /dev/zero | tr "\\0" x >&4; echo >&4; echo after >&4'), { channel });
    expect(channel.said).toEqual(['x'.repeat(1000), 'after']);
  });

  it.each([
    ['half a letter', "printf 'a\\303\\n' >&4", 'encoding'],
    ['no letter at all', "printf '\\377\\376\\n' >&4", 'encoding'],
    ['a last line without an end', 'printf abc >&4', 'unfinished'],
  ])('tells of %s', async (_, script, fault) => {
    const channel = side();
    await run(withChannel(`echo good >&4; ${script}`), { channel });
    expect(channel.said).toEqual(['good']);
    expect(channel.faults).toEqual([fault]);
  });

  it('puts a letter together that came in two pieces', async () => {
    const channel = side();
    await run(withChannel("printf '\\303' >&4; sleep 0.1; printf '\\274\\n' >&4"), { channel });
    expect(channel.said).toEqual(['ü']);
  });

  it('may be closed by the program before it ends', async () => {
    const channel = side();
    const ran = await run(withChannel('echo last >&4; exec 3<&- 4>&-; echo out; exit 3'), { channel });
    expect(ran).toMatchObject({ exitCode: 3, stdout: 'out\n' });
    expect(channel.said).toEqual(['last']);
  });

  it('ends with the program, whatever that left running with it', async () => {
    const channel = side();
    const ran = await run(withChannel('(trap "" TERM; sleep 300; echo late >&4) & echo early >&4; exit 0'), { channel });
    expect(ran.exitCode).toBe(0);
    expect(channel.said).toEqual(['early']);
  });

  it('is dropped where nobody serves it', async () => {
    const ran = await run(withChannel('cat <&3; yes | head -n 100000 >&4; echo done'));
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'done\n' });
  });

  it('ends the run where serving it fails', async () => {
    const channel = side([], { onLine: () => Promise.reject(new Error('out of order')) });
    await expect(run(planOf(['/bin/sh', '-c', 'echo x >&4; sleep 60'], { channel: true }), { channel })).rejects.toThrow('out of order');
  });
});
