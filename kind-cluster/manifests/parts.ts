import { type ServiceDescriptor, services } from '#sut/contracts/descriptor.ts'
import { type Caller, callersIn } from '#sut/contracts/topology.ts'
import { ports } from './names.ts'

/** What runs in a pod of a service: the service, or each that it hosts. */
export interface Part extends Caller {
  operations_port: number
}

/** A pod is asked at the operations port that all pods have; a host's others come after that of the gateway, which is the first service. */
export const partsOf = (service: ServiceDescriptor): Part[] =>
  callersIn({ services: [service] }).map((caller) => ({
    ...caller,
    operations_port: ports.operations + (service.hosts === undefined ? 0 : services.indexOf(caller.name)),
  }))

/** Players are sent to its pods. */
export const isDoor = (service: ServiceDescriptor): boolean => partsOf(service).some(({ name }) => name === 'gateway')
