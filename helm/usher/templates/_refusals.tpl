{{- /* Refuses values that would be unsafe or would not start, before rendering. */ -}}
{{- define "usher.refusals" -}}
{{- if not .Values.issuers -}}
{{- fail "\n\nissuers: at least one is required, such as\n  --set 'issuers[0].name=corp,issuers[0].issuer=https://login.example.com,issuers[0].audiences={orders}'" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext .Values.tls.secretName -}}
{{- fail "\n\ninsecure_allow_plaintext: contradicts tls.secretName; set only one of them" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext .Values.callers -}}
{{- fail "\n\ninsecure_allow_plaintext: callers are identified by their certificates, which plaintext does not have; remove callers, or use TLS" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext (not .Values.insecure_allow_anonymous_callers) -}}
{{- fail "\n\ninsecure_allow_plaintext: without TLS clients are not authenticated, and every client that can reach the Service can ask about any token. Set insecure_allow_anonymous_callers=true too, or use TLS" -}}
{{- end -}}
{{- if and .Values.tls.secretName (not .Values.callers) (not .Values.insecure_allow_anonymous_callers) -}}
{{- fail "\n\ncallers: with tls.secretName, list the certificates that can ask, and their audiences (or set insecure_allow_anonymous_callers=true)" -}}
{{- end -}}
{{- $name := include "usher.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "\n\nfullnameOverride: %q cannot be the name of a Service: small letters, digits and -, a letter first. It follows from the release's name unless you set fullnameOverride" $name) -}}
{{- end -}}
{{- /* Helm deletes a Secret that it once generated when it no longer generates it, even if a user has replaced it under the same name. */ -}}
{{- $taken := list (printf "%s-tls" $name) (printf "%s-client" $name) -}}
{{- range $key, $secret := dict "tls.secretName" .Values.tls.secretName "tests.clientSecretName" .Values.tests.clientSecretName -}}
{{- if and (has $secret $taken) $.Values.tls.secretName (include "usher.generated" $) -}}
{{- fail (printf "\n\n%s: %s is the name of a Secret that this release generated: Helm would delete it with this upgrade, and a rollback would overwrite it. Give your Secret another name" $key $secret) -}}
{{- end -}}
{{- end -}}
{{- range .Values.secretMounts -}}
{{- if and (has . $taken) (not (include "usher.generates" $)) (include "usher.generated" $) -}}
{{- fail (printf "\n\nsecretMounts: Helm would delete %s with this upgrade, because this release generated it; mount a Secret of your own" .) -}}
{{- end -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if .Values.replicaCount -}}
{{- fail "\n\nreplicaCount: autoscaling decides how many pods there are. Set autoscaling.minReplicas instead, or autoscaling.enabled=false" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail "\n\nautoscaling.maxReplicas: must be at least autoscaling.minReplicas" -}}
{{- end -}}
{{- if not (dig "requests" "cpu" "" .Values.resources) -}}
{{- fail "\n\nresources.requests.cpu: autoscaling by CPU needs it; set it, or autoscaling.enabled=false" -}}
{{- end -}}
{{- end -}}
{{- with .Values.config.revocation -}}
{{- if or $.Values.autoscaling.enabled (ne (int $.Values.replicaCount) 1) -}}
{{- fail "\n\nconfig.revocation: each pod would have revocations of its own, and a token that one denies another would accept. Set autoscaling.enabled=false and replicaCount=1" -}}
{{- end -}}
{{- if and .file (not (and $.Values.revocationClaim (hasPrefix "/var/lib/usher/" .file))) -}}
{{- fail "\n\nconfig.revocation.file: would be lost with the pod. Set revocationClaim to a PersistentVolumeClaim, and the file to a path in /var/lib/usher/" -}}
{{- end -}}
{{- end -}}
{{- range $key, $_ := .Values.podLabels -}}
{{- if has $key (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart") -}}
{{- fail (printf "\n\npodLabels.%s: the chart sets it" $key) -}}
{{- end -}}
{{- end -}}
{{- range $key, $_ := .Values.config -}}
{{- if has $key (list "issuers" "callers" "tls" "insecure_allow_plaintext" "insecure_allow_anonymous_callers") -}}
{{- fail (printf "\n\nconfig.%s: set `%s` instead, not under config" $key $key) -}}
{{- else if has $key (list "listen" "metrics") -}}
{{- fail (printf "\n\nconfig.%s: the chart sets it, because the Service and the probes must agree with its port; set `listenAddress` for the address" $key) -}}
{{- else if has $key (list "shutdown_delay" "shutdown_grace") -}}
{{- fail (printf "\n\nconfig.%s: the chart sets it, because the grace period of the pod must agree with it; set `shutdownDelaySeconds` and `shutdownGraceSeconds`" $key) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.files "usher.yaml" -}}
{{- fail "\n\nfiles: the chart generates usher.yaml from issuers, callers and config" -}}
{{- end -}}
{{- end }}
