/** Addresses that are not of the public Internet: a server that somebody else names must not make us speak to our own network (SSRF). */
import { BlockList, isIP } from 'node:net';

/** IANA special-purpose registries (RFC 6890 and its updates). */
const IPV4 = [
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
/** Public ones are all in 2000::/3; of these, the ones that stand for something else: Teredo, documentation, 6to4. */
const IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const list = (family: 'ipv4' | 'ipv6', networks: readonly string[]): BlockList => {
  const made = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    made.addSubnet(address, Number(bits), family);
  }
  return made;
};
const special4 = list('ipv4', IPV4);
const special6 = list('ipv6', IPV6);
const global6 = list('ipv6', ['2000::/3']);

/** True as well for what is no address at all. */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 4) return special4.check(address, 'ipv4');
  if (isIP(address) !== 6) return true;
  // ::ffff:10.0.0.1 and its like are outside 2000::/3.
  return !global6.check(address, 'ipv6') || special6.check(address, 'ipv6');
}
