import { type Manifest } from '#kind-cluster/manifests/manifest.ts'
import type { applyOrder } from '#kind-cluster/manifests/manifests.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { type Api, ApiRefused } from './access/api.ts'

type Kind = (typeof applyOrder)[number]
const plurals: Record<Kind, string> = {
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  NetworkPolicy: 'networkpolicies',
  PodDisruptionBudget: 'poddisruptionbudgets',
  Secret: 'secrets',
  Service: 'services',
  StatefulSet: 'statefulsets',
  Deployment: 'deployments',
  ScaledObject: 'scaledobjects',
}

/** Where an object of the API is: /apis/apps/v1/namespaces/slot-1/deployments/wallet-a */
export function pathOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`
  const plural = Object.hasOwn(plurals, kind) ? plurals[kind as Kind] : `${kind.toLowerCase()}s`
  return `${group}${place}/${plural}/${name}`
}

/**
 * Applies them on the server's side, kind by kind in the order in which they come. A field that its schema does not know is refused.
 * Throws CLUSTER_FORBIDDEN, or SYSTEM_START_FAILED with the name of the object that is refused.
 */
export async function applyAll(
  api: Pick<Api, 'call'>,
  manifests: readonly Manifest[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const query = 'fieldManager=slot-chaos&force=true&fieldValidation=Strict'
  const apply = async (manifest: Manifest): Promise<void> => {
    const what = `${manifest.kind} ${manifest.metadata.name}`
    try {
      await api.call('PATCH', `${pathOf(manifest)}?${query}`, {
        patch: 'apply',
        body: manifest,
        ...(signal !== undefined && { signal }),
      })
    } catch (error) {
      if (!(error instanceof ApiRefused)) throw error
      const code = error.status === 403 ? 'CLUSTER_FORBIDDEN' : 'SYSTEM_START_FAILED'
      throw new Failure(code, `${what} was refused: ${textOf(error)}`, { cause: error })
    }
  }
  for (const [, same] of Map.groupBy(manifests, ({ kind }) => kind)) await Promise.all(same.map(apply))
}
