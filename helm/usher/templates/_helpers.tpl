{{- define "usher.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "usher.fullname" -}}
{{- $name := include "usher.name" . -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "usher.selector" -}}
app.kubernetes.io/name: {{ include "usher.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: usherd
{{- end }}

{{- define "usher.labels" -}}
{{ include "usher.commonLabels" . }}
app.kubernetes.io/component: usherd
{{- end }}

{{- define "usher.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "usher.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "usher.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "usher.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "usher.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* "yes" if the chart generates the certificates. */ -}}
{{- define "usher.generates" -}}
{{- if not (or .Values.insecure_allow_plaintext .Values.tls.secretName) }}yes{{ end }}
{{- end }}

{{- define "usher.tlsSecret" -}}
{{ default (printf "%s-tls" (include "usher.fullname" .)) .Values.tls.secretName }}
{{- end }}

{{- /* "yes" if this release has generated certificates, as far as the cluster tells. */ -}}
{{- define "usher.generated" -}}
{{- range list "tls" "client" -}}
{{- $live := lookup "v1" "Secret" $.Release.Namespace (printf "%s-%s" (include "usher.fullname" $) .) -}}
{{- if eq $.Release.Name (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $live) }}yes{{ end -}}
{{- end -}}
{{- end }}

{{- define "usher.clientSecret" -}}
{{- if include "usher.generates" . -}}
{{ include "usher.fullname" . }}-client
{{- else -}}
{{ .Values.tests.clientSecretName }}
{{- end }}
{{- end }}

{{- define "usher.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}
