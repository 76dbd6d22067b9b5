import { describe, expect, test } from "vitest";
import { loadCloudConfigs } from "../../../src/backends/openstack/index.ts";
import { CloudError } from "../../../src/cloud/index.ts";

const CLOUDS = `
clouds:
  rig:
    auth:
      auth_url: http://keystone/v3
      username: me
      password: 1234
      project_name: mine
      user_domain_name: Corp
      project_domain_id: d1
    region_name: one
    regions: [one, { name: two }]
    interface: internalURL
    compute_endpoint_override: http://nova/v2.1
    verify: "no"
    cacert: /ca.pem
    volume_api_version: 3
  app:
    auth_type: v3applicationcredential
    auth: { auth_url: https://k, application_credential_id: abc }
  open:
    auth: { auth_url: https://k }
`;

const SECURE = `
clouds:
  app:
    auth: { application_credential_secret: s3cret }
`;

type Files = Readonly<Record<string, string>>;

const load = (files: Files, env: Files = {}, more = {}) =>
  loadCloudConfigs({ env, cwd: "/cwd", home: "/home/me", readFile: (path) => files[path], ...more });

const both: Files = { "/cwd/clouds.yaml": CLOUDS, "/cwd/secure.yaml": SECURE, "/ca.pem": "PEM" };

const one = (cloud: string): Files => ({ "/cwd/clouds.yaml": `clouds: { c: ${cloud} }` });

function complaint(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof CloudError) return thrown.message;
    throw thrown;
  }
  throw new Error("no error");
}

test("a cloud is read with all that it says", () => {
  const { configs, defaultName } = load(both);
  expect(defaultName).toBeUndefined();
  const rig = configs.rig;
  expect(rig).toMatchObject({
    name: "rig",
    authUrl: "http://keystone/v3",
    region: "one",
    regions: ["one", "two"],
    interface: "internal",
    overrides: { compute: "http://nova/v2.1" },
    tls: { verify: false, ca: "PEM" },
  });
  expect(rig?.auth).toMatchObject({
    method: "password",
    user: { name: "me", domain: { name: "Corp" } },
    project: { name: "mine", domain: { id: "d1" } },
  });
  expect(rig?.auth?.method === "password" && rig.auth.password.reveal()).toBe("1234");
  expect(JSON.stringify(configs)).not.toContain("1234");
});

test("secure.yaml is merged into clouds.yaml, and TLS is verified unless told otherwise", () => {
  const { app } = load(both).configs;
  expect(app?.auth?.method === "application-credential" && app.auth.secret.reveal()).toBe("s3cret");
  expect(app?.tls).toEqual({ verify: true });
});

test("a cloud with an address only has no credentials of its own", () => {
  expect(load(both).configs.open?.auth).toBeUndefined();
});

describe("where files are looked for", () => {
  const cloud = (url: string) => `clouds: { c: { auth: { auth_url: "${url}" } } }`;
  const files: Files = {
    "/named.yaml": cloud("http://named"),
    "/cwd/clouds.yaml": cloud("http://cwd"),
    "/home/me/.config/openstack/clouds.yml": cloud("http://home"),
    "/etc/openstack/clouds.yaml": cloud("http://etc"),
  };
  test.each([
    [[], { OS_CLIENT_CONFIG_FILE: "/named.yaml" }, "http://named"],
    [[], {}, "http://cwd"],
    [["/cwd/clouds.yaml"], {}, "http://home"],
    [["/cwd/clouds.yaml", "/home/me/.config/openstack/clouds.yml"], {}, "http://etc"],
  ] as const)("without %j", (missing, env, url) => {
    const rest = Object.fromEntries(Object.entries(files).filter(([path]) => !missing.some((gone) => gone === path)));
    expect(load(rest, env).configs.c?.authUrl).toBe(url);
  });

  test("a named file must exist", () => {
    expect(complaint(() => load({}, { OS_CLIENT_CONFIG_FILE: "/none" }))).toContain("OS_CLIENT_CONFIG_FILE: /none");
  });

  test("no file at all is no cloud", () => {
    expect(load({})).toEqual({ configs: {}, defaultName: undefined });
  });
});

