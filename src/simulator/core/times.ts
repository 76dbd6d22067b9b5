/** The ways the services write a time. */

const slots = 1024;
const times = new Float64Array(slots).fill(Number.NaN);
const texts: string[] = [];

/** `2026-11-21T02:31:38.000`. A list writes the same times again and again: those of late are remembered. */
function iso(at: number): string {
  // The lowest bits, whatever the size.
  const slot = at & (slots - 1);
  const known = texts[slot];
  if (times[slot] === at && known !== undefined) return known;
  const made = new Date(at).toISOString().slice(0, 23);
  times[slot] = at;
  texts[slot] = made;
  return made;
}

/** `2026-11-21T02:31:38.000000Z` (Keystone). */
export function isoMicros(at: number): string {
  return `${iso(at)}000Z`;
}

/** `2026-11-21T02:26:38Z` (Glance, Neutron, Nova's `created`). */
export function isoSeconds(at: number): string {
  return `${iso(at).slice(0, 19)}Z`;
}

/** `2026-11-21T02:33:58.000000` (Nova's database times, Cinder). */
export function zoneless(at: number): string {
  return `${iso(at)}000`;
}
