/** The node image that kind 0.33.0 is made for and takes by itself. */
export const officialNodeImage =
  'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5'
