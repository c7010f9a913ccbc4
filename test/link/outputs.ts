/** What `ip -j -d` (iproute2 6.1) printed on Linux 6.18 for one netns, and for a card of virtio; captured, not composed. */

const VETH =
  '"ifindex":2,"link_index":2,"ifname":"eni1","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,"qdisc":"noqueue","operstate":"UP","group":"default","txqlen":1000,"link_type":"ether","address":"02:e0:00:00:00:01","broadcast":"ff:ff:ff:ff:ff:ff","link_netnsid":0,"promiscuity":0,"allmulti":0,"min_mtu":68,"max_mtu":65535,"linkinfo":{"info_kind":"veth"},"num_tx_queues":2,"num_rx_queues":2,"gso_max_size":65536,"gso_max_segs":65535,"tso_max_size":524280,"tso_max_segs":65535,"gro_max_size":65536,"ifalias":"a label; x=\\"y\\"","altnames":["enp3s0","ens3x"]';
const FOREVER = '"valid_life_time":4294967295,"preferred_life_time":4294967295';

/** `address show dev eni1`, a moment after the addresses were set. */
export const TENTATIVE = `[{${VETH},"addr_info":[{"family":"inet","local":"10.0.0.10","prefixlen":24,"scope":"global","label":"eni1",${FOREVER}},{"family":"inet6","local":"fd00::10","prefixlen":64,"scope":"global","tentative":true,${FOREVER}},{"family":"inet6","local":"fe80::e0:ff:fe00:1","prefixlen":64,"scope":"link","tentative":true,${FOREVER}}]}]`;

const LO =
  '{"ifindex":1,"ifname":"lo","flags":["LOOPBACK"],"mtu":65536,"qdisc":"noop","operstate":"DOWN","group":"default","txqlen":1000,"link_type":"loopback","address":"00:00:00:00:00:00","broadcast":"00:00:00:00:00:00","promiscuity":0,"allmulti":0,"min_mtu":0,"max_mtu":0,"num_tx_queues":1,"num_rx_queues":1,"gso_max_size":65536,"gso_max_segs":65535,"tso_max_size":524280,"tso_max_segs":65535,"gro_max_size":65536,"addr_info":[]}';
const MACVLAN =
  '{"ifindex":3,"link":"eni1","ifname":"mv0","flags":["BROADCAST","MULTICAST"],"mtu":1500,"qdisc":"noop","operstate":"DOWN","group":"default","txqlen":1000,"link_type":"ether","address":"ee:aa:c7:82:fd:26","broadcast":"ff:ff:ff:ff:ff:ff","promiscuity":0,"allmulti":0,"min_mtu":68,"max_mtu":65535,"linkinfo":{"info_kind":"macvlan","info_data":{"mode":"bridge","bcqueuelen":1000,"usedbcqueuelen":1000}},"num_tx_queues":1,"num_rx_queues":1,"gso_max_size":65536,"gso_max_segs":65535,"tso_max_size":524280,"tso_max_segs":65535,"gro_max_size":65536,"addr_info":[]}';

/** `address show` of a netns with a loopback, a veth and a macvlan on it. */
export const ALL_LINKS = `[${LO},${TENTATIVE.slice(1, -1)},${MACVLAN}]`;

/** `address show dev eth0` of a virtio card. */
export const CARD = `[{"ifindex":4,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1400,"qdisc":"pfifo_fast","operstate":"UP","group":"default","txqlen":1000,"link_type":"ether","address":"02:fc:00:00:00:01","broadcast":"ff:ff:ff:ff:ff:ff","promiscuity":0,"allmulti":0,"min_mtu":68,"max_mtu":65535,"num_tx_queues":1,"num_rx_queues":1,"gso_max_size":65536,"gso_max_segs":65535,"tso_max_size":65536,"tso_max_segs":65535,"gro_max_size":65536,"parentbus":"virtio","parentdev":"virtio2","addr_info":[{"family":"inet","local":"192.0.2.2","prefixlen":24,"broadcast":"192.0.2.255","scope":"global","label":"eth0",${FOREVER}},{"family":"inet6","local":"fd00::2","prefixlen":64,"scope":"global","nodad":true,${FOREVER}},{"family":"inet6","local":"fe80::fc:ff:fe00:1","prefixlen":64,"scope":"link",${FOREVER}}]}]`;

/** `route show table all default`. */
export const DEFAULT_ROUTES =
  '[{"type":"unicast","dst":"default","gateway":"10.0.0.2","dev":"eni1","table":"100","protocol":"boot","scope":"global","flags":[]},{"type":"unicast","dst":"default","gateway":"10.0.0.1","dev":"eni1","table":"main","protocol":"boot","scope":"global","flags":[]},{"type":"unicast","dst":"default","gateway":"fd00::1","dev":"eni1","table":"main","protocol":"boot","scope":"global","metric":1024,"flags":[],"pref":"medium"}]';

/** `route show table all dev eni1`: `ip` leaves the device out. */
export const ROUTES_OF_DEVICE =
  '[{"type":"unicast","dst":"default","gateway":"10.0.0.2","table":"100","protocol":"boot","scope":"global","flags":[]},{"type":"unicast","dst":"default","gateway":"10.0.0.1","table":"main","protocol":"boot","scope":"global","flags":[]},{"type":"unicast","dst":"10.0.0.0/24","table":"main","protocol":"kernel","scope":"link","prefsrc":"10.0.0.10","flags":[]},{"type":"unicast","dst":"10.6.0.0/16","via":{"family":"inet6","host":"fd00::1"},"table":"main","protocol":"boot","scope":"global","flags":[]},{"type":"unicast","dst":"10.9.0.0/16","gateway":"10.0.0.1","table":"main","protocol":"boot","scope":"global","prefsrc":"10.0.0.10","metric":50,"flags":[]},{"type":"local","dst":"10.0.0.10","table":"local","protocol":"kernel","scope":"host","prefsrc":"10.0.0.10","flags":[]},{"type":"broadcast","dst":"10.0.0.255","table":"local","protocol":"kernel","scope":"link","prefsrc":"10.0.0.10","flags":[]},{"type":"unicast","dst":"fd00::/64","table":"main","protocol":"kernel","scope":"global","metric":256,"flags":[],"pref":"medium"},{"type":"unicast","dst":"fd01::/64","gateway":"fd00::1","table":"main","protocol":"boot","scope":"global","metric":1024,"flags":[],"pref":"medium"},{"type":"unicast","dst":"fe80::/64","table":"main","protocol":"kernel","scope":"global","metric":256,"flags":[],"pref":"medium"},{"type":"unicast","dst":"default","gateway":"fd00::1","table":"main","protocol":"boot","scope":"global","metric":1024,"flags":[],"pref":"medium"},{"type":"local","dst":"fe80::e0:ff:fe00:1","table":"local","protocol":"kernel","scope":"global","metric":0,"flags":[],"pref":"medium"},{"type":"multicast","dst":"ff00::/8","table":"local","protocol":"kernel","scope":"global","metric":256,"flags":[],"pref":"medium"}]';

/** `route get 8.8.8.8`. */
export const WAY =
  '[{"type":"unicast","dst":"8.8.8.8","gateway":"10.0.0.1","dev":"eni1","table":"main","prefsrc":"10.0.0.10","flags":[],"uid":0,"cache":[]}]';
