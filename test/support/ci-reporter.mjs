// Writes what .ci/run tells at its end, a line each as it happens: a run that is stopped in the middle has said what it was at.
import { appendFileSync, writeFileSync } from 'node:fs';

const file = process.env.TOKA_TEST_REPORT;
const say = (...words) => appendFileSync(file, `${words.join('\t')}\n`);
const firstLine = (text) => String(text).split('\n')[0].slice(0, 300);

export default class CiReporter {
  onInit() {
    writeFileSync(file, '');
  }

  onTestModuleStart({ relativeModuleId }) {
    say('begun', relativeModuleId);
  }

  onTestModuleEnd(module) {
    say('ended', module.relativeModuleId, Math.round(module.diagnostic().duration));
    for (const { message } of module.errors()) say('failed', module.relativeModuleId, firstLine(message));
  }

  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    say(state, `${test.module.relativeModuleId} > ${test.fullName}`, ...(state === 'failed' ? [firstLine(errors[0]?.message)] : []));
  }

  onTestRunEnd(_modules, errors, reason) {
    for (const { message } of errors) say('failed', 'outside of any test', firstLine(message));
    say('over', reason);
  }
}
