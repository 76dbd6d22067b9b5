/** What a project may have of each resource. */

/** The limits of a project for which nobody set others (neutron: conf/quota.py). */
export const quotaDefaults: Readonly<Record<string, number>> = {
  network: 100,
  subnet: 100,
  port: 500,
  router: 10,
  floatingip: 50,
  security_group: 10,
  security_group_rule: 100,
};
