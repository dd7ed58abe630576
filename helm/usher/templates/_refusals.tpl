{{- /* What would be unsafe, or not start, is refused before it is rendered. */ -}}
{{- define "usher.refusals" -}}
{{- if not .Values.issuers -}}
{{- fail "\n\nissuers: name at least one whose tokens are taken, such as\n  --set 'issuers[0].name=corp,issuers[0].issuer=https://login.example.com,issuers[0].audiences={orders}'" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext .Values.tls.secretName -}}
{{- fail "\n\ninsecure_allow_plaintext: contradicts tls.secretName; say one of them" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext .Values.callers -}}
{{- fail "\n\ninsecure_allow_plaintext: callers are told by their certificates, which plaintext has not; drop callers, or use TLS" -}}
{{- end -}}
{{- if and .Values.insecure_allow_plaintext (not .Values.insecure_allow_anonymous_callers) -}}
{{- fail "\n\ninsecure_allow_plaintext: without TLS nobody knows who asks; whoever can reach the Service could ask about any token. Say that too, insecure_allow_anonymous_callers=true, or use TLS" -}}
{{- end -}}
{{- if and .Values.tls.secretName (not .Values.callers) (not .Values.insecure_allow_anonymous_callers) -}}
{{- fail "\n\ncallers: with tls.secretName, say which certificates may ask, and about which audiences (or, loudly, insecure_allow_anonymous_callers=true)" -}}
{{- end -}}
{{- range $key, $_ := .Values.config -}}
{{- if has $key (list "issuers" "callers" "tls" "insecure_allow_plaintext" "insecure_allow_anonymous_callers") -}}
{{- fail (printf "\n\nconfig.%s: say it as `%s`, not under config" $key $key) -}}
{{- else if has $key (list "listen" "metrics" "shutdown_delay" "shutdown_grace") -}}
{{- fail (printf "\n\nconfig.%s: the chart sets it, because Service, probes and the pod's grace period must agree with it" $key) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.files "usher.yaml" -}}
{{- fail "\n\nfiles: usher.yaml is made by the chart from issuers, callers and config" -}}
{{- end -}}
{{- end }}
