/** Numbers of the kernel's interface: linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, fib_rules.h, if.h. */

export const NLMSG = { error: 2, done: 3 } as const;

/** Flags of a message. */
export const NLM = {
  request: 0x1,
  acknowledge: 0x4,
  /** The kernel changed while it was dumped. */
  dumpInterrupted: 0x10,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** NLM_F_ROOT | NLM_F_MATCH */
  dump: 0x300,
  /** Of an acknowledgement: it does not repeat the request. */
  capped: 0x100,
  /** Of an acknowledgement: it has attributes. */
  acknowledgeAttributes: 0x200,
} as const;

/** What an acknowledgement may say in words. */
export const NLMSGERR_MESSAGE = 1;

export const RTM = {
  newLink: 16,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  getRoute: 26,
  newNeighbour: 28,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
  newLinkProperty: 108,
  deleteLinkProperty: 109,
} as const;

export const IFLA = {
  address: 1,
  broadcast: 2,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  queueLength: 13,
  mode: 17,
  linkInfo: 18,
  alias: 20,
  statistics: 23,
  perFamily: 26,
  group: 27,
  netnsFd: 28,
  extMask: 29,
  linkNetns: 37,
  xdp: 43,
  properties: 52,
  altname: 53,
  permanentAddress: 54,
  parentDevice: 56,
} as const;

/**
 * Where the per-interface sysctls are in IFLA.perFamily: by family, the attribute that is an array of 32 bits each, and the places in it
 * (linux/ip.h, where they are counted from 1, and linux/ipv6.h).
 */
export const CONF = {
  ipv4: { family: 2, attribute: 1, places: { rp_filter: 7 } },
  ipv6: {
    ...{ family: 10, attribute: 2 },
    places: { autoconf: 5, dad_transmits: 6, accept_dad: 27, keep_addr_on_down: 42 },
  },
} as const;

/** The limits of the packets that are joined and cut, by `ip`'s words. */
export const LIMITS = {
  ...{ gso_max_size: 41, gso_max_segs: 40, gro_max_size: 58, gso_ipv4_max_size: 63, gro_ipv4_max_size: 64 },
} as const;

/** In IFLA.xdp: what is to be attached, where, and for each place the number of the program that is there. */
export const XDP = { program: 1, flags: 3 } as const;

/** The places of a program of XDP, by `ip`'s words: the attribute that tells of it, and the flag that means it. */
export const XDP_PLACES = {
  xdpdrv: { attribute: 5, flag: 4 },
  xdpgeneric: { attribute: 6, flag: 2 },
  xdpoffload: { attribute: 7, flag: 8 },
} as const;

/** Stands for a program where there is to be none. */
export const NO_PROGRAM = 0xffffffff;

/** In IFLA.linkInfo. */
export const INFO_KIND = 1;

/** Leaves the counters out of a dump: they are half of it. */
export const SKIP_STATISTICS = 8;

/** Flags of a link, by the names that `ip` gives them. */
export const IFF = {
  ...{ UP: 0x1, RUNNING: 0x40, NOARP: 0x80, PROMISC: 0x100, ALLMULTI: 0x200, MULTICAST: 0x1000, LOWER_UP: 0x10000 },
} as const;

export const IFA = { address: 1, local: 2, flags: 8 } as const;
export const IFA_FLAG = { noDad: 0x2, dadFailed: 0x8, tentative: 0x40 } as const;

export const RTA = {
  destination: 1,
  device: 4,
  gateway: 5,
  metric: 6,
  source: 7,
  multipath: 9,
  table: 15,
  via: 18,
} as const;

/** A route's type; the others (local, broadcast, …) are named only to be told from it. */
export const UNICAST = 1;

/** The gateway counts as reachable whatever the addresses say (RTNH_F_ONLINK). */
export const ON_LINK = 0x4;

export const NEIGHBOUR = { destination: 1, permanent: 0x80, use: 0x1 } as const;

export const FRA = {
  destination: 1,
  source: 2,
  priority: 6,
  suppressedLength: 14,
  table: 15,
  padding: 18,
  protocol: 21,
} as const;

/** What a rule does: it looks into its table (FR_ACT_TO_TBL). */
export const TO_TABLE = 1;

/** The rule is for those packets that do not fit (FIB_RULE_INVERT). */
export const INVERT = 0x2;

/** Value of FRA.suppressedLength where nothing is suppressed. */
export const NO_LENGTH = 0xffffffff;

export const FAMILY = { any: 0, IPv4: 2, IPv6: 10 } as const;
