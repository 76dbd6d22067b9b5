import type { Gateway } from "../gateway/main.ts";

/** What the program says when it is ready: the doors, one credential of the simulator, three commands to try. */
export function welcome(gateway: Gateway): string {
  const { doors, simulator } = gateway;
  const lines = [
    `vimana is ready, in front of ${simulator === undefined ? `cloud ${gateway.cloudName}` : "its embedded OpenStack simulator"}`,
    "",
    `  gRPC       ${doors.grpc}`,
    `  HTTP       ${doors.http}`,
    `  OCCI       ${doors.occi}`,
  ];
  if (simulator !== undefined) {
    const { auth_url, username, password, project_name } = simulator.credential;
    lines.push(
      `  OpenStack  ${simulator.url}`,
      "",
      `  user ${username}, password ${password}, project ${project_name}, auth URL ${auth_url}`,
    );
  }
  lines.push(
    "",
    "try:",
    `  curl ${doors.http}/vivnfm/v5/images`,
    `  curl ${doors.occi}/-/`,
    `  curl ${doors.http}/readyz`,
    "",
  );
  return `${lines.join("\n")}\n`;
}
