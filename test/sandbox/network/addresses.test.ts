import { describe, expect, it } from 'vitest';
import { isLoopback, isSpecial } from '../../../src/sandbox/network/addresses.ts';

const SPECIAL = [
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.255', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.192', '192.0.2.1', '192.168.255.255', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:8.8.8.8', '64:ff9b::808:808', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1'],
  ...['fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1', 'ff02::1'],
];
const PLAIN = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255', '128.0.0.1', '169.253.0.1', '172.15.255.255'],
  ...['172.32.0.1', '192.167.0.1', '192.169.0.1', '198.17.0.1', '198.20.0.1', '223.255.255.255', '2001:4860:4860::8888', '2606:4700::1111', '2a00:1450::1'],
];

describe('an address that only a grant for itself reaches', () => {
  it.each(SPECIAL)('%s', (address) => expect(isSpecial(address)).toBe(true));
});

describe('an address on the internet', () => {
  it.each(PLAIN)('%s', (address) => expect(isSpecial(address)).toBe(false));
});

it('loopback is what the machine itself answers at', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '128.0.0.1', '10.0.0.1', '::2'].map(isLoopback)).toEqual([true, true, true, false, false, false]);
});
