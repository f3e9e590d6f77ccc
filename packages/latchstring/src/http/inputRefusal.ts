/** Why the input of a request is not taken: what the client is told, without an echo of what it sent. */
export class InputRefusal {
  readonly kind = 'refused'
  readonly status: 400 | 408 | 413 | 415
  readonly code: InputRefusalCode
  readonly message: string

  constructor(status: InputRefusal['status'], code: InputRefusalCode, message: string) {
    this.status = status
    this.code = code
    this.message = message
  }
}

export type InputRefusalCode =
  | 'invalid_body'
  | 'payload_too_large'
  | 'request_timeout'
  | 'unsupported_media_type'
