import { refused } from './errors.ts';
import type { Host } from './host.ts';

export interface Timers {
  setTimeout(callback: (...args: unknown[]) => void, delay?: unknown, ...args: unknown[]): number;
  clearTimeout(timer?: number): void;
  fire(timer: number): void;
}

export function makeTimers(host: Host): Timers {
  const callbacks = new Map<number, () => void>();
  let timers = 0;
  return {
    setTimeout(callback, delay: unknown = 0, ...args) {
      if (typeof callback !== 'function') throw new TypeError('expected a function as the first argument of setTimeout');
      timers += 1;
      if (!host.setTimer(timers, Number(delay))) throw refused({ code: 'CODE_TOO_MANY_TIMERS', message: 'too many timers are running' });
      callbacks.set(timers, () => callback(...args));
      return timers;
    },
    clearTimeout(timer) {
      if (typeof timer !== 'number' || !callbacks.delete(timer)) return;
      host.clearTimer(timer);
    },
    fire(timer) {
      const callback = callbacks.get(timer);
      callbacks.delete(timer);
      callback?.();
    },
  };
}
