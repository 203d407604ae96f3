import type { OriginRule, Settings } from '../config/layers.ts';
import { TokaError } from '../errors.ts';
import type { Ask, Denial, Grant, Policy } from './policy.ts';
import { anchor, anchorGrant, type Anchors, type Capability, parseCapabilities } from './grammar.ts';

/**
 * Turns the rules of the configuration into policy, file scopes made absolute.
 *
 * @throws TokaError TOKA_CONFIG_INVALID for a capability that cannot be read, with its place.
 */
export function policyOf(rules: Pick<Settings, 'allow' | 'ask' | 'deny'>, anchors: Anchors): Policy {
  const placed = (rule: OriginRule): Denial[] =>
    each(rule, (capability) => anchor(capability, anchors)).map((capability) => ({ capability, ...common(rule) }));
  return {
    grants: rules.allow.flatMap((rule) => each(rule, (capability) => anchorGrant(capability, anchors)).map((capability): Grant => ({ capability, ...common(rule) }))),
    asks: rules.ask.flatMap((rule) => placed(rule).map((ask): Ask => ({ ...ask, isAdministrators: rule.origin === 'administrator' }))),
    denials: rules.deny.flatMap(placed),
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

function common({ tools, reason, file, line }: OriginRule): { source: string; tools?: readonly string[]; reason?: string } {
  return { source: `${file}:${line}`, ...(tools === undefined ? {} : { tools }), ...(reason === undefined ? {} : { reason }) };
}
