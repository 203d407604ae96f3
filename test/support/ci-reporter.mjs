// Writes what .ci/run tells at its end, a line each as it happens: a run that is stopped in the middle has said what it was at.
import { appendFileSync, writeFileSync } from 'node:fs';

const file = process.env.TOKA_TEST_REPORT;
/** When no further file may begin, in seconds since 1970. */
const until = Number(process.env.TOKA_TEST_UNTIL);
/** So many of a hundred files have to be tried at least. */
const least = Number(process.env.TOKA_TEST_LEAST);
const say = (...words) => appendFileSync(file, `${words.join('\t').replaceAll('\n', ' ')}\n`);
const firstLine = (text) => String(text).split('\n')[0].slice(0, 300);

export default class CiReporter {
  /** Files that have not ended before the time was up. */
  #left = new Set();
  #count = 0;
  #isOver = false;

  onInit(vitest) {
    writeFileSync(file, '');
    setTimeout(() => this.#stop(vitest), until * 1000 - Date.now()).unref();
  }

  /** No file begins any more. */
  #stop(vitest) {
    this.#isOver = true;
    say('stopped');
    void vitest.cancelCurrentRun('keyboard-input');
  }

  onTestRunStart(specifications) {
    for (const { moduleId } of specifications) this.#left.add(moduleId);
    this.#count = this.#left.size;
  }

  onTestModuleStart({ relativeModuleId }) {
    say('begun', relativeModuleId);
  }

  onTestModuleEnd(module) {
    if (!this.#isOver) this.#left.delete(module.moduleId);
    say('ended', module.relativeModuleId, Math.round(module.diagnostic().duration));
    for (const { message } of module.errors()) say('failed', module.relativeModuleId, firstLine(message));
  }

  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    say(state, `${test.module.relativeModuleId} > ${test.fullName}`, ...(state === 'failed' ? [firstLine(errors[0]?.message)] : []));
  }

  onTestRunEnd(_modules, errors, reason) {
    for (const { message } of errors) say('failed', 'outside of any test', firstLine(message));
    const left = this.#isOver ? [...this.#left] : [];
    for (const id of left) say('left', id);
    if (100 * (this.#count - left.length) < least * this.#count) say('failed', 'too slow', `${left.length} of ${this.#count} files were not tried`);
    say('over', reason);
  }
}
