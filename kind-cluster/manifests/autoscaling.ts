import type { Region, ScalingSignal, ServiceDescriptor, SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Manifest } from './manifest.ts'
import { labels, ports } from './names.ts'
import type { ManifestRequest } from './request.ts'

// A service with bounds is scaled by the HPA on each signal of its descriptor. KEDA reads those that Kubernetes does not know from
// the pods' metrics pages. What adds up is divided by the target, as CPU is:    replicas = ceil(sum over ready pods / target)
// a latency does not add up, so its ratio counts:                      replicas = ceil(replicas × mean over ready pods / target)
export const autoscaledServices = ({ services }: SystemDescriptor): ServiceDescriptor[] =>
  services.filter(({ scaling }) => scaling !== undefined)

export function scaledObjects(request: ManifestRequest, service: ServiceDescriptor): Manifest[] {
  return request.descriptor.regions.map((region) => scaledObject(request, service, region))
}

function scaledObject(request: ManifestRequest, service: ServiceDescriptor, region: Region): Manifest {
  const { system, settings } = request
  const { scaling } = service
  if (scaling === undefined) throw new Error(`${service.name} has no bounds`)
  const name = `${service.name}-${region}`
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, labels: labels(system, service.name, region) },
    spec: {
      scaleTargetRef: { name },
      minReplicaCount: scaling.min,
      maxReplicaCount: scaling.max,
      pollingInterval: settings.keda_polling_s,
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: {
            scaleUp: {
              stabilizationWindowSeconds: settings.hpa_scale_up_stabilization_s,
              policies: policies(
                settings.hpa_scale_up_pods_max,
                settings.hpa_scale_up_percent_max,
                settings.hpa_scale_period_s,
              ),
            },
            scaleDown: {
              stabilizationWindowSeconds: settings.hpa_scale_down_stabilization_s,
              policies: [{ type: 'Percent', value: 100, periodSeconds: settings.hpa_scale_period_s }],
            },
          },
        },
      },
      triggers: scaling.signals.map((signal) => trigger(signal, settings.cpu_request_percent, `${name}.${system}.svc`)),
    },
  }
}

const policies = (pods: number, percent: number, periodSeconds: number): object[] => [
  { type: 'Pods', value: pods, periodSeconds },
  { type: 'Percent', value: percent, periodSeconds },
]

const series = {
  requests_per_s: { name: 'load_requests_per_second', metricType: 'AverageValue', aggregationType: 'sum' },
  queue_depth: { name: 'load_queue_depth', metricType: 'AverageValue', aggregationType: 'sum' },
  latency_p95_ms: { name: 'load_latency_p95_milliseconds', metricType: 'Value', aggregationType: 'average' },
} as const

/** `request_percent`: what part of the descriptor's CPU request a pod asks for, and so what per cent of it means. */
function trigger({ signal, target }: ScalingSignal, request_percent: number, host: string): object {
  if (signal === 'cpu_percent') {
    const value = Math.round((target * 100) / request_percent)
    return { type: 'cpu', metricType: 'Utilization', metadata: { value: String(value) } }
  }
  const { name, metricType, aggregationType } = series[signal]
  return {
    type: 'metrics-api',
    metricType,
    // The autoscaler asks as often as KEDA polls: it need not have every page read once more.
    useCachedMetrics: true,
    metadata: {
      url: `http://${host}:${ports.operations}/metrics`,
      format: 'prometheus',
      valueLocation: name,
      targetValue: String(target),
      aggregateFromKubeServiceEndpoints: 'true',
      aggregationType,
    },
  }
}
