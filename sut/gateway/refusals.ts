import { textOf } from '#lib/errors.ts'
import { Problem, problems, type ProblemCode } from '#sut/contracts/problems.ts'

export interface Refusal {
  code: ProblemCode
  status: number
  message: string
}

interface FrameworkError {
  code?: string
  statusCode?: number
  message: string
  validation?: { instancePath?: string; message?: string }[]
  validationContext?: string
}

/** What the HTTP library refuses by itself has the statuses of our own refusals, and no other. */
const ofFramework: Record<number, ProblemCode> = { 413: 'body_too_large', 415: 'unsupported_media_type' }

/** What a client is told about anything that was thrown; what is our own fault stays with us. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Problem && error.code !== 'internal')
    return { code: error.code, status: problems[error.code].status, message: error.message }
  const framework = error as FrameworkError
  if (framework.validation !== undefined) {
    const place = framework.validationContext ?? 'request'
    const texts = framework.validation.map(
      ({ instancePath, message }) => `${place}${instancePath ?? ''} ${message ?? ''}`,
    )
    return { code: 'malformed', status: problems.malformed.status, message: texts.join('; ') }
  }
  const status = framework.statusCode ?? 500
  if (!(error instanceof Problem) && status >= 400 && status < 500) {
    const code = ofFramework[status] ?? 'malformed'
    return { code, status: problems[code].status, message: textOf(error) }
  }
  return { code: 'internal', status: problems.internal.status, message: 'something went wrong on our side' }
}
