/** What a diagnosis finds. */

/** `fault`: something will not work. `warning`: it may, or soon will not. `note`: worth knowing, and as it should be. */
export type Grade = "ok" | "note" | "warning" | "fault";

export interface Finding {
  /** What was looked at: the heading that it stands under. */
  readonly part: "configuration" | "reach" | "sign-in" | "services" | "tenant" | "capabilities" | "data";
  /** Which of it: a file, a service, a quota. */
  readonly subject: string;
  readonly grade: Grade;
  readonly message: string;
  /** People see it with --all only. */
  readonly isMinor?: boolean;
  /** What to do about it. */
  readonly advice?: string;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Takes findings as they come. */
export type Tell = (finding: Finding) => void;

export function messageOf(thrown: unknown): string {
  return short(thrown instanceof Error ? thrown.message : String(thrown));
}

/** Without the list of all that a catalogue has: the services are told of one by one. */
export function short(message: string): string {
  return message.replace(/; it has [^;]*/, "");
}
