import type { Region, ScalingSignal, ServiceDescriptor, SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Manifest } from './manifest.ts'
import { labels, ports } from './names.ts'
import type { ManifestRequest } from './request.ts'

// A service with bounds is scaled by the HPA on each signal of its descriptor. KEDA reads those that Kubernetes does not know from
// the pods' metrics pages; the HPA divides the sum over ready pods by the target, as it does with CPU.
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
      triggers: scaling.signals.map((signal) =>
        trigger(signal, scaling.cpu_request_millicores, `${name}.${system}.svc`),
      ),
    },
  }
}

const policies = (pods: number, percent: number, periodSeconds: number): object[] => [
  { type: 'Pods', value: pods, periodSeconds },
  { type: 'Percent', value: percent, periodSeconds },
]

const series = { requests_per_s: 'load_requests_per_second', queue_depth: 'load_queue_depth' } as const

/** Per cent are of the descriptor's request, whatever share of it the pods ask for here. */
function trigger({ signal, target }: ScalingSignal, request_millicores: number, host: string): object {
  if (signal === 'cpu_percent') {
    const value = `${Math.round((target * request_millicores) / 100)}m`
    return { type: 'cpu', metricType: 'AverageValue', metadata: { value } }
  }
  return {
    type: 'metrics-api',
    metricType: 'AverageValue',
    metadata: {
      url: `http://${host}:${ports.operations}/metrics`,
      format: 'prometheus',
      valueLocation: series[signal],
      targetValue: String(target),
      aggregateFromKubeServiceEndpoints: 'true',
      aggregationType: 'sum',
    },
  }
}
