import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";

/**
 * The `openstack` command line, which we did not write, on the simulator: a user's day. One client reads all commands from its
 * standard input, for each start of it costs seconds on a busy machine. Without the program the day is skipped.
 */

interface Step {
  /** What follows `openstack`. */
  readonly run: string;
  /** What it prints. */
  readonly says: RegExp;
}

const PUBLIC_KEY = `ssh-ed25519 ${Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0 01234567890123456789012345678901", "latin1").toString("base64")} cli`;
const DATA = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));

const status = (server: string, state: string): Step => ({
  run: `server show ${server} -f value -c status`,
  says: new RegExp(`^${state}\n$`),
});

const steps: readonly Step[] = [
  { run: "catalog list -f value -c Type", says: /^compute$/m },
  { run: "project list --my-projects -f value -c Name", says: /^demo\n$/ },
  { run: "user list", says: /not authorized to perform the requested action: identity:list_users/ },
  { run: "availability zone list --compute -f value", says: /^nova available\n$/ },
  { run: "flavor list -f value -c Name -c RAM", says: /^m1\.tiny 512$/m },
  {
    run: "image create --disk-format raw --container-format bare --file data --property purpose=cli mine -f value -c name",
    says: /^mine\n$/,
  },
  { run: "image save --file back mine", says: /^$/ },
  { run: "image set --property colour=red --name yours mine", says: /^$/ },
  { run: "image show yours -f json -c properties -c size -c status", says: /"colour": "red".*"size": 4096.*"active"/s },
  { run: "image show mine", says: /No Image found for mine/ },
  { run: "network create cli-net -f value -c status", says: /^ACTIVE\n$/ },
  {
    run: "subnet create --network cli-net --subnet-range 10.99.3.0/24 cli-subnet -f value -c gateway_ip",
    says: /^10\.99\.3\.1\n$/,
  },
  {
    run: "subnet create --network cli-net --subnet-range 10.99.3.0/25 cli-overlap",
    says: /overlaps with another subnet/,
  },
  { run: "security group create cli-group -f value -c name", says: /^cli-group\n$/ },
  {
    run: "security group rule create --protocol tcp --dst-port 22 cli-group -f value -c port_range_min -c protocol",
    says: /^22\ntcp\n$/,
  },
  {
    run: "port create --network cli-net --fixed-ip subnet=cli-subnet,ip-address=10.99.3.50 --security-group cli-group cli-port -f value -c status",
    says: /^DOWN\n$/,
  },
  {
    run: "keypair create --public-key key.pub cli-key -f value -c fingerprint",
    says: /^([0-9a-f]{2}:){15}[0-9a-f]{2}\n$/,
  },
  {
    run: "server create --wait --flavor m1.tiny --image cirros --nic port-id=cli-port --key-name cli-key --property role=a cli-vm -f value -c status",
    says: /\bACTIVE\n$/,
  },
  {
    run: "server list --name cli-vm -f value -c Networks -c Image -c Flavor",
    says: /^.*10\.99\.3\.50.* cirros m1\.tiny\n$/,
  },
  { run: "server set --property role=b --name cli-vm2 cli-vm", says: /^$/ },
  { run: "server show cli-vm2 -f value -c properties", says: /'?role'?[=:] ?'b'/ },
  { run: "server set --name cli-vm cli-vm2", says: /^$/ },
  { run: "port create --network cli-net cli-extra -f value -c status", says: /^DOWN\n$/ },
  { run: "server add port cli-vm cli-extra", says: /^$/ },
  { run: "port list --server cli-vm -f value -c Name -c Status", says: /^(cli-(port|extra) ACTIVE\n){2}$/ },
  { run: "server remove port cli-vm cli-extra", says: /^$/ },
  { run: "server stop cli-vm", says: /^$/ },
  status("cli-vm", "SHUTOFF"),
  { run: "server pause cli-vm", says: /Cannot 'pause' instance [-0-9a-f]+ while it is in vm_state stopped/ },
  { run: "server start cli-vm", says: /^$/ },
  { run: "server pause cli-vm", says: /^$/ },
  status("cli-vm", "PAUSED"),
  { run: "server unpause cli-vm", says: /^$/ },
  { run: "server suspend cli-vm", says: /^$/ },
  { run: "server resume cli-vm", says: /^$/ },
  { run: "server reboot --wait cli-vm", says: /^$|Complete/ },
  status("cli-vm", "ACTIVE"),
  { run: "limits show --absolute -f value", says: /^totalInstancesUsed 1$/m },
  { run: "quota show -f value -c instances -c ports", says: /^\d+\n\d+\n$/ },
  { run: "network delete cli-net", says: /There are one or more ports still in use/ },
  { run: "server delete --wait cli-vm", says: /^$|Complete/ },
  { run: "server show cli-vm", says: /No server with a name or ID of 'cli-vm' exists/ },
  { run: "port delete cli-port", says: /^$/ },
  { run: "port delete cli-extra", says: /^$/ },
  { run: "network delete cli-net", says: /^$/ },
  { run: "security group delete cli-group", says: /^$/ },
  { run: "keypair delete cli-key", says: /^$/ },
  { run: "image delete yours", says: /^$/ },
];

function isInstalled(): boolean {
  try {
    execFileSync("openstack", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Between two answers; the client hands what begins with `!` to a shell. */
const MARK = "--- next ---";

describe.skipIf(!isInstalled())("the openstack command line on the simulator", () => {
  let simulator: Simulator;
  let folder: string;
  let answers: readonly string[];

  beforeAll(async () => {
    simulator = await startSimulator();
    folder = mkdtempSync(join(tmpdir(), "vimana-cli-"));
    writeFileSync(join(folder, "data"), DATA);
    writeFileSync(join(folder, "key.pub"), PUBLIC_KEY);
    // clouds.yaml may be JSON, which is YAML.
    writeFileSync(join(folder, "clouds.yaml"), JSON.stringify({ clouds: { demo: cloud(simulator) } }));
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("OS_"));
    const env = { ...Object.fromEntries(inherited), OS_CLOUD: "demo", PYTHONWARNINGS: "ignore", PYTHONUNBUFFERED: "1" };
    const commands = steps.map(({ run }) => `${run}\n!echo ${MARK}\n`).join("");
    writeFileSync(join(folder, "commands"), `${commands}quit\n`);
    const output = await new Promise<string>((resolve) => {
      const whole = ["-c", "openstack <commands 2>&1"];
      execFile("bash", whole, { cwd: folder, env, timeout: 85_000 }, (_error, stdout) => resolve(stdout));
    });
    answers = output.split(`${MARK}\n`);
  }, 90_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await simulator.close();
  });

  test.each(steps.map((step, index) => ({ ...step, index })))("openstack $run", ({ index, says }) => {
    expect(answers[index]).toMatch(says);
  });

  test("answers every command", () => expect(answers).toHaveLength(steps.length + 1));

  test("downloads what was uploaded", () => expect(readFileSync(join(folder, "back"))).toEqual(DATA));

  test("meets no fault of the simulator", () =>
    expect(simulator.requests.list(({ status }) => status >= 500)).toEqual([]));
});

/** How the client is told where it is, and as whom. */
function cloud(of: Simulator) {
  const { region_name, ...auth } = of.clouds().demo ?? { region_name: "" };
  return { auth, region_name, identity_api_version: 3 };
}
