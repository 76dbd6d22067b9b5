import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entriesOf, folderWith, inventory, peers, publicKey, type Ran, runIn, simulatorOf } from "./stock.ts";

/**
 * Ansible with its collection openstack.cloud on the simulator: the PyPI packages `ansible` and `openstacksdk<4.6`, in an
 * environment of their own, for the collection (2.5.0) does not work with the newest SDK that today's command line wants.
 */
const { paths, missing } = peers({ playbook: "ansible/bin/ansible-playbook", python: "ansible/bin/python" });

const playbooks = ["create.yaml", "remove.yaml"];

/** What Ansible counted for the one host that it knows. */
function recap({ code, text }: Ran): Readonly<Record<string, unknown>> {
  const counted = [...(text.split("PLAY RECAP")[1] ?? "").matchAll(/(\w+)=(\d+)/g)];
  return { code, ...Object.fromEntries(counted.map(([, name, count]) => [name, Number(count)])) };
}

describe.each(["zed", "modern"] as const)("Ansible on the simulator, profile %s", (profile) => {
  const title = `makes a world, finds it as it should be, and takes it away${missing}`;
  test.skipIf(missing !== "")(title, { timeout: 600_000 }, async () => {
    const simulator = await simulatorOf(profile);
    const { demo } = entriesOf(simulator);
    const folder = folderWith(demo === undefined ? {} : { member: demo }, { data: "the bytes of an image" });
    for (const name of playbooks) copyFileSync(join(import.meta.dirname, "ansible", name), join(folder, name));
    const play = (playbook: string): Promise<Ran> => {
      const variables = JSON.stringify({ public_key: publicKey, ansible_python_interpreter: paths.python });
      const env = { ANSIBLE_LOCALHOST_WARNING: "False", ANSIBLE_HOME: join(folder, "ansible"), NO_COLOR: "1" };
      return runIn(folder, paths.playbook, ["-i", "localhost,", "-e", variables, playbook], env);
    };
    const before = inventory(simulator);
    const made = await play("create.yaml");
    expect(recap(made), made.text).toMatchObject({ code: 0, changed: 13, failed: 0 });
    const again = await play("create.yaml");
    expect(recap(again), again.text).toMatchObject({ code: 0, ok: 13, changed: 0, failed: 0 });
    const removed = await play("remove.yaml");
    expect(recap(removed), removed.text).toMatchObject({ code: 0, changed: 11, failed: 0 });
    expect(inventory(simulator)).toEqual(before);
    expect(simulator.requests.list(({ status }) => status >= 500)).toEqual([]);
  });
});
