import { isCoded, type CodedError } from '@toka/sdk';

/** What a call failed with. */
export async function failure(call: unknown): Promise<CodedError> {
  try {
    await call;
  } catch (error) {
    if (isCoded(error)) return error;
    throw error;
  }
  throw new Error('expected the call to fail, it succeeded');
}

export async function codeOf(call: unknown): Promise<string> {
  return (await failure(call)).code;
}
