import { copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { entriesOf, folderWith, inventory, peers, publicKey, type Ran, runIn, simulatorOf } from "./stock.ts";

/** Terraform and its OpenStack provider on the simulator; both are programs of the Go module proxy. */
const { paths, missing } = peers({
  terraform: "go/bin/terraform",
  provider: "go/bin/terraform-provider-openstack",
});

/** The provider is taken from where it was built; no registry is asked. */
const configuration = `provider_installation {
  dev_overrides { "terraform-provider-openstack/openstack" = ${JSON.stringify(dirname(paths.provider))} }
  direct {}
}
`;

const changed = ["-var", "changed=true"];

/** What is done, and the last word of a Terraform that is content with it. */
const steps: readonly (readonly [readonly string[], RegExp])[] = [
  [["apply", "-auto-approve"], /Resources: 17 added, 0 changed, 0 destroyed/],
  [["plan", "-detailed-exitcode"], /No changes/],
  [["apply", "-auto-approve", ...changed], /Resources: 1 added, 4 changed, 0 destroyed/],
  [["plan", "-detailed-exitcode", ...changed], /No changes/],
  [["destroy", "-auto-approve", ...changed], /Resources: 18 destroyed/],
];

describe.each(["zed", "modern"] as const)("Terraform on the simulator, profile %s", (profile) => {
  test.skipIf(missing !== "")(`makes, changes and destroys a world${missing}`, { timeout: 300_000 }, async () => {
    const simulator = await simulatorOf(profile);
    const { demo } = entriesOf(simulator);
    const folder = folderWith(demo === undefined ? {} : { member: demo }, { "cli.tfrc": configuration });
    copyFileSync(join(import.meta.dirname, "terraform/main.tf"), join(folder, "main.tf"));
    const terraform = ([verb = "", ...args]: readonly string[]): Promise<Ran> =>
      runIn(folder, paths.terraform, [verb, "-no-color", "-input=false", ...args], {
        TF_CLI_CONFIG_FILE: join(folder, "cli.tfrc"),
        TF_VAR_public_key: publicKey,
        CHECKPOINT_DISABLE: "1",
      });
    const before = inventory(simulator);
    for (const [step, says] of steps)
      expect(await terraform(step), step.join(" ")).toEqual({ code: 0, text: expect.stringMatching(says) });
    expect(inventory(simulator)).toEqual(before);
    expect(simulator.requests.list(({ status }) => status >= 500)).toEqual([]);
  });
});
