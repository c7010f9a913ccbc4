#!/bin/sh
# Puts on the node what its CNI plugin needs, for the container runtime starts that outside of any pod: the settings, with the node's name
# in the cluster, and how to reach the API server. Each file is replaced as a whole, and only root can read it.
#
#   SETTINGS   the settings, as JSON, without a node name     CREDENTIALS  directory with token and ca.crt
#   TARGET     directory on the node, usually /etc/enim      NODE_NAME    name of the node in the cluster
#   KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT         set by kubelet
set -eu
umask 077

put() {
  cat >"$TARGET/$1.new"
  mv "$TARGET/$1.new" "$TARGET/$1"
}

case $KUBERNETES_SERVICE_HOST in
*:*) server="https://[$KUBERNETES_SERVICE_HOST]:$KUBERNETES_SERVICE_PORT" ;;
*) server="https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT" ;;
esac

# All is read before anything is replaced: a new secret is empty until the cluster has filled it, and then kubelet starts us again.
authority=$(base64 -w 0 <"$CREDENTIALS/ca.crt")
token=$(cat "$CREDENTIALS/token")
settings=$(sed "s|\"kubernetes\": *{|&\"nodeName\": \"$NODE_NAME\", |" "$SETTINGS")

put kubeconfig <<YAML
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

put config.json <<JSON
$settings
JSON
