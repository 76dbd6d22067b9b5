/** The ways the services write a time. */

/** `2026-11-21T02:31:38.000000Z` (Keystone). */
export function isoMicros(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}000Z`;
}

/** `2026-11-21T02:26:38Z` (Glance, Neutron, Nova's `created`). */
export function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-21T02:33:58.000000` (Nova's database times, Cinder). */
export function zoneless(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}000`;
}
