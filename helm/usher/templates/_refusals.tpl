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
{{- range $key, $_ := .Values.config -}}
{{- if has $key (list "issuers" "callers" "tls" "insecure_allow_plaintext" "insecure_allow_anonymous_callers") -}}
{{- fail (printf "\n\nconfig.%s: set `%s` instead, not under config" $key $key) -}}
{{- else if has $key (list "listen" "metrics" "shutdown_delay" "shutdown_grace") -}}
{{- fail (printf "\n\nconfig.%s: the chart sets it, because the Service, the probes and the grace period of the pod must agree with it" $key) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.files "usher.yaml" -}}
{{- fail "\n\nfiles: the chart generates usher.yaml from issuers, callers and config" -}}
{{- end -}}
{{- end }}
