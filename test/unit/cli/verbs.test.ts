import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shown } from "../../../src/cli/verb.ts";
import { VERBS } from "../../../src/cli/verbs.ts";
import { vimana } from "../../support/cli.ts";

const BIN = join(import.meta.dirname, "../../../bin");
const SHOWN = shown(VERBS);
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

describe("help", () => {
  test("lists every verb that is for people", async () => {
    const { code, out } = await vimana(["help"]);
    expect(code).toBe(0);
    for (const { name, summary } of SHOWN) expect(out).toMatch(new RegExp(`vimana ${name} +${summary}`));
    expect(out).not.toContain("vimana complete ");
  });

  test.each(VERBS.map(({ name }) => name))("tells about %s with its arguments and options, both ways", async (name) => {
    const command = await VERBS.find((verb) => verb.name === name)?.load();
    const { code, out } = await vimana(["help", name]);
    expect(code).toBe(0);
    for (const argument of command?.arguments ?? []) expect(out).toContain(`<${argument.name}>`);
    for (const option of Object.keys(command?.options ?? {})) expect(out).toContain(`--${option}`);
    expect(await vimana([name, "--help"])).toEqual({ code, out, err: "" });
  });
});

describe("a wrong command line is refused with 2", () => {
  test.each([
    [["srve"], 'unknown verb "srve"; did you mean serve?'],
    [["frobnicate"], 'unknown verb "frobnicate"; there are serve'],
    [["serve", "--http-prt", "1"], "unknown option --http-prt; did you mean --http-port?"],
    [["serve", "now"], 'unexpected argument "now"'],
    [["serve", "--http-port", "x"], "http-port: x is not a port"],
    [["completion"], "<shell> is missing"],
    [["completion", "csh"], "<shell>: must be one of bash, zsh, fish"],
    [[], "no verb"],
  ])("%j: %s", async (args, why) => {
    const { code, out, err } = await vimana(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(why);
  });
});

describe("completion", () => {
  const words = async (...typed: string[]): Promise<readonly string[]> =>
    (await vimana(["complete", "--", ...typed])).out
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "")
      .filter((word) => word !== "");

  test("knows verbs, options, choices, and when it knows nothing", async () => {
    expect(await words("")).toEqual(SHOWN.map(({ name }) => name));
    expect(await words("ser")).toEqual(["serve"]);
    expect(await words("serve", "--http-p")).toEqual(["--http-port"]);
    expect(await words("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await words("completion", "bash", "")).toEqual([]);
    expect(await words("serve", "--config", "")).toEqual([]);
    expect(await words("nothing", "")).toEqual([]);
  });

  test("works in bash", () => {
    const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}` };
    const script = `source <(vimana completion bash)
      COMP_WORDS=(vimana completion z); COMP_CWORD=2; _vimana; printf "%s\\n" "\${COMPREPLY[@]}"`;
    expect(spawnSync("bash", ["-c", script], { env, encoding: "utf8" }).stdout).toBe("zsh\n");
  });

  test.runIf(has("zsh"))("works in zsh", () => {
    const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}` };
    const script = `compdef() { :; }; _describe() { print -l "\${found[@]}"; }; words=(vimana completion z); CURRENT=3
      source <(vimana completion zsh); _vimana`;
    expect(spawnSync("zsh", ["-fc", script], { env, encoding: "utf8" }).stdout).toBe("zsh:\n");
  });

  test.runIf(has("fish"))("works in fish", () => {
    const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}` };
    const script = 'vimana completion fish | source; complete -C "vimana completion z"';
    expect(spawnSync("fish", ["-Nc", script], { env, encoding: "utf8" }).stdout.trim()).toBe("zsh");
  });
});
