import type { MailTexts, OccasionWords } from './types.ts'

const NOTHING_TO_DO = '如果是您本人操作，则无需处理。'

export const zh: MailTexts = {
  verify_email: {
    subject: ({ appName }) => `请确认您在 ${appName} 的邮箱地址`,
    paragraphs: ({ appName, link, validFor }) => [
      '请打开以下链接，确认此邮箱地址属于您：',
      link,
      works(validFor),
      `如果您没有注册 ${appName}，请忽略此邮件。`,
    ],
  },
  address_taken: {
    subject: ({ appName }) => `您已有 ${appName} 账号`,
    paragraphs: ({ appName, link }) => [
      `有人尝试用此邮箱地址注册 ${appName}，但该邮箱已有账号。`,
      '如果是您本人，请在此登录。如果忘记了密码，也可以在那里设置新密码：',
      link,
      '如果不是您本人，请忽略此邮件。您的账号没有任何变化。',
    ],
  },
  reset_password: {
    subject: ({ appName }) => `设置新的 ${appName} 密码`,
    paragraphs: ({ appName, link, validFor }) => [
      `您可以在此为您的 ${appName} 账号设置新密码：`,
      link,
      `链接只能使用一次，有效期为${validFor}。`,
      '如果您没有提出此请求，请忽略此邮件。只要链接未被使用，就不会有任何变化。',
    ],
  },
  confirm_email: {
    subject: ({ appName }) => `请确认您在 ${appName} 的新邮箱地址`,
    paragraphs: ({ appName, link, validFor }) => [
      `请打开以下链接，将此邮箱地址用于您的 ${appName} 账号：`,
      link,
      `${works(validFor)}在您确认之前，您的账号仍使用原邮箱地址。`,
      '如果您没有提出此请求，请忽略此邮件。',
    ],
  },
  email_change_requested: {
    subject: ({ appName }) => `您的 ${appName} 账号请求更换邮箱`,
    paragraphs: ({ appName, link, validFor }) => [
      `有人请求为您的 ${appName} 账号更换邮箱地址。`,
      '如果是您本人，则无需在此处理：我们已向新邮箱发送链接。',
      '如果不是您本人，请打开以下链接，阻止更换并保护您的账号：',
      link,
      works(validFor),
    ],
  },
  email_changed: {
    subject: ({ appName }) => `您的 ${appName} 账号邮箱已更换`,
    paragraphs: ({ appName, link, validFor }) => [
      `您的 ${appName} 账号现在使用另一个邮箱地址。`,
      NOTHING_TO_DO,
      '如果不是您本人操作，请打开以下链接找回您的账号：',
      link,
      works(validFor),
    ],
  },
  password_changed: {
    subject: ({ appName }) => `您的 ${appName} 密码已更改`,
    paragraphs: (words) => [`您的 ${words.appName} 账号密码已更改。`, ...occasion(words)],
  },
  new_device: {
    subject: ({ appName }) => `您的 ${appName} 账号有新的登录`,
    paragraphs: (words) => [`有人在一台新设备上登录了您的 ${words.appName} 账号。`, ...occasion(words)],
  },
  account_deleted: {
    subject: ({ appName }) => `您的 ${appName} 账号已删除`,
    paragraphs: ({ appName }) => [
      `您的 ${appName} 账号已删除，所有设备均已退出登录。`,
      `如果不是您本人操作，请联系 ${appName}。`,
    ],
  },
}

function works(validFor: string): string {
  return `链接有效期为${validFor}。`
}

function occasion({ device, address, time, link, validFor }: OccasionWords): readonly string[] {
  const lines = [`设备：${device}`, address === null ? [] : `IP 地址：${address}`, `时间：${time}`]
  return [
    lines.flat().join('\n'),
    NOTHING_TO_DO,
    '如果不是您本人操作，请打开以下链接，让所有设备退出登录并设置新密码：',
    link,
    works(validFor),
  ]
}
