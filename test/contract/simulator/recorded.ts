/** What the real cloud answered, by chapter: written by record.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Line } from "./talk.ts";

const FOLDER = join(import.meta.dirname, "recorded");

export const recorded: ReadonlyMap<string, readonly Line[]> = new Map(
  readdirSync(FOLDER).map((file) => {
    const { lines }: { readonly lines: readonly Line[] } = JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
    return [file.replace(".json", ""), lines];
  }),
);
