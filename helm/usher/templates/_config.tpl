{{- /* usher.yaml. */ -}}
{{- define "usher.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "listen" (printf "%s:9443" (.Values.listenAddress | default "[::]")) -}}
{{- $_ := set $config "metrics" (dict "listen" (printf "%s:9464" (.Values.listenAddress | default "[::]"))) -}}
{{- $_ := set $config "shutdown_delay" (printf "%vs" .Values.shutdownDelaySeconds) -}}
{{- $_ := set $config "shutdown_grace" (printf "%vs" .Values.shutdownGraceSeconds) -}}
{{- $_ := set $config "issuers" .Values.issuers -}}
{{- if .Values.insecure_allow_plaintext -}}
{{- $_ := set $config "insecure_allow_plaintext" true -}}
{{- else -}}
{{- $tls := dict
      "certificate" "/etc/usher-tls/tls.crt"
      "private_key" "/etc/usher-tls/tls.key" -}}
{{- /* Where no caller is identified, a Secret without ca.crt will do. */ -}}
{{- if or .Values.callers (not .Values.insecure_allow_anonymous_callers) -}}
{{- $_ := set $tls "client_ca" "/etc/usher-tls/ca.crt" -}}
{{- end -}}
{{- $_ := set $config "tls" $tls -}}
{{- end -}}
{{- if .Values.insecure_allow_anonymous_callers -}}
{{- $_ := set $config "insecure_allow_anonymous_callers" true -}}
{{- end -}}
{{- if .Values.callers -}}
{{- $_ := set $config "callers" .Values.callers -}}
{{- else if and (include "usher.generates" .) (not .Values.insecure_allow_anonymous_callers) -}}
{{- $audiences := list -}}
{{- range .Values.issuers }}{{ $audiences = concat $audiences (default list .audiences) }}{{ end -}}
{{- $_ := set $config "callers" (list (dict
      "name" "client"
      "certificate" (printf "%s-client" (include "usher.fullname" .))
      "audiences" (uniq $audiences))) -}}
{{- end -}}
{{ toYaml $config }}
{{- end }}
