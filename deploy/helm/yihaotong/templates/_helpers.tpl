{{/* What runs: the same processes, commands and ports as docker-compose.yml; tests/unit/test_chart.py compares. `to` is
whom a process talks to besides PostgreSQL and Valkey, `kinds` are the jobs whose age scales it. */}}
{{- define "yihaotong.processes" -}}
intake-public:
  command: [python, -m, granian, --interface, wsgi, --host, 0.0.0.0, --respawn-failed-workers, --no-access-log, --workers-kill-timeout, "5", --respawn-interval, "10", --blocking-threads, "32", --port, "8000", --workers, "2", "intake.wsgi:public"]
  port: 8000
  to: [outside, traces]
intake-staff:
  command: [python, -m, granian, --interface, wsgi, --host, 0.0.0.0, --respawn-failed-workers, --no-access-log, --workers-kill-timeout, "5", --respawn-interval, "10", --blocking-threads, "32", --port, "8001", --workers, "1", "intake.wsgi:staff"]
  port: 8001
  to: [outside, traces]
stream:
  command: [python, -m, gunicorn, -k, gevent, -w, "1", --no-control-socket, --graceful-timeout, "3", -b, "0.0.0.0:8002", "intake.stream:app"]
  port: 8002
  to: []
router:
  command: [python, -m, celery, -A, router.app, worker, -P, prefork, -c, "1", --without-gossip, --without-mingle, --without-heartbeat, -Q, router, -n, "router@%h"]
  service: router
  kinds: [route]
  to: [traces]
router-watch:
  command: [python, -m, router.watch]
  service: router
  to: [traces]
worker:
  command: [python, -m, celery, -A, worker.app, worker, -P, prefork, -c, "1", --without-gossip, --without-mingle, --without-heartbeat, -Q, worker, -n, "worker@%h"]
  service: worker
  kinds: [warn, overdue, red, notify, recount, tidy, scan]
  to: [outside, mail, scanner, traces]
worker-watch:
  command: [python, -m, worker.watch]
  service: worker
  to: [outside, mail, scanner, traces]
sender:
  command: [python, -m, worker.sender]
  service: sender
  kinds: [text, hook]
  to: [outside, traces]
{{- end }}

{{- define "yihaotong.labels" -}}
app.kubernetes.io/name: yihaotong
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "yihaotong.meta" -}}
{{ include "yihaotong.labels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "yihaotong.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Addresses without passwords: the entry point puts those of the mounted files into them. */}}
{{- define "yihaotong.database" -}}
{{- $at := .root.Values.database -}}
postgresql://{{ .user }}@{{ required "database.host is needed" $at.host }}:{{ $at.port }}/{{ $at.name }}{{ with $at.options }}?{{ . }}{{ end }}
{{- end }}

{{- define "yihaotong.env" -}}
- { name: DATABASE_URL, value: {{ include "yihaotong.database" (dict "root" . "user" .Values.database.user) | quote }} }
- { name: DATABASE_PASSWORD_FILE, value: /run/secrets/app_password }
- { name: REDIS_URL, value: "redis{{ if .Values.valkey.tls }}s{{ end }}://{{ required "valkey.host is needed" .Values.valkey.host }}:{{ .Values.valkey.port }}/0" }
- { name: REDIS_PASSWORD_FILE, value: /run/secrets/valkey_password }
- { name: HOTLINE_SECRET_FILE, value: /run/secrets/master_secret }
- { name: HOTLINE_CALL_SECRETS_FILE, value: /run/secrets/call_secrets }
- { name: HOTLINE_SMS_FILE, value: /run/secrets/sms_accounts }
- { name: SMTP_PASSWORD_FILE, value: /run/secrets/smtp_password }
- { name: HOTLINE_OIDC_SECRET_FILE, value: /run/secrets/oidc_secret }
- { name: HOTLINE_OIDC_GROUPS_FILE, value: /run/secrets/oidc_groups }
- { name: PUBLIC_URL, value: {{ .Values.urls.public | quote }} }
- { name: STAFF_URL, value: {{ .Values.urls.staff | quote }} }
- { name: STREAM_URL, value: {{ .Values.urls.stream | quote }} }
- { name: HOTLINE_FILES_URL, value: {{ .Values.files.url | quote }} }
- { name: HOTLINE_METRICS_PORT, value: "9464" }
{{- range $name, $value := .Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- with .Values.files.credentialsSecret }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- { name: {{ . }}, valueFrom: { secretKeyRef: { name: {{ $.Values.files.credentialsSecret }}, key: {{ . }} } } }
{{- end }}
{{- end }}
{{- end }}

{{/* What every pod has: no rights, nothing writable but /tmp and the files. `more` are secrets beside those of all. */}}
{{- define "yihaotong.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - { name: tmp, emptyDir: { medium: Memory, sizeLimit: 256Mi } }
  - name: secrets
    secret:
      secretName: {{ .root.Values.secretName }}
      defaultMode: 0440
      items:
        {{- range concat (list "app_password" "valkey_password" "master_secret" "call_secrets" "sms_accounts" "smtp_password" "oidc_secret" "oidc_groups") .more }}
        - { key: {{ . }}, path: {{ . }} }
        {{- end }}
{{- if .root.Values.files.existingClaim }}
  - { name: files, persistentVolumeClaim: { claimName: {{ .root.Values.files.existingClaim }} } }
{{- else if hasPrefix "file:" .root.Values.files.url }}
{{- fail "files.existingClaim is needed with files.url file://…, or choose a bucket: s3://…" }}
{{- end }}
{{- end }}

{{- define "yihaotong.container" -}}
image: {{ include "yihaotong.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  - { name: secrets, mountPath: /run/secrets, readOnly: true }
{{- if .Values.files.existingClaim }}
  - { name: files, mountPath: /files }
{{- end }}
{{- end }}
