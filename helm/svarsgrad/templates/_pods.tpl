{{/*
The whole of a pod. dict:
  root, component, instance
  args        what svarsgrad is told; or command, the whole
  env         name → value
  secrets     folder below /run/secrets/svarsgrad → Secret
  catalogue   whether it is mounted; catalogueMap another ConfigMap than the usual one
  claims      folder → {claim, readOnly}
  ownClaim    folder of the StatefulSet's own volume
  port        {name, number} of what it listens on; ports more of them
  probe       {port, scheme} of /healthz and /readyz
  seconds     what it may take to end
  resources, affinity, spread, restart
*/}}
{{- define "svarsgrad.pod" -}}
{{- $root := .root -}}
metadata:
  # No version of the chart: it would start all anew.
  labels:
    {{- include "svarsgrad.selector" . | nindent 4 }}
    app.kubernetes.io/part-of: svarsgrad
    {{- with $root.Values.pods.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if .metrics }}
    svarsgrad.se/metrics: "true"
    {{- end }}
  {{- with $root.Values.pods.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ $root.Values.pods.serviceAccountName }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .restart }}
  restartPolicy: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .seconds | default 30 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # Once for each volume: it would give the group rights to keys, which are then refused.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $root.Values.pods.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $root.Values.pods.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.pods.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .affinity }}
  affinity:
    {{- . | nindent 4 }}
  {{- end }}
  {{- if .spread }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "svarsgrad.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "svarsgrad.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      workingDir: /tmp
      {{- with .command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        - name: HOME
          value: /tmp
        {{- range $name, $value := .env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      {{- with .ports }}
      ports:
        {{- range $name, $number := . }}
        - name: {{ $name }}
          containerPort: {{ $number }}
        {{- end }}
      {{- end }}
      {{- with .probe }}
      startupProbe:
        httpGet: {path: /healthz, port: {{ .port }}, scheme: {{ .scheme }}}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: {{ .port }}, scheme: {{ .scheme }}}
        periodSeconds: 20
        timeoutSeconds: 15
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: {{ .ready | default "/readyz" }}, port: {{ .port }}, scheme: {{ .scheme }}}
        periodSeconds: 5
        timeoutSeconds: 5
      {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if .catalogue }}
        - name: catalogue
          mountPath: /etc/svarsgrad/catalogue
          readOnly: true
        {{- end }}
        {{- range $folder, $_ := .secrets }}
        - name: secret-{{ $folder }}
          mountPath: /run/secrets/svarsgrad/{{ $folder }}
          readOnly: true
        {{- end }}
        {{- range $name, $its := .claims }}
        - name: {{ $name }}
          mountPath: {{ $its.folder }}
          {{- if $its.readOnly }}
          readOnly: true
          {{- end }}
        {{- end }}
        {{- with .ownClaim }}
        - name: state
          mountPath: {{ . }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: {{ .tmp | default "64Mi" }}
    {{- if .catalogue }}
    - name: catalogue
      projected:
        defaultMode: 0444
        sources:
          - configMap:
              name: {{ .catalogueMap | default (include "svarsgrad.catalogue" $root) }}
              items:
                - key: {{ include "svarsgrad.catalogueKey" $root }}
                  path: katalog.yaml
          {{- with $root.Values.catalogue.profilesConfigMap }}
          - configMap:
              name: {{ . }}
          {{- end }}
    {{- end }}
    {{- range $folder, $secret := .secrets }}
    - name: secret-{{ $folder }}
      secret:
        secretName: {{ $secret }}
        defaultMode: 0440
        optional: false
    {{- end }}
    {{- range $name, $its := .claims }}
    - name: {{ $name }}
      persistentVolumeClaim:
        claimName: {{ $its.claim }}
        {{- if $its.readOnly }}
        readOnly: true
        {{- end }}
    {{- end }}
{{- end -}}

{{/* A CronJob's name, as long as it may be: its Jobs have names with eleven signs more. */}}
{{- define "svarsgrad.cronJobName" -}}
{{ . | trunc 52 | trimSuffix "-" }}
{{- end -}}

{{/* A CronJob. dict as of svarsgrad.pod, and name, job (its values), deadline. */}}
{{- define "svarsgrad.cronJob" -}}
{{- $its := . -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ include "svarsgrad.cronJobName" .name }}
  labels:
    {{- include "svarsgrad.labels" . | nindent 4 }}
spec:
  schedule: {{ .job.schedule | quote }}
  timeZone: {{ .root.Values.jobs.timeZone }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 7200
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    metadata:
      labels:
        {{- include "svarsgrad.labels" . | nindent 8 }}
    spec:
      backoffLimit: {{ .retries }}
      activeDeadlineSeconds: 7200
      template:
        {{- include "svarsgrad.pod" (set $its "restart" "Never") | nindent 8 }}
{{- end -}}

{{/* A volume of our own, kept when the release goes. dict root, component, name, storage. */}}
{{- define "svarsgrad.volume" -}}
{{- if not .storage.existingClaim -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "svarsgrad.claim" . }}
  labels:
    {{- include "svarsgrad.labels" . | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storage.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .storage.size }}
{{- end -}}
{{- end -}}
