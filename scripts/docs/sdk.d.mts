/** What an entry of the SDK exports, as its sources say it. */
export interface SdkExport {
  readonly name: string;
  readonly kind: 'function' | 'const' | 'type';
  readonly text: string;
  readonly summary: string;
  readonly params: readonly (readonly [string, string])[];
  readonly returns?: string;
  readonly throws: readonly string[];
  readonly example?: string;
}

export function sdkExports(entry: string): SdkExport[];
export function sdkReference(entry: string): string;
