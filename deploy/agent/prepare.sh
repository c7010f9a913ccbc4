#!/bin/sh
# Puts on the node what its CNI plugin needs, for the container runtime starts that outside of any pod: the settings, with the node's name
# in the cluster, and how to reach the API server. Each file is replaced as a whole, and only root can read it.
#
#   SETTINGS   the settings, as JSON; the name is added       CREDENTIALS  directory with token and ca.crt
#   TARGET     directory on the node, usually /etc/enim      NODE_NAME    name of the node in the cluster
#   KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT         set by kubelet
set -eu
umask 077

case $KUBERNETES_SERVICE_HOST in
*:*) server="https://[$KUBERNETES_SERVICE_HOST]:$KUBERNETES_SERVICE_PORT" ;;
*) server="https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT" ;;
esac

# All is read before anything is replaced: a new secret is empty until the cluster has filled it, and then kubelet starts us again. Settings
# that are wrong, with which each call of the plugin would fail, a DEL as well, are refused by enim, and the node keeps those that it has.
authority=$(base64 -w 0 <"$CREDENTIALS/ca.crt")
token=$(cat "$CREDENTIALS/token")
trap 'rm -f "$TARGET/config.json.new"' EXIT
cp "$SETTINGS" "$TARGET/config.json.new"
enim config set kubernetes.nodeName "\"$NODE_NAME\"" --config "$TARGET/config.json.new"

cat >"$TARGET/kubeconfig.new" <<YAML
# Written by "enim install --kubeconfig"; "enim uninstall" removes it.
apiVersion: v1
kind: Config
clusters:
  - name: cluster
    cluster:
      server: $server
      certificate-authority-data: $authority
users:
  - name: enim
    user:
      token: $token
contexts:
  - name: enim
    context: { cluster: cluster, user: enim }
current-context: enim
YAML
mv "$TARGET/kubeconfig.new" "$TARGET/kubeconfig"
mv "$TARGET/config.json.new" "$TARGET/config.json"
