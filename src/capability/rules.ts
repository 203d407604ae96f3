import type { OriginRule } from '../config/layers.ts';
import { TokaError } from '../errors.ts';
import type { Denial, Grant, Policy } from './authorize.ts';
import { anchor, anchorGrant, type Anchors, type Capability, parseCapabilities } from './grammar.ts';

/**
 * Turns the rules of the configuration into policy, file scopes made absolute.
 *
 * @throws TokaError TOKA_CONFIG_INVALID for a capability that cannot be read, with its place.
 */
export function policyOf(rules: { readonly allow: readonly OriginRule[]; readonly deny: readonly OriginRule[] }, anchors: Anchors): Policy {
  return {
    grants: rules.allow.flatMap((rule) => each(rule, (capability) => anchorGrant(capability, anchors)).map((capability): Grant => ({ capability, ...common(rule) }))),
    denials: rules.deny.flatMap((rule) =>
      each(rule, (capability) => anchor(capability, anchors)).map((capability): Denial => ({ capability, ...common(rule), ...(rule.reason === undefined ? {} : { reason: rule.reason }) })),
    ),
  };
}

/** Says what is wrong with the text of a capability, or nothing: what the parsers of manifests and configuration ask. */
export function capabilityFault(text: string): string | undefined {
  try {
    parseCapabilities(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function each({ capabilities, file, line }: OriginRule, place: (capability: Capability) => Capability): Capability[] {
  return capabilities.flatMap((text) => {
    try {
      return parseCapabilities(text).map(place);
    } catch (cause) {
      const { message, hint = 'correct the rule' } = cause as TokaError;
      throw new TokaError('TOKA_CONFIG_INVALID', message, { cause, where: { file, line }, hint });
    }
  });
}

function common({ tools, file, line }: OriginRule): { source: string; tools?: readonly string[] } {
  return { source: `${file}:${line}`, ...(tools === undefined ? {} : { tools }) };
}
