import { Transform } from "node:stream";
import { MOUNT } from "./passthroughPath.ts";
import type { View } from "./passthroughRewrite.ts";

/** Members that OpenStack's services keep links in: `links[].href`, Keystone's and Designate's `links`, Ironic's `next`. */
const MEMBERS = ["href", "next", "previous", "prev", "self", "first"] as const;
const LONGEST_MEMBER = Math.max(...MEMBERS.map((member) => member.length));
/** After a member's colon: Python writes one blank or none. */
const MAX_BLANKS = 2;

/**
 * Rewrites a service's links to itself in the JSON that streams by, so that the next page is asked for here as well.
 * Only the beginning of a link changes and nothing is parsed: what is held back is shorter than one such beginning.
 */
export function linkRewriter({ targets, target, origin }: View): Transform {
  const bases = [...targets.addressesOf(target), origin + target.basePath].sort((a, b) => b.length - a.length);
  const longest = bases[0]?.length ?? 0;
  const begin = new RegExp(
    `("(?:${MEMBERS.join("|")})":[ ]{0,${MAX_BLANKS}}")(?:${bases.map(RegExp.escape).join("|")})(?=[/?"])(?!${RegExp.escape(MOUNT)}/)`,
    "g",
  );
  const here = origin + target.prefix;
  const ahead = MOUNT.length + 2;
  const hold = LONGEST_MEMBER + MAX_BLANKS + longest + 4 + ahead;
  let pending = "";
  const replace = (text: string, isLast: boolean): string =>
    text.replace(begin, (whole, member: string, at: number) => {
      // Too near to the end to see what follows: it is held back and found again.
      const isOpen = !isLast && at + whole.length + ahead > text.length;
      return isOpen ? whole : member + here;
    });
  return new Transform({
    // Latin-1 keeps every byte as it is, whatever the text is encoded in.
    transform(chunk: Buffer, _encoding, done) {
      const text = replace(pending + chunk.toString("latin1"), false);
      const ready = Math.max(0, text.length - hold);
      pending = text.slice(ready);
      done(null, Buffer.from(text.slice(0, ready), "latin1"));
    },
    flush(done) {
      done(null, Buffer.from(replace(pending, true), "latin1"));
    },
  });
}
