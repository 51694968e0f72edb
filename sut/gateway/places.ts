import { Problem } from '#sut/contracts/problems.ts'

// How much is worked on at once. A place is given back when the work on its request has ended: a client that stays connected holds
// none, and one that goes away frees none while the work still goes on.

export interface Place {
  /** A part of the work. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** No further part follows. Idempotent. */
  end(): void
}

export interface Places {
  /** Throws Problem unavailable. */
  take(): Place
}

export function places(in_flight_max: number): Places {
  let taken = 0
  return {
    take() {
      if (taken >= in_flight_max) throw new Problem('unavailable', 'too many requests are being served: try again')
      taken++
      let [working, ended, given_back] = [0, false, false]
      const settle = (): void => {
        if (!ended || working > 0 || given_back) return
        given_back = true
        taken--
      }
      return {
        async during(work) {
          working++
          try {
            return await work()
          } finally {
            working--
            settle()
          }
        },
        end() {
          ended = true
          settle()
        },
      }
    },
  }
}
