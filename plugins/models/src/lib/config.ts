import { type JsonObject, type JsonSchema, type ProviderHost, providerError } from '@toka/sdk';

/** How much a model is to think before it answers. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high'] as const;

/** The schema of a provider's configuration. */
export function configSchema(more: Readonly<Record<string, JsonSchema>> = {}, required: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    properties: {
      baseURL: { type: 'string', description: 'Where the service is, with the version of its API' },
      reasoning: { type: 'string', enum: [...EFFORTS], description: 'How much its models think before they answer' },
      ...more,
    },
    required: [...required],
    additionalProperties: false,
  };
}

/** @throws ProviderError PROVIDER_AUTH */
export function keyOf({ env }: ProviderHost, name: string): string {
  const key = env(name);
  if (key === undefined || key === '') throw providerError('PROVIDER_AUTH', `expected a key in ${name}, found none`, { hint: `set ${name}, or name another variable or a file under models.providers` });
  return key;
}

export function textOf(config: JsonObject, name: string): string | undefined {
  const { [name]: value } = config;
  return typeof value === 'string' ? value : undefined;
}

export function reasoningOf(config: JsonObject): { reasoning?: (typeof EFFORTS)[number] } {
  const effort = EFFORTS.find((each) => each === config['reasoning']);
  return effort === undefined ? {} : { reasoning: effort };
}
