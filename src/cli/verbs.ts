/** The verbs, a row each. Nothing of a verb is loaded before it is asked for. */
import type { Verb } from "./verb.ts";

export const VERBS: readonly Verb[] = [
  {
    name: "serve",
    summary: "open the doors in front of a cloud, or of the embedded OpenStack",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "simulate",
    summary: "run the embedded OpenStack alone",
    load: async () => (await import("./simulate.ts")).simulate,
  },
  {
    name: "call",
    summary: "call a method of the gateway, with JSON in and out",
    load: async () => (await import("./call.ts")).call,
  },
  {
    name: "doctor",
    summary: "look what will not work on a cloud, and why",
    load: async () => (await import("./doctor/index.ts")).doctor,
  },
  {
    name: "completion",
    summary: "print what makes a shell complete vimana's command line",
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    name: "complete",
    summary: "print the words that may stand at the end of a command line",
    isHidden: true,
    load: async () => (await import("./complete.ts")).complete,
  },
  {
    name: "help",
    summary: "tell about a verb",
    load: async () => (await import("./help.ts")).help,
  },
  {
    name: "version",
    summary: "print the version",
    load: async () => (await import("./version.ts")).version,
  },
];
