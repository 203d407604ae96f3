import { openChannel } from './channel.ts';
import type { Jail } from './jail.ts';
import type { Watchdog } from './limits/watchdog.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from './plan.ts';
import { deliver, feed, type Delivery, type Streams } from './streams.ts';

/** How long a cancelled program may take to end by itself. */
const GRACE_MS = 2000;

type Stopped = NonNullable<Outcome['stopped']>;

export interface Supervision {
  readonly plan: SandboxPlan;
  readonly jail: Jail;
  readonly streams: Streams;
  readonly options: LaunchOptions;
  watch(onExceeded: (reason: Stopped) => void): Watchdog;
}

export interface Report {
  readonly delivery: Delivery;
  readonly shellCode: number | null;
  readonly stopped: Outcome['stopped'];
  readonly wallMs: number;
  readonly peak: ReturnType<Watchdog['peak']>;
}

/** Lets a sandboxed program run within its limits, and returns when every process of it has ended and its output is delivered. */
export async function supervise({ plan, jail, streams, options, watch }: Supervision): Promise<Report> {
  const started = process.hrtime.bigint();
  let stopped: Outcome['stopped'];
  const stop = (reason: Stopped): void => {
    stopped ??= reason;
    jail.kill();
  };
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    stop('cancelled');
  };
  const timers = [setTimeout(() => stop('timeout'), plan.limits.timeoutMs)];
  const cancel = (): void => {
    stopped ??= 'cancelled';
    if (jail.terminate()) timers.push(setTimeout(() => stop('cancelled'), GRACE_MS));
    else stop('cancelled');
  };
  options.signal?.addEventListener('abort', cancel, { once: true });
  // It may have been cancelled while the slot was waited for.
  if (options.signal?.aborted) cancel();
  const watchdog = watch(stop);
  const delivery = deliver(streams, plan.limits.maxOutput, options.onOutput, () => stop('output'));
  const delivered = delivery.done.catch(fail);
  if (streams.stdin) feed(streams.stdin, options.input).catch(fail);
  const channel = streams.channel && openChannel(streams.channel, options.channel, () => stop('cancelled'));
  const heard = channel?.done.catch(fail);
  const shellCode = await jail.empty;
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  watchdog.stop();
  timers.forEach((timer) => clearTimeout(timer));
  options.signal?.removeEventListener('abort', cancel);
  channel?.ended();
  await Promise.all([delivered, heard]);
  streams.destroy();
  if (failures.length > 0) throw failures[0];
  return { delivery, shellCode, stopped, wallMs, peak: watchdog.peak() };
}
