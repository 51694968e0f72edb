import { expect, test } from 'vitest'
import { versions } from '../offline/versions.ts'
import { kedaKustomization, metricsServer } from './addons.ts'

interface Kustomization {
  images: { name: string; newName: string; newTag: string }[]
  patches: { patch: string }[]
}

test('offline every image is one that the nodes bring, else the official one of the same version', () => {
  const offline = kedaKustomization({ offline: true }) as Kustomization
  expect(offline.images).toEqual([
    {
      name: 'ghcr.io/kedacore/keda-metrics-apiserver',
      newName: 'localhost/slot-chaos-keda-adapter',
      newTag: versions.keda,
    },
    { name: 'ghcr.io/kedacore/keda', newName: 'localhost/slot-chaos-keda', newTag: versions.keda },
  ])
  const official = kedaKustomization({ offline: false }) as Kustomization
  expect(official.images.map(({ name, newName, newTag }) => [name === newName, newTag])).toEqual([
    [true, versions.keda],
    [true, versions.keda],
  ])
  expect(JSON.stringify(metricsServer({ offline: true }))).toContain('localhost/slot-chaos-metrics-server:')
  expect(JSON.stringify(metricsServer({ offline: false }))).toContain('registry.k8s.io/metrics-server/metrics-server:v')
})

test('our images start with their entry point, official ones with the command of the manifest', () => {
  const removal = '{"op":"remove","path":"/spec/template/spec/containers/0/command"}'
  expect((kedaKustomization({ offline: true }) as Kustomization).patches[0]?.patch).toContain(removal)
  expect((kedaKustomization({ offline: false }) as Kustomization).patches[0]?.patch).not.toContain(removal)
})

test('what acts on a lost region does not stand in it', () => {
  const { patches } = kedaKustomization({ offline: true }) as Kustomization
  expect(patches[0]?.patch).toContain('node-role.kubernetes.io/control-plane')
  expect(JSON.stringify(metricsServer({ offline: true }))).toContain('node-role.kubernetes.io/control-plane')
})
