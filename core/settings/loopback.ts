/** Is this listening address reachable from this machine only? A name other than localhost is not trusted to be. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
