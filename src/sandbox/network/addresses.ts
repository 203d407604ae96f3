import { BlockList, isIPv4 } from 'node:net';

/** Ranges of this machine, its networks and the cloud's metadata, and those that are no single host on the internet (RFC 6890 and its successors). */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/** Of IPv6, all that is not global unicast (2000::/3), and in that what wraps IPv4 (Teredo, 6to4) or is for documents. */
const SPECIAL_IPV6 = [
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

let ipv4: BlockList | undefined;
let ipv6: BlockList | undefined;

/** Whether an address (without brackets) is not one host on the internet: only a grant for that very address reaches it. */
export function isSpecial(address: string): boolean {
  // Two lists: Node.js looks an IPv4 address up in the ranges of IPv6 as well, in its wrapped form.
  if (isIPv4(address)) return (ipv4 ??= listOf(SPECIAL_IPV4, 'ipv4')).check(address, 'ipv4');
  return (ipv6 ??= listOf(SPECIAL_IPV6, 'ipv6')).check(address, 'ipv6');
}

export function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith('127.') : address === '::1';
}

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits = ''] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}
