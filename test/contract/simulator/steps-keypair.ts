/** Keypairs and server groups in the conversation. */
import { type Step, saving, verbs } from "./step.ts";

const at = (version: string, as?: Step["as"]) => verbs("compute", version, as);
const { get, post, del } = at("2.1");
const stranger = at("2.1", "stranger");
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlHvtoua8xhWXOCv2j8btvgXIQk69LtV+Yc2Sw9Bs/o parity";

const pair = (more: object) => ({ keypair: { name: "parity", public_key: key, ...more } });
const keys: readonly Step[] = [
  ...[
    {},
    { keypair: {} },
    { keypair: { name: "", public_key: key } },
    pair({ name: "x".repeat(256) }),
    pair({ name: 5 }),
    pair({ name: "a@b" }),
    pair({ public_key: "nonsense" }),
    pair({ nope: 1 }),
    pair({ type: "ssh" }),
  ].map((body) => post("/v2.1/os-keypairs", body)),
  post("/v2.1/os-keypairs", pair({})),
  post("/v2.1/os-keypairs", pair({})),
  at("2.2").post("/v2.1/os-keypairs", pair({ name: "parity-two", type: "x509x" })),
  at("2.2").post("/v2.1/os-keypairs", pair({ name: "parity-two", type: "ssh" })),
  at("2.10").post("/v2.1/os-keypairs", pair({ name: "parity-three", type: "ssh", user_id: "{stranger.user}" })),
  at("2.92").post("/v2.1/os-keypairs", { keypair: { name: "parity-four" } }),
  at("2.92").post("/v2.1/os-keypairs", pair({ name: "a@b.c" })),
  ...["2.1", "2.2", "2.10", "2.35", "2.93"].map((version) => at(version).get("/v2.1/os-keypairs/parity")),
  ...["2.1", "2.2", "2.35"].map((version) => at(version).get("/v2.1/os-keypairs")),
  at("2.35").get("/v2.1/os-keypairs?limit=1"),
  at("2.35").get("/v2.1/os-keypairs?marker=nope"),
  at("2.35").get("/v2.1/os-keypairs?limit=x"),
  at("2.75").get("/v2.1/os-keypairs?nope=1"),
  get("/v2.1/os-keypairs/nope"),
  stranger.get("/v2.1/os-keypairs/parity"),
  stranger.del("/v2.1/os-keypairs/parity"),
  del("/v2.1/os-keypairs/parity"),
  del("/v2.1/os-keypairs/parity"),
  at("2.2").del("/v2.1/os-keypairs/parity-two"),
  at("2.92").del("/v2.1/os-keypairs/a@b.c"),
];

const group = (more: object) => ({ server_group: { name: "parity", ...more } });
const own = "/v2.1/os-server-groups/{group}";
const groups: readonly Step[] = [
  ...[
    {},
    group({}),
    group({ policies: [] }),
    group({ policies: ["nope"] }),
    group({ policies: ["affinity", "anti-affinity"] }),
    group({ policies: ["soft-affinity"] }),
    group({ policies: ["affinity"], nope: 1 }),
    group({ policies: ["affinity"], name: "" }),
    group({ policy: "affinity" }),
  ].map((body) => post("/v2.1/os-server-groups", body)),
  ...[
    group({ policies: ["affinity"] }),
    group({ policy: "nope" }),
    group({ policy: "affinity", rules: { max_server_per_host: 3 } }),
  ].map((body) => at("2.64").post("/v2.1/os-server-groups", body)),
  at("2.64").post(
    "/v2.1/os-server-groups",
    group({ policy: "anti-affinity", rules: { max_server_per_host: 3 } }),
    saving("group", "server_group"),
  ),
  ...["2.1", "2.13", "2.15", "2.64", "2.93"].map((version) => at(version).get(own)),
  at("2.64", "stranger").get(own),
  at("2.64", "admin").get(own),
  get("/v2.1/os-server-groups/nope"),
  get("/v2.1/os-server-groups?limit=x"),
  at("2.75").get("/v2.1/os-server-groups?nope=1"),
  at("2.64").get("/v2.1/os-server-groups?all_projects=True"),
  stranger.del(own),
  del(own),
  del(own),
];

export const keypairs: readonly Step[] = [...keys, ...groups];
