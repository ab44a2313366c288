{{/* What names begin with: so short that those of StatefulSets have room (52 characters). */}}
{{- define "svarsgrad.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 26 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 26 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 26 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What pods of a component are chosen by: dict root, component, instance (of several). */}}
{{- define "svarsgrad.selector" -}}
app.kubernetes.io/name: svarsgrad
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .instance }}
svarsgrad.se/source: {{ . }}
{{- end }}
{{- end -}}

{{- define "svarsgrad.labels" -}}
{{ include "svarsgrad.selector" . }}
app.kubernetes.io/part-of: svarsgrad
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "svarsgrad.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The ConfigMap with the catalogue. Ours is called by what is in it, and never changed. */}}
{{- define "svarsgrad.catalogue" -}}
{{- $catalogue := .Values.catalogue -}}
{{- if $catalogue.existingConfigMap -}}
{{ $catalogue.existingConfigMap }}
{{- else -}}
{{ include "svarsgrad.name" . }}-catalogue-{{ sha256sum $catalogue.content | trunc 10 }}
{{- end -}}
{{- end -}}

{{- define "svarsgrad.catalogueKey" -}}
{{ empty .Values.catalogue.existingConfigMap | ternary "katalog.yaml" .Values.catalogue.key }}
{{- end -}}

{{/* The claim of a volume: dict root, storage, name. */}}
{{- define "svarsgrad.claim" -}}
{{ .storage.existingClaim | default (printf "%s-%s" (include "svarsgrad.name" .root) .name) }}
{{- end -}}

{{- define "svarsgrad.kafkaUser" -}}
{{ (get .root.Values.kafka.users .role).user | default (printf "svarsgrad-%s" .role) }}
{{- end -}}

{{- define "svarsgrad.kafkaSecret" -}}
{{ (get .root.Values.kafka.users .role).secret | default (include "svarsgrad.kafkaUser" .) }}
{{- end -}}

{{- define "svarsgrad.rejectedTopic" -}}
{{ .Values.kafka.rejectedTopic | default (printf "%s.rejected" .Values.kafka.topics) }}
{{- end -}}

{{/*
What a pod knows of Kafka. Fills in env (name → value) and secrets (folder → Secret).
dict root, role, env, secrets.
*/}}
{{- define "svarsgrad.kafka" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $folder := "/run/secrets/svarsgrad" -}}
{{- $_ := set .env "SVARSGRAD_KAFKA" $kafka.bootstrap -}}
{{- $_ := set .env "SVARSGRAD_TOPICS" $kafka.topics -}}
{{- if and .root.Values.writeAs (has .role (list "follower" "mail" "intake" "keep-open")) -}}
{{- $_ := set .env "SVARSGRAD_WRITE_AS" .root.Values.writeAs -}}
{{- end -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_PROTOCOL" $kafka.protocol -}}
{{- if and (hasSuffix "SSL" $kafka.protocol) $kafka.ca.secret -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_CA_FILE" (printf "%s/kafka-ca/%s" $folder $kafka.ca.key) -}}
{{- $_ := set .secrets "kafka-ca" $kafka.ca.secret -}}
{{- end -}}
{{- if hasPrefix "SASL_" $kafka.protocol -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_MECHANISM" $kafka.mechanism -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_USER" (include "svarsgrad.kafkaUser" .) -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_PASSWORD_FILE" (printf "%s/kafka/%s" $folder $kafka.secretKeys.password) -}}
{{- $_ := set .secrets "kafka" (include "svarsgrad.kafkaSecret" .) -}}
{{- else if eq $kafka.protocol "SSL" -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_CERT_FILE" (printf "%s/kafka/%s" $folder $kafka.secretKeys.certificate) -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_KEY_FILE" (printf "%s/kafka/%s" $folder $kafka.secretKeys.key) -}}
{{- $_ := set .secrets "kafka" (include "svarsgrad.kafkaSecret" .) -}}
{{- end -}}
{{- if eq $kafka.protocol "SASL_PLAINTEXT" -}}
{{- $_ := set .env "SVARSGRAD_KAFKA_ALLOW_CLEARTEXT" ($kafka.allowCleartext | ternary "yes" "no") -}}
{{- end -}}
{{- end -}}

{{/* What a pod with endpoints knows of TLS and tokens there. dict root, env, secrets. */}}
{{- define "svarsgrad.endpoints" -}}
{{- $its := .root.Values.endpoints -}}
{{- $folder := "/run/secrets/svarsgrad" -}}
{{- if $its.tlsSecret -}}
{{- $_ := set .env "SVARSGRAD_LISTEN_CERT_FILE" (printf "%s/endpoints/tls.crt" $folder) -}}
{{- $_ := set .env "SVARSGRAD_LISTEN_KEY_FILE" (printf "%s/endpoints/tls.key" $folder) -}}
{{- $_ := set .secrets "endpoints" $its.tlsSecret -}}
{{- else -}}
{{- $_ := set .env "SVARSGRAD_LISTEN_ALLOW_CLEARTEXT" "yes" -}}
{{- end -}}
{{- if $its.tokenSecret -}}
{{- $_ := set .env "SVARSGRAD_LISTEN_TOKEN_FILE" (printf "%s/endpoints-token/%s" $folder $its.tokenKey) -}}
{{- $_ := set .secrets "endpoints-token" $its.tokenSecret -}}
{{- end -}}
{{- end -}}

{{/* What a pod knows of the archive's database. dict root, env, secrets. */}}
{{- define "svarsgrad.database" -}}
{{- $its := .root.Values.archive.database -}}
{{- $folder := "/run/secrets/svarsgrad" -}}
{{- $_ := set .env "SVARSGRAD_DATABASE" ($its.url | default "/var/lib/svarsgrad/arkiv.db") -}}
{{- if $its.url -}}
{{- $_ := set .env "PGSSLMODE" $its.sslMode -}}
{{- if $its.passwordSecret -}}
{{- $_ := set .env "SVARSGRAD_DATABASE_PASSWORD_FILE" (printf "%s/database/%s" $folder $its.passwordKey) -}}
{{- $_ := set .secrets "database" $its.passwordSecret -}}
{{- end -}}
{{- if $its.caSecret -}}
{{- $_ := set .env "PGSSLROOTCERT" (printf "%s/database-ca/%s" $folder $its.caKey) -}}
{{- $_ := set .secrets "database-ca" $its.caSecret -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The claim of the archive's file; nothing if it is in PostgreSQL. */}}
{{- define "svarsgrad.archiveClaim" -}}
{{- if not .Values.archive.database.url -}}
{{ include "svarsgrad.claim" (dict "root" . "storage" .Values.archive.storage "name" "archive") }}
{{- end -}}
{{- end -}}

{{/* Whom a pod that reads the archive's file stands beside: a volume is of one node. */}}
{{- define "svarsgrad.besideArchive" -}}
{{- if not .Values.archive.database.url -}}
podAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels:
          {{- include "svarsgrad.selector" (dict "root" . "component" "archive") | nindent 10 }}
{{- end -}}
{{- end -}}

{{/* The port that is shown in kafka.bootstrap, of each broker there, and those told beside. */}}
{{- define "svarsgrad.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," .Values.kafka.bootstrap -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | int) -}}
{{- end -}}
{{- range .Values.networkPolicy.kafkaPorts -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