describe("the environment", () => {
  const env = { OS_AUTH_URL: "http://k/v3", OS_USERNAME: "u", OS_PASSWORD: "p", OS_PROJECT_NAME: "x" };

  test("is a cloud of its own, and the default one", () => {
    const { configs, defaultName } = load(both, {
      ...env,
      OS_REGION_NAME: "r",
      OS_NETWORK_ENDPOINT_OVERRIDE: "http://n",
    });
    expect(defaultName).toBe("envvars");
    expect(configs.envvars).toMatchObject({ region: "r", overrides: { network: "http://n" } });
    expect(Object.keys(configs)).toContain("rig");
  });

  test("takes a secret from a file", () => {
    const { OS_PASSWORD: _, ...rest } = env;
    const { envvars } = load({ "/run/secret": "filed\n" }, { ...rest, OS_PASSWORD_FILE: "/run/secret" }).configs;
    expect(envvars?.auth?.method === "password" && envvars.auth.password.reveal()).toBe("filed");
  });

  test("OS_CLOUD chooses, and OS_REGION_NAME amends what it chose", () => {
    const { configs, defaultName } = load(both, { OS_CLOUD: "rig", OS_REGION_NAME: "two" });
    expect(defaultName).toBe("rig");
    expect(configs.rig?.region).toBe("two");
    expect(complaint(() => load(both, { OS_CLOUD: "none" }))).toContain("OS_CLOUD: no cloud is named none");
  });
});

test("the only cloud is the default one, and others' faults do no harm when they are not asked for", () => {
  const files = { "/cwd/clouds.yaml": `clouds: { good: { auth: { auth_url: "http://k" } }, bad: { auth: 1 } }` };
  expect(load(files, {}, { only: ["good"] }).defaultName).toBe("good");
  expect(complaint(() => load(files))).toBe("/cwd/clouds.yaml: clouds.bad.auth: must be a mapping");
});

test.each([
  [`{}`, "clouds.c.auth: is missing"],
  [`{ auth: { username: u, password: p } }`, "clouds.c.auth.auth_url: is missing"],
  [`{ auth: { auth_url: "ftp://k" } }`, "clouds.c.auth.auth_url: must be an http or https URL"],
  [`{ auth: { auth_url: "http://k", username: u } }`, "clouds.c.auth.password: is missing"],
  [`{ auth: { auth_url: "http://k", password: [1] } }`, "clouds.c.auth.username: is missing"],
  [`{ auth: { auth_url: "http://k", username: u, password: [1] } }`, "clouds.c.auth.password: must be text"],
  [`{ auth: { auth_url: "http://k", usernam: u, password: p } }`, "clouds.c.auth.usernam: is not known"],
  [`{ auth: { auth_url: "http://k", username: u, password: p, trust_id: t } }`, "clouds.c.auth.trust_id: is not known"],
  [
    `{ auth: { auth_url: "http://k" }, auth_type: v3oidcpassword }`,
    "clouds.c.auth_type: v3oidcpassword is not supported",
  ],
  [`{ auth: { auth_url: "http://k" }, interface: outer }`, "clouds.c.interface: must be one of"],
  [`{ auth: { auth_url: "http://k" }, verify: maybe }`, "clouds.c.verify: must be true or false"],
  [`{ auth: { auth_url: "http://k" }, cacert: /none }`, "clouds.c.cacert: /none cannot be read"],
  [`{ auth: { auth_url: "http://k" }, profile: ovh }`, "clouds.c.profile: the profile ovh is in no clouds-public.yaml"],
  [`{ auth: { auth_url: "http://k" }, identity_api_version: 2 }`, "clouds.c.identity_api_version: 2 is not supported"],
  [`{ auth: { auth_url: "http://k" }, regions: one }`, "clouds.c.regions: must be a list"],
  [
    `{ auth: { auth_url: "http://k" }, image_endpoint_override: nowhere }`,
    "clouds.c.image_endpoint_override: must be a URL",
  ],
])("%s is refused with file and key", (cloud, message) => {
  expect(complaint(() => load(one(cloud)))).toContain(`/cwd/clouds.yaml: ${message}`);
});

test("broken YAML names file and line, and quotes nothing of it", () => {
  const message = complaint(() => load({ "/cwd/clouds.yaml": "clouds:\n  c: {password: hunter2\n  x: ]" }));
  expect(message).toMatch(/^\/cwd\/clouds\.yaml: is not YAML \(line \d\)$/);
});

test("a profile of clouds-public.yaml lies under the cloud that names it", () => {
  const files = {
    ...one(`{ profile: p, region_name: mine, auth: { username: u, password: p } }`),
    "/etc/openstack/clouds-public.yaml": `public-clouds: { p: { region_name: theirs, auth: { auth_url: "http://public" } } }`,
  };
  expect(load(files).configs.c).toMatchObject({ authUrl: "http://public", region: "mine" });
});
