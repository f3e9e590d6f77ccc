import type { MailTexts, OccasionWords } from './types.ts'

const NOTHING_TO_DO = 'Si has sido tú, no tienes que hacer nada.'

export const es: MailTexts = {
  verify_email: {
    subject: ({ appName }) => `Confirma tu dirección de correo para ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      'Abre este enlace para confirmar que esta dirección de correo es tuya:',
      link,
      works(validFor),
      `Si no te has registrado en ${appName}, puedes ignorar este mensaje.`,
    ],
  },
  address_taken: {
    subject: ({ appName }) => `Ya tienes una cuenta en ${appName}`,
    paragraphs: ({ appName, link }) => [
      `Alguien ha intentado registrarse en ${appName} con esta dirección de correo, que ya tiene una cuenta.`,
      'Si has sido tú, inicia sesión aquí. Si has olvidado tu contraseña, allí puedes elegir una nueva:',
      link,
      'Si no has sido tú, puedes ignorar este mensaje. No ha cambiado nada.',
    ],
  },
  reset_password: {
    subject: ({ appName }) => `Elige una nueva contraseña para ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Aquí puedes elegir una nueva contraseña para tu cuenta de ${appName}:`,
      link,
      `El enlace se puede usar una sola vez y es válido durante ${validFor}.`,
      'Si no lo has pedido tú, puedes ignorar este mensaje. Mientras no se use el enlace, no cambia nada.',
    ],
  },
  confirm_email: {
    subject: ({ appName }) => `Confirma tu nueva dirección de correo para ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Abre este enlace para usar esta dirección de correo en tu cuenta de ${appName}:`,
      link,
      `${works(validFor)} Hasta que lo abras, tu cuenta conserva la dirección anterior.`,
      'Si no lo has pedido tú, puedes ignorar este mensaje.',
    ],
  },
  email_change_requested: {
    subject: ({ appName }) => `Nueva dirección de correo para tu cuenta de ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Alguien ha pedido usar otra dirección de correo en tu cuenta de ${appName}.`,
      'Si has sido tú, no tienes que hacer nada aquí: hemos enviado un enlace a la nueva dirección.',
      'Si no has sido tú, abre este enlace para impedir el cambio y proteger tu cuenta:',
      link,
      works(validFor),
    ],
  },
  email_changed: {
    subject: ({ appName }) => `Se ha cambiado la dirección de correo de tu cuenta de ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Tu cuenta de ${appName} usa ahora otra dirección de correo.`,
      NOTHING_TO_DO,
      'Si no has sido tú, abre este enlace para recuperar tu cuenta:',
      link,
      works(validFor),
    ],
  },
  password_changed: {
    subject: ({ appName }) => `Se ha cambiado tu contraseña de ${appName}`,
    paragraphs: (words) => [
      `Se ha cambiado la contraseña de tu cuenta de ${words.appName}.`,
      ...occasion(words),
    ],
  },
  new_device: {
    subject: ({ appName }) => `Nuevo inicio de sesión en tu cuenta de ${appName}`,
    paragraphs: (words) => [
      `Alguien ha iniciado sesión en tu cuenta de ${words.appName} desde un dispositivo nuevo.`,
      ...occasion(words),
    ],
  },
  account_deleted: {
    subject: ({ appName }) => `Se ha eliminado tu cuenta de ${appName}`,
    paragraphs: ({ appName }) => [
      `Se ha eliminado tu cuenta de ${appName} y se ha cerrado la sesión en todos tus dispositivos.`,
      `Si no has sido tú, ponte en contacto con ${appName}.`,
    ],
  },
}

function works(validFor: string): string {
  return `El enlace es válido durante ${validFor}.`
}

function occasion({ device, address, time, link, validFor }: OccasionWords): readonly string[] {
  const lines = [
    `Dispositivo: ${device}`,
    address === null ? [] : `Dirección IP: ${address}`,
    `Fecha y hora: ${time}`,
  ]
  return [
    lines.flat().join('\n'),
    NOTHING_TO_DO,
    'Si no has sido tú, abre este enlace. Allí puedes cerrar la sesión en todos los dispositivos y elegir una nueva contraseña:',
    link,
    works(validFor),
  ]
}
